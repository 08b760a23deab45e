// SPDX-License-Identifier: AGPL-3.0-or-later
// Kinds of plain text: format=flowed, text/enriched, uuencoded files inside of text, clear-signed
// text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace letopis::mime {

// CRLF and lone CR become LF; NULs are dropped.
std::string normal_lines(std::string_view text);

// RFC 3676: soft line breaks joined, stuffing removed, quote depth kept. Input with LF ends.
std::string unflow(std::string_view text, bool delsp);

// RFC 1896.
std::string enriched_to_text(std::string_view text);

struct UuFile {
    std::string name;
    std::size_t begin = 0;   // of the "begin" line in the text
    std::size_t end = 0;     // after the "end" line
    std::string_view lines;  // between the two
};
// Blocks "begin 644 name" … "end" whose lines have the right lengths; at most 100.
std::vector<UuFile> find_uuencoded(std::string_view text);
std::string decode_uu(std::string_view lines);

enum class Armor { none, clear_signed, signature, encrypted };
Armor pgp_armor(std::string_view text);
// The signed words of a clear-signed text: armour removed, dash escapes undone, what stands before
// and after kept. Input with LF ends.
std::string without_armor(std::string_view text);

}  // namespace letopis::mime
