// SPDX-License-Identifier: AGPL-3.0-or-later
// The words of a shard as people write them, for "did you mean": counted on every eighth message,
// which is enough to know what is a word here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

struct Word {
    std::string text;
    std::uint32_t docs = 0;  // about
};

class Vocabulary {
public:
    static constexpr std::uint64_t sample_every = 8;
    void add(text::Analyser& analyser, std::string_view body);
    // The words that at least 20 messages seem to have, most frequent first, as one blob.
    std::string encode() const;

private:
    struct Seen {
        std::uint32_t count = 0;
        std::uint32_t last = 0;
    };
    std::unordered_map<std::string, Seen> words_;
    std::uint32_t doc_ = 0;
};

Result<std::vector<Word>> decode_words(std::string_view blob);

// How many changes (a letter more, less, other, two swapped) make a of b; limit + 1 when more.
int changes_between(std::u32string_view a, std::u32string_view b, int limit);
std::u32string letters_of(std::string_view utf8);

}  // namespace letopis::search
