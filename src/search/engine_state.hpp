// SPDX-License-Identifier: AGPL-3.0-or-later
// What an Engine keeps; shared by the files of this folder that implement it.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <unordered_map>

#include "search/frequent.hpp"
#include "search/manifest.hpp"
#include "search/session.hpp"
#include "search/vocabulary.hpp"
#include "search/writer.hpp"

namespace letopis::search {

struct ShardBuilder::State {
    Path file;
    std::string label;
    std::unique_ptr<ShardWriter> writer;
    Vocabulary vocabulary;
    FrequentTerms frequent;
    std::uint64_t frequent_docs_min = 0;
    std::optional<std::pair<Instant, Seq>> last;
    std::uint64_t in_transaction = 0;
    std::uint64_t bytes = 0;  // as far as it is known while building
    std::uint64_t docs = 0;
    bool finished = false;
    bool adopted = false;

    Result<void> begin();
    Result<void> commit();
    Result<void> keep_frequent();
};

// A merge that goes on over several calls of maintain().
struct MergeJob {
    std::vector<std::string> sources;                           // labels
    std::vector<std::pair<std::int64_t, std::uint64_t>> order;  // (date, seq) of the living rows
    std::size_t next = 0;
    std::vector<std::uint64_t> seqs;  // of the rows written so far
    std::map<std::string, std::vector<std::uint64_t>> dead_before;
    std::unique_ptr<ShardBuilder> builder;
};

struct Engine::State {
    State(Path dir, KeySource keys, Options opts)
        : shared(std::move(dir), std::move(keys), opts.alone, opts.frequent_docs_min / 32),
          options(opts) {}

    mutable Shared shared;
    Options options;

    // Sessions that nobody uses at the moment.
    mutable std::mutex idle_mutex;
    mutable std::vector<std::unique_ptr<Session>> idle;

    // Below: of the writing thread.
    mutable std::mutex manifest_mutex;  // position(), docs() and shards() are for every thread
    std::optional<Manifest> manifest;
    std::unique_ptr<ShardWriter> overlay;
    std::string overlay_label;
    std::uint64_t overlay_position = 0;
    Vocabulary overlay_words;  // of the messages since the last commit
    bool overlay_changed = false;
    std::vector<std::uint64_t> removed;  // seqs whose rows in closed shards die at the next commit
    std::unordered_map<std::uint64_t, std::uint64_t> overlay_rows;  // seq to its living row
    bool overlay_rows_known = false;
    std::unique_ptr<MergeJob> merge;

    Result<std::unique_ptr<Session>> borrow() const;
    void give_back(std::unique_ptr<Session> session) const;

    Result<void> remove_leftovers();
    Result<void> open_overlay();
    Result<void> ensure_overlay();
    Result<void> freeze_overlay();
    Result<void> learn_overlay_rows();
    Result<void> remove_from_overlay(std::uint64_t seq);
    Result<ManifestChange> closed_rows_removed();
    Result<void> change_manifest(const ManifestChange& change);
    void remove_files(const std::vector<std::string>& labels);
    Result<std::unique_ptr<ShardBuilder>> new_builder();
    Result<void> start_merge(const std::vector<ShardRow>& sources);
    Result<std::vector<std::uint64_t>> removed_meanwhile();
    Result<bool> go_on_merging(const TextSource& texts,
                               std::chrono::steady_clock::time_point until);
    Result<void> finish_merge();
    std::vector<ShardRow> merge_sources(std::uint64_t docs_max) const;
};

// Borrows a session for one call.
class Borrowed {
public:
    static Result<Borrowed> take(const Engine::State& state);
    Borrowed(Borrowed&&) noexcept = default;
    ~Borrowed();
    Session& operator*() { return *session_; }
    Session* operator->() { return session_.get(); }

private:
    Borrowed(const Engine::State& state, std::unique_ptr<Session> session)
        : state_(&state), session_(std::move(session)) {}
    const Engine::State* state_;
    std::unique_ptr<Session> session_;
};

}  // namespace letopis::search
