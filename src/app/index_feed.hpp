// SPDX-License-Identifier: AGPL-3.0-or-later
// From parsed messages to the index: few at a time go into the live shard, many become slices in
// date order, each built by a thread of its own while the next one fills; the last one is shared
// out to all cores, as nothing else is left to do. Memory is bounded: what waits is kept
// compressed.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "app/archive.hpp"
#include "app/descriptor.hpp"
#include "text/analyser.hpp"
#include "workers/workers.hpp"

namespace letopis::app {

// What the index knows of one message. Pure.
search::Doc document_of(text::Analyser& analyser,
                        Seq seq,
                        Instant sort_date,
                        const ItemDescriptor& item,
                        const std::string& source,
                        const model::Message& parsed);

// Reads and parses one message again, derived texts included: for merges, snippets and exact
// phrases.
class DocumentReader {
public:
    DocumentReader(Archive& archive, catalog::Catalog& catalog)
        : archive_(archive), catalog_(catalog) {}
    Result<search::Doc> operator()(Seq seq);

private:
    Archive& archive_;
    catalog::Catalog& catalog_;
    std::unique_ptr<workers::Workers> workers_;
};

class IndexFeed {
public:
    static Result<std::unique_ptr<IndexFeed>> open(Archive& archive, catalog::Catalog& catalog);
    ~IndexFeed();

    search::Engine& engine() { return *engine_; }
    Seq position() const { return Seq(engine_->position()); }
    text::Analyser& analyser() { return analyser_; }

    Result<void> add(search::Doc doc);
    // Between two batches: what was built goes live, and a slice that is full, or due, is built.
    // `before` makes the catalogue's part of what goes live durable. With `early` slices are due
    // soon at first and then three times as late each time, so that a long import is searchable
    // while it runs and few shards come of it.
    Result<void> advance(bool early, const std::function<Result<void>()>& before);
    // Messages added here that a search finds.
    std::uint64_t searchable() const { return searchable_; }
    void changed(Seq message) {
        changed_.push_back(message);
    }  // its document must be made again (derived text came)
    // Everything added is searchable and the position is `end`.
    Result<void> finish(Seq end);
    // Merges small shards while there are more than a query should have to ask, and destroys the
    // keys of those that are gone. Takes seconds (their messages are parsed again); what `stop`
    // interrupts is begun again by the next call.
    Result<void> merge(const std::atomic<bool>& stop);

private:
    struct Spooled {
        std::int64_t date = 0;
        std::uint64_t seq = 0;
        std::uint32_t block = 0;
        std::uint32_t offset = 0;
    };
    struct Slice {
        std::vector<Spooled> docs;
        std::vector<std::string> blocks;  // zstd; several encoded docs each
        std::string open_block;
        std::size_t bytes = 0;
        Seq last;
    };
    IndexFeed(Archive& archive, catalog::Catalog& catalog) : archive_(archive), catalog_(catalog) {}
    static void close_block(Slice& slice);
    // A part of a slice in date order, and the shard that it becomes.
    struct Build {
        std::vector<Spooled> docs;
        std::unique_ptr<search::ShardBuilder> builder;
        Result<void> built;
        std::atomic<bool> done{false};
        std::thread thread;
    };
    static Result<void> build(const Slice& slice, Build& part);
    // Cuts the slice that fills now into parts of about the same number of messages.
    Result<void> start_build(std::size_t parts);
    Result<void> wait_build();
    bool is_built() const;
    bool is_due(bool early) const;
    Result<void> add_live(const Slice& slice);
    Result<void> remake_changed();
    Result<void> destroy_retired_keys();

    Archive& archive_;
    catalog::Catalog& catalog_;
    text::Analyser analyser_;
    std::unique_ptr<search::Engine> engine_;
    std::unique_ptr<Slice> filling_ = std::make_unique<Slice>();
    // Between start_build and wait_build the threads read the slice, and each owns its part.
    std::unique_ptr<Slice> building_;
    std::vector<std::unique_ptr<Build>> parts_;
    std::vector<Seq> changed_;
    std::uint64_t searchable_ = 0;
    std::chrono::steady_clock::time_point slice_since_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration slice_lasts_ = std::chrono::milliseconds(500);
};

}  // namespace letopis::app
