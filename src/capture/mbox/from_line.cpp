// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/mbox/from_line.hpp"

#include <algorithm>
#include <array>

namespace letopis::capture::mbox {
namespace {

constexpr std::size_t words_max = 64;

bool digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_icase(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

template <std::size_t N>
int index_of(const std::array<std::string_view, N>& names, std::string_view word) {
    for (std::size_t i = 0; i < N; ++i)
        if (same_icase(names[i], word)) return static_cast<int>(i);
    return -1;
}

int month_of(std::string_view word) {
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return index_of(months, word) + 1;
}

bool weekday(std::string_view word) {
    static constexpr std::array<std::string_view, 7> days{
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (word.ends_with(',')) word.remove_suffix(1);
    return index_of(days, word) >= 0;
}

std::optional<int> number(std::string_view word, std::size_t digits_max) {
    if (word.empty() || word.size() > digits_max || !std::all_of(word.begin(), word.end(), digit))
        return std::nullopt;
    int value = 0;
    for (const char c : word) value = value * 10 + (c - '0');
    return value;
}

struct Clocktime {
    int hour = 0;
    int minute = 0;
    int second = 0;
};

std::optional<Clocktime> clocktime(std::string_view word) {
    const auto first = word.find(':');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = word.find(':', first + 1);
    const auto hour = number(word.substr(0, first), 2);
    const auto minute = number(word.substr(first + 1, second - first - 1), 2);
    const auto seconds =
        second == std::string_view::npos ? std::optional(0) : number(word.substr(second + 1), 2);
    if (!hour || !minute || !seconds) return std::nullopt;
    return Clocktime{*hour, *minute, *seconds};
}

std::optional<int> year_of(std::string_view word) {
    const auto value = number(word, 4);
    if (!value) return std::nullopt;
    if (word.size() == 2) return *value < 70 ? 2000 + *value : 1900 + *value;
    return word.size() == 4 && *value >= 1900 ? value : std::nullopt;
}

// Minutes east of Greenwich: "+0300", "GMT", "MSK". A name that is not known counts as UTC, which
// is what RFC 4155 asks of the whole date.
std::optional<int> zone_of(std::string_view word) {
    if (word.size() == 5 && (word[0] == '+' || word[0] == '-')) {
        const auto value = number(word.substr(1), 4);
        if (!value || *value % 100 > 59) return std::nullopt;
        const int minutes = *value / 100 * 60 + *value % 100;
        return word[0] == '-' ? -minutes : minutes;
    }
    struct Named {
        std::string_view name;
        int minutes;
    };
    static constexpr std::array<Named, 12> named{{{"EST", -300},
                                                  {"EDT", -240},
                                                  {"CST", -360},
                                                  {"CDT", -300},
                                                  {"MST", -420},
                                                  {"MDT", -360},
                                                  {"PST", -480},
                                                  {"PDT", -420},
                                                  {"CET", 60},
                                                  {"CEST", 120},
                                                  {"MSK", 180},
                                                  {"MSD", 240}}};
    for (const auto& zone : named)
        if (zone.name == word) return zone.minutes;
    const bool letters =
        word.size() >= 1 && word.size() <= 5 &&
        std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return letters ? std::optional(0) : std::nullopt;
}

struct Words {
    std::array<std::string_view, words_max> at{};
    std::size_t count = 0;
};

std::optional<Words> words_of(std::string_view line) {
    Words words;
    while (!line.empty()) {
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) break;
        line.remove_prefix(begin);
        const auto end = std::min(line.find_first_of(" \t\r"), line.size());
        if (words.count == words_max) return std::nullopt;
        words.at[words.count++] = line.substr(0, end);
        line.remove_prefix(end);
    }
    return words;
}

std::optional<Instant> moment(int year, int month, int day, Clocktime time, int zone) {
    const auto utc = from_civil(year, month, day, time.hour, time.minute, time.second);
    if (!utc) return std::nullopt;
    return *utc - std::chrono::minutes(zone);
}

// What may stand after the date: nothing, or UUCP's "remote from host".
bool ends_line(const Words& words, std::size_t at) {
    return at == words.count ||
           (at + 3 == words.count && words.at[at] == "remote" && words.at[at + 1] == "from");
}

// "Nov 21 20:54:27 [zone] 2026 [zone]", the month at `i`.
std::optional<Instant> asctime_at(const Words& words, std::size_t i) {
    if (i + 3 >= words.count) return std::nullopt;
    const auto day = number(words.at[i + 1], 2);
    const auto time = clocktime(words.at[i + 2]);
    if (!day || !time) return std::nullopt;
    auto next = i + 3;
    auto year = year_of(words.at[next]);
    std::optional<int> zone;
    if (!year) {
        zone = zone_of(words.at[next]);
        if (!zone || ++next >= words.count) return std::nullopt;
        year = year_of(words.at[next]);
        if (!year) return std::nullopt;
    }
    ++next;
    if (!zone && next < words.count && !ends_line(words, next)) {
        zone = zone_of(words.at[next]);
        if (!zone) return std::nullopt;
        ++next;
    }
    if (!ends_line(words, next)) return std::nullopt;
    return moment(*year, month_of(words.at[i]), *day, *time, zone.value_or(0));
}

// "21 Nov 2026 20:54:27 [zone]", the month at `i`: what some exporters put there instead.
std::optional<Instant> rfc822_at(const Words& words, std::size_t i) {
    if (i == 0 || i + 2 >= words.count) return std::nullopt;
    const auto day = number(words.at[i - 1], 2);
    const auto year = year_of(words.at[i + 1]);
    const auto time = clocktime(words.at[i + 2]);
    if (!day || !year || !time) return std::nullopt;
    auto next = i + 3;
    int zone = 0;
    if (next < words.count) {
        const auto written = zone_of(words.at[next]);
        if (!written) return std::nullopt;
        zone = *written;
        ++next;
    }
    if (!ends_line(words, next)) return std::nullopt;
    return moment(*year, month_of(words.at[i]), *day, *time, zone);
}

// A sentence may end in a date too; in a separator the word before it is a weekday, or there is
// nothing between the sender and the date.
bool date_begins_well(const Words& words, std::size_t first) {
    return first <= 1 || weekday(words.at[first - 1]);
}

}  // namespace

FromLine parse_from_line(std::string_view line) {
    FromLine result;
    if (line.size() > from_line_max || !line.starts_with("From ")) return result;
    const auto words = words_of(line.substr(5));
    if (!words) return result;
    for (std::size_t i = words->count; i-- > 0;) {
        if (words->at[i].size() != 3 || month_of(words->at[i]) == 0) continue;
        if (const auto date = asctime_at(*words, i); date && date_begins_well(*words, i))
            return FromLine{Likeness::dated, date};
        if (const auto date = rfc822_at(*words, i); date && date_begins_well(*words, i - 1))
            return FromLine{Likeness::dated, date};
    }
    if (words->count <= 1) result.likeness = Likeness::sender;
    return result;
}

}  // namespace letopis::capture::mbox
