// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/analyser.hpp"

#include <algorithm>

#include "text/analyser_state.hpp"
#include "text/chars.hpp"
#include "text/vowels.hpp"

namespace letopis::text {

namespace {

struct Letters {  // Cyrillic letters that look like Latin ones
    std::string_view cyrillic;
    char latin;
};
constexpr Letters lookalikes[] = {{"а", 'a'},
                                  {"в", 'b'},
                                  {"е", 'e'},
                                  {"к", 'k'},
                                  {"м", 'm'},
                                  {"н", 'h'},
                                  {"о", 'o'},
                                  {"р", 'p'},
                                  {"с", 'c'},
                                  {"т", 't'},
                                  {"у", 'y'},
                                  {"х", 'x'}};

// An order number in Latin letters where every Cyrillic letter of it has a Latin twin; else the
// same text.
std::string with_latin_twins(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (static_cast<unsigned char>(text[i]) < 0x80) {
            out.push_back(text[i++]);
            continue;
        }
        const auto* twin = std::find_if(std::begin(lookalikes), std::end(lookalikes), [&](auto& l) {
            return text.substr(i, 2) == l.cyrillic;
        });
        if (twin == std::end(lookalikes)) return std::string(text);
        out.push_back(twin->latin);
        i += 2;
    }
    return out;
}

// "500р", "10шт": a number and its unit, which are two words.
bool is_unit(std::string_view text) {
    static constexpr std::string_view units[] = {
        "р",   "руб", "рублей", "рубля", "рубль", "коп", "шт",    "кг",   "г",
        "гр",  "т",   "м",      "см",    "мм",    "км",  "л",     "мл",   "тыс",
        "млн", "к",   "ч",      "мин",   "дн",    "usd", "eur",   "rub",  "kg",
        "pcs", "mb",  "gb",     "мб",    "гб",    "час", "часов", "дней", "лет"};
    return std::find(std::begin(units), std::end(units), text) != std::end(units);
}

}  // namespace

Analyser::Analyser() : state_(std::make_unique<State>()) {}
Analyser::~Analyser() = default;
Analyser::Analyser(Analyser&&) noexcept = default;

void Analyser::State::send(std::string_view term,
                           std::size_t begin,
                           std::size_t end,
                           bool colocated) {
    if (stopped || term.empty()) return;
    const Token token{cut_at_character(term, term_bytes_max),
                      static_cast<std::uint32_t>(begin),
                      static_cast<std::uint32_t>(end),
                      colocated};
    if (!emit(context, token)) stopped = true;
}

void Analyser::State::send_whole(std::string_view term, std::size_t begin, std::size_t end) {
    seen.assign(term);
    seen_at[0] = {0, static_cast<std::uint32_t>(term.size())};
    seen_count = 1;
    send(term, begin, end, false);
}

void Analyser::State::send_part(std::string_view term, std::size_t begin, std::size_t end) {
    if (use == Use::query || term.empty() || seen_count == parts_max) return;
    for (std::size_t i = 0; i < seen_count; ++i)
        if (std::string_view(seen).substr(seen_at[i].first, seen_at[i].second) == term) return;
    seen_at[seen_count++] = {static_cast<std::uint32_t>(seen.size()),
                             static_cast<std::uint32_t>(term.size())};
    seen += term;
    send(term, begin, end, true);
}

void Analyser::State::send_number(const Number& number, std::size_t begin) {
    if (use == Use::query) {
        send_whole(number.query, begin, number.end);
        return;
    }
    send_whole(number.whole, begin, number.end);
    for (std::size_t i = 0; i < number.part_count; ++i)
        send_part(number.parts[i].term, number.parts[i].begin, number.parts[i].end);
}

std::string_view Analyser::State::word_term(std::string_view word, std::uint8_t kinds) {
    const auto letters = kinds & (any_letter | digit);
    if (letters == cyrillic) return stems.stem(word, Script::russian);
    if (letters == latin) return stems.stem(word, Script::english);
    return word;
}

// "inv00123": letters and digits once each are two parts; more changes between them are a code.
void Analyser::State::send_mixed_parts(const Group& group) {
    const auto word = folded_of(group);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t border = 1;
    while (border < word.size() && is_digit(word[border]) == is_digit(word[0])) ++border;
    for (auto k = border; k < word.size(); ++k)
        if (is_digit(word[k]) == is_digit(word[0])) return;
    if (border == word.size()) return;
    const auto middle = group.kinds & slow ? group.begin : group.begin + border;
    // Where folding changed the length of the source, both parts point at all of it.
    const auto left_end = group.kinds & slow ? group.end : middle;
    for (const auto& [text_part, begin, end] :
         {std::tuple(word.substr(0, border), std::size_t(group.begin), std::size_t(left_end)),
          std::tuple(word.substr(border), std::size_t(middle), std::size_t(group.end))}) {
        if (!is_digit(text_part[0])) {
            send_part(word_term(text_part, group.kinds & any_letter), begin, end);
            continue;
        }
        send_part(text_part, begin, end);
        const auto first = std::min(text_part.find_first_not_of('0'), text_part.size() - 1);
        send_part(text_part.substr(first), begin, end);
    }
}

void Analyser::State::send_group_parts(const Group& group) {
    const auto word = folded_of(group);
    if (!(group.kinds & digit)) {
        send_part(word_term(word, group.kinds), group.begin, group.end);
        return;
    }
    send_part(word, group.begin, group.end);
    if (group.kinds & any_letter) {
        send_mixed_parts(group);
    } else if (word[0] == '0' && word.size() > 1) {
        const auto first = std::min(word.find_first_not_of('0'), word.size() - 1);
        send_part(word.substr(first), group.begin, group.end);
    }
}

// Folded text of the groups from first to before last with their joiners.
std::string Analyser::State::joined(std::size_t first, std::size_t last) const {
    std::string out;
    for (auto i = first; i < last; ++i) {
        if (i > first) out.push_back(groups[i].joiner);
        out += folded_of(groups[i]);
    }
    return out;
}

// Words with hyphens and apostrophes: stems of the parts, joined again, and the parts.
void Analyser::State::send_words() {
    const auto begin = groups[0].begin;
    const auto end = groups[count - 1].end;
    whole.clear();
    for (std::size_t i = 0; i < count;) {
        // "d'artagnan" is one word with the apostrophe left out, "client's" the word client.
        part = folded_of(groups[i]);
        auto kinds = groups[i].kinds;
        auto next = i + 1;
        for (; next < count && groups[next].joiner == '\''; ++next) {
            if (folded_of(groups[next]) == "s" && (kinds & any_letter) == latin) continue;
            part += folded_of(groups[next]);
            kinds |= groups[next].kinds;
        }
        if (i > 0) whole.push_back('-');
        whole += word_term(part, kinds);
        i = next;
    }
    send_whole(whole, begin, end);
    for (std::size_t i = 0; i < count; ++i)
        if (folded_of(groups[i]).size() > 1) send_group_parts(groups[i]);
}

// Every run of two or more neighbouring groups that is not the whole: "17/2024" of "17/2024-А".
void Analyser::State::send_pieces(std::size_t first, std::size_t last) {
    for (auto length = last - first - 1; length >= 2; --length)
        for (auto i = first; i + length <= last; ++i) {
            const auto piece = joined(i, i + length);
            send_part(piece, groups[i].begin, groups[i + length - 1].end);
            send_part(with_latin_twins(piece), groups[i].begin, groups[i + length - 1].end);
        }
}

// E-mail addresses, hosts, file names, order numbers: whole, then their parts.
void Analyser::State::send_identifier() {
    const auto begin = groups[0].begin;
    const auto end = groups[count - 1].end;
    whole = joined(0, count);
    const bool has_digit = std::any_of(groups.begin(),
                                       groups.begin() + static_cast<std::ptrdiff_t>(count),
                                       [](const Group& g) { return (g.kinds & digit) != 0; });
    std::size_t at_sign = 0;
    std::size_t dots = 0;
    for (std::size_t i = 1; i < count; ++i) {
        if (groups[i].joiner == '@') at_sign = i;
        if (groups[i].joiner == '.') ++dots;
    }
    const auto twin = has_digit && at_sign == 0 ? with_latin_twins(whole) : whole;
    send_whole(use == Use::query ? twin : whole, begin, end);
    if (use == Use::query) return;
    send_part(twin, begin, end);
    if (at_sign > 0) send_part(joined(0, at_sign), begin, groups[at_sign - 1].end);
    if (at_sign > 0 || (dots > 1 && !(groups[count - 1].kinds & digit))) {
        for (auto i = at_sign; i + 1 < count; ++i)
            send_part(joined(i, count), groups[i].begin, end);
    } else if (count > 2 && count <= 4) {
        send_pieces(0, count);
    }
    for (std::size_t i = 0; i < count; ++i) send_group_parts(groups[i]);
}

// "500р" as the number 500 and the word р; false when the run is something else.
bool Analyser::State::send_amount() {
    const auto& group = groups[0];
    const auto word = folded_of(group);
    if (group.kinds & slow) return false;
    const auto border = word.find_first_not_of("0123456789");
    if (border == 0 || border == std::string_view::npos || !is_unit(word.substr(border)))
        return false;
    const auto middle = group.begin + border;
    send_whole(word.substr(0, border), group.begin, middle);
    const auto kinds = static_cast<std::uint8_t>(group.kinds & any_letter);
    send_whole(word_term(word.substr(border), kinds), middle, group.end);
    return true;
}

void Analyser::State::send_run() {
    if (count == 0) return;
    std::uint8_t kinds = 0;
    bool words_only = true;
    for (std::size_t i = 0; i < count; ++i) {
        kinds |= groups[i].kinds;
        words_only &= i == 0 || groups[i].joiner == '-' || groups[i].joiner == '\'';
    }
    if (count == 1 && !(kinds & digit)) {
        send_whole(word_term(folded_of(groups[0]), kinds), groups[0].begin, groups[0].end);
    } else if (words_only && !(kinds & digit)) {
        send_words();
    } else if (count > 1 || !send_amount()) {
        send_identifier();
    }
}

// "#акция" and "@ivan": with and without the sign; "#17" is the number alone.
std::size_t Analyser::State::tagged(std::size_t i) {
    const char sign = text[i];
    const auto end = read_run(i + 1);
    if (count == 0) return i + 1;
    if (!(groups[0].kinds & any_letter)) return 0;
    const auto name = sign + joined(0, count);
    send_whole(name, i, end);
    if (use == Use::query) return end;
    send_part(joined(0, count), i + 1, end);
    for (std::size_t k = 0; k < count; ++k) send_group_parts(groups[k]);
    return end;
}

// Text without spaces: every character, and every two neighbours. A query for two or more
// characters asks for the pairs and the last character, which a document has at the same distances.
std::size_t Analyser::State::ideographs(std::size_t i) {
    auto c = decode(text, i);
    const auto next = i + c.length;
    const auto after = next < text.size() ? decode(text, next) : Char{};
    const bool pair = after.valid && classify(after.code) == CharClass::ideograph;
    part = fold_word(text.substr(i, c.length));
    if (pair) whole = fold_word(text.substr(i, c.length + std::size_t(after.length)));
    if (use == Use::query) {
        send_whole(pair ? whole : part, i, pair ? next + after.length : next);
    } else {
        send_whole(part, i, next);
        if (pair) send_part(whole, i, next + after.length);
    }
    return next;
}

std::size_t Analyser::State::number_at(std::size_t i) {
    auto scanned = text;
    if (i >= 2 && (text[i - 1] == ',' || text[i - 1] == '.') && text[i - 2] >= '0' &&
        text[i - 2] <= '9') {
        // The rest of "1,2,3,4", which is a list: only the digits themselves.
        const auto end = std::min(text.find_first_not_of("0123456789", i), text.size());
        if (alnum_at(end)) return 0;
        scanned = text.substr(0, end);
    }
    const auto number = scan_number(scanned, i);
    if (!number) return 0;
    send_number(*number, i);
    return number->end;
}

std::size_t Analyser::State::step(std::size_t i) {
    const auto b = static_cast<unsigned char>(text[i]);
    if (b < 0x80) {
        const char c = text[i];
        const bool next_digit = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
        if ((c >= '0' && c <= '9') || ((c == '+' || c == '(') && next_digit))
            if (const auto end = number_at(i); end > 0) return end;
        if ((c == '#' || c == '@') && alnum_at(i + 1))
            if (const auto end = tagged(i); end > 0) return end;
        if (ascii_fold[b] == 0) return i + 1;
    } else if (b != 0xd0 && b != 0xd1) {
        const auto c = decode(text, i);
        if (!c.valid) return i + 1;
        switch (classify(c.code)) {
            case CharClass::ideograph: return ideographs(i);
            case CharClass::emoji:
                send_whole(text.substr(i, c.length), i, i + c.length);
                return i + c.length;
            case CharClass::other:
            case CharClass::mark:
            case CharClass::ignorable: return i + c.length;
            case CharClass::latin:
            case CharClass::cyrillic:
            case CharClass::letter:
            case CharClass::digit: break;
        }
    }
    const auto end = read_run(i);
    send_run();
    // A run always takes at least one character; the guard is for folding that leaves nothing.
    return std::max(end, i + 1);
}

void Analyser::run(std::string_view utf8, Use use, void* context, Callback emit) {
    auto& s = *state_;
    s.text = utf8.substr(0, 0xfffffff0u);
    s.use = use;
    s.context = context;
    s.emit = emit;
    s.stopped = false;
    for (std::size_t i = 0; i < s.text.size() && !s.stopped;) {
        if (s.text[i] == ' ')
            ++i;
        else
            i = s.step(i);
    }
}

std::string Analyser::term(std::string_view word) {
    std::string found;
    analyse(word, Use::query, [&](const Token& token) {
        found = token.term;
        return false;
    });
    return found;
}

std::vector<std::string> Analyser::terms_of_beginning(std::string_view beginning) {
    const auto folded = fold(beginning);
    auto terms = steady_stems_of(folded);
    std::string own;  // when it is one word
    analyse(beginning, Use::query, [&](const Token& token) {
        if (token.end - token.begin == beginning.size()) own = token.term;
        return false;
    });
    const auto cut = std::string(state_->stems.without_ending(folded, Script::russian));
    const bool of_it = folded.starts_with(own) || (cut != folded && folded.starts_with(cut));
    if (!own.empty() && own != folded && of_it) terms.push_back(own);
    return terms;
}

}  // namespace letopis::text
