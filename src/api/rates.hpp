// SPDX-License-Identifier: AGPL-3.0-or-later
// How often a caller may ask. People do not come near the defaults; a program that runs wild, or
// somebody who copies the archive page by page, does.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/handlers.hpp"
#include "base/time.hpp"

namespace letopis::api {

enum class Rate : std::uint8_t { search, read, take_out };

struct RateLimits {
    // A minute, as a bucket that begins full and fills evenly; 0: no limit.
    std::uint64_t search = 600;
    std::uint64_t read = 3000;
    std::uint64_t take_out = 120;  // originals, attachments, exports
};
// "search=600,read=0". Errors: invalid.
Result<RateLimits> rate_limits_of(std::string_view text);

std::optional<Rate> rate_of(const Entry& entry, const http::Request& request);

class Rates {
public:
    Rates(const RateLimits& limits, const Clock& clock) : limits_(limits), clock_(clock) {}
    // Nothing: go on, it is counted. Else how long to wait.
    std::optional<std::chrono::seconds> take(const std::string& caller, Rate rate);

private:
    struct Bucket {
        double full = 0;
        Instant at{};
    };
    std::uint64_t limit_of(Rate rate) const;

    const RateLimits limits_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::pair<std::string, Rate>, Bucket> buckets_;  // mutex_
};

}  // namespace letopis::api
