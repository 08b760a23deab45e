// SPDX-License-Identifier: AGPL-3.0-or-later
// The journal's insides, shared by its own files only.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "journal/body.hpp"
#include "journal/end.hpp"
#include "journal/journal.hpp"
#include "journal/shard.hpp"
#include "objects/objects.hpp"

namespace letopis::journal {

// A draft that has been compressed, and sealed as far as that is possible before its number is
// known.
struct Prepared {
    const Draft* draft = nullptr;
    std::string frame;      // of the body
    std::string object_id;  // empty: inline
    std::string object_sealed;
    Digest object_hash{};
    std::optional<crypto::Key> object_key;  // the DEK, to be wrapped for each owner
    std::vector<crypto::Keyring::Named> owners;
};

struct Request {
    std::vector<Prepared> drafts;
    const Journal::Then* then = nullptr;
    std::vector<Draft> more;  // what `then` returned, kept alive for `drafts_more`
    std::vector<Prepared> drafts_more;
    std::vector<Appended> results;
    std::optional<Error> error;
    bool done = false;
};

struct WriterStatements {
    sql::Statement record, body, object, wrap, once, find_once, stream, put_stream, dictionary,
        dictionary_copy, head;
};

struct Journal::State {
    Path archive;
    crypto::Keyring& keyring;
    const Clock& clock;
    Options options;
    Dictionaries dictionaries;
    objects::Store objects;
    crypto::Keyring::Named system_key, audit_key, dedup_key;

    // --- appending: the queue is guarded by `mutex`; the leader (one thread at a time) owns
    // everything under "leader".
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::array<std::deque<Request*>, 4> queue;
    bool leading = false;
    std::optional<Error> broken;                   // set once, after a failed write or sync
    Head durable;                                  // guarded by mutex
    std::optional<crypto::Keyring::Named> intake;  // guarded by mutex
    std::string intake_day;                        // guarded by mutex

    // leader:
    std::optional<sql::Database> live;
    WriterStatements write;
    std::optional<sql::Database> once_closed;  // opened when it is first needed
    sql::Statement find_once_closed;
    Head head;
    Seq live_first;
    std::uint64_t live_bytes = 0;
    int wal_pages = 0;
    std::optional<std::uint64_t> noted_end;  // what live.end says, when it is known

    std::mutex one_connection;  // with Options::brief: of the one to live.db

    // --- reading: readers hold `files` shared while they use a file; closing a shard holds it
    // alone.
    std::shared_mutex files;
    std::mutex pool_mutex;
    std::vector<std::unique_ptr<ShardReader>> idle_live;  // guarded by pool_mutex
    std::map<std::uint64_t, std::vector<std::unique_ptr<ShardReader>>>
        idle_closed;          // guarded by pool_mutex
    std::vector<Seq> closed;  // first seqs of closed shards, ascending; guarded by files

    State(Path where, crypto::Keyring& keys, const Clock& time, Options given)
        : archive(std::move(where)),
          keyring(keys),
          clock(time),
          options(given),
          objects(archive / "objects") {}

    Result<void> open();
    Result<void> open_writer();
    Result<void> compare_with_end();
    Result<void> open_once_closed();
    Result<void> load_dictionaries();
    Result<void> finish_interrupted_close();
    void close_files();

    Result<Prepared> prepare(const Draft& draft);
    void lead(std::unique_lock<std::mutex>& lock);
    Result<void> commit(std::span<Request* const> requests);
    Result<void> write_request(Request& request, Instant now);
    Result<Appended> write_one(Prepared& prepared, Instant now);
    Result<void> write_owners(const Prepared& prepared, Seq seq, const crypto::Key* body_key);
    Result<std::optional<std::pair<Seq, int>>> taken(const Draft& draft);
    Result<void> check_space(Class cls) const;
    // A file that only takes room: given up when not even an access record fits any more, so that
    // reading goes on; made again when there is space.
    void keep_reserve() const;
    bool release_reserve() const;
    bool disk_is_full() const;
    Result<void> checkpoint(bool whole);
    Result<void> close_shard();

    // Runs `use` with a reader of the shard that holds seq, and the end of that shard.
    Result<void> with_shard(Seq seq, const std::function<Result<void>(ShardReader&)>& use);
    Result<Record> assemble(ShardReader& shard, ShardReader::Row& row, Contents contents);
    Result<crypto::Key> body_key(ShardReader& shard, const ShardReader::Row& row);
};

// Opens a body with the first owner key that is still here.
Result<crypto::Key> unwrap_any(crypto::Keyring& keyring,
                               ShardReader& shard,
                               const std::string& reference,
                               std::string_view purpose);

// SHA-256 of a whole file; `bytes` grows by its size.
Result<Digest> hash_file(const Path& file, std::uint64_t& bytes);

}  // namespace letopis::journal
