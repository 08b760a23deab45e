// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "search/search.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

namespace {

void add_terms(text::Analyser& analyser,
               std::string_view prefix,
               std::string_view value,
               std::vector<std::string>& terms) {
    analyser.analyse(value, text::Use::document, [&](const text::Token& token) {
        auto term = std::string(prefix) + std::string(token.term);
        if (std::find(terms.begin(), terms.end(), term) == terms.end())
            terms.push_back(std::move(term));
        return true;
    });
}

}  // namespace

void add_party_terms(text::Analyser& analyser,
                     std::string_view prefix,
                     std::string_view address,
                     std::string_view name,
                     std::vector<std::string>& terms) {
    const auto with_colon = std::string(prefix) + ":";
    add_terms(analyser, with_colon, address, terms);
    add_terms(analyser, with_colon, name, terms);
}

void add_filename_terms(text::Analyser& analyser,
                        std::string_view filename,
                        std::vector<std::string>& terms) {
    add_terms(analyser, "filename:", filename, terms);
}

}  // namespace letopis::search
