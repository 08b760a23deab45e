// SPDX-License-Identifier: AGPL-3.0-or-later
// Looks for many phrases in one pass over a text (Aho and Corasick 1975). ASCII letters match in
// either case; other letters as they are given.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace letopis::mime {

class Phrases {
public:
    // At most 64. "one spelling|another" is one phrase.
    explicit Phrases(std::span<const std::string_view> phrases);

    // Bit i is set when phrase i stands somewhere in the text.
    std::uint64_t in(std::string_view text) const;

private:
    void add(std::string_view phrase, std::uint64_t bit);
    void link();
    std::uint16_t& next(std::size_t state, std::size_t letter) {
        return next_[state * letters_ + letter];
    }

    std::size_t letters_ = 1;  // 0 stands for every byte that is in no phrase
    std::array<std::uint8_t, 256> letter_{};
    std::vector<std::uint16_t> next_;
    std::vector<std::uint64_t> found_;
};

}  // namespace letopis::mime
