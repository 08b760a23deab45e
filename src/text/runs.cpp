// SPDX-License-Identifier: AGPL-3.0-or-later
// Letters and digits, and what joins them, up to the next space or sign: a run.
#include <algorithm>

#include "text/analyser_state.hpp"
#include "text/chars.hpp"

namespace letopis::text {

namespace {

constexpr std::size_t group_bytes_max = 192;

// Of folded text: full-width letters and ligatures have become plain ones by then.
std::uint8_t kinds_of(std::string_view word) {
    std::uint8_t kinds = 0;
    for (std::size_t i = 0; i < word.size();) {
        const auto c = decode(word, i);
        i += c.length;
        switch (classify(c.code)) {
            case CharClass::latin: kinds |= latin; break;
            case CharClass::cyrillic: kinds |= cyrillic; break;
            case CharClass::digit: kinds |= digit; break;
            default: kinds |= letter; break;
        }
    }
    return kinds;
}

}  // namespace

bool Analyser::State::alnum_at(std::size_t i) const {
    if (i >= text.size()) return false;
    const auto b = static_cast<unsigned char>(text[i]);
    if (b < 0x80) return ascii_fold[b] != 0;
    const auto c = decode(text, i);
    if (!c.valid) return false;
    const auto cls = classify(c.code);
    return cls == CharClass::cyrillic || cls == CharClass::letter || cls == CharClass::digit;
}

// Reads letters and digits at i into a new group; false when there are none.
bool Analyser::State::read_group(std::size_t& i, char joiner) {
    Group group;
    group.begin = static_cast<std::uint32_t>(i);
    group.at = static_cast<std::uint32_t>(folded.size());
    group.joiner = joiner;
    std::size_t end = i;
    while (i < text.size() && i - group.begin < group_bytes_max) {
        const auto b = static_cast<unsigned char>(text[i]);
        if (b < 0x80) {
            const char c = ascii_fold[b];
            if (c == 0) break;
            folded.push_back(c);
            group.kinds |= c <= '9' ? digit : latin;
            end = ++i;
            continue;
        }
        const auto c = decode(text, i);
        if (!c.valid) break;
        if (c.code >= 0x400 && c.code < 0x460) {
            const auto f = fold_cyrillic(c.code);
            folded.push_back(static_cast<char>(0xc0 | (f >> 6)));
            folded.push_back(static_cast<char>(0x80 | (f & 0x3f)));
            group.kinds |= cyrillic;
            end = i += 2;
            continue;
        }
        const auto cls = classify(c.code);
        if (cls == CharClass::letter || cls == CharClass::digit) {
            group.kinds |= slow | (cls == CharClass::letter ? letter : digit);
            end = i += c.length;
        } else if (cls == CharClass::mark || cls == CharClass::ignorable) {
            if (end == group.begin) break;
            group.kinds |= slow;
            i += c.length;
            if (cls == CharClass::mark) end = i;
        } else {
            break;
        }
    }
    i = end;
    group.end = static_cast<std::uint32_t>(end);
    if (end == group.begin) return false;
    if (group.kinds & slow) {
        folded.resize(group.at);
        folded += fold_word(text.substr(group.begin, end - group.begin));
        if (folded.size() == group.at) return false;
        group.kinds = kinds_of(std::string_view(folded).substr(group.at)) | slow;
    }
    group.size = static_cast<std::uint32_t>(folded.size()) - group.at;
    groups[count++] = group;
    return true;
}

// "anna+tag@client": does an @ follow before the word ends?
bool Analyser::State::joins_address(std::size_t i) const {
    const auto limit = std::min(text.size(), i + 64);
    for (auto k = i + 1; k < limit; ++k) {
        const auto b = static_cast<unsigned char>(text[k]);
        if (b == '@') return true;
        if (b >= 0x80 || (ascii_fold[b] == 0 && b != '.' && b != '_' && b != '-' && b != '+'))
            return false;
    }
    return false;
}

// The bytes of a joiner at i that has a letter or digit after it and belongs into this run; 0: the
// run ends here.
std::size_t Analyser::State::joiner_at(std::size_t i, char& joiner) const {
    if (i >= text.size()) return 0;
    const auto left = groups[count - 1];
    const auto ascii = [&](std::size_t k) {
        return k < text.size() && static_cast<unsigned char>(text[k]) < 0x80;
    };
    std::size_t length = 1;
    joiner = text[i];
    const auto wide = text.substr(i, 3);
    if (wide == "\u2010" || wide == "\u2011") {
        joiner = '-';
        length = 3;
    } else if (wide == "\u2019") {
        joiner = '\'';
        length = 3;
    } else if (text.substr(i, 2) == "\u02bc") {
        joiner = '\'';
        length = 2;
    }
    if (joiner == '_')
        while (i + length < text.size() && text[i + length] == '_' && length < 16) ++length;
    const auto next = i + length;
    const auto has = [&](char c) {
        return std::any_of(groups.begin() + 1,
                           groups.begin() + static_cast<std::ptrdiff_t>(count),
                           [&](const Group& g) { return g.joiner == c; });
    };
    const bool next_digit = next < text.size() && text[next] >= '0' && text[next] <= '9';
    switch (joiner) {
        case '-':
        case '_': return alnum_at(next) ? length : 0;
        case '.':
            if (!(left.kinds & (latin | digit)) || !ascii(i - 1) || !ascii(next)) {
                // Of the domains in Cyrillic only .рф is known well enough to tell it from a
                // missing space after a full stop.
                const auto tail = text.substr(std::min(next, text.size()), 4);
                return (tail == "рф" || tail == "РФ") && !alnum_at(next + 4) ? length : 0;
            }
            return alnum_at(next) ? length : 0;
        case '/':
            if (has('.') || has('@') || !alnum_at(next)) return 0;
            return next_digit || (left.kinds & digit) ? length : 0;
        case '\'': return (left.kinds & digit) == 0 && alnum_at(next) && !next_digit ? length : 0;
        case '@': return ascii(i - 1) && ascii(next) && alnum_at(next) && !has('@') ? length : 0;
        case '+': return ascii(next) && alnum_at(next) && joins_address(i) ? length : 0;
        default: return 0;
    }
}

std::size_t Analyser::State::read_run(std::size_t i) {
    folded.clear();
    count = 0;
    if (!read_group(i, 0)) return i;
    while (count < groups_max) {
        char joiner = 0;
        const auto length = joiner_at(i, joiner);
        if (length == 0) break;
        auto next = i + length;
        if (!read_group(next, joiner)) break;
        i = next;
    }
    return i;
}

}  // namespace letopis::text
