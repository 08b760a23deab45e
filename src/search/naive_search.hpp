// SPDX-License-Identifier: AGPL-3.0-or-later
// Test only: the meaning of a query, said plainly, one message after the other. The engine must
// give the same.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "search/search.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

class NaiveSearch {
public:
    void put(const Doc& doc) {
        Entry entry{doc, {}};
        for (const auto* text : {&doc.subject, &doc.body, &doc.attachments})
            entry.columns.push_back(positions(*text));
        docs_[doc.seq.value()] = std::move(entry);
    }
    void remove(Seq seq) { docs_.erase(seq.value()); }
    std::size_t size() const { return docs_.size(); }
    const Doc& doc(Seq seq) const { return docs_.at(seq.value()).doc; }
    bool has(Seq seq) const { return docs_.count(seq.value()) > 0; }

    // Newest first.
    std::vector<Seq> find(const Request& request) {
        std::vector<std::pair<Instant, Seq>> found;
        for (const auto& [seq, entry] : docs_)
            if ((!request.scope.allows || request.scope.allows(entry.doc.group)) &&
                matches(entry, request.query, request))
                found.emplace_back(entry.doc.sort_date, entry.doc.seq);
        std::sort(found.rbegin(), found.rend());
        std::vector<Seq> seqs;
        for (const auto& [date, seq] : found) seqs.push_back(seq);
        return seqs;
    }

private:
    using Positions = std::vector<std::set<std::string>>;
    struct Entry {
        Doc doc;
        std::vector<Positions> columns;
    };

    Positions positions(std::string_view text) {
        Positions out;
        analyser_.analyse(text, text::Use::document, [&](const text::Token& token) {
            if (!token.colocated) out.emplace_back();
            out.back().emplace(token.term);
            return true;
        });
        return out;
    }
    std::vector<std::string> wanted(std::string_view text) {
        std::vector<std::string> out;
        analyser_.analyse(text, text::Use::query, [&](const text::Token& token) {
            out.emplace_back(token.term);
            return true;
        });
        return out;
    }
    static bool has_phrase(const Positions& column, const std::vector<std::string>& terms) {
        for (std::size_t i = 0; i + terms.size() <= column.size(); ++i) {
            std::size_t k = 0;
            while (k < terms.size() && column[i + k].count(terms[k]) > 0) ++k;
            if (k == terms.size()) return !terms.empty();
        }
        return false;
    }
    bool has_beginning(const Positions& column, const std::string& text) {
        const auto beginning = text::fold(text);
        const auto stems = analyser_.terms_of_beginning(text);
        for (const auto& terms : column)
            for (const auto& term : terms)
                if (term.starts_with(beginning) ||
                    std::find(stems.begin(), stems.end(), term) != stems.end())
                    return true;
        return false;
    }
    static bool has_term(const Doc& doc, const std::string& term) {
        return std::find(doc.terms.begin(), doc.terms.end(), term) != doc.terms.end();
    }
    bool has_all(const Doc& doc, const std::string& prefix, const std::string& text) {
        for (const auto& term : wanted(text))
            if (!has_term(doc, prefix + term)) return false;
        return true;
    }
    bool field(const Entry& entry, const text::Node& node, const Request& request) {
        const auto& doc = entry.doc;
        using text::Field;
        if (node.field == Field::tag) {
            const auto seqs = **request.resolve(node.field, node.text);
            return std::find(seqs.begin(), seqs.end(), doc.seq) != seqs.end();
        }
        switch (node.field) {
            case Field::from:
                if (node.text.ends_with('*')) {
                    const auto text = node.text.substr(0, node.text.size() - 1);
                    const auto stems = analyser_.terms_of_beginning(text);
                    return std::any_of(doc.terms.begin(), doc.terms.end(), [&](auto& term) {
                        return term.starts_with("from:" + text) ||
                               std::any_of(stems.begin(), stems.end(), [&](auto& stem) {
                                   return term == "from:" + stem;
                               });
                    });
                }
                return has_all(doc, "from:", node.text);
            case Field::channel: return has_term(doc, "channel:" + node.text);
            case Field::lang: return has_term(doc, "lang:" + node.text);
            case Field::conversation: return has_term(doc, "conv:" + node.text);
            case Field::has: return doc.has_attachment;
            case Field::larger: return doc.size_bytes > node.bytes;
            case Field::id: return std::to_string(doc.seq.value()) == node.text;
            case Field::before:
            case Field::after:
            case Field::on:
                return (!node.from_time || doc.sort_date >= *node.from_time) &&
                       (!node.to_time || doc.sort_date < *node.to_time);
            default: return false;
        }
    }
    bool matches(const Entry& entry, const text::Node& node, const Request& request) {
        using Kind = text::Node::Kind;
        const std::size_t columns = node.in_subject ? 1 : 3;
        const auto any = [&](auto&& test) {
            return std::any_of(entry.columns.begin(),
                               entry.columns.begin() + static_cast<std::ptrdiff_t>(columns),
                               test);
        };
        switch (node.kind) {
            case Kind::all: return true;
            case Kind::word:
            case Kind::phrase: {
                const auto terms = wanted(node.text);
                return any([&](const Positions& column) { return has_phrase(column, terms); });
            }
            case Kind::exact: {
                // The texts have no other signs between words.
                const auto said = [&](const std::string& text) {
                    auto plain = " " + text::fold(text) + " ";
                    for (auto& c : plain)
                        if (c == '.' || c == ',' || c == '!' || c == '\n') c = ' ';
                    return plain.find(" " + text::fold(node.text) + " ") != std::string::npos;
                };
                return said(entry.doc.subject) ||
                       (!node.in_subject && (said(entry.doc.body) || said(entry.doc.attachments)));
            }
            case Kind::prefix:
                return any(
                    [&](const Positions& column) { return has_beginning(column, node.text); });
            case Kind::field: return field(entry, node, request);
            case Kind::both:
                return std::all_of(node.children.begin(), node.children.end(), [&](auto& child) {
                    return matches(entry, *child, request);
                });
            case Kind::either:
                return std::any_of(node.children.begin(), node.children.end(), [&](auto& child) {
                    return matches(entry, *child, request);
                });
            case Kind::without: return !matches(entry, *node.children[0], request);
        }
        return false;
    }

    text::Analyser analyser_;
    std::map<std::uint64_t, Entry> docs_;
};

}  // namespace letopis::search
