// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/find.hpp"

#include <algorithm>
#include <unordered_set>

#include "app/views.hpp"

namespace letopis::app {

search::Request Find::request(const text::Node& root) {
    search::Request request{.query = root, .scope = scope_};
    request.resolve = [this](text::Field field, std::string_view value) {
        return resolve(field, value);
    };
    request.texts = [this](Seq seq) { return words_of(seq); };
    return request;
}

Result<std::optional<std::vector<Seq>>> Find::resolve(text::Field field, std::string_view value) {
    switch (field) {
        case text::Field::tag: {
            TRY(auto seqs, catalog_->tagged(value));
            return std::optional(std::move(seqs));
        }
        case text::Field::id: {
            TRY(const auto seq, parse_id(value));
            return std::optional(std::vector<Seq>{seq});
        }
        case text::Field::conversation: {
            TRY(const auto seq, parse_id(value.starts_with('c') ? value.substr(1) : value));
            std::vector<Seq> seqs;
            catalog::PageRequest page{.limit = 10'000};
            for (;;) {
                const auto part = catalog_->conversation(seq, page);
                // Nothing is found in what is not there, as in what may not be seen.
                if (!part && part.error().code == Errc::not_found) break;
                if (!part) return tl::unexpected<Error>(part.error());
                for (const auto& item : part->items) seqs.push_back(item.seq);
                if (!part->more_after || part->items.empty()) break;
                page.after = part->items.back().seq;
            }
            std::ranges::sort(seqs);
            return std::optional(std::move(seqs));
        }
        case text::Field::client:
        case text::Field::employee:
        case text::Field::deal:
        case text::Field::category:
        case text::Field::project:
        case text::Field::is:
        case text::Field::label:
            return std::optional(std::vector<Seq>{});  // nothing is kept under these yet
        case text::Field::from:
        case text::Field::to:
        case text::Field::channel:
        case text::Field::has:
        case text::Field::filename:
        case text::Field::in:
        case text::Field::before:
        case text::Field::after:
        case text::Field::on:
        case text::Field::larger:
        case text::Field::lang:
        case text::Field::source: break;
    }
    return std::optional<std::vector<Seq>>();
}

// Subject and body without a parser; a message with attachments is parsed again, as the words may
// stand there.
Result<search::Doc> Find::words_of(Seq seq) {
    TRY(auto place, catalog_->text(seq));
    if (place.attachments != 0) return reader_(seq);
    search::Doc doc{.seq = seq, .sort_date = place.date, .subject = std::move(place.subject)};
    TRY(doc.body, text_of(archive_, seq, std::move(place)));
    return doc;
}

// Words that are too rare or too short for the word list: one look tells whether the same keys on
// the other keyboard find anything.
Result<std::optional<std::string>> Find::other_keyboard(std::string_view word) {
    const auto typed = text::other_layout(word);
    if (typed == word) return std::optional<std::string>();
    text::Node node;
    node.kind = text::Node::Kind::word;
    node.text = typed;
    auto wanted = request(node);
    wanted.limit = 1;
    TRY(const auto answer, engine_->search(wanted));
    return answer.hits.empty() ? std::optional<std::string>() : std::optional(typed);
}

Result<std::string> Find::suggestion(std::string_view query) {
    std::string better;
    bool changed = false;
    for (std::size_t i = 0; i < query.size();) {
        auto end = query.find_first_of(" \t", i);
        if (end == std::string_view::npos) end = query.size();
        const auto word = query.substr(i, end - i);
        const bool plain = word.find_first_of(":\"()=*-") == std::string_view::npos &&
                           word != "OR" && word != "ИЛИ";
        std::optional<std::string> other;
        if (plain && !word.empty()) {
            TRY(other, engine_->did_you_mean(word, scope_));
            if (!other) {
                TRY(other, other_keyboard(word));
            }
        }
        better += other ? *other : std::string(word);
        changed = changed || other;
        if (end < query.size()) better += query[end];
        i = end + 1;
    }
    return changed ? better : std::string();
}

// Asked of the index, so that there is one answer to what a scope allows.
Result<std::vector<Seq>> Find::visible(std::span<const Seq> messages) {
    std::vector<Seq> seen(messages.begin(), messages.end());
    if (scope_.is_everything() || seen.empty()) return seen;
    text::Node wanted;
    wanted.kind = text::Node::Kind::field;
    wanted.field = text::Field::id;
    auto asked = request(wanted);
    auto ids = seen;
    std::ranges::sort(ids);
    asked.resolve = [&](text::Field, std::string_view) {
        return Result<std::optional<std::vector<Seq>>>(ids);
    };
    std::unordered_set<std::uint64_t> allowed;
    do {
        asked.limit = 1000;
        TRY(const auto answer, engine_->search(asked));
        for (const auto& hit : answer.hits) allowed.insert(hit.seq.value());
        asked.cursor = answer.cursor;
    } while (!asked.cursor.empty());
    std::erase_if(seen, [&](Seq seq) { return !allowed.contains(seq.value()); });
    return seen;
}

Result<void> Find::all(const text::Node& root,
                       const std::function<Result<bool>(std::span<const Seq>)>& page) {
    std::string cursor;
    for (;;) {
        auto wanted = request(root);
        wanted.limit = 1000;
        wanted.cursor = cursor;
        TRY(const auto answer, engine_->search(wanted));
        std::vector<Seq> seqs;
        for (const auto& hit : answer.hits) seqs.push_back(hit.seq);
        if (!seqs.empty()) {
            TRY(const bool more, page(seqs));
            if (!more) return {};
        }
        if (answer.cursor.empty()) return {};
        cursor = answer.cursor;
    }
}

}  // namespace letopis::app
