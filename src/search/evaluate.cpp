// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/evaluate.hpp"

#include <algorithm>
#include <charconv>

#include "base/mutant.hpp"

namespace letopis::search {

using text::Field;
using text::Node;
using Kind = text::Node::Kind;

namespace {

// One word, phrase, beginning or filter, and no list of them.
bool is_one(const Node& node, const Expression& expression) {
    return node.children.empty() && expression.phrases_only;
}

bool is_date(const Node& node) {
    return node.kind == Kind::field &&
           (node.field == Field::before || node.field == Field::after || node.field == Field::on);
}

}  // namespace

Result<Evaluation> Evaluation::make(Session& session, const Request& request) {
    Evaluation made(session, request);
    TRY_DO(made.prepare(request.query));
    if (request.scope.filter) TRY_DO(made.prepare(*request.scope.filter));
    return made;
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
    if (!wanted || !is_one(node, *wanted)) return std::optional<Bitmap>();
    return known_rows(shard, *wanted, range);
}

Result<std::optional<Bitmap>> Evaluation::known_rows(ShardView& shard,
                                                     const Expression& wanted,
                                                     Range range) {
    std::optional<Bitmap> rows;
    if (const auto kept = shard.keeps() ? shard.found(wanted.text) : nullptr) {
        rows = *kept;
        rows->keep_range(range.first, range.last);
        return rows;
    }
    const Range all = shard.keeps() ? Range{0, shard.rows()} : range;
    if (!wanted.key.empty()) {
        TRY(rows, shard.ready(wanted.key));
        if (rows && !wanted.besides.empty())
            TRY_DO(shard.match(wanted.besides, true, all.first, all.last, *rows));
    }
    if (shard.keeps()) {
        if (!rows) {
            rows.emplace(shard.rows());
            TRY_DO(shard.match(wanted.text, true, all.first, all.last, *rows));
        }
        shard.keep_found(wanted.text, *rows);
    }
    if (rows) rows->keep_range(range.first, range.last);
    return rows;
}

// Is a set kept for any part of a list? Then its parts are joined here and not by FTS5.
Result<bool> Evaluation::any_ready(ShardView& shard, const Node& node) {
    for (const auto& child : node.children) {
        const auto part = expression(*child);
        if (part && shard.keeps() && is_one(*child, *part)) return true;
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
        TRY(const auto found, candidates(shard, *check, {first, last}));
        rows.keep(found);
        if (!is_put_off(*check)) TRY_DO(keep_exact(shard, *check, rows));
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
    const auto& scope = request_.scope;
    if (scope.is_everything() || rows.empty() || mutant("search_ignores_scope")) return {};
    auto& shared = session_.shared();
    const auto version = scope.version;
    const bool kept = version != 0 && shard.sorted();
    auto allowed = kept ? shared.scope(shard.row().label, version) : nullptr;
    if (allowed == nullptr) {
        Bitmap made(shard.rows());
        made.set_range(0, shard.rows());
        if (scope.allows) {
            TRY(made, scope_rows(shard));
        }
        if (scope.filter) {
            TRY(const auto matching, evaluate(shard, *scope.filter, {0, shard.rows()}));
            made.keep(matching);
        }
        allowed = std::make_shared<const Bitmap>(std::move(made));
        if (kept) shared.keep_scope(shard.row().label, version, allowed);
    }
    rows.keep(*allowed);
    return {};
}

}  // namespace letopis::search
