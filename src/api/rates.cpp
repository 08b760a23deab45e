// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace letopis::api {

namespace {

constexpr std::size_t buckets_max = 10'000;  // then those that are full again are forgotten

double minutes_between(Instant from, Instant to) {
    return std::max(0.0, std::chrono::duration<double, std::ratio<60>>(to - from).count());
}

}  // namespace

Result<RateLimits> rate_limits_of(std::string_view text) {
    RateLimits limits;
    while (!text.empty()) {
        const auto part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        const auto equals = std::min(part.find('='), part.size());
        const auto name = part.substr(0, equals);
        const auto number = part.substr(std::min(part.size(), equals + 1));
        std::uint64_t value = 0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), value);
        auto* const wanted = name == "search"   ? &limits.search
                             : name == "read"   ? &limits.read
                             : name == "export" ? &limits.take_out
                                                : nullptr;
        if (wanted == nullptr || error != std::errc{} || end != number.data() + number.size() ||
            value > 1'000'000)
            return fail(Errc::invalid,
                        fmt::format("`{}` is no limit", part),
                        "Write them as search=600,read=3000,export=120: requests a minute of one "
                        "caller, 0 for no limit.");
        *wanted = value;
    }
    return limits;
}

std::optional<Rate> rate_of(const Entry& entry, const http::Request& request) {
    using access::Right;
    if (!entry.right) return std::nullopt;
    if (*entry.right == Right::search) return Rate::search;
    if (*entry.right == Right::take_out) return Rate::take_out;
    if (*entry.right != Right::read) return std::nullopt;
    const bool file = entry.path.ends_with("/attachments/{n}") && query_of(request, "view") != "1";
    return file || query_of(request, "download") == "1" ? Rate::take_out : Rate::read;
}

std::uint64_t Rates::limit_of(Rate rate) const {
    switch (rate) {
        case Rate::search: return limits_.search;
        case Rate::read: return limits_.read;
        case Rate::take_out: return limits_.take_out;
    }
    return 0;
}

std::optional<std::chrono::seconds> Rates::take(const std::string& caller, Rate rate) {
    const auto limit = static_cast<double>(limit_of(rate));
    if (limit == 0) return std::nullopt;
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    if (buckets_.size() >= buckets_max)
        std::erase_if(buckets_,
                      [&](const auto& one) { return minutes_between(one.second.at, now) >= 1; });
    const auto [found, is_new] = buckets_.try_emplace({caller, rate}, Bucket{limit, now});
    auto& bucket = found->second;
    bucket.full = std::min(limit, bucket.full + limit * minutes_between(bucket.at, now));
    bucket.at = now;
    if (bucket.full < 1)
        return std::chrono::seconds(
            std::max(1, static_cast<int>(std::ceil((1 - bucket.full) * 60 / limit))));
    bucket.full -= 1;
    return std::nullopt;
}

}  // namespace letopis::api
