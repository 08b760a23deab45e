// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "search/search.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

namespace {

void add_term(std::vector<std::string>& terms, std::string term) {
    if (std::find(terms.begin(), terms.end(), term) == terms.end())
        terms.push_back(std::move(term));
}

void add_terms(text::Analyser& analyser,
               std::string_view prefix,
               std::string_view value,
               text::Use use,
               std::vector<std::string>& terms) {
    analyser.analyse(value, use, [&](const text::Token& token) {
        add_term(terms, std::string(prefix) + std::string(token.term));
        return true;
    });
}

// Of an address: the whole, what stands before the @ with its words, the domain, and the label that
// names the owner of it. Every other part would cost more than it finds.
void add_mailbox_terms(text::Analyser& analyser,
                       std::string_view prefix,
                       std::string_view address,
                       std::vector<std::string>& terms) {
    const auto sign = address.rfind('@');
    const auto local = address.substr(0, sign);
    const auto domain = address.substr(sign + 1);
    const auto add = [&](std::string_view value) {
        add_terms(analyser, prefix, value, text::Use::query, terms);
    };
    add(address);
    add(local);
    for (std::size_t at = 0; at < local.size();) {
        const auto end = std::min(local.find_first_of("._-+", at), local.size());
        if (end - at > 1) add(local.substr(at, end - at));
        at = end + 1;
    }
    for (auto rest = domain; rest.find('.') != std::string_view::npos;
         rest.remove_prefix(rest.find('.') + 1)) {
        add(rest);
        add(rest.substr(0, rest.find('.')));
    }
}

}  // namespace

void add_party_terms(text::Analyser& analyser,
                     std::string_view prefix,
                     std::string_view address,
                     std::string_view name,
                     std::vector<std::string>& terms) {
    const auto with_colon = std::string(prefix) + ":";
    if (address.find('@') != std::string_view::npos)
        add_mailbox_terms(analyser, with_colon, address, terms);
    else
        add_terms(analyser, with_colon, address, text::Use::document, terms);
    add_terms(analyser, with_colon, name, text::Use::document, terms);
}

void add_filename_terms(text::Analyser& analyser,
                        std::string_view filename,
                        std::vector<std::string>& terms) {
    add_terms(analyser, "filename:", filename, text::Use::document, terms);
}

}  // namespace letopis::search
