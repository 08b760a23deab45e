// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/observer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

Level level_of(int status) {
    if (status == 500) return Level::error;
    return status > 500 ? Level::warning : Level::info;
}

std::string described(std::string_view name,
                      std::string_view help,
                      std::string_view type,
                      std::uint64_t value) {
    return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

}  // namespace

std::string gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    return described(name, help, "gauge", value);
}
std::string counter(std::string_view name, std::string_view help, std::uint64_t value) {
    return described(name, help, "counter", value);
}

void Observer::seen(const http::Seen& seen) {
    // A method is one of seven and a route one of the table, so that the figures stay few.
    const auto key = seen.pattern.empty() ? std::string("method=\"\",route=\"\"")
                                          : fmt::format("method=\"{}\",route=\"{}\"",
                                                        http::name(seen.request.method),
                                                        seen.pattern);
    {
        const std::lock_guard lock(mutex_);
        auto& route = routes_[key];
        ++route.by_status[seen.status];
        const auto seconds = seen.time.count();
        const auto bound = std::ranges::lower_bound(bounds, seconds);
        ++route.times[static_cast<std::size_t>(bound - bounds.begin())];
        route.seconds += seconds;
    }
    if (log_ != nullptr) log(seen);
}

void Observer::log(const http::Seen& seen) const {
    const auto& request = seen.request;
    const auto ms = std::round(seen.time.count() * 10'000) / 10;
    json::object fields{{"id", json_text(request.id)},
                        {"method", json_text(http::name(request.method))},
                        {"route", json_text(seen.pattern)},
                        {"status", seen.status},
                        {"ms", ms},
                        {"caller", json_text(request.caller)}};
    // Who tries doors is found by it; of everybody else it is nobody's business.
    if (seen.status == 401 || seen.status == 403 || seen.status == 429 || seen.pattern.empty())
        fields["peer"] = json_text(request.peer);
    // A body that comes for hours is no slow answer.
    const bool slow = seen.time >= slow_ && request.method != http::Method::patch;
    if (slow) log_->write(Level::warning, "slow_request", fields);
    log_->write(level_of(seen.status), "request", std::move(fields));
}

std::string Observer::figures() const {
    const std::lock_guard lock(mutex_);
    std::string counts, times;
    for (const auto& [labels, route] : routes_) {
        std::uint64_t sum = 0;
        for (const auto& [status, count] : route.by_status)
            counts += fmt::format(
                "letopis_http_requests_total{{{},status=\"{}\"}} {}\n", labels, status, count);
        for (std::size_t i = 0; i < route.times.size(); ++i) {
            sum += route.times[i];
            const auto bound = i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf";
            times += fmt::format(
                "letopis_http_request_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, bound, sum);
        }
        times +=
            fmt::format("letopis_http_request_seconds_sum{{{}}} {:.6f}\n", labels, route.seconds);
        times += fmt::format("letopis_http_request_seconds_count{{{}}} {}\n", labels, sum);
    }
    return "# HELP letopis_http_requests_total requests by route and status\n"
           "# TYPE letopis_http_requests_total counter\n" +
           counts +
           "# HELP letopis_http_request_seconds time to the head of the answer\n"
           "# TYPE letopis_http_request_seconds histogram\n" +
           times;
}

}  // namespace letopis::api
