// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/subject.hpp"

#include <array>

namespace letopis::catalog {

namespace {

constexpr std::array<std::string_view, 12> prefixes = {
    "re", "fwd", "fw", "отв", "ответ", "пересл", "пер", "на", "aw", "wg", "antw", "sv"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void trim_left(std::string_view& text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

// "[2]", "(3)", "2" or "^2" after a prefix.
void skip_counter(std::string_view& text) {
    auto rest = text;
    trim_left(rest);
    const char open = rest.empty() ? '\0' : rest.front();
    if (open == '[' || open == '(' || open == '^') rest.remove_prefix(1);
    std::size_t digits = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
    if (digits == 0 || digits > 5) return;
    rest.remove_prefix(digits);
    const char close = open == '[' ? ']' : open == '(' ? ')' : '\0';
    if (close != '\0') {
        if (rest.empty() || rest.front() != close) return;
        rest.remove_prefix(1);
    }
    text = rest;
}

// One "Re[2]: " at the beginning of folded text.
bool strip_prefix(std::string_view& text) {
    for (const auto prefix : prefixes) {
        if (!text.starts_with(prefix)) continue;
        auto rest = text.substr(prefix.size());
        skip_counter(rest);
        trim_left(rest);
        if (rest.starts_with(':'))
            rest.remove_prefix(1);
        else if (rest.starts_with("："))
            rest.remove_prefix(std::string_view("：").size());
        else
            continue;
        text = rest;
        return true;
    }
    return false;
}

bool strip_tag(std::string_view& text) {
    if (!text.starts_with('[')) return false;
    const auto close = text.find(']');
    if (close == std::string_view::npos || close > 60) return false;
    text.remove_prefix(close + 1);
    return true;
}

std::string single_spaced(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (!is_space(c))
            out.push_back(c);
        else if (!out.empty() && out.back() != ' ')
            out.push_back(' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string stripped(std::string_view subject, bool tags_too, bool& is_answer) {
    const auto folded = fold(subject);
    std::string_view rest = folded;
    for (;;) {
        trim_left(rest);
        if (strip_prefix(rest)) {
            is_answer = true;
            continue;
        }
        if (tags_too && strip_tag(rest)) continue;
        return single_spaced(rest);
    }
}

}  // namespace

BaseSubject base_subject(std::string_view subject) {
    BaseSubject result;
    result.base = stripped(subject, false, result.is_answer);
    return result;
}

std::string base_without_tags(std::string_view subject) {
    bool ignored = false;
    return stripped(subject, true, ignored);
}

std::string fold(std::string_view text) {
    std::string out(text);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto c = static_cast<unsigned char>(out[i]);
        if (c >= 'A' && c <= 'Z') {
            out[i] = static_cast<char>(c + 32);
            continue;
        }
        if ((c != 0xc3 && c != 0xd0 && c != 0xd1) || i + 1 == out.size()) continue;
        auto d = static_cast<unsigned char>(out[i + 1]);
        auto lead = c;
        if (c == 0xc3) {  // À…Þ without ×
            if (d >= 0x80 && d <= 0x9e && d != 0x97) d = static_cast<unsigned char>(d + 0x20);
        } else if (c == 0xd0 && d >= 0x90 && d <= 0x9f) {  // А…П
            d = static_cast<unsigned char>(d + 0x20);
        } else if (c == 0xd0 && d >= 0xa0 && d <= 0xaf) {  // Р…Я
            lead = 0xd1;
            d = static_cast<unsigned char>(d - 0x20);
        } else if (c == 0xd0 && d >= 0x80 && d <= 0x8f) {  // Ѐ…Џ, Ё among them
            lead = 0xd1;
            d = static_cast<unsigned char>(d + 0x10);
        }
        if (lead == 0xd1 && d == 0x91) {  // ё
            lead = 0xd0;
            d = 0xb5;  // е
        }
        out[i] = static_cast<char>(lead);
        out[++i] = static_cast<char>(d);
    }
    return out;
}

}  // namespace letopis::catalog
