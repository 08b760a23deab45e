// SPDX-License-Identifier: AGPL-3.0-or-later
// From parsed messages to the index: few at a time go into the live shard, many become slices in
// date order, each built by a thread of its own while the next one fills. Memory is bounded: what
// waits is kept compressed.
#pragma once

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
    void changed(Seq message) {
        changed_.push_back(message);
    }  // its document must be made again (derived text came)
    // Everything added is searchable and the position is `end`.
    Result<void> finish(Seq end);

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
    static Result<void> build(const Slice& slice, search::ShardBuilder& builder);
    Result<void> start_build();
    Result<void> wait_build();
    Result<void> add_live(const Slice& slice);
    Result<void> remake_changed();

    Archive& archive_;
    catalog::Catalog& catalog_;
    text::Analyser analyser_;
    std::unique_ptr<search::Engine> engine_;
    std::unique_ptr<Slice> filling_ = std::make_unique<Slice>();
    // Owned by the building thread between start_build and wait_build.
    std::unique_ptr<Slice> building_;
    std::unique_ptr<search::ShardBuilder> builder_;
    Result<void> built_;
    std::thread thread_;
    std::vector<Seq> changed_;
};

}  // namespace letopis::app
