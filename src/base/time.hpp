// SPDX-License-Identifier: AGPL-3.0-or-later
// Moments are UTC microseconds; local time exists only in user interfaces. All date formatting of
// the tree is here.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace letopis {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
public:
    Instant now() const override;
};

constexpr Instant from_unix(std::int64_t seconds) { return Instant(std::chrono::seconds(seconds)); }
constexpr Instant from_micros(std::int64_t micros) {
    return Instant(std::chrono::microseconds(micros));
}
constexpr std::int64_t to_unix(Instant t) {  // rounds towards the past
    return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}
constexpr std::int64_t to_micros(Instant t) { return t.time_since_epoch().count(); }

// Civil date and time (proleptic Gregorian) to a moment, all in UTC; nullopt when a part is out of
// range. second may be 60.
std::optional<Instant> from_civil(
    int year, int month, int day, int hour = 0, int minute = 0, int second = 0);

// RFC 3339 in UTC: "2026-01-31T10:20:30Z"; a fraction is written only when there is one.
std::string rfc3339(Instant t);
// Accepts RFC 3339 with any offset, with or without a fraction, 'T' or ' '. A value without an
// offset is refused.
std::optional<Instant> parse_rfc3339(std::string_view text);
// "Sat Nov 21 20:54:27 2026", UTC: the date of an mbox From_ line (RFC 4155).
std::string asctime_utc(Instant t);
// "Sat, 21 Nov 2026 20:54:27 GMT": the Date header of HTTP (RFC 9110 section 5.6.7).
std::string http_date(Instant t);

}  // namespace letopis
