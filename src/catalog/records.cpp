// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/records.hpp"

#include "base/check.hpp"

namespace letopis::catalog {

namespace {

Error no_context(std::string_view what) {
    return {Errc::invalid, std::string(what) + " refers to a source context that is not there", ""};
}

}  // namespace

// ---- writing

Result<void> Records::add(const Delivered& record) {
    TRY(auto* context, store_.context(number_of(record.context)));
    if (context == nullptr) return tl::unexpected<Error>(no_context("a delivery"));
    TRY(auto* source, store_.source(context->source_name));
    ++source->deliveries;
    store_.touch(*source);
    ++store_.counters.deliveries;
    TRY(const auto folder, store_.word(record.folder));
    TRY(const auto flags, store_.word(record.flags));
    TRY(const auto member, store_.word(record.member));
    return store_.run(add_delivery_,
                      number_of(record.seq),
                      number_of(record.of),
                      context->seq,
                      to_micros(record.at),
                      record.position,
                      folder,
                      flags,
                      member);
}

std::int64_t Records::path_hash(std::int64_t context, std::string_view path) const {
    std::string key;
    Writer(key).u64(static_cast<std::uint64_t>(context));
    key.append(path);
    return store_.hash(key);
}

Result<void> Records::add(const FileStored& record) {
    TRY(auto* context, store_.context(number_of(record.context)));
    if (context == nullptr) return tl::unexpected<Error>(no_context("a file"));
    TRY(auto* source, store_.source(context->source_name));
    ++source->files;
    store_.touch(*source);
    ++store_.counters.files;
    TRY(const auto type, store_.word(record.type));
    return store_.run(add_file_,
                      number_of(record.seq),
                      context->seq,
                      path_hash(context->seq, record.path),
                      to_micros(record.at),
                      record.path,
                      record.size,
                      sql::Blob{as_bytes(record.sha256)},
                      type);
}

Result<void> Records::add(const RunBooks& record) {
    TRY(auto* source, store_.source(record.source));
    TRY_DO(store_.run(add_books_,
                      source->id,
                      number_of(record.run),
                      number_of(record.seq),
                      to_micros(record.at),
                      record.seen,
                      record.stored,
                      record.duplicates,
                      record.refused,
                      record.pending,
                      record.marked,
                      record.files,
                      record.finished));
    std::int64_t number = 0;
    for (const auto& one : record.refusals)
        TRY_DO(store_.run(
            add_refusal_, source->id, number_of(record.seq), number++, one.item, one.reason));
    // Runs of a source do not overlap, so what was refused between the first and the last record of
    // one is its own.
    for (const auto run : record.settles) {
        TRY_DO(store_.run(drop_refusals_, source->id, number_of(run)));
        TRY_DO(store_.run(settle_run_, source->id, number_of(run)));
    }
    for (const auto run : record.goes_on)
        TRY_DO(store_.run(continue_run_, source->id, number_of(run)));
    return {};
}

Result<std::int64_t> Records::message_of(std::int64_t which) {
    TRY(auto found, store_.rows(main_of_, which));
    TRY(const bool there, found.next());
    const bool belongs = there && !found->is_null(0) && found->integer(0) != no_main;
    return belongs ? found->integer(0) : which;
}

Result<void> Records::add(const Tagged& record) {
    if (record.tag.empty()) return fail(Errc::invalid, "a tag has no name");
    // A tag on a version is a tag on its message.
    TRY(const auto message, message_of(number_of(record.message)));
    TRY(const auto tag, store_.word(record.tag));
    if (!record.on) return store_.run(drop_tag_, tag, message);
    TRY(const auto by, store_.word(record.by));
    return store_.run(add_tag_, tag, message, number_of(record.seq), by);
}

Result<void> Records::add(const DerivedText& record) {
    TRY(const auto tool, store_.word(record.tool));
    TRY(const auto version, store_.word(record.version));
    return store_.run(add_derived_,
                      number_of(record.seq),
                      number_of(record.of),
                      record.locator,
                      sql::Blob{packer_.pack(record.text)},
                      tool,
                      version);
}

Result<void> Records::add(const OtherRecord& record) {
    return store_.run(add_other_, record.kind, record.known);
}

// ---- deliveries and files

Result<std::vector<Delivery>> Records::deliveries(std::int64_t of) {
    std::vector<Delivery> result;
    TRY(auto found, store_.rows(get_deliveries_, of));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        Delivery one{.seq = seq_of(found->integer(0)),
                     .at = from_micros(found->integer(1)),
                     .context = seq_of(found->integer(2)),
                     .position = found->number(3)};
        TRY(const auto context, store_.read_context(found->integer(2)));
        one.source = context.source_name;
        TRY(one.folder, store_.word_text(found->integer(4)));
        TRY(one.flags, store_.word_text(found->integer(5)));
        TRY(one.member, store_.word_text(found->integer(6)));
        result.push_back(std::move(one));
    }
}

Result<std::optional<Seq>> Records::file_in(std::int64_t context, std::string_view path) {
    std::optional<Seq> result;
    TRY(auto found, store_.rows(get_file_in_, path_hash(context, path)));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        // A path twice in one context: the first one, as an unpacker would have met it.
        if (!result && found->integer(1) == context && found->text(2) == path)
            result = seq_of(found->integer(0));
    }
}

Result<std::vector<std::int64_t>> Records::other_contexts(const Row& message) {
    std::vector<std::int64_t> contexts;
    {
        TRY(auto found, store_.rows(delivery_contexts_, message.seq));
        for (;;) {
            TRY(const bool there, found.next());
            if (!there) break;
            contexts.push_back(found->integer(0));
        }
    }
    TRY(auto found, store_.rows(sibling_contexts_, message.context));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return contexts;
        contexts.push_back(found->integer(0));
    }
}

Result<std::optional<Seq>> Records::file_of(const Row& message, std::string_view path) {
    if (path.empty()) return std::nullopt;
    TRY(auto own, file_in(message.context, path));
    if (own) return own;
    TRY(const auto others, other_contexts(message));
    for (const auto context : others) {
        TRY(auto file, file_in(context, path));
        if (file) return file;
    }
    return std::nullopt;
}

Result<std::optional<StoredFile>> Records::file(Seq which) {
    TRY(auto found, store_.rows(get_file_, number_of(which)));
    TRY(const bool there, found.next());
    if (!there) return std::nullopt;
    StoredFile file{.seq = which,
                    .at = from_micros(found->integer(0)),
                    .context = seq_of(found->integer(1)),
                    .path = std::string(found->text(2)),
                    .size = found->number(3),
                    .sha256 = as_digest(found->blob(4)).value_or(Digest{})};
    TRY(file.type, store_.word_text(found->integer(5)));
    return file;
}

// ---- tags and derived texts

Result<std::vector<std::string>> Records::tags(std::int64_t message) {
    std::vector<std::string> result;
    TRY(auto found, store_.rows(get_tags_, message));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        result.emplace_back(found->text(0));
    }
}

Result<std::vector<TagCount>> Records::all_tags() {
    std::vector<TagCount> result;
    TRY(auto found, store_.rows(get_all_tags_));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        result.push_back({std::string(found->text(0)), found->number(1)});
    }
}

Result<std::vector<Seq>> Records::tagged(std::string_view tag) {
    std::vector<Seq> result;
    TRY(const auto word, store_.find_word(tag));
    if (!word) return result;
    TRY(auto found, store_.rows(get_tagged_, *word));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        result.push_back(seq_of(found->integer(0)));
    }
}

Result<std::vector<Derived>> Records::derived(Seq of) {
    std::vector<Derived> result;
    TRY(auto found, store_.rows(get_derived_, number_of(of)));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        Derived one{
            .seq = seq_of(found->integer(0)), .of = of, .locator = std::string(found->text(1))};
        TRY(one.text, packer_.unpack(found->blob(2)));
        TRY(one.tool, store_.word_text(found->integer(3)));
        TRY(one.version, store_.word_text(found->integer(4)));
        result.push_back(std::move(one));
    }
}

namespace {

ContextView context_of(Seq seq, Rows& found) {
    return {.seq = seq,
            .at = from_micros(found->integer(0)),
            .source = std::string(found->text(1)),
            .title = std::string(found->text(2)),
            .channel = static_cast<model::Channel>(found->integer(3)),
            .facts = std::string(found->text(4)),
            .input = std::string(found->text(5))};
}

}  // namespace

Result<std::optional<ContextView>> Records::context(Seq which) {
    TRY(auto found, store_.rows(get_context_, number_of(which)));
    TRY(const bool there, found.next());
    if (!there) return std::nullopt;
    return context_of(which, found);
}

Result<std::vector<ContextView>> Records::contexts_from(Seq from) {
    std::vector<ContextView> contexts;
    TRY(auto found, store_.rows(get_contexts_from_, number_of(from)));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return contexts;
        contexts.push_back(context_of(seq_of(found->integer(6)), found));
    }
}

// ---- books and counts

Result<SourceBooks> Records::balance(std::int64_t source) {
    SourceBooks books;
    {
        TRY(auto found, store_.rows(get_source_, source));
        TRY_DO(found.next());
        books.source = found->text(0);
        books.title = found->text(1);
        books.channel = static_cast<model::Channel>(found->integer(2));
        books.projected = found->number(3);
        books.projected_deliveries = found->number(4);
        books.projected_files = found->number(5);
    }
    {
        TRY(auto found, store_.rows(get_books_, source));
        TRY_DO(found.next());
        books.runs = found->number(0);
        books.unfinished_runs = found->number(1);
        books.seen = found->number(2);
        books.stored = found->number(3);
        books.duplicates = found->number(4);
        books.refused = found->number(5);
        books.pending = found->number(6);
        books.marked = found->number(7);
        books.files = found->number(8);
        if (!found->is_null(9)) books.last_at = from_micros(found->integer(9));
    }
    TRY(auto found, store_.rows(count_refusals_, source));
    TRY_DO(found.next());
    books.refusals_listed = found->number(0);
    return books;
}

Result<std::vector<SourceBooks>> Records::books(std::string_view source) {
    std::vector<std::int64_t> sources;
    if (source.empty()) {
        TRY(auto found, store_.rows(get_sources_));
        for (;;) {
            TRY(const bool there, found.next());
            if (!there) break;
            sources.push_back(found->integer(0));
        }
    } else {
        TRY(const auto one, store_.source_id(source));
        if (one) sources.push_back(*one);
    }
    std::vector<SourceBooks> result;
    for (const auto one : sources) {
        TRY(auto books, balance(one));
        result.push_back(std::move(books));
    }
    return result;
}

Result<std::vector<Refusal>> Records::refusals(std::string_view source, std::size_t limit) {
    std::vector<Refusal> result;
    TRY(const auto which, store_.source_id(source));
    if (!which) return result;
    TRY(auto found, store_.rows(get_refusals_, *which, limit));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        result.push_back({std::string(found->text(0)), std::string(found->text(1))});
    }
}

Result<std::vector<UnfinishedRun>> Records::unfinished(std::string_view source) {
    std::vector<UnfinishedRun> runs;
    TRY(const auto which, store_.source_id(source));
    if (!which) return runs;
    TRY(auto found, store_.rows(get_unfinished_, *which));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return runs;
        runs.push_back({.run = Seq(found->number(0)), .last = Seq(found->number(1))});
    }
}

Result<Counts> Records::counts() {
    Counts counts;
    const auto get = [&](std::string_view name, std::uint64_t& into) -> Result<void> {
        TRY(const auto value, store_.meta(name, 0));
        into = static_cast<std::uint64_t>(value);
        return {};
    };
    TRY_DO(get("captured", counts.captured));
    TRY_DO(get("messages", counts.messages));
    TRY_DO(get("versions", counts.versions));
    TRY_DO(get("deletions", counts.deletions));
    TRY_DO(get("deliveries", counts.deliveries));
    TRY_DO(get("conversations", counts.conversations));
    TRY_DO(get("attachments", counts.attachments));
    TRY_DO(get("files", counts.files));
    TRY_DO(get("twins", counts.twins));
    TRY_DO(get("unparsed", counts.unparsed));
    {
        TRY(auto found, store_.rows(count_addresses_));
        TRY_DO(found.next());
        counts.correspondents = found->number(0);
    }
    TRY(auto found, store_.rows(get_other_));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return counts;
        auto& list = found->integer(1) != 0 ? counts.other_kinds : counts.unknown_kinds;
        list.emplace_back(static_cast<std::uint16_t>(found->integer(0)), found->number(2));
    }
}

}  // namespace letopis::catalog
