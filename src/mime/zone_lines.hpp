// SPDX-License-Identifier: AGPL-3.0-or-later
// What a single line of a mail looks like: the phrases that mail programs and people write around
// their words, in the languages of our users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace letopis::mime {

struct Line {
    std::size_t begin = 0;  // offset in the text
    std::string_view text;  // without white space around
    bool indented = false;
    bool dashes = false;  // exactly "-- " or "--"
};
std::vector<Line> lines_of(std::string_view text);

bool is_quote(std::string_view line);

enum class Separator : std::uint8_t { none, original, forward, rule };
// "-----Original Message-----", "---------- Forwarded message ---------", "________".
Separator separator_kind(std::string_view line);

enum class HeaderField : std::uint8_t { none, from, date, other };
// "From:", "*От:*", "Sent:", "Кому:", "Тема:" …
HeaderField header_field(std::string_view line);

// "On Mon, 1 Jan, Anna wrote:" may be broken over lines: how it ends, how it begins, and whether
// the last line alone says it all ("Анна писал(а):", "12.12.2008, 10:15, \"Анна\" <a@b>:").
bool ends_attribution(std::string_view line);
bool begins_attribution(std::string_view line);
bool names_writer(std::string_view line);

enum class SignatureMark : std::uint8_t { none, dashes, closing, device, list_rule };
SignatureMark signature_mark(std::string_view line, bool dashes);

bool is_ruler(std::string_view line);    // dashes, underscores or the like, and nothing else
bool is_contact(std::string_view line);  // an address, a telephone, a site
bool is_name(std::string_view line);     // a few words, no sentence

bool is_disclaimer(const std::vector<Line>& lines, std::size_t begin, std::size_t end);

std::size_t letters(std::string_view line);  // characters, not bytes

}  // namespace letopis::mime
