// SPDX-License-Identifier: AGPL-3.0-or-later
// What the readers of chat exports share: local time, clean text, names of media files. Pure
// functions on hostile bytes, except load_zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::capture::chat {

// A chat entry larger than this is refused with a reason (a platform's own limit is a few KiB).
constexpr std::size_t entry_bytes_max = std::size_t(64) << 20;
// parse() reads entries up to this size; larger ones are kept and marked "unparsed".
constexpr std::size_t parse_bytes_max = std::size_t(32) << 20;
// Text beyond this is cut, with the mark "truncated".
constexpr std::size_t text_bytes_max = std::size_t(16) << 20;

// Offsets from UTC by time: the first offset holds before the second entry's moment, and so on.
struct Zone {
    std::string name;  // "Europe/Moscow", "+03:00"; "UTC"
    std::vector<std::pair<std::int64_t, std::int32_t>>
        offsets;          // (unix from, seconds); never empty
    bool assumed = true;  // nobody named a zone: UTC stands in
};

// "+03:00", "-0530", "UTC", "Z"; nullopt for named zones and nonsense.
std::optional<Zone> fixed_zone(std::string_view text);
// A zone of the time zone database (TZif files under `directory`), for the process that may open
// files. Errors: invalid (not a zone's name, not a TZif file), not_found.
Result<Zone> load_zone(std::string_view name, const std::string& directory = "/usr/share/zoneinfo");
// The zone in one line, to be handed to a reader as Options.zone: "+03:00" or
// "Europe/Moscow=[[-1688265017,9017],[-1656819079,9079]…]".
std::string zone_option(const Zone& zone);
// The reverse. A bare name that is not a fixed offset keeps its name, with the one offset 0.
Zone zone_of_option(std::string_view option);
// Local civil time to a moment. A time that happens twice is the earlier one; a time that the clock
// skipped is moved on by the skip. nullopt when the civil time is out of range.
std::optional<Instant> from_local(
    const Zone& zone, int year, int month, int day, int hour, int minute, int second);

// Members of a context's `facts`, as both formats write them: "zone", "zone_assumed",
// "offset_minutes" or "zone_transitions". Text of JSON members without the braces.
std::string zone_facts(const Zone& zone);
// From parsed values of those members; usable transitions win over offset_minutes. For the parsers.
Zone zone_of_facts(std::string name,
                   bool assumed,
                   std::optional<std::int64_t> offset_minutes,
                   std::vector<std::pair<std::int64_t, std::int32_t>> transitions);

// Valid UTF-8 (bad bytes become U+FFFD and set *repaired), CRLF and CR become LF, U+0000 becomes
// U+FFFD.
std::string clean(std::string_view text, bool* repaired = nullptr);
bool valid_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t point);
// At most `limit` bytes, not cut inside a character.
std::string_view prefix(std::string_view text, std::size_t limit);
// A JSON string literal with its quotes; the text is cleaned first.
std::string json_string(std::string_view text);

// The last component of a path with '/' or '\', without control characters.
std::string base_name(std::string_view path);
// The path as it may be looked up below the export's folder: relative, '/'-separated, no "..";
// empty when it cannot be made so.
std::string safe_path(std::string_view path);
// Media type by the name's extension ("image/jpeg"); empty when it is not known.
std::string_view media_type(std::string_view name);

}  // namespace letopis::capture::chat
