// SPDX-License-Identifier: AGPL-3.0-or-later
#include <cstdint>

#include "ledger/utf8_internal.hpp"

namespace letopis::ledger {

namespace {

constexpr std::uint32_t bad = 0xffffffff;

// Takes one code point off the front of a text that is not empty; `bad` when it is not UTF-8 (RFC
// 3629: no overlong forms, no surrogates, nothing past U+10FFFF).
std::uint32_t take(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) {
        text.remove_prefix(1);
        return first;
    }
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return bad;
    std::uint32_t point = first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80) return bad;
        point = point << 6 | (next & 0x3fU);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return bad;
    text.remove_prefix(size);
    return point;
}

bool is_space(std::uint32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty())
        if (take(text) == bad) return false;
    return true;
}

bool has_unicode_space(std::string_view text) {
    while (!text.empty()) {
        const auto point = take(text);
        if (point == bad || is_space(point)) return true;
    }
    return false;
}

}  // namespace letopis::ledger
