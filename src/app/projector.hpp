// SPDX-License-Identifier: AGPL-3.0-or-later
// From records of the journal to the projections: parse (in workers), catalogue, index. The same
// code serves an import (which hands over the records that it has just appended), catching up after
// a crash, and `letopis rebuild`. One thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "app/archive.hpp"
#include "app/descriptor.hpp"
#include "app/index_feed.hpp"
#include "app/stages.hpp"
#include "workers/workers.hpp"

namespace letopis::app {

struct ProjectorOptions {
    catalog::ThreadingRule threading = catalog::ThreadingRule::standard;
    bool index = true;
    int workers = 1;
    bool early = false;  // what is taken becomes searchable before finish()
};

class Projector {
public:
    static Result<std::unique_ptr<Projector>> open(Archive& archive,
                                                   const ProjectorOptions& options = {});
    ~Projector();

    // Records must follow each other; those that the catalogue has already are skipped. Takes what
    // it needs out of `records`.
    Result<void> take(std::vector<journal::Record> records);
    // The same for records that were just appended; what others appended before them is read from
    // the journal first.
    Result<void> take_appended(std::vector<journal::Record> records);
    // Takes everything up to the journal's head from the journal.
    Result<void> follow();
    // Everything taken is in the catalogue and committed.
    Result<void> settle();
    // … and in the index.
    Result<void> finish();
    // Keeps the number of the index's shards small; takes seconds when it is due. Behind finish().
    Result<void> merge_index(const std::atomic<bool>& stop);
    // Reads on from the catalogue's position to the journal's head. `progress(done, all)` in
    // records.
    Result<void> catch_up(
        const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);

    catalog::Catalog& catalog() { return *catalog_; }
    search::Engine* engine() { return feed_ ? &feed_->engine() : nullptr; }
    workers::Workers& workers() { return *workers_; }
    Stages& stages() { return stages_; }
    std::uint64_t searchable() const { return feed_ ? feed_->searchable() : 0; }

    // Called for every parsed item, in journal order (the importer counts marks and looks for
    // documents).
    std::function<void(Seq seq, const ItemDescriptor& item, const model::Message& parsed)>
        on_parsed;
    // Called before messages go live between two batches: what they are counted in can be told.
    std::function<void()> before_live;

private:
    struct Batch {
        std::vector<journal::Record> records;
        std::vector<ItemDescriptor> items;  // of the message records, in order
        workers::Workers::Ticket ticket;
        std::size_t jobs = 0;
        std::size_t bytes = 0;  // of the items
    };
    struct Context {
        std::string source, facts, title;
        model::Channel channel = model::Channel::other;
    };

    Projector(Archive& archive, const ProjectorOptions& options)
        : archive_(archive), options_(options) {}
    Result<void> follow_to(
        Seq end, const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);
    Result<void> apply_oldest();
    Result<void> apply(Batch batch);
    Result<void> apply_one(const journal::Record& record,
                           const ItemDescriptor* item,
                           const model::Message* parsed);
    Result<void> index_batch(const Batch& batch, const std::vector<model::Message>& parsed);
    Result<void> commit();
    Result<const Context*> context(Seq seq);

    Archive& archive_;
    ProjectorOptions options_;
    std::unique_ptr<workers::Workers> workers_;
    std::unique_ptr<catalog::Catalog> catalog_;
    std::unique_ptr<IndexFeed> feed_;
    std::deque<Batch> in_flight_;
    std::size_t bytes_in_flight_ = 0;
    std::unordered_map<Seq, Context> contexts_;
    Seq catalog_from_;  // records before it are in the catalogue already
    Seq index_from_;    // … in the index already
    Seq next_;          // the first record not taken yet
    Seq applied_;       // the first record not applied
    std::uint64_t uncommitted_ = 0;
    bool open_transaction_ = false;
    Stages stages_;
};

// A mark that says something is wrong with the item (and not only worth knowing).
bool is_damage(std::string_view mark);

}  // namespace letopis::app
