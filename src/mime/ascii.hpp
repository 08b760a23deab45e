// SPDX-License-Identifier: AGPL-3.0-or-later
// ASCII only and free of locales: headers are bytes, not words of a language.
#pragma once

#include <string>
#include <string_view>

namespace letopis::mime {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }

inline std::string lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = lower(c);
    return out;
}
constexpr bool equal_nocase(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}
constexpr bool starts_nocase(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && equal_nocase(text.substr(0, prefix.size()), prefix);
}
constexpr std::size_t find_nocase(std::string_view text,
                                  std::string_view what,
                                  std::size_t from = 0) {
    for (; from + what.size() <= text.size(); ++from)
        if (equal_nocase(text.substr(from, what.size()), what)) return from;
    return std::string_view::npos;
}
constexpr std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}
// RFC 5322 section 2.2.3: folding white space becomes one space, and so does any other line end.
inline std::string unfold(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const char c = raw[i];
        if (c != '\r' && c != '\n') {
            out.push_back(c == '\0' ? ' ' : c);
            continue;
        }
        while (i + 1 < raw.size() && is_space(raw[i + 1])) ++i;
        while (!out.empty() && is_space(out.back())) out.pop_back();
        out.push_back(' ');
    }
    return std::string(trim(out));
}

}  // namespace letopis::mime
