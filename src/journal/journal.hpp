// SPDX-License-Identifier: AGPL-3.0-or-later
// What was stored, in which order; what is new since N? The truth of the archive:
// docs/formats/journal.md. Append-only, gapless from 0, encrypted; a record that
// append() returned is durable. One process has the journal open for writing (the holder of
// archive.lock); inside it every function may be called from any thread.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "crypto/keyring.hpp"
#include "journal/kinds.hpp"

namespace letopis::journal {

constexpr int format_version = 1;

// The two logs: everything, and who read it.
enum class Origin : std::uint8_t { archive = 1, audit = 2 };

// Who waits for the writer; a lower number goes first.
enum class Class : std::uint8_t { access = 0, live = 1, job = 2, bulk = 3 };

// At most one record with a given key exists in the archive, ever.
using OnceKey = std::array<std::uint8_t, 16>;

// The record is refused with `conflict` unless the newest record of `stream` is `version` (0: there
// is none yet).
struct Expect {
    std::string stream;
    std::uint64_t version = 0;
};

// Which dictionary a content is compressed with; a dictionary is trained per class.
enum class ContentClass : std::uint8_t {
    plain = 0,
    mail = 1,
    telegram = 2,
    whatsapp = 3,
    letopis = 4,
    access = 5
};

// What is to be stored. Views must live until append() returns.
struct Draft {
    LeafType type = LeafType::message_event;
    Kind kind = Kind::message;
    std::uint16_t version = 1;
    Origin origin = Origin::archive;
    ContentClass content_class = ContentClass::plain;
    std::string_view descriptor;  // UTF-8 JSON; hashed and stored as these exact bytes
    std::string_view content;     // raw bytes; over 4 KiB they become an object
    // The keys that each open the content alone. Empty: the system key (archive) or the audit key
    // (audit).
    std::vector<crypto::Keyring::Named> owners;
    std::array<std::optional<OnceKey>, 2> once;  // refused as a duplicate when any of them is there
    std::optional<Expect> expect;
};

struct Appended {
    std::optional<Seq> seq;           // stored as this record
    std::optional<Seq> duplicate_of;  // not stored: the record that owns the key
    int duplicate_key = -1;           // which of Draft::once was taken
    Digest leaf{};                    // leaf hash of the stored record
    std::uint64_t leaf_index = 0;
    Instant at{};
};

struct Record {
    Seq seq;
    Origin origin = Origin::archive;
    std::uint64_t leaf_index = 0;
    Instant at{};
    LeafType type = LeafType::message_event;
    Kind kind = Kind::message;
    std::uint16_t version = 1;
    std::string entry;  // the 72 bytes
    std::string salt;   // 32 bytes
    std::string descriptor;
    std::string content;  // read and checked against its object hash; empty when Contents::skip
    std::string sealed_object;  // only with Contents::sealed: the stored ciphertext
    bool has_object = false;
    std::optional<Seq> erased_by;  // body is gone: the record of the disposal
};

enum class Contents : std::uint8_t { with, skip, sealed };

struct Head {
    std::uint64_t records = 0;              // = the next Seq
    std::array<std::uint64_t, 3> leaves{};  // by Origin
};

// A flat row of the log, without opening the body.
struct Leaf {
    Seq seq;
    Origin origin = Origin::archive;
    std::uint64_t leaf_index = 0;
    Instant at{};
    std::string entry;
    std::optional<Seq> erased_by;
};

struct Problem {
    std::string where;  // file, or "record 17"
    std::string what;
};

struct Options {
    std::optional<std::uint64_t> disk_reserve_bytes;  // none: max(1 GiB, 2 % of the disk)
    std::uint64_t shard_records_max = 1'000'000;
    std::uint64_t shard_bytes_max = std::uint64_t(2) << 30;
    // For one short command: live.db is opened once, and a small write-ahead log stays beside it
    // and live.end, which says where it ends, so that nothing but the commit is waited for.
    bool brief = false;
};

class Journal {
public:
    // Makes an empty journal in `archive` (and its first record). The keyring needs the right to
    // grow.
    static Result<void> create(const Path& archive,
                               crypto::Keyring& keyring,
                               const Clock& clock,
                               std::string_view first_descriptor);
    // Recovers what a crash left. Errors: corrupt, unsupported, wrong_key, io.
    static Result<std::unique_ptr<Journal>> open(const Path& archive,
                                                 crypto::Keyring& keyring,
                                                 const Clock& clock,
                                                 Options options);
    ~Journal();

    // All or nothing but for duplicates: on success every draft is durable or a duplicate. Errors:
    // no_space (nothing changed), conflict (a stale expect; nothing changed), io (the journal
    // refuses everything from then on: open it again).
    // `then` is called once inside the transaction with what became of `drafts`; what it returns is
    // appended in the same transaction (its results stand behind the others). It must not call the
    // journal, and may be called again if the first try is undone.
    using Then = std::function<std::vector<Draft>(std::span<const Appended>)>;
    Result<std::vector<Appended>> append(std::span<const Draft> drafts,
                                         Class cls,
                                         const Then& then = {});
    Head head() const;  // of durable records

    // The key that contents captured now are sealed under, until their client is known.
    Result<crypto::Keyring::Named> intake_key();
    OnceKey once_key(std::string_view source,
                     std::string_view key,
                     Kind kind,
                     std::string_view content_hash,
                     std::uint64_t ordinal = 0) const;
    // The records of one type from `from` on, in order; false from `each` stops. Looks through the
    // rows without opening the others.
    Result<void> each_of(LeafType type,
                         Seq from,
                         const std::function<Result<bool>(Record&&)>& each);
    // Trains a dictionary for the class from samples of descriptor+content, unless there is one.
    // Rare words are left out of it.
    Result<void> learn(ContentClass cls, std::span<const std::string> samples);
    bool has_dictionary(ContentClass cls) const;

    // not_found past the head; corrupt when the stored bytes are not what was stored.
    Result<Record> read(Seq seq, Contents contents = Contents::with);
    // Calls `each` for records from `from` on, in order, at most `limit`; `each` returns false to
    // stop. Returns the next position.
    Result<Seq> feed(Seq from,
                     std::uint64_t limit,
                     Contents contents,
                     const std::function<Result<bool>(Record&&)>& each);
    Result<Seq> leaves(Seq from,
                       std::uint64_t limit,
                       const std::function<Result<bool>(const Leaf&)>& each);
    // Is there any record of this origin at `from` or later?
    Result<bool> any_since(Origin origin, Seq from);
    // Position of a leaf: not_found when there is none yet.
    Result<Seq> at_leaf(Origin origin, std::uint64_t leaf_index);
    // The first taken key's record, if any (a look-up without appending).
    Result<std::optional<Seq>> find_once(const OnceKey& key);

    // Files of closed shards against the hashes in the journal, gaps, leaf order, structure of
    // every file; with `deep` every body and object is opened and checked, on all cores. Reports
    // everything it finds; an error only when it cannot go on at all. `progress` is called from one
    // thread at a time, of whichever.
    struct Checked {
        std::uint64_t records = 0;
        std::uint64_t objects = 0;
        std::uint64_t bytes = 0;
        std::uint64_t messages = 0;  // with `deep`: that are not erased, before messages_before
        std::vector<Problem> problems;
    };
    Result<Checked> verify(bool deep,
                           const std::function<void(std::uint64_t bytes)>& progress,
                           Seq messages_before = Seq(0));

    // On a full disk: gives up the file that only takes room, so that reading goes on. false: there
    // is none any more.
    bool make_room();

    struct ShardInfo {
        Seq first;
        std::uint64_t records;
        bool closed;
    };
    std::vector<ShardInfo> shards() const;
    // Closes the live shard now (tests and backups); nothing happens when it holds no record but
    // its first.
    Result<void> close_shard();

private:
    struct State;
    explicit Journal(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace letopis::journal
