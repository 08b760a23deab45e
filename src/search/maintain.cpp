// SPDX-License-Identifier: AGPL-3.0-or-later
// Keeps the number of shards small: a full overlay is frozen, frozen and small shards are merged
// into one in date order, and a shard with removed messages is written again without them. All of
// it is the same work: read the texts again, build a new shard, swap.
#include <algorithm>
#include <chrono>

#include "search/engine_state.hpp"

namespace letopis::search {

namespace {

// A shard joins a merge when it has less than so many times the messages of the smaller ones
// together: then sizes grow at least by this factor, and five shards hold 5 million messages.
constexpr std::uint64_t growth = 3;
constexpr std::size_t shards_max = 5;

}  // namespace

Result<void> Engine::State::freeze_overlay() {
    auto& db = overlay->database();
    const auto docs = overlay->docs();
    TRY_DO(db.run("PRAGMA wal_checkpoint(TRUNCATE)"));
    const auto file = shared.dir() / file_of(overlay_label);
    TRY_DO(sync_file(file));
    ManifestChange change;
    change.put.push_back({overlay_label, docs, false, false, 0});
    change.position = std::max(overlay_position, manifest->position());
    TRY_DO(change_manifest(change));
    overlay.reset();
    overlay_rows.clear();
    overlay_rows_known = false;
    return {};
}

std::vector<ShardRow> Engine::State::merge_sources(std::uint64_t docs_max) const {
    std::vector<ShardRow> frozen;
    std::vector<ShardRow> sorted;
    for (const auto& row : manifest->shards()) {
        if (row.overlay) continue;
        (row.sorted ? sorted : frozen).push_back(row);
    }
    std::sort(sorted.begin(), sorted.end(), [](const ShardRow& a, const ShardRow& b) {
        return a.docs < b.docs;
    });
    std::uint64_t docs = 0;
    std::vector<ShardRow> sources;
    for (const auto& row : frozen) {
        if (docs + row.docs > docs_max) break;
        sources.push_back(row);
        docs += row.docs;
    }
    const bool thaws = !sources.empty();
    const bool crowded = sorted.size() > shards_max;
    for (const auto& row : sorted) {
        const bool joins = row.docs < growth * docs || (crowded && sources.size() < shards_max);
        if (!joins || docs + row.docs > docs_max) break;
        sources.push_back(row);
        docs += row.docs;
    }
    if (!thaws && sources.size() < 2) sources.clear();
    return sources;
}

// Living rows of the sources in the order of the new shard.
Result<void> Engine::State::start_merge(const std::vector<ShardRow>& sources) {
    auto job = std::make_unique<MergeJob>();
    TRY(auto session, Borrowed::take(*this));
    for (auto& shard : session->shards()) {
        const auto& label = shard->row().label;
        if (std::none_of(sources.begin(), sources.end(), [&](auto& s) { return s.label == label; }))
            continue;
        job->sources.push_back(label);
        job->dead_before[label] = shard->dead();
        Bitmap rows(shard->rows());
        rows.set_range(0, shard->rows());
        for (const auto row : shard->dead())
            if (row < rows.rows()) rows.clear(row);
        const auto begin = job->order.size();
        TRY_DO(shard->each(Column::date, rows, [&](std::uint64_t, std::int64_t date) {
            job->order.emplace_back(date, 0);
        }));
        auto at = begin;
        TRY_DO(shard->each(Column::seq, rows, [&](std::uint64_t, std::int64_t seq) {
            job->order[at++].second = static_cast<std::uint64_t>(seq);
        }));
    }
    std::sort(job->order.begin(), job->order.end());
    TRY(job->builder, new_builder());
    merge = std::move(job);
    return {};
}

// Messages that were removed from a source while the merge went on are removed from its result too.
Result<std::vector<std::uint64_t>> Engine::State::removed_meanwhile() {
    std::vector<std::uint64_t> seqs;
    TRY(auto session, Borrowed::take(*this));
    for (auto& shard : session->shards()) {
        const auto known = merge->dead_before.find(shard->row().label);
        if (known == merge->dead_before.end()) continue;
        std::vector<std::uint64_t> fresh;
        std::set_difference(shard->dead().begin(),
                            shard->dead().end(),
                            known->second.begin(),
                            known->second.end(),
                            std::back_inserter(fresh));
        for (const auto row : fresh) {
            TRY(const auto seq, shard->number(Column::seq, row));
            seqs.push_back(static_cast<std::uint64_t>(seq));
        }
    }
    std::sort(seqs.begin(), seqs.end());
    std::vector<std::uint64_t> rows;
    for (std::size_t row = 0; row < merge->seqs.size(); ++row)
        if (std::binary_search(seqs.begin(), seqs.end(), merge->seqs[row])) rows.push_back(row);
    return rows;
}

Result<void> Engine::State::finish_merge() {
    auto& built = *merge->builder;
    TRY_DO(built.finish());
    auto& s = *built.state_;
    ManifestChange change;
    change.drop = merge->sources;
    if (s.docs > 0) {
        change.put.push_back({s.label, s.docs, true, false, s.bytes});
        TRY(change.dead[s.label], removed_meanwhile());
    }
    TRY_DO(sync_directory(shared.dir()));
    TRY_DO(change_manifest(change));
    s.adopted = s.docs > 0;
    const auto gone = merge->sources;
    merge.reset();
    remove_files(gone);
    return {};
}

Result<bool> Engine::State::go_on_merging(const TextSource& texts,
                                          std::chrono::steady_clock::time_point until) {
    while (merge->next < merge->order.size()) {
        if (std::chrono::steady_clock::now() >= until) return true;
        const auto [date, seq] = merge->order[merge->next++];
        auto doc = texts(Seq(seq));
        if (!doc && doc.error().code == Errc::not_found) continue;
        if (!doc) return tl::unexpected<Error>(std::move(doc).error());
        doc->seq = Seq(seq);
        doc->sort_date = from_micros(date);
        TRY_DO(merge->builder->add(*doc));
        merge->seqs.push_back(seq);
    }
    TRY_DO(finish_merge());
    return false;
}

Result<bool> Engine::maintain(const TextSource& texts,
                              std::chrono::milliseconds budget,
                              std::uint64_t docs_max) {
    auto& s = *state_;
    if (!s.options.writable) return fail(Errc::forbidden, "the index is open for reading");
    const auto until = std::chrono::steady_clock::now() + budget;
    if (s.overlay != nullptr && !s.overlay_changed &&
        s.overlay->docs() >= s.options.overlay_docs_max)
        TRY_DO(s.freeze_overlay());
    if (s.merge == nullptr) {
        const auto sources = s.merge_sources(docs_max);
        if (sources.empty()) return false;
        TRY_DO(s.start_merge(sources));
    }
    auto more = s.go_on_merging(texts, until);
    if (!more) s.merge.reset();  // the next call begins again
    TRY(const bool unfinished, std::move(more));
    return unfinished || !s.merge_sources(docs_max).empty();
}

Result<void> Engine::compact(const std::string& label, const TextSource& texts) {
    auto& s = *state_;
    if (!s.options.writable) return fail(Errc::forbidden, "the index is open for reading");
    if (s.overlay_changed) return fail(Errc::invalid, "commit before a compaction");
    s.merge.reset();  // it may read the same shard; maintain() begins it again
    if (s.overlay != nullptr && label == s.overlay_label) TRY_DO(s.freeze_overlay());
    std::vector<ShardRow> sources;
    for (const auto& row : s.manifest->shards())
        if (row.label == label) sources.push_back(row);
    if (sources.empty()) return fail(Errc::not_found, "there is no shard " + label);
    TRY_DO(s.start_merge(sources));
    auto done = s.go_on_merging(texts, std::chrono::steady_clock::time_point::max());
    if (!done) {
        s.merge.reset();
        return tl::unexpected<Error>(std::move(done).error());
    }
    return {};
}

}  // namespace letopis::search
