// SPDX-License-Identifier: AGPL-3.0-or-later
// One character of hostile UTF-8: what it is and how it folds. Used inside this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace letopis::text {

enum class CharClass : std::uint8_t {
    other,      // separates words
    latin,      // ASCII letter
    cyrillic,   // U+0400 to U+045F
    letter,     // any other letter
    digit,      // any decimal digit or number character
    mark,       // combining: belongs to the letter before it
    ideograph,  // Han, kana, Hangul: written without spaces
    emoji,
    ignorable,  // soft hyphen, zero-width characters: as if they were not there
};

struct Char {
    std::uint32_t code = 0;
    std::uint8_t length = 1;  // bytes; 1 for a byte that is not UTF-8
    bool valid = false;
};

// The character at `at` (which must be inside). Overlong forms, surrogates and values past U+10FFFF
// are not valid.
Char decode(std::string_view text, std::size_t at);
CharClass classify(std::uint32_t code);
void append_utf8(std::string& out, std::uint32_t code);

// U+0400 to U+045F to lower case with ё as е; the result is again one of these.
constexpr std::uint32_t fold_cyrillic(std::uint32_t code) {
    if (code < 0x410) code += 0x50;
    if (code < 0x430) code += 0x20;
    return code == 0x451 ? 0x435 : code;
}

// NFKC and case folding of one word by utf8proc, ё as е, combining marks that found no composed
// form dropped (stress marks); only letters and digits remain.
std::string fold_word(std::string_view utf8);

// The largest prefix of at most `bytes` bytes that does not end inside a character.
std::string_view cut_at_character(std::string_view utf8, std::size_t bytes);

}  // namespace letopis::text
