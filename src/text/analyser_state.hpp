// SPDX-License-Identifier: AGPL-3.0-or-later
// What an Analyser keeps; shared by the files of this folder that implement it: runs.cpp reads the
// text, analyser.cpp makes terms of what was read.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "text/analyser.hpp"
#include "text/numbers.hpp"
#include "text/stems.hpp"

namespace letopis::text {

inline constexpr std::size_t groups_max = 16;
inline constexpr std::size_t parts_max = 48;

enum Kind : std::uint8_t { latin = 1, cyrillic = 2, letter = 4, digit = 8, slow = 16 };
inline constexpr std::uint8_t any_letter = latin | cyrillic | letter;

// Lower case of an ASCII letter or digit, else 0.
inline constexpr std::array<char, 128> ascii_fold = [] {
    std::array<char, 128> table{};
    for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = c;
    for (char c = 'a'; c <= 'z'; ++c) {
        table[static_cast<std::size_t>(c)] = c;
        table[static_cast<std::size_t>(c - 'a' + 'A')] = c;
    }
    return table;
}();

// Letters and digits without anything between them.
struct Group {
    std::uint32_t begin = 0;  // in the source
    std::uint32_t end = 0;
    std::uint32_t at = 0;  // in the folded run
    std::uint32_t size = 0;
    std::uint8_t kinds = 0;
    char joiner = 0;  // what stands before it in the run
};

struct Analyser::State {
    Stems stems;
    // The run that is being read.
    std::string folded;
    std::array<Group, groups_max> groups;
    std::size_t count = 0;
    std::string whole;
    std::string part;
    // Terms already emitted at this position, so that none is emitted twice.
    std::string seen;
    std::array<std::pair<std::uint32_t, std::uint32_t>, parts_max> seen_at;
    std::size_t seen_count = 0;

    std::string_view text;
    Use use = Use::document;
    void* context = nullptr;
    Callback emit = nullptr;
    bool stopped = false;

    std::string_view folded_of(const Group& g) const {
        return std::string_view(folded).substr(g.at, g.size);
    }
    bool alnum_at(std::size_t i) const;
    bool read_group(std::size_t& i, char joiner);
    std::size_t joiner_at(std::size_t i, char& joiner) const;
    bool joins_address(std::size_t i) const;
    std::size_t read_run(std::size_t i);

    void send(std::string_view term, std::size_t begin, std::size_t end, bool colocated);
    void send_whole(std::string_view term, std::size_t begin, std::size_t end);
    void send_part(std::string_view term, std::size_t begin, std::size_t end);
    void send_number(const Number& number, std::size_t begin);
    std::string_view word_term(std::string_view word, std::uint8_t kinds);
    void send_group_parts(const Group& group);
    void send_mixed_parts(const Group& group);
    void send_words();
    void send_identifier();
    void send_pieces(std::size_t first, std::size_t last);
    std::string joined(std::size_t first, std::size_t last) const;
    void send_run();
    bool send_amount();
    std::size_t tagged(std::size_t i);
    std::size_t ideographs(std::size_t i);
    std::size_t number_at(std::size_t i);
    std::size_t step(std::size_t i);
};

}  // namespace letopis::text
