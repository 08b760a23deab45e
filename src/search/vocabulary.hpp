// SPDX-License-Identifier: AGPL-3.0-or-later
// The words of a shard as people write them, for "did you mean": counted on every message, in a
// large shard on every eighth, which is enough to know what is a word there.
#pragma once

#include <algorithm>
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
    static constexpr std::uint32_t sample_every = 8;
    // A message, which stands for `weight` messages.
    void add(text::Analyser& analyser,
             std::string_view subject,
             std::string_view body,
             std::uint32_t weight);
    void add(const Word& word);
    bool empty() const { return words_.empty(); }
    // The words that at least so many messages seem to have, most frequent first, as one blob.
    std::string encode(std::uint64_t docs_min) const;

private:
    struct Seen {
        std::uint32_t count = 0;
        std::uint32_t last = 0;
    };
    Seen* seen(std::string word);
    std::unordered_map<std::string, Seen> words_;
    std::uint32_t doc_ = 0;
};

Result<std::vector<Word>> decode_words(std::string_view blob);

// So many messages must have a word before it is offered: one of a hundred, but neither 1 nor more
// than 20.
constexpr std::uint64_t docs_to_be_a_word(std::uint64_t docs) {
    return std::clamp<std::uint64_t>(docs / 100, 2, 20);
}

// How many changes (a letter more, less, other, two swapped) make a of b; limit + 1 when more.
int changes_between(std::u32string_view a, std::u32string_view b, int limit);
std::u32string letters_of(std::string_view utf8);

}  // namespace letopis::search
