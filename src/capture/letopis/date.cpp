// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/letopis/date.hpp"

#include <algorithm>
#include <array>

namespace letopis::capture::letopis {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

// Digits at the front, at most `most`; -1 when there are none.
int take_number(std::string_view& text, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < text.size() && digit(text[count]))
        value = value * 10 + (text[count++] - '0');
    text.remove_prefix(count);
    return count == 0 ? -1 : value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

struct Day {
    int year = 0;
    int month = 0;
    int day = 0;
};

// Three numbers with '-', '.' or '/' between them; the year is the one with four digits.
std::optional<Day> take_day(std::string_view& text, std::string_view order) {
    std::array<int, 3> parts{};
    const bool year_first = text.size() > 4 && std::all_of(text.begin(), text.begin() + 4, digit);
    for (std::size_t i = 0; i < 3; ++i) {
        if (i > 0 && !take(text, '-') && !take(text, '.') && !take(text, '/')) return std::nullopt;
        parts[i] = take_number(text, 4);
        if (parts[i] < 0) return std::nullopt;
    }
    if (year_first) return Day{parts[0], parts[1], parts[2]};
    if (parts[2] < 100) parts[2] += parts[2] < 70 ? 2000 : 1900;
    if (order == "mdy") return Day{parts[2], parts[0], parts[1]};
    return Day{parts[2], parts[1], parts[0]};
}

struct Time {
    int hour = 0;
    int minute = 0;
    int second = 0;
};

std::optional<Time> take_time(std::string_view& text) {
    Time time;
    time.hour = take_number(text, 2);
    if (time.hour < 0 || !take(text, ':')) return std::nullopt;
    time.minute = take_number(text, 2);
    if (time.minute < 0) return std::nullopt;
    if (take(text, ':')) time.second = take_number(text, 2);
    if (time.second < 0) return std::nullopt;
    if (take(text, '.')) take_number(text, 9);
    return time;
}

std::optional<Date> unix_time(std::string_view text) {
    const bool digits = std::all_of(text.begin(), text.end(), digit);
    if (!digits || (text.size() != 13 && (text.size() < 9 || text.size() > 11)))
        return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) value = value * 10 + (c - '0');
    return Date{text.size() == 13 ? from_micros(value * 1000) : from_unix(value), false};
}

}  // namespace

std::optional<Date> parse_date(std::string_view text,
                               const chat::Zone& zone,
                               std::string_view order) {
    if (const auto exact = parse_rfc3339(text)) return Date{*exact, false};
    if (const auto number = unix_time(text)) return number;
    const auto day = take_day(text, order);
    if (!day) return std::nullopt;
    take(text, ',');
    Time time;
    if (take(text, 'T') || take(text, ' ')) {
        const auto given = take_time(text);
        if (!given) return std::nullopt;
        time = *given;
    }
    if (!text.empty()) return std::nullopt;
    const auto at = chat::from_local(
        zone, day->year, day->month, day->day, time.hour, time.minute, time.second);
    if (!at) return std::nullopt;
    return Date{*at, true};
}

}  // namespace letopis::capture::letopis
