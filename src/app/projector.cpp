// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/projector.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"

namespace letopis::app {

namespace {
constexpr std::size_t batches_in_flight = 6;
constexpr std::size_t bytes_in_flight = std::size_t(48) << 20;  // or one batch, however large
constexpr std::uint64_t records_a_commit = 20'000;
constexpr std::uint64_t feed_slice = 1024;
constexpr std::size_t feed_bytes = std::size_t(8) << 20;
}  // namespace

bool is_damage(std::string_view mark) {
    return mark == "unparsed" || mark == "junk_start" || mark == "bad_header" ||
           mark == "truncated" || mark == "too_many_parts" || mark == "too_deep" ||
           mark == "no_end";
}

Result<std::unique_ptr<Projector>> Projector::open(Archive& archive,
                                                   const ProjectorOptions& options) {
    auto projector = std::unique_ptr<Projector>(new Projector(archive, options));
    TRY(projector->catalog_, archive.open_catalog(catalog::Access::write, options.threading));
    TRY(const auto binary, workers::find_letopis_parse());
    TRY(projector->workers_, workers::Workers::start(binary, options.workers));
    if (options.index) {
        TRY(projector->feed_, IndexFeed::open(archive, *projector->catalog_));
    }
    TRY(projector->catalog_from_, projector->catalog_->position());
    projector->index_from_ =
        projector->feed_ ? projector->feed_->position() : projector->catalog_from_;
    projector->next_ = std::min(projector->catalog_from_, projector->index_from_);
    projector->applied_ = projector->next_;
    return projector;
}

Projector::~Projector() {
    if (open_transaction_) catalog_->rollback();
}

Result<const Projector::Context*> Projector::context(Seq seq) {
    auto found = contexts_.find(seq);
    if (found == contexts_.end()) {
        TRY(const auto stored, catalog_->context(seq));
        if (!stored) {
            // It may be among the records in flight.
            for (const auto& batch : in_flight_)
                for (const auto& record : batch.records) {
                    if (record.seq != seq || record.kind != journal::Kind::context) continue;
                    TRY(auto fresh, read_context(record.descriptor));
                    found = contexts_
                                .emplace(seq,
                                         Context{std::move(fresh.source),
                                                 std::move(fresh.facts),
                                                 std::move(fresh.title),
                                                 fresh.channel})
                                .first;
                }
        } else {
            found =
                contexts_
                    .emplace(seq,
                             Context{stored->source, stored->facts, stored->title, stored->channel})
                    .first;
        }
    }
    if (found == contexts_.end())
        return fail(Errc::corrupt, fmt::format("the source context {} is missing", seq.value()));
    return &found->second;
}

Result<void> Projector::take(std::vector<journal::Record> records) {
    Batch batch;
    std::vector<extract::Job> jobs;
    std::erase_if(records, [&](const journal::Record& record) { return record.seq < next_; });
    for (auto& record : records) {
        if (record.seq != next_)
            return fail(
                Errc::invalid,
                fmt::format("record {} came where {} should", record.seq.value(), next_.value()));
        next_ = Seq(next_.value() + 1);
        if (record.kind == journal::Kind::context) {
            TRY(auto fresh, read_context(record.descriptor));
            contexts_.insert_or_assign(record.seq,
                                       Context{std::move(fresh.source),
                                               std::move(fresh.facts),
                                               std::move(fresh.title),
                                               fresh.channel});
        }
        if (record.kind != journal::Kind::message || record.erased_by) continue;
        TRY(auto item, read_item(record.descriptor));
        TRY(const auto* where, context(item.context));
        jobs.push_back(extract::Job{
            .dialect = item.dialect, .context = where->facts, .raw = std::move(record.content)});
        record.content.clear();
        batch.items.push_back(std::move(item));
        batch.bytes += jobs.back().raw.size();
    }
    batch.records = std::move(records);
    batch.jobs = jobs.size();
    if (!jobs.empty()) batch.ticket = workers_->submit(std::move(jobs));
    bytes_in_flight_ += batch.bytes;
    in_flight_.push_back(std::move(batch));
    while (in_flight_.size() > batches_in_flight ||
           (in_flight_.size() > 1 && bytes_in_flight_ > bytes_in_flight))
        TRY_DO(apply_oldest());
    return {};
}

Result<void> Projector::apply_oldest() {
    auto batch = std::move(in_flight_.front());
    in_flight_.pop_front();
    bytes_in_flight_ -= batch.bytes;
    return apply(std::move(batch));
}

Result<void> Projector::apply(Batch batch) {
    std::vector<model::Message> parsed;
    if (batch.jobs != 0) {
        const Timed timed(stages_, Stage::parse_wait);
        TRY(parsed, workers_->collect(batch.ticket));
    }
    {
        const Timed timed(stages_, Stage::catalogue);
        if (!open_transaction_) {
            TRY_DO(catalog_->begin());
            open_transaction_ = true;
        }
        std::size_t at = 0;
        for (const auto& record : batch.records) {
            const bool message = record.kind == journal::Kind::message && !record.erased_by;
            if (record.seq < catalog_from_) {
                if (message) ++at;
                applied_ = Seq(record.seq.value() + 1);
                continue;
            }
            if (auto done = apply_one(
                    record, message ? &batch.items[at] : nullptr, message ? &parsed[at] : nullptr);
                !done)
                return within(fmt::format("record {}", record.seq.value()),
                              std::move(done).error());
            if (message && on_parsed) on_parsed(record.seq, batch.items[at], parsed[at]);
            if (message) ++at;
            applied_ = Seq(record.seq.value() + 1);
        }
        uncommitted_ += batch.records.size();
    }
    if (feed_) {
        TRY_DO(index_batch(batch, parsed));
        TRY_DO(feed_->advance(options_.early, [this] {
            if (before_live) before_live();
            return commit();
        }));
    }
    if (uncommitted_ >= records_a_commit) TRY_DO(commit());
    return {};
}

Result<void> Projector::commit() {
    if (!open_transaction_) return {};
    const Timed timed(stages_, Stage::catalogue);
    open_transaction_ = false;
    uncommitted_ = 0;
    return catalog_->commit(std::max(applied_, catalog_from_));
}

Result<void> Projector::apply_one(const journal::Record& record,
                                  const ItemDescriptor* item,
                                  const model::Message* parsed) {
    using journal::Kind;
    if (record.erased_by)
        return catalog_->apply(catalog::OtherRecord{.seq = record.seq, .kind = 0, .known = true});
    switch (record.kind) {
        case Kind::message:
            return catalog_->apply(catalog::Captured{.seq = record.seq,
                                                     .at = record.at,
                                                     .context = item->context,
                                                     .key = item->key,
                                                     .raw_size = item->raw_size,
                                                     .raw_sha256 = item->raw_sha256,
                                                     .raw_is_object = record.has_object,
                                                     .position = item->position,
                                                     .folder = item->folder,
                                                     .flags = item->flags,
                                                     .member = item->member,
                                                     .received = item->received,
                                                     .content_key = std::nullopt,
                                                     .parsed = *parsed});
        case Kind::delivery: {
            TRY(const auto delivery, read_item(record.descriptor));
            if (!delivery.of) return fail(Errc::corrupt, "a delivery that names no message");
            return catalog_->apply(catalog::Delivered{.seq = record.seq,
                                                      .at = record.at,
                                                      .context = delivery.context,
                                                      .of = *delivery.of,
                                                      .position = delivery.position,
                                                      .folder = delivery.folder,
                                                      .flags = delivery.flags,
                                                      .member = delivery.member});
        }
        case Kind::file:
        case Kind::file_again: {
            TRY(const auto file, read_file_descriptor(record.descriptor));
            return catalog_->apply(catalog::FileStored{.seq = record.seq,
                                                       .at = record.at,
                                                       .context = file.context,
                                                       .path = file.path,
                                                       .size = file.size,
                                                       .sha256 = file.sha256,
                                                       .type = {}});
        }
        case Kind::context: {
            TRY(const auto context, read_context(record.descriptor));
            return catalog_->apply(catalog::SourceContext{.seq = record.seq,
                                                          .at = record.at,
                                                          .source = context.source,
                                                          .title = context.title,
                                                          .channel = context.channel,
                                                          .facts = context.facts,
                                                          .input = context.input});
        }
        case Kind::books: {
            TRY(const auto books, read_books(record.descriptor));
            return catalog_->apply(catalog::RunBooks{.seq = record.seq,
                                                     .at = record.at,
                                                     .run = books.run.value_or(record.seq),
                                                     .source = books.source,
                                                     .seen = books.seen,
                                                     .stored = books.stored,
                                                     .duplicates = books.duplicates,
                                                     .refused = books.refused,
                                                     .pending = books.pending,
                                                     .marked = books.marked,
                                                     .files = books.files,
                                                     .finished = books.finished,
                                                     .refusals = books.refusals,
                                                     .settles = books.settles,
                                                     .goes_on = books.goes_on});
        }
        case Kind::tag: {
            TRY(const auto tag, read_tag(record.descriptor));
            return catalog_->apply(catalog::Tagged{.seq = record.seq,
                                                   .at = record.at,
                                                   .message = tag.message,
                                                   .tag = tag.tag,
                                                   .on = tag.on,
                                                   .by = tag.by});
        }
        case Kind::derived_text: {
            TRY(const auto derived, read_derived(record.descriptor));
            return catalog_->apply(catalog::DerivedText{.seq = record.seq,
                                                        .at = record.at,
                                                        .of = derived.of,
                                                        .locator = derived.locator,
                                                        .text = record.content,
                                                        .tool = derived.tool,
                                                        .version = derived.version});
        }
        case Kind::archive_made:
        case Kind::dictionary:
        case Kind::shard_closed:
        case Kind::job_intent:
        case Kind::job_outcome:
        case Kind::search:
        case Kind::open:
        case Kind::exported:
        case Kind::unlocked:
        case Kind::people:
        case Kind::settings:
        case Kind::preferences:
        case Kind::login:
        case Kind::denied:
        case Kind::keys:
        case Kind::log_rebuilt:
            return catalog_->apply(catalog::OtherRecord{
                .seq = record.seq, .kind = static_cast<std::uint16_t>(record.kind), .known = true});
    }
    return catalog_->apply(catalog::OtherRecord{
        .seq = record.seq, .kind = static_cast<std::uint16_t>(record.kind), .known = false});
}

Result<void> Projector::index_batch(const Batch& batch, const std::vector<model::Message>& parsed) {
    const Timed timed(stages_, Stage::spool);
    std::size_t at = 0;
    TRY(const auto documents,
        catalog_->docs_from(batch.records.empty() ? applied_ : batch.records.front().seq,
                            batch.records.size()));
    auto document = documents.begin();
    for (const auto& record : batch.records) {
        if (record.kind == journal::Kind::derived_text) {
            TRY(const auto derived, read_derived(record.descriptor));
            feed_->changed(derived.shown_in.value_or(derived.of));
        }
        if (record.kind != journal::Kind::message || record.erased_by) continue;
        const auto index = at++;
        if (record.seq < index_from_) continue;
        while (document != documents.end() && document->seq < record.seq) ++document;
        if (document == documents.end() || document->seq != record.seq)
            continue;  // a deletion has no words
        TRY(const auto* where, context(batch.items[index].context));
        TRY_DO(feed_->add(document_of(feed_->analyser(),
                                      record.seq,
                                      document->sort_date,
                                      batch.items[index],
                                      where->source,
                                      parsed[index])));
    }
    return {};
}

Result<void> Projector::settle() {
    while (!in_flight_.empty()) TRY_DO(apply_oldest());
    return commit();
}

Result<void> Projector::finish() {
    TRY_DO(settle());
    if (!feed_) return {};
    const Timed timed(stages_, Stage::index_wait);
    return feed_->finish(applied_);
}

Result<void> Projector::merge_index(const std::atomic<bool>& stop) {
    return feed_ ? feed_->merge(stop) : Result<void>();
}

Result<void> Projector::follow_to(
    Seq end, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    auto& journal = archive_.journal();
    while (next_ < end) {
        std::vector<journal::Record> records;
        std::size_t bytes = 0;
        TRY(const auto next,
            journal.feed(next_,
                         std::min(feed_slice, end.value() - next_.value()),
                         journal::Contents::with,
                         [&](journal::Record&& record) -> Result<bool> {
                             bytes += record.content.size();
                             records.push_back(std::move(record));
                             return bytes < feed_bytes;
                         }));
        (void)next;
        TRY_DO(take(std::move(records)));
        if (progress) progress(next_.value(), end.value());
    }
    return {};
}

Result<void> Projector::follow() { return follow_to(Seq(archive_.journal().head().records), {}); }

Result<void> Projector::take_appended(std::vector<journal::Record> records) {
    if (records.empty()) return {};
    if (records.front().seq > next_) TRY_DO(follow_to(records.front().seq, {}));
    return take(std::move(records));
}

Result<void> Projector::catch_up(
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    TRY_DO(follow_to(Seq(archive_.journal().head().records), progress));
    return finish();
}

}  // namespace letopis::app
