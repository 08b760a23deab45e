// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace letopis {

using namespace std::chrono;

Instant SystemClock::now() const { return time_point_cast<microseconds>(system_clock::now()); }

std::optional<Instant> from_civil(int year, int month, int day, int hour, int minute, int second) {
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
    const year_month_day ymd{std::chrono::year(year),
                             std::chrono::month(static_cast<unsigned>(month)),
                             std::chrono::day(static_cast<unsigned>(day))};
    if (!ymd.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60)
        return std::nullopt;
    return Instant(sys_days(ymd)) + hours(hour) + minutes(minute) + seconds(second);
}

std::string rfc3339(Instant t) {
    const auto days = floor<std::chrono::days>(t);
    const year_month_day ymd(days);
    const hh_mm_ss time(t - days);
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                            static_cast<int>(ymd.year()),
                            static_cast<unsigned>(ymd.month()),
                            static_cast<unsigned>(ymd.day()),
                            time.hours().count(),
                            time.minutes().count(),
                            time.seconds().count());
    if (const auto fraction = time.subseconds().count(); fraction != 0)
        text += fmt::format(".{:06}", fraction);
    return text + "Z";
}

namespace {
bool digits(std::string_view& text, std::size_t count, int& out) {
    if (text.size() < count) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, out);
    if (error != std::errc{} || end != text.data() + count || text[0] == '-') return false;
    text.remove_prefix(count);
    return true;
}
bool mark(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}
}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!digits(text, 4, year) || !mark(text, "-") || !digits(text, 2, month) || !mark(text, "-") ||
        !digits(text, 2, day) || !mark(text, "Tt ") || !digits(text, 2, hour) || !mark(text, ":") ||
        !digits(text, 2, minute) || !mark(text, ":") || !digits(text, 2, second))
        return std::nullopt;
    microseconds fraction{0};
    if (mark(text, ".")) {
        std::int64_t unit = 100'000;
        bool any = false;
        while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
            fraction += microseconds((text[0] - '0') * unit);
            unit /= 10;
            any = true;
            text.remove_prefix(1);
        }
        if (!any) return std::nullopt;
    }
    std::chrono::minutes offset{0};
    if (!mark(text, "Zz")) {
        if (text.empty()) return std::nullopt;
        const int sign = text[0] == '-' ? -1 : 1;
        int oh = 0, om = 0;
        if (!mark(text, "+-") || !digits(text, 2, oh) || !mark(text, ":") || !digits(text, 2, om) ||
            oh > 23 || om > 59)
            return std::nullopt;
        offset = std::chrono::minutes(sign * (oh * 60 + om));
    }
    if (!text.empty()) return std::nullopt;
    const auto civil = from_civil(year, month, day, hour, minute, second);
    if (!civil) return std::nullopt;
    return *civil + fraction - offset;
}

namespace {
constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
}  // namespace

std::string asctime_utc(Instant t) {
    const auto days = floor<std::chrono::days>(t);
    const year_month_day ymd(days);
    const hh_mm_ss time(floor<seconds>(t - days));
    return fmt::format("{} {} {:2} {:02}:{:02}:{:02} {:04}",
                       weekdays[weekday(days).c_encoding()],
                       months[static_cast<unsigned>(ymd.month()) - 1],
                       static_cast<unsigned>(ymd.day()),
                       time.hours().count(),
                       time.minutes().count(),
                       time.seconds().count(),
                       static_cast<int>(ymd.year()));
}

std::string http_date(Instant t) {
    const auto days = floor<std::chrono::days>(t);
    const year_month_day ymd(days);
    const hh_mm_ss time(floor<seconds>(t - days));
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                       weekdays[weekday(days).c_encoding()],
                       static_cast<unsigned>(ymd.day()),
                       months[static_cast<unsigned>(ymd.month()) - 1],
                       static_cast<int>(ymd.year()),
                       time.hours().count(),
                       time.minutes().count(),
                       time.seconds().count());
}

}  // namespace letopis
