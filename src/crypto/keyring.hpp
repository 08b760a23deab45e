// SPDX-License-Identifier: AGPL-3.0-or-later
// The wrapped keys of an archive: file keyring.<generation>, format docs/formats/keyring.md. The
// one file to keep apart from the rest. A change is a new generation: complete rewrite, fsync,
// rename, fsync of the directory; the old generation is removed only afterwards. Functions that
// change are for the process that holds the archive's lock; reading is safe from any thread (a
// mutex inside).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/time.hpp"
#include "crypto/crypto.hpp"

namespace letopis::crypto {

// Numbers are stored; add, never reuse.
enum class Purpose : std::uint8_t {
    epoch = 1,  // wraps all the others; rotated every 30 days
    page = 2,   // page key of one SQLite file of the journal, bodies, once, catalogue (label: its
                // path in the archive)
    index_page = 3,  // page key of one index shard (label: its path); destroyed with the shard
    intake = 4,      // contents captured on one UTC day, until clients exist (label: "2026-11-21")
    client = 5,      // contents of one client; issued in batches without a label, then assigned
    log = 6,         // Ed25519 seed that signs checkpoints (label: origin)
    dedup = 7,       // HMAC key of uniqueness keys and fingerprints
    audit = 8,       // contents of access records
    system =
        9,  // contents that belong to the archive itself: contexts, dictionaries, state changes
};

// How the root key is had. Exactly one of the two.
struct Unlock {
    std::optional<Path> key_file;           // made by create_key_file
    std::optional<std::string> passphrase;  // argon2id
};

// A new random key file (one line of text with a checksum, mode 0600, never overwrites). Format:
// docs/formats/keyring.md.
Result<void> create_key_file(const Path& file);
// The root key as groups of letters to print and type back (with a checksum in each group), and the
// way back. Works for both unlock methods.
std::string recovery_sheet(const class Keyring& keyring);

class Keyring {
public:
    // Makes generation 1 in `directory`, with one key of each purpose epoch, log (per origin),
    // dedup, audit, system.
    static Result<std::unique_ptr<Keyring>> create(const Path& directory,
                                                   const Unlock& unlock,
                                                   std::span<const std::string> log_origins,
                                                   Instant now);
    // Reads the newest whole generation. Errors: wrong_key (the key or passphrase does not open
    // it), corrupt, unsupported (newer format), not_found.
    static Result<std::unique_ptr<Keyring>> open(const Path& directory, const Unlock& unlock);
    // Opens with the words of a recovery sheet instead.
    static Result<std::unique_ptr<Keyring>> open_with_recovery(const Path& directory,
                                                               std::string_view sheet);
    ~Keyring();

    std::uint64_t generation() const;
    bool passphrase_protected() const;

    struct Named {
        KeyId id;
        Key key;
    };
    // By id: not_found when it was destroyed or never was here.
    Result<Key> key(const KeyId& id) const;
    // The key with this purpose and label: not_found when there is none.
    Result<Named> find(Purpose purpose, std::string_view label) const;
    // The same, made (and made durable, as a new generation) when there is none. Several at once:
    // one rewrite.
    Result<Named> ensure(Purpose purpose, std::string_view label, Instant now);
    // Makes keys for all these labels that are missing, in one new generation.
    Result<void> ensure_all(std::span<const std::pair<Purpose, std::string>> wanted, Instant now);
    // Destroys keys (erasure, dropped index shards) in one new generation, and rotates the epoch
    // key with it.
    Result<void> destroy(std::span<const KeyId> ids, Instant now);
    // Makes a new epoch key and re-wraps everything.
    Result<void> rotate(Instant now);
    // 30 days after the newest epoch key was made.
    Instant rotation_due() const;
    // Re-wraps the root for another unlock method (a new passphrase, a key file).
    Result<void> change_unlock(const Unlock& to, Instant now);
    struct Info {
        KeyId id;
        Purpose purpose;
        std::string label;
        Instant made;
    };
    std::vector<Info> list() const;

private:
    struct State;
    explicit Keyring(std::unique_ptr<State> state);
    friend std::string recovery_sheet(const Keyring& keyring);
    std::unique_ptr<State> state_;
};

}  // namespace letopis::crypto
