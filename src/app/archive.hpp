// SPDX-License-Identifier: AGPL-3.0-or-later
// One archive, opened: who is wired to whom. Made once a process, destroyed in reverse order. The
// journal may be used from any thread; catalogue and engine belong to one thread at a time, so a
// served command asks for its own (`projections()`).
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/texts.hpp"
#include "base/files.hpp"
#include "base/time.hpp"
#include "catalog/catalog.hpp"
#include "crypto/keyring.hpp"
#include "journal/journal.hpp"
#include "ledger/ledger.hpp"
#include "search/search.hpp"

namespace letopis::app {

constexpr int archive_format = 1;

// archive.toml: identity, no secrets. Format: docs/formats/archive.md.
struct Identity {
    std::string id;    // 32 hex digits
    std::string host;  // names the two logs: "<host>/archive/1"
    Instant created{};
    std::optional<std::uint64_t> disk_reserve_bytes;
};
Result<Identity> read_identity(
    const Path& archive);  // not_found: no archive there; unsupported: a newer format
std::string write_identity(const Identity& identity);

// Holds archive.lock until destroyed.
class Lock {
public:
    // unavailable: another process holds it.
    static Result<Lock> take(const Path& archive);

private:
    explicit Lock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

struct CreateOptions {
    std::string host;  // empty: "letopis-" and the first digits of the id
    std::optional<std::uint64_t> disk_reserve_bytes;
};

// Opened for reading, for one thread at a time.
struct Projections {
    std::unique_ptr<catalog::Catalog> catalog;
    std::unique_ptr<search::Engine> engine;
    std::array<std::pair<std::uint64_t, std::uint64_t>, 2> files{};  // device and inode of each
};

class Archive {
public:
    // The directory must be missing or empty (conflict otherwise). A failure leaves nothing behind.
    static Result<void> create(const Path& directory,
                               const crypto::Unlock& unlock,
                               const CreateOptions& options,
                               const Clock& clock,
                               std::string* recovery_sheet);
    // For a short command: everything is opened for this process alone, which answers nobody else,
    // and the catalogue and the index beside the journal.
    enum class Stay : std::uint8_t { brief, long_ };
    static Result<std::unique_ptr<Archive>> open(const Path& directory,
                                                 const crypto::Unlock& unlock,
                                                 const Clock& clock,
                                                 Lock lock,
                                                 Stay stay = Stay::long_);
    ~Archive();

    const Path& directory() const { return directory_; }
    const Identity& identity() const { return identity_; }
    const Clock& clock() const { return clock_; }
    crypto::Keyring& keyring() { return *keyring_; }
    journal::Journal& journal() { return *journal_; }
    // A new epoch key, where the newest is older than 30 days. At each opening; a server asks
    // again.
    void rotate_if_due();
    ledger::LogOptions log_options(journal::Origin origin) const;

    // Fresh objects for the calling thread.
    Result<std::unique_ptr<catalog::Catalog>> open_catalog(
        catalog::Access access, catalog::ThreadingRule rule = catalog::ThreadingRule::standard);
    Result<std::unique_ptr<search::Engine>> open_engine(bool writable);
    // Both for reading: those that somebody gave back, unless the files were made again since.
    Result<Projections> projections();
    void give_back(Projections projections);

    // unfit: a log has no valid signed head, or its tiles are not those that it signs. No crash
    // leaves that. Whoever stores anything but access records asks before.
    Result<void> check_logs() const;
    // An access log without a head that is no fault: archives made before both logs were signed
    // from the start got their first one when it was due.
    bool may_be_unsigned(journal::Origin origin) const;
    // Brings both logs up to the journal's head and signs a checkpoint where there is anything new;
    // unfit as above. `only_if_due`: only when the oldest uncovered leaf is 10 s old (commands that
    // only read need not wait for more syncs).
    Result<void> sign(bool only_if_due);
    // Makes the tiles of a log again from the journal and signs its head, also where there is no
    // head to compare with: for a person who asked for it.
    Result<void> rebuild_log(journal::Origin origin);
    // Content leaves only after this returned.
    Result<Instant> record_access(journal::Kind kind, const std::string& descriptor);

    TextCache& texts() { return texts_; }
    // One writer of projections at a time in this process.
    std::mutex& projecting() { return projecting_; }

private:
    Archive(Path directory, Identity identity, const Clock& clock, Lock lock);
    // As it was signed last, to be fed from there. Opened once: who holds the archive's lock is the
    // only one that changes it. The caller holds signing_.
    Result<ledger::Log*> log_of(journal::Origin origin) const;
    Result<std::unique_ptr<ledger::Log>> open_log(journal::Origin origin) const;
    Result<void> sign_origin(journal::Origin origin, bool only_if_due);
    Result<void> feed_and_publish(journal::Origin origin, ledger::Log& log);
    Result<void> open_parts(const crypto::Unlock& unlock);
    Result<Projections> open_projections();
    std::array<std::pair<std::uint64_t, std::uint64_t>, 2> projection_files() const;
    Result<void> compare_with_checkpoint(journal::Origin origin);

    bool brief_ = false;
    Path directory_;
    Identity identity_;
    const Clock& clock_;
    Lock lock_;
    std::unique_ptr<crypto::Keyring> keyring_;
    std::unique_ptr<journal::Journal> journal_;
    std::array<std::optional<ledger::VerifierKey>, 3> log_keys_;  // by origin
    mutable std::mutex signing_;                                  // guards the logs
    mutable std::array<std::unique_ptr<ledger::Log>, 3> logs_;    // by origin
    TextCache texts_;
    std::mutex projecting_;
    std::mutex idle_mutex_;
    std::vector<Projections> idle_;  // guarded by idle_mutex_
    // Of a short command, opened beside the journal. The last member: it uses the others.
    std::future<Result<Projections>> early_;
};

// The origin of a log as the ledger names it.
Result<ledger::Origin> origin_of(const Identity& identity, journal::Origin origin);

}  // namespace letopis::app
