// SPDX-License-Identifier: AGPL-3.0-or-later
// Which 8-bit Cyrillic charset is it? Letters are scored by how often they stand side by side in
// Russian words; symbols, a capital after a small letter and letters glued to Latin ones cost.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace letopis::mime {

enum class Cyrillic : std::uint8_t { windows_1251, koi8_r, ibm866, x_mac_cyrillic, iso_8859_5 };
constexpr int cyrillic_count = 5;

std::string_view name(Cyrillic charset);  // ICU's name of it

struct CyrillicGuess {
    std::array<double, cyrillic_count> score{};  // a mean over the high bytes; Russian is above 1
    std::array<int, cyrillic_count> strange{};   // bytes that are no letter and no usual sign there
    int high = 0;                                // how many bytes above 127 were looked at
    Cyrillic best = Cyrillic::windows_1251;
    double best_score() const { return score[static_cast<std::size_t>(best)]; }
};

// Looks at no more than the first few thousand bytes above 127. Bytes that every charset reads
// alike leave the order of the enumeration to decide.
CyrillicGuess guess_cyrillic(std::string_view bytes);

// The letter of a byte, for tables: code points of bytes 128..255 in that charset.
const std::array<char16_t, 128>& high_half(Cyrillic charset);

}  // namespace letopis::mime
