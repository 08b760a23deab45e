// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/phrases.hpp"

#include <deque>

#include "mime/ascii.hpp"

namespace letopis::mime {
namespace {

template <class Each>
void each_spelling(std::string_view phrase, Each&& each) {
    while (true) {
        const auto bar = phrase.find('|');
        each(phrase.substr(0, bar));
        if (bar == phrase.npos) return;
        phrase.remove_prefix(bar + 1);
    }
}

}  // namespace

Phrases::Phrases(std::span<const std::string_view> phrases) {
    for (const auto phrase : phrases)
        for (const char c : phrase) {
            const auto byte = static_cast<unsigned char>(lower(c));
            if (c != '|' && letter_[byte] == 0)
                letter_[byte] = static_cast<std::uint8_t>(letters_++);
        }
    for (unsigned char c = 'A'; c <= 'Z'; ++c)
        letter_[c] = letter_[static_cast<unsigned char>(c + 32)];
    next_.assign(letters_, 0);
    found_.assign(1, 0);
    std::uint64_t bit = 1;
    for (const auto phrase : phrases) {
        each_spelling(phrase, [&](std::string_view spelling) { add(spelling, bit); });
        bit <<= 1;
    }
    link();
}

void Phrases::add(std::string_view phrase, std::uint64_t bit) {
    std::size_t state = 0;
    for (const char c : phrase) {
        const std::size_t letter = letter_[static_cast<unsigned char>(lower(c))];
        if (next(state, letter) == 0) {
            const auto made = static_cast<std::uint16_t>(found_.size());
            found_.push_back(0);
            next_.resize(next_.size() + letters_, 0);
            next(state, letter) = made;
        }
        state = next(state, letter);
    }
    found_[state] |= bit;
}

// Where a phrase breaks off, the longest other one that could have begun inside of it goes on.
void Phrases::link() {
    std::vector<std::uint16_t> back(found_.size(), 0);
    std::deque<std::uint16_t> wave;
    for (std::size_t letter = 0; letter < letters_; ++letter)
        if (next(0, letter) != 0) wave.push_back(next(0, letter));
    while (!wave.empty()) {
        const std::size_t state = wave.front();
        wave.pop_front();
        found_[state] |= found_[back[state]];
        for (std::size_t letter = 0; letter < letters_; ++letter) {
            auto& to = next(state, letter);
            const auto other = next(back[state], letter);
            if (to == 0) {
                to = other;
            } else {
                back[to] = other;
                wave.push_back(to);
            }
        }
    }
}

std::uint64_t Phrases::in(std::string_view text) const {
    std::uint64_t found = 0;
    std::size_t state = 0;
    for (const char c : text) {
        state = next_[state * letters_ + letter_[static_cast<unsigned char>(c)]];
        found |= found_[state];
    }
    return found;
}

}  // namespace letopis::mime
