// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/evaluate.hpp"

#include <algorithm>
#include <charconv>

#include "base/mutant.hpp"
#include "search/frequent.hpp"
#include "search/vocabulary.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

using text::Field;
using text::Node;
using Kind = text::Node::Kind;

namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view operation) {
    std::string out = "(";
    for (const auto& part : parts) {
        if (out.size() > 1) out += operation;
        out += part;
    }
    return out + ")";
}

bool is_date(const Node& node) {
    return node.kind == Kind::field &&
           (node.field == Field::before || node.field == Field::after || node.field == Field::on);
}

// Fields that are a column: cheap to look at in the rows that are left.
bool is_trait(const Node& node) {
    return node.kind == Kind::field && (node.field == Field::channel || node.field == Field::lang ||
                                        (node.field == Field::has && node.text == "attachment"));
}

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

// Does the text begin with a letter or a digit? Quotes, dashes and spaces outside ASCII are
// neither.
bool word_character(std::string_view text) {
    const auto letters = letters_of(text.substr(0, 4));
    if (letters.empty()) return false;
    const auto c = letters[0];
    if (c < 0x80) return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    return !(c < 0xc0 || (c >= 0x2000 && c < 0x2c00) || (c >= 0x3000 && c < 0x3040) ||
             (c >= 0xfe00 && c < 0xfe10));
}

std::string_view last_character(std::string_view text) {
    auto at = text.size();
    while (at > 0 && (static_cast<unsigned char>(text[--at]) & 0xc0) == 0x80) continue;
    return text.substr(at);
}

}  // namespace

Result<Evaluation> Evaluation::make(Session& session, const Request& request) {
    Evaluation made(session, request);
    TRY_DO(made.prepare(request.query));
    return made;
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

std::string Evaluation::phrase(std::string_view text) {
    const auto terms = terms_of(text);
    return terms.empty() ? std::string() : quoted(terms);
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
        if (terms.size() == 1) made.key = terms.front();
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

Result<Bitmap> Evaluation::rows(ShardView& shard) {
    TRY(auto found, evaluate(shard, request_.query, {0, shard.rows()}));
    for (const auto row : shard.dead())
        if (row < found.rows()) found.clear(row);
    TRY_DO(keep_scope(shard, found));
    return found;
}

Result<Bitmap> Evaluation::evaluate(ShardView& shard, const Node& node, Range range) {
    TRY(auto ready, ready_rows(shard, node, range));
    if (ready) return std::move(*ready);
    TRY(const bool parts_ready, any_ready(shard, node));
    if (const auto found = expression(node); found && !parts_ready) {
        Bitmap rows(shard.rows());
        TRY_DO(shard.match(found->text, found->phrases_only, range.first, range.last, rows));
        return rows;
    }
    switch (node.kind) {
        case Kind::all: {
            Bitmap rows(shard.rows());
            rows.set_range(range.first, range.last);
            return rows;
        }
        case Kind::without: {
            Bitmap rows(shard.rows());
            rows.set_range(range.first, range.last);
            TRY(const auto inner, evaluate(shard, *node.children[0], range));
            rows.drop(inner);
            return rows;
        }
        case Kind::both: return evaluate_both(shard, node, range);
        case Kind::either: return evaluate_either(shard, node, range);
        case Kind::field: return evaluate_field(shard, node, range);
        case Kind::exact: return evaluate_exact(shard, node, range);
        case Kind::word:
        case Kind::phrase:
        case Kind::prefix: return Bitmap(shard.rows());  // no word in it
    }
    return Bitmap(shard.rows());
}

Result<std::optional<Bitmap>> Evaluation::ready_rows(ShardView& shard,
                                                     const Node& node,
                                                     Range range) {
    const auto wanted = expression(node);
    if (!wanted || wanted->key.empty()) return std::optional<Bitmap>();
    TRY(auto rows, shard.ready(wanted->key));
    if (!rows) return rows;
    if (!wanted->besides.empty())
        TRY_DO(shard.match(wanted->besides, true, range.first, range.last, *rows));
    rows->keep_range(range.first, range.last);
    return rows;
}

// Is a set kept ready for any part of a list? Then its parts are joined here and not by FTS5.
Result<bool> Evaluation::any_ready(ShardView& shard, const Node& node) {
    for (const auto& child : node.children) {
        const auto part = expression(*child);
        if (part && !part->key.empty()) {
            TRY(const bool there, shard.is_ready(part->key));
            if (there) return true;
        }
        TRY(const bool inside, any_ready(shard, *child));
        if (inside) return true;
    }
    return false;
}

// Cheap conditions first, so that FTS5 is asked about as few rows as possible; exact text, which
// costs a reading of each message, last.
Result<Bitmap> Evaluation::evaluate_both(ShardView& shard, const Node& node, Range range) {
    std::vector<const Node*> sets;
    std::vector<std::pair<bool, Bitmap>> ready;  // wanted or not
    std::vector<const Node*> exact;
    std::vector<const Node*> traits;
    std::vector<std::string> wanted;
    std::vector<std::string> unwanted;
    bool phrases = true;
    for (const auto& child : node.children) {
        const bool negative = child->kind == Kind::without;
        const auto& inner = negative ? *child->children[0] : *child;
        if (is_date(*child) && shard.sorted()) {
            TRY(range, date_range(shard, *child, range));
            continue;
        }
        if (is_trait(inner)) {
            traits.push_back(child.get());
            continue;
        }
        TRY(auto known, ready_rows(shard, inner, {0, shard.rows()}));
        TRY(const bool parts_ready, any_ready(shard, inner));
        if (known) {
            ready.emplace_back(!negative, std::move(*known));
        } else if (const auto part = expression(inner); part && !parts_ready) {
            phrases &= part->phrases_only;
            (negative ? unwanted : wanted).push_back(part->text);
        } else {
            (child->kind == Kind::exact ? exact : sets).push_back(child.get());
        }
    }
    Bitmap rows(shard.rows());
    rows.set_range(range.first, range.last);
    for (const auto& [keep, known] : ready) keep ? rows.keep(known) : rows.drop(known);
    for (const auto* set : sets) {
        TRY(const auto found, evaluate(shard, *set, range));
        rows.keep(found);
    }
    if (!sets.empty() || !ready.empty()) {
        const auto [first, last] = rows.bounds();
        range = {first, last};
    }
    if (!wanted.empty()) {
        auto text = joined(wanted, " AND ");
        if (!unwanted.empty()) text = "(" + text + " NOT " + joined(unwanted, " OR ") + ")";
        Bitmap found(shard.rows());
        TRY_DO(shard.match(text,
                           phrases && wanted.size() == 1 && unwanted.empty(),
                           range.first,
                           range.last,
                           found));
        rows.keep(found);
    } else if (!unwanted.empty()) {
        Bitmap found(shard.rows());
        TRY_DO(shard.match(joined(unwanted, " OR "), phrases, range.first, range.last, found));
        rows.drop(found);
    }
    for (const auto* trait : traits) {
        const bool negative = trait->kind == Kind::without;
        TRY_DO(keep_trait(shard, negative ? *trait->children[0] : *trait, !negative, rows));
    }
    for (const auto* check : exact) {
        const auto [first, last] = rows.bounds();
        Bitmap found(shard.rows());
        if (const auto words = phrase(check->text); !words.empty())
            TRY_DO(shard.match(
                check->in_subject ? "subject : " + words : words, true, first, last, found));
        rows.keep(found);
        TRY_DO(keep_exact(shard, *check, rows));
    }
    return rows;
}

Result<Bitmap> Evaluation::evaluate_either(ShardView& shard, const Node& node, Range range) {
    Bitmap rows(shard.rows());
    std::vector<std::string> wanted;
    bool phrases = true;
    for (const auto& child : node.children) {
        TRY(const auto known, ready_rows(shard, *child, range));
        if (known) {
            rows.add(*known);
            continue;
        }
        TRY(const bool parts_ready, any_ready(shard, *child));
        if (const auto part = expression(*child); part && !parts_ready) {
            phrases &= part->phrases_only;
            wanted.push_back(part->text);
            continue;
        }
        TRY(const auto found, evaluate(shard, *child, range));
        rows.add(found);
    }
    if (!wanted.empty())
        TRY_DO(shard.match(joined(wanted, " OR "), phrases, range.first, range.last, rows));
    return rows;
}

Result<Evaluation::Range> Evaluation::date_range(ShardView& shard, const Node& node, Range range) {
    if (node.from_time) {
        TRY(const auto first, shard.first_row_at(*node.from_time));
        range.first = std::max(range.first, first);
    }
    if (node.to_time) {
        TRY(const auto last, shard.first_row_at(*node.to_time));
        range.last = std::min(range.last, last);
    }
    range.last = std::max(range.first, range.last);
    return range;
}

Result<Bitmap> Evaluation::evaluate_field(ShardView& shard, const Node& node, Range range) {
    Bitmap rows(shard.rows());
    Bitmap all(shard.rows());
    all.set_range(range.first, range.last);
    if (const auto found = resolved_.find(&node); found != resolved_.end()) {
        const auto& wanted = found->second;
        if (wanted.empty()) return rows;
        TRY_DO(shard.each(Column::seq, all, [&](std::uint64_t row, std::int64_t seq) {
            const auto value = static_cast<std::uint64_t>(seq);
            if (value >= wanted.front() && value <= wanted.back() &&
                std::binary_search(wanted.begin(), wanted.end(), value))
                rows.set(row);
        }));
        return rows;
    }
    if (is_trait(node)) {
        TRY_DO(keep_trait(shard, node, true, all));
        return all;
    }
    if (is_date(node) && shard.sorted()) {
        TRY(const auto inside, date_range(shard, node, range));
        rows.set_range(inside.first, inside.last);
    } else if (is_date(node)) {
        TRY_DO(shard.each(Column::date, all, [&](std::uint64_t row, std::int64_t date) {
            if ((!node.from_time || date >= to_micros(*node.from_time)) &&
                (!node.to_time || date < to_micros(*node.to_time)))
                rows.set(row);
        }));
    } else if (node.field == Field::larger) {
        TRY_DO(shard.each(Column::size, all, [&](std::uint64_t row, std::int64_t size) {
            if (static_cast<std::uint64_t>(size) > node.bytes) rows.set(row);
        }));
    } else if (node.field == Field::id) {
        std::int64_t wanted = -1;
        std::from_chars(node.text.data(), node.text.data() + node.text.size(), wanted);
        TRY_DO(shard.each(Column::seq, all, [&](std::uint64_t row, std::int64_t seq) {
            if (seq == wanted) rows.set(row);
        }));
    }
    return rows;
}

// Keeps the rows that have (or have not) this channel, language or an attachment.
Result<void> Evaluation::keep_trait(ShardView& shard, const Node& node, bool wanted, Bitmap& rows) {
    std::uint32_t mask = attachment_bit;
    std::uint32_t value = attachment_bit;
    if (node.field != Field::has) {
        const bool channel = node.field == Field::channel;
        const auto column = channel ? Column::channel_values : Column::language_values;
        const int shift = channel ? channel_name_shift : language_shift;
        mask = (channel ? channel_name_bits : language_bits) << shift;
        value = mask;  // no row has this: there is room for one name less
        for (std::uint64_t i = 0; i < shard.columns().size(column); ++i) {
            TRY(const auto name, shard.columns().text(shard.source(), column, i));
            if (name == node.text) value = static_cast<std::uint32_t>(i) << shift;
        }
    }
    const auto& columns = shard.columns();
    for (std::size_t i = 0; i < columns.blocks(Column::traits); ++i) {
        const auto& outline = columns.outline(Column::traits, i);
        // Blocks begin at multiples of 64.
        const auto first = outline.first / 64;
        const auto last = std::min(outline.first + outline.count, rows.rows());
        if (rows.count(outline.first, last) == 0) continue;
        TRY(const auto* block, columns.block(shard.source(), Column::traits, i));
        for (auto word = first; word * 64 < last; ++word) {
            if (rows.word(word) == 0) continue;
            const auto* traits = block->narrow.data() + (word - first) * 64;
            const auto count = std::min<std::uint64_t>(64, last - word * 64);
            std::uint64_t same = 0;
            for (std::uint64_t k = 0; k < count; ++k)
                same |= std::uint64_t((traits[k] & mask) == value) << k;
            rows.set_word(word, rows.word(word) & (wanted ? same : ~same));
        }
    }
    return {};
}

Result<Bitmap> Evaluation::evaluate_exact(ShardView& shard, const Node& node, Range range) {
    Bitmap rows(shard.rows());
    const auto words = phrase(node.text);
    if (words.empty()) return rows;
    TRY_DO(shard.match(
        node.in_subject ? "subject : " + words : words, true, range.first, range.last, rows));
    TRY_DO(keep_exact(shard, node, rows));
    return rows;
}

// Reads the texts of the candidates, newest first, until the number that may be read is used up;
// the rest is counted by its word forms.
Result<void> Evaluation::keep_exact(ShardView& shard, const Node& node, Bitmap& rows) {
    // Nothing outside the scope is read.
    for (const auto row : shard.dead())
        if (row < rows.rows()) rows.clear(row);
    TRY_DO(keep_scope(shard, rows));
    if (!request_.texts) {
        exact_ &= rows.empty();
        return {};
    }
    std::vector<std::uint64_t> candidates;
    rows.each_down(rows.rows(), [&](std::uint64_t row) {
        if (exact_checks_ + candidates.size() >= request_.exact_checks_max) {
            exact_ = false;
            return false;
        }
        candidates.push_back(row);
        return true;
    });
    exact_checks_ += candidates.size();
    for (const auto row : candidates) {
        TRY(const auto seq, shard.number(Column::seq, row));
        auto doc = request_.texts(Seq(static_cast<std::uint64_t>(seq)));
        if (!doc && doc.error().code != Errc::not_found)
            return tl::unexpected<Error>(std::move(doc).error());
        const bool said =
            doc && (says_exactly(doc->subject, node.text) ||
                    (!node.in_subject && (says_exactly(doc->body, node.text) ||
                                          says_exactly(doc->attachments, node.text))));
        if (!said) rows.clear(row);
    }
    return {};
}

Result<std::vector<bool>> Evaluation::allowed_groups(ShardView& shard) {
    std::vector<bool> allowed;
    const auto& columns = shard.columns();
    for (std::size_t i = 0; i < columns.blocks(Column::group_values); ++i) {
        TRY(const auto* block, columns.block(shard.source(), Column::group_values, i));
        for (const auto group : block->wide)
            allowed.push_back(request_.scope.allows(static_cast<std::uint64_t>(group)));
    }
    return allowed;
}

Result<Bitmap> Evaluation::scope_rows(ShardView& shard) {
    TRY(const auto allowed, allowed_groups(shard));
    Bitmap all(shard.rows());
    all.set_range(0, shard.rows());
    Bitmap rows(shard.rows());
    TRY_DO(shard.each(Column::group, all, [&](std::uint64_t row, std::int64_t code) {
        if (static_cast<std::size_t>(code) < allowed.size() &&
            allowed[static_cast<std::size_t>(code)])
            rows.set(row);
    }));
    return rows;
}

Result<void> Evaluation::keep_scope(ShardView& shard, Bitmap& rows) {
    if (!request_.scope.allows || rows.empty() || mutant("search_ignores_scope")) return {};
    auto& shared = session_.shared();
    const auto version = request_.scope.version;
    const bool kept = version != 0 && shard.sorted();
    auto allowed = kept ? shared.scope(shard.row().label, version) : nullptr;
    if (allowed == nullptr) {
        TRY(auto made, scope_rows(shard));
        allowed = std::make_shared<const Bitmap>(std::move(made));
        if (kept) shared.keep_scope(shard.row().label, version, allowed);
    }
    rows.keep(*allowed);
    return {};
}

bool says_exactly(std::string_view text, std::string_view wanted) {
    // White space of every kind and length counts as one space.
    const auto flat = [](std::string_view in) {
        std::string out;
        bool space = false;
        for (const char c : text::fold(in)) {
            if (static_cast<unsigned char>(c) <= ' ') {
                space = !out.empty();
                continue;
            }
            if (space) out.push_back(' ');
            space = false;
            out.push_back(c);
        }
        return out;
    };
    const auto needle = flat(wanted);
    const auto haystack = flat(text);
    if (needle.empty()) return false;
    for (auto at = haystack.find(needle); at != std::string::npos;
         at = haystack.find(needle, at + 1)) {
        const auto end = at + needle.size();
        const auto last = last_character(needle);
        const bool begins =
            at == 0 || !word_character(needle) ||
            !word_character(last_character(std::string_view(haystack).substr(0, at)));
        const bool ends = end == haystack.size() || !word_character(last) ||
                          !word_character(std::string_view(haystack).substr(end));
        if (begins && ends) return true;
    }
    return false;
}

}  // namespace letopis::search
