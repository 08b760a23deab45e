// SPDX-License-Identifier: AGPL-3.0-or-later
// Telephone numbers, sums and dates in any notation to one term. Used inside this folder only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace letopis::text {

struct Number {
    struct Part {
        std::string term;
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };
    enum class Kind : std::uint8_t { phone, number, date };
    Kind kind = Kind::number;
    std::size_t end = 0;  // where it ends in the text
    std::string whole;    // what a document says: +79161234567, 1250000.5, 2024-05-12
    std::string query;    // what every notation of the same has among its terms
    std::array<Part, 12> parts;
    std::size_t part_count = 0;
    bool spaced = false;  // groups of thousands stand apart: "12 500" may be two numbers
};

// A number that begins at `at`, where a digit, '+' or '(' stands and no letter or digit before it;
// nullopt when what stands there is no number (an order number, a version, a bracket).
std::optional<Number> scan_number(std::string_view text, std::size_t at);

}  // namespace letopis::text
