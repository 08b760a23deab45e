// SPDX-License-Identifier: AGPL-3.0-or-later
// Can I prove it? The transparency log over the records of one origin, as a projection: whoever
// reads the journal feeds the leaf hashes in order, and everything but the last signed checkpoint
// can be made again from them. Files: docs/formats/log.md (C2SP tlog-tiles).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/time.hpp"
#include "ledger/disk.hpp"
#include "ledger/entry.hpp"
#include "ledger/note.hpp"
#include "ledger/proof.hpp"
#include "ledger/tiles.hpp"

namespace letopis::ledger {

struct LogOptions {
    Path directory;  // <archive>/log/<slug>; made when it is missing
    Origin origin;
    std::optional<VerifierKey> key;  // when given, a checkpoint that it did not sign is damage
    Disk* disk = nullptr;            // not owned; nullptr: the real one
};
inline Path log_directory(const Path& archive, const Origin& origin) {
    return archive / "log" / origin.slug;
}

// The writing side. One object per directory and process, used by one thread at a time.
class Log {
public:
    // Reads the signed checkpoint and the right edge of the tiles (at most one tile a level). The
    // log then has exactly the checkpoint's size: feed it from there. No checkpoint: an empty log.
    // corrupt: tiles or checkpoint are missing, damaged or of another origin: rebuild().
    static Result<std::unique_ptr<Log>> open(LogOptions options);
    // Starts empty, to be fed from leaf 0; the tiles on disk are replaced by the next publish. A
    // checkpoint that is still readable stays a promise: see expect().
    static Result<std::unique_ptr<Log>> rebuild(LogOptions options);

    // In memory only; 32 bytes a leaf until the next spill or publish.
    void append(std::span<const Digest> leaf_hashes);
    std::uint64_t size() const { return size_; }
    Digest root() const;  // of size() leaves, published or not: log2(size) hashes
    // The last signed checkpoint on disk; nullopt before the first, and when it was damaged.
    const std::optional<Checkpoint>& published() const { return published_; }
    std::optional<Instant> published_at() const { return published_at_; }  // by this object

    // A head that somebody outside knows (witness, mailed copy); its signature has been verified by
    // the caller. unfit: the log has forked. A head beyond size() is remembered: until the leaves
    // fed from the journal reach it with the same root, publish() refuses (a restored old backup
    // must not be continued).
    Result<void> expect(const Checkpoint& outside);

    // Puts finished tiles on disk to free their memory, durably and without signing anything. For
    // rebuilds: call it every million leaves or so.
    Result<void> spill();
    // The leaves must be durable in the journal already. In this order: tiles, sync of each, sync
    // of the directories, signature, durable checkpoint. Returns the note. unfit: signing would
    // fork the log (see expect). After io or no_space the object is finished: open again and feed
    // from there.
    Result<std::string> publish(const Signer& signer, Instant now);

private:
    struct Level {
        std::uint64_t next = 0;         // number of the tile that `edge` will become
        std::string edge;               // its hashes so far: fewer than 256
        std::size_t kept = 0;           // bytes of `edge` that stand in a durable partial tile
        std::vector<std::string> full;  // finished, not yet on disk: tiles next - full.size() …
    };
    explicit Log(LogOptions options);
    Result<void> load(const Checkpoint& head);
    void push(unsigned level, const Digest& hash);
    void meet_promise();
    Result<void> write_tiles(bool partial_too);
    void drop_partials(const std::vector<Tile>& finished);
    Result<void> ready_to_sign() const;

    LogOptions options_;
    Disk* disk_;
    std::vector<Level> levels_;
    std::vector<Digest> frontier_;  // [h]: root of the complete subtree of 2^h leaves at the edge
    std::uint64_t size_ = 0;
    std::map<std::uint64_t, Digest> promises_;  // heads not reached yet, by size
    std::optional<std::uint64_t> forked_at_;
    std::vector<Tile> finished_;  // full tiles written since the last checkpoint
    std::optional<Checkpoint> published_;
    std::string note_;
    std::optional<Instant> published_at_;
    bool broken_ = false;
};

// The reading side: what stood on disk when it was opened. Any number of them, in any process,
// beside a writing Log; one thread at a time each.
class PublishedLog {
public:
    // not_found: nothing was published yet; corrupt: the checkpoint is damaged.
    static Result<PublishedLog> open(LogOptions options);
    const Checkpoint& head() const { return head_; }
    const std::string& note() const { return note_; }
    // Each answer has been checked against the signed root, so that a damaged tile yields corrupt
    // and never a wrong proof. index < head().size, else invalid.
    Result<TlogProof> prove(std::uint64_t index, std::string extra = {}) const;
    Result<Digest> leaf(std::uint64_t index) const;
    Result<std::vector<Digest>> consistency(std::uint64_t from_size) const;  // to head()
    Result<Digest> root_at(std::uint64_t size) const;
    // Reads every tile: paths (relative to the directory) of those that are missing or do not match
    // the tile above them or the signed root.
    Result<std::vector<std::string>> damaged_tiles() const;

private:
    PublishedLog(LogOptions options, Disk& disk, std::string note, Checkpoint head);
    Result<Digest> leaf_with_proof(std::uint64_t index, std::vector<Digest>& proof) const;
    LogOptions options_;
    Disk* disk_;
    std::string note_;
    Checkpoint head_;
    TileReader tiles_;
};

}  // namespace letopis::ledger
