// SPDX-License-Identifier: AGPL-3.0-or-later
// Local time of chat exports. GCC 12 has no time zone database in <chrono>, and the reading worker
// may not open files: so the caller reads the zone (load_zone) and everything else works on its
// list of offsets.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "capture/chat/chat.hpp"

namespace letopis::capture::chat {
namespace {

constexpr std::size_t tzif_bytes_max = 256 * 1024;
constexpr std::size_t offsets_max = 4096;
constexpr std::int64_t always = -(std::int64_t(1) << 40);  // before any message
constexpr std::int32_t offset_max = 26 * 3600;

Zone one_offset(std::string name, std::int32_t seconds, bool assumed) {
    return {.name = std::move(name), .offsets = {{always, seconds}}, .assumed = assumed};
}

bool zone_name_safe(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '/' ||
        name.find("..") != std::string_view::npos)
        return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '/' || c == '_' || c == '-' || c == '+';
    });
}

std::int64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    if (bytes.size() == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    return static_cast<std::int64_t>(value);
}

struct TzifCounts {
    std::size_t isut, isstd, leap, time, type, chars;
};
// RFC 8536 section 3.1: a header of 44 bytes, six counts at its end.
std::optional<TzifCounts> tzif_header(std::string_view bytes) {
    if (bytes.size() < 44 || bytes.substr(0, 4) != "TZif") return std::nullopt;
    const auto count = [&](std::size_t i) {
        return static_cast<std::size_t>(
            static_cast<std::uint32_t>(big_endian(bytes.substr(20 + 4 * i, 4))));
    };
    const TzifCounts counts{count(0), count(1), count(2), count(3), count(4), count(5)};
    for (const auto n :
         {counts.isut, counts.isstd, counts.leap, counts.time, counts.type, counts.chars})
        if (n > tzif_bytes_max) return std::nullopt;
    return counts;
}

std::size_t tzif_body(const TzifCounts& c, std::size_t time_bytes) {
    return c.time * (time_bytes + 1) + c.type * 6 + c.chars + c.leap * (time_bytes + 4) + c.isstd +
           c.isut;
}

// The 64-bit data of version 2 and later; the footer (rules after the last entry) is not used.
std::optional<Zone> tzif(std::string name, std::string_view bytes) {
    const auto first = tzif_header(bytes);
    if (!first || bytes[4] < '2') return std::nullopt;
    const auto skip = 44 + tzif_body(*first, 4);
    if (skip > bytes.size()) return std::nullopt;
    bytes.remove_prefix(skip);
    const auto counts = tzif_header(bytes);
    if (!counts || counts->type == 0 || counts->time > offsets_max) return std::nullopt;
    bytes.remove_prefix(44);
    if (bytes.size() < tzif_body(*counts, 8)) return std::nullopt;
    const auto types = bytes.substr(counts->time * 9);
    const auto offset = [&](std::size_t type) {
        return static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4)));
    };
    Zone zone = one_offset(std::move(name), offset(0), false);
    for (std::size_t i = 0; i < counts->time; ++i) {
        const auto type = static_cast<unsigned char>(bytes[counts->time * 8 + i]);
        if (type >= counts->type) return std::nullopt;
        const auto seconds = offset(type);
        if (seconds != zone.offsets.back().second)
            zone.offsets.emplace_back(big_endian(bytes.substr(i * 8, 8)), seconds);
    }
    return zone;
}

bool usable(const Zone& zone) {
    if (zone.offsets.empty() || zone.offsets.size() > offsets_max) return false;
    for (std::size_t i = 0; i < zone.offsets.size(); ++i) {
        const auto [from, seconds] = zone.offsets[i];
        if (seconds > offset_max || seconds < -offset_max) return false;
        if (i > 0 && from <= zone.offsets[i - 1].first) return false;
    }
    return true;
}

// "[[-1688265017,9017],[…]]" and nothing else.
std::vector<std::pair<std::int64_t, std::int32_t>> offset_list(std::string_view text) {
    std::vector<std::pair<std::int64_t, std::int32_t>> list;
    const auto take = [&](char c) {
        if (text.empty() || text.front() != c) return false;
        text.remove_prefix(1);
        return true;
    };
    const auto number = [&](auto& out) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
        if (error != std::errc{}) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return true;
    };
    if (!take('[')) return {};
    do {
        std::pair<std::int64_t, std::int32_t> entry;
        if (!take('[') || !number(entry.first) || !take(',') || !number(entry.second) ||
            !take(']') || list.size() >= offsets_max)
            return {};
        list.push_back(entry);
    } while (take(','));
    if (!take(']') || !text.empty()) return {};
    return list;
}

std::string offset_text(const Zone& zone) {
    std::string text = "[";
    for (const auto& [from, seconds] : zone.offsets)
        text += fmt::format("{}[{},{}]", text.size() > 1 ? "," : "", from, seconds);
    return text + "]";
}

}  // namespace

std::optional<Zone> fixed_zone(std::string_view text) {
    if (text == "UTC" || text == "Z" || text == "GMT") return one_offset("UTC", 0, false);
    if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    std::string digits;
    for (const char c : text.substr(1))
        if (c >= '0' && c <= '9')
            digits += c;
        else if (c != ':')
            return std::nullopt;
    if (digits.size() == 1) digits.insert(0, "0");
    if (digits.size() == 2) digits += "00";
    if (digits.size() != 4) return std::nullopt;
    const int hours = (digits[0] - '0') * 10 + digits[1] - '0';
    const int minutes = (digits[2] - '0') * 10 + digits[3] - '0';
    if (hours > 15 || minutes > 59) return std::nullopt;
    const int seconds = (hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
    return one_offset(fmt::format("{}{:02}:{:02}", text[0], hours, minutes), seconds, false);
}

Result<Zone> load_zone(std::string_view name, const std::string& directory) {
    if (auto fixed = fixed_zone(name)) return *std::move(fixed);
    if (!zone_name_safe(name)) return fail(Errc::invalid, "not the name of a time zone");
    std::ifstream file(directory + "/" + std::string(name), std::ios::binary);
    if (!file)
        return fail(Errc::not_found, "time zone " + std::string(name) + " is not known here");
    std::string bytes(tzif_bytes_max, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    auto zone = tzif(std::string(name), bytes);
    if (!zone || !usable(*zone))
        return fail(Errc::invalid,
                    "the description of time zone " + std::string(name) + " is damaged");
    return *std::move(zone);
}

std::string zone_option(const Zone& zone) {
    if (zone.assumed) return {};
    if (fixed_zone(zone.name)) return zone.name;
    return zone.name + "=" + offset_text(zone);
}

Zone zone_of_option(std::string_view option) {
    if (option.empty()) return one_offset("UTC", 0, true);
    if (auto fixed = fixed_zone(option)) return *std::move(fixed);
    const auto mark = option.find('=');
    Zone zone = one_offset(std::string(option.substr(0, mark)), 0, true);
    if (mark == std::string_view::npos) return zone;
    Zone listed{zone.name, offset_list(option.substr(mark + 1)), false};
    return usable(listed) ? listed : zone;
}

std::optional<Instant> from_local(
    const Zone& zone, int year, int month, int day, int hour, int minute, int second) {
    const auto civil = from_civil(year, month, day, hour, minute, second);
    if (!civil) return std::nullopt;
    const auto local = to_unix(*civil);
    const auto& offsets = zone.offsets;
    if (offsets.empty()) return civil;
    // Offsets differ from UTC by hours, entries from one another by days: the right one is close to
    // where the local time would be if it were UTC.
    const auto after =
        std::upper_bound(offsets.begin(), offsets.end(), local, [](std::int64_t t, const auto& e) {
            return t < e.first;
        });
    const auto near = static_cast<std::size_t>(after - offsets.begin());
    const auto first = near >= 2 ? near - 2 : 0;
    const auto last = std::min(near + 2, offsets.size());
    for (auto i = first; i < last; ++i) {
        const auto at = local - offsets[i].second;
        const bool begun = i == 0 || at >= offsets[i].first;
        const bool over = i + 1 < offsets.size() && at >= offsets[i + 1].first;
        if (begun && !over) return from_unix(at);
    }
    for (auto i = first; i + 1 < last; ++i)  // skipped: the offset before the change
        if (local - offsets[i].second >= offsets[i + 1].first &&
            local - offsets[i + 1].second < offsets[i + 1].first)
            return from_unix(local - offsets[i].second);
    return from_unix(local - offsets[near > 0 ? near - 1 : 0].second);
}

std::string zone_facts(const Zone& zone) {
    auto text = "\"zone\":" + json_string(zone.name);
    if (zone.assumed) text += ",\"zone_assumed\":true";
    if (zone.offsets.size() == 1 && zone.offsets[0].second % 60 == 0)
        return text + fmt::format(",\"offset_minutes\":{}", zone.offsets[0].second / 60);
    return text + ",\"zone_transitions\":" + offset_text(zone);
}

Zone zone_of_facts(std::string name,
                   bool assumed,
                   std::optional<std::int64_t> offset_minutes,
                   std::vector<std::pair<std::int64_t, std::int32_t>> transitions) {
    // The engine may add the transitions of a zone that the reader knew by name only.
    Zone listed{name, std::move(transitions), false};
    if (usable(listed)) return listed;
    if (offset_minutes && *offset_minutes > -26 * 60 && *offset_minutes < 26 * 60)
        return one_offset(
            std::move(name), static_cast<std::int32_t>(*offset_minutes * 60), assumed);
    if (auto fixed = fixed_zone(name)) return *std::move(fixed);
    return one_offset(name.empty() ? "UTC" : std::move(name), 0, true);
}

}  // namespace letopis::capture::chat
