// SPDX-License-Identifier: AGPL-3.0-or-later
// The small parts of the grammar of RFC 9110 that have no home in the parser.
#pragma once

#include <algorithm>
#include <string_view>

namespace letopis::http {

inline bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) {
               return lower(x) == lower(y);
           });
}

inline std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What stands before `mark`; `rest` keeps what comes after it.
inline std::string_view take_until(std::string_view& rest, char mark) {
    const auto at = rest.find(mark);
    const auto part = rest.substr(0, at);
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
    return part;
}

// Is `token` in a list like that of Connection, letter case aside?
inline bool lists(std::string_view list, std::string_view token) {
    while (!list.empty())
        if (same_ignoring_case(trim(take_until(list, ',')), token)) return true;
    return false;
}

}  // namespace letopis::http
