// SPDX-License-Identifier: AGPL-3.0-or-later
// What of a query FTS5 can answer by itself, as one expression.
#include <algorithm>

#include "search/evaluate.hpp"
#include "search/frequent.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

using text::Field;
using text::Node;
using Kind = text::Node::Kind;

namespace {

// Fields whose values may change after capture, and are asked of the catalogue first.
bool may_be_resolved(Field field) {
    switch (field) {
        case Field::client:
        case Field::employee:
        case Field::deal:
        case Field::tag:
        case Field::category:
        case Field::project:
        case Field::is:
        case Field::label:
        case Field::source:
        case Field::conversation:
        case Field::id: return true;
        case Field::from:
        case Field::to:
        case Field::channel:
        case Field::has:
        case Field::filename:
        case Field::in:
        case Field::before:
        case Field::after:
        case Field::on:
        case Field::larger:
        case Field::lang: return false;
    }
    return false;
}

std::string_view term_prefix(Field field) {
    switch (field) {
        case Field::client: return "client:";
        case Field::employee: return "employee:";
        case Field::has: return "has:";
        case Field::deal: return "deal:";
        case Field::tag: return "tag:";
        case Field::category: return "category:";
        case Field::project: return "project:";
        case Field::is: return "is:";
        case Field::source: return "source:";
        case Field::conversation: return "conv:";
        case Field::label: return "label:";
        case Field::from:
        case Field::to:
        case Field::channel:
        case Field::lang:
        case Field::filename:
        case Field::in:
        case Field::before:
        case Field::after:
        case Field::on:
        case Field::larger:
        case Field::id: return {};
    }
    return {};
}

}  // namespace

std::string joined(const std::vector<std::string>& parts, std::string_view operation) {
    std::string out = "(";
    for (const auto& part : parts) {
        if (out.size() > 1) out += operation;
        out += part;
    }
    return out + ")";
}

// Fields that are a column: cheap to look at in the rows that are left.
bool is_trait(const Node& node) {
    return node.kind == Kind::field && (node.field == Field::channel || node.field == Field::lang ||
                                        (node.field == Field::has && node.text == "attachment"));
}

// Bottom up: what is resolved, then what is an FTS5 expression. The parser limits the depth.
Result<void> Evaluation::prepare(const Node& node) {
    for (const auto& child : node.children) TRY_DO(prepare(*child));
    if (node.kind == Kind::field && may_be_resolved(node.field) && request_.resolve) {
        TRY(auto seqs, request_.resolve(node.field, node.text));
        if (seqs) {
            auto& values = resolved_[&node];
            values.reserve(seqs->size());
            for (const auto seq : *seqs) values.push_back(seq.value());
            std::sort(values.begin(), values.end());
        }
    }
    expressions_[&node] = make_expression(node);
    return {};
}

std::optional<Expression> Evaluation::expression(const Node& node) const {
    const auto found = expressions_.find(&node);
    return found == expressions_.end() ? std::nullopt : found->second;
}

std::vector<std::string> Evaluation::terms_of(std::string_view text) {
    std::vector<std::string> terms;
    session_.analyser().analyse(text, text::Use::query, [&](const text::Token& token) {
        terms.emplace_back(token.term);
        return true;
    });
    return terms;
}

// Of the set of rows that a shard may keep ready for these words in this order; empty: none.
std::string Evaluation::ready_key(const std::vector<std::string>& terms) {
    if (terms.size() == 1) return terms.front();
    return terms.size() == 2 ? pair_key(terms[0], terms[1]) : std::string();
}

// What may say a text exactly: the same words in any form.
Result<Bitmap> Evaluation::candidates(ShardView& shard, const Node& node, Range range) {
    Bitmap rows(shard.rows());
    const auto terms = terms_of(node.text);
    if (terms.empty()) return rows;
    const auto words = "(" + quoted(terms) + ")";
    const Expression wanted{.text = node.in_subject ? "(subject : " + words + ")" : words,
                            .phrases_only = true,
                            .key = node.in_subject ? std::string() : ready_key(terms),
                            .besides = {}};
    TRY(auto known, known_rows(shard, wanted, range));
    if (known) return std::move(*known);
    TRY_DO(shard.match(wanted.text, true, range.first, range.last, rows));
    return rows;
}

std::optional<Expression> Evaluation::words_expression(const Node& node) {
    Expression made;
    made.phrases_only = true;
    if (node.kind == Kind::prefix) {
        // The index holds stems: a prefix longer than the stem of its word finds that word too.
        const auto beginning = text::fold(node.text);
        made.text = node.in_subject ? quoted({beginning}) + " *" : word_beginning(beginning);
        made.key = prefix_key(beginning);
        for (const auto& term : session_.analyser().terms_of_beginning(node.text))
            made.besides += (made.besides.empty() ? "" : " OR ") + quoted({term});
        if (!made.besides.empty()) made.text += " OR " + made.besides;
    } else {
        const auto terms = terms_of(node.text);
        if (terms.empty()) return std::nullopt;
        made.key = ready_key(terms);
        made.text = quoted(terms);
    }
    if (node.in_subject) {
        made.key.clear();
        made.text = "subject : (" + made.text + ")";
    }
    made.text = "(" + made.text + ")";
    return made;
}

std::optional<Expression> Evaluation::field_expression(const Node& node) {
    if (resolved_.count(&node) > 0 || is_trait(node)) return std::nullopt;
    const auto party = [&](const std::string& prefix) -> std::optional<Expression> {
        std::vector<std::string> parts;
        std::string last;
        const bool star = node.text.ends_with('*');
        if (star && !node.quoted) {
            const auto beginning = text::fold(node.text.substr(0, node.text.size() - 1));
            if (beginning.empty()) return std::nullopt;
            auto text = "(" + quoted({prefix + beginning}) + " *";
            for (const auto& term : session_.analyser().terms_of_beginning(beginning))
                text += " OR " + quoted({prefix + term});
            return Expression{text + ")", true, {}, {}};
        }
        session_.analyser().analyse(node.text, text::Use::query, [&](const text::Token& token) {
            last = prefix + std::string(token.term);
            parts.push_back(quoted({last}));
            return true;
        });
        if (parts.empty()) return std::nullopt;
        const bool one = parts.size() == 1;
        return Expression{joined(parts, " AND "), one, one ? last : std::string(), {}};
    };
    switch (node.field) {
        case Field::from: return party("from:");
        case Field::to: return party("to:");
        case Field::filename: return party("filename:");
        case Field::is:
            return Expression{
                joined({quoted({"is:" + node.text}), quoted({"kind:" + node.text})}, " OR "),
                true,
                {},
                {}};
        case Field::client:
        case Field::employee:
        case Field::deal:
        case Field::tag:
        case Field::category:
        case Field::project:
        case Field::has:
        case Field::source:
        case Field::conversation:
        case Field::label: {
            const auto term = std::string(term_prefix(node.field)) + node.text;
            return Expression{quoted({term}), true, term, {}};
        }
        case Field::channel:
        case Field::lang:
        case Field::in:
        case Field::before:
        case Field::after:
        case Field::on:
        case Field::larger:
        case Field::id: return std::nullopt;
    }
    return std::nullopt;
}

// AND, OR and AND NOT of what are expressions themselves.
std::optional<Expression> Evaluation::list_expression(const Node& node) {
    std::vector<std::string> wanted;
    std::vector<std::string> unwanted;
    bool phrases = true;
    for (const auto& child : node.children) {
        const bool negative = node.kind == Kind::both && child->kind == Kind::without;
        const auto part = expression(negative ? *child->children[0] : *child);
        if (!part) return std::nullopt;
        phrases &= part->phrases_only;
        (negative ? unwanted : wanted).push_back(part->text);
    }
    if (wanted.empty()) return std::nullopt;
    auto text = joined(wanted, node.kind == Kind::both ? " AND " : " OR ");
    if (!unwanted.empty()) text = "(" + text + " NOT " + joined(unwanted, " OR ") + ")";
    return Expression{std::move(text), phrases && node.kind == Kind::either, {}, {}};
}

std::optional<Expression> Evaluation::make_expression(const Node& node) {
    switch (node.kind) {
        case Kind::word:
        case Kind::phrase:
        case Kind::prefix: return words_expression(node);
        case Kind::field: return field_expression(node);
        case Kind::both:
        case Kind::either: return list_expression(node);
        case Kind::all:
        case Kind::exact:
        case Kind::without: return std::nullopt;
    }
    return std::nullopt;
}

void Evaluation::collect_words(const Node& node, bool positive, std::string& out) const {
    if (node.kind == Kind::without) positive = false;
    if (!positive) return;
    if (node.kind == Kind::word || node.kind == Kind::phrase || node.kind == Kind::prefix) {
        if (const auto part = expression(node)) {
            if (!out.empty()) out += " OR ";
            out += part->text;
        }
    }
    for (const auto& child : node.children) collect_words(*child, positive, out);
}

std::optional<Expression> Evaluation::ranking() const {
    std::string words;
    collect_words(request_.query, true, words);
    if (words.empty()) return std::nullopt;
    if (auto whole = expression(request_.query)) return whole;
    return Expression{std::move(words), true, {}, {}};
}

}  // namespace letopis::search
