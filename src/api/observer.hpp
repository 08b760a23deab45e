// SPDX-License-Identifier: AGPL-3.0-or-later
// Every request, for the log and for the figures: by route, not by path.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "api/log.hpp"
#include "http/server.hpp"

namespace letopis::api {

class Observer {
public:
    // `log` may be null.
    Observer(Log* log, std::chrono::milliseconds slow) : log_(log), slow_(slow) {}
    void seen(const http::Seen& seen);
    // Prometheus' text form of the requests so far.
    std::string figures() const;

private:
    static constexpr std::array<double, 11> bounds = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10};
    struct Route {
        std::map<int, std::uint64_t> by_status;
        std::array<std::uint64_t, bounds.size() + 1> times{};
        double seconds = 0;
    };
    void log(const http::Seen& seen) const;

    Log* log_;
    const std::chrono::milliseconds slow_;
    mutable std::mutex mutex_;
    std::map<std::string, Route, std::less<>> routes_;  // mutex_; by `method="…",route="…"`
};

// A line of Prometheus' text form, with what it is.
std::string gauge(std::string_view name, std::string_view help, std::uint64_t value);
std::string counter(std::string_view name, std::string_view help, std::uint64_t value);

}  // namespace letopis::api
