// SPDX-License-Identifier: AGPL-3.0-or-later
// ="exactly as written": what the index finds by word forms is compared with the texts.
#include <algorithm>

#include "search/evaluate.hpp"
#include "search/vocabulary.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

namespace {

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

bool says(const Doc& doc, const text::Node& node) {
    return says_exactly(doc.subject, node.text) ||
           (!node.in_subject &&
            (says_exactly(doc.body, node.text) || says_exactly(doc.attachments, node.text)));
}

}  // namespace

Result<Bitmap> Evaluation::evaluate_exact(ShardView& shard, const text::Node& node, Range range) {
    TRY(auto rows, candidates(shard, node, range));
    if (!is_put_off(node)) TRY_DO(keep_exact(shard, node, rows));
    return rows;
}

bool Evaluation::put_off_texts() {
    const auto& root = request_.query;
    if (!request_.texts) return false;
    if (root.kind == text::Node::Kind::exact) put_off_.push_back(&root);
    if (root.kind == text::Node::Kind::both)
        for (const auto& child : root.children)
            if (child->kind == text::Node::Kind::exact) put_off_.push_back(child.get());
    return !put_off_.empty();
}

bool Evaluation::is_put_off(const text::Node& node) const {
    return std::ranges::find(put_off_, &node) != put_off_.end();
}

Result<void> Evaluation::compare_texts(ShardView& shard, Bitmap& rows) {
    for (const auto* node : put_off_) TRY_DO(keep_exact(shard, *node, rows));
    return {};
}

Result<bool> Evaluation::compare_texts(Seq seq) {
    const auto doc = request_.texts(seq);
    if (!doc && doc.error().code == Errc::not_found) return false;
    if (!doc) return tl::unexpected<Error>(doc.error());
    return std::ranges::all_of(put_off_, [&](const auto* node) { return says(*doc, *node); });
}

// Reads the texts of the candidates, newest first, until the number that may be read is used up;
// the rest is counted by its word forms.
Result<void> Evaluation::keep_exact(ShardView& shard, const text::Node& node, Bitmap& rows) {
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
        if (!doc || !says(*doc, node)) rows.clear(row);
    }
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
