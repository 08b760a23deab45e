// SPDX-License-Identifier: AGPL-3.0-or-later
// Signed notes, checkpoints and cosignatures: C2SP signed-note, tlog-checkpoint and
// tlog-cosignature. Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/crypto.hpp"

namespace letopis::ledger {

constexpr std::size_t note_bytes_max = 256 * 1024;
constexpr std::size_t note_signatures_max = 64;

// The kinds of keys that are understood; signatures of any other kind are skipped, as the
// specification demands.
enum class KeyType : std::uint8_t {
    ed25519 = 1,              // over the text of the note
    ed25519_cosignature = 4,  // a witness: over a header, its own time and the text
};

struct VerifierKey {
    std::string name;
    KeyType type = KeyType::ed25519;
    crypto::PublicKey key{};
    friend bool operator==(const VerifierKey&, const VerifierKey&) = default;
};
std::uint32_t key_id(const VerifierKey& key);
std::string write_vkey(const VerifierKey& key);  // "name+hash+base64"
// invalid: malformed, or the hash is not that of the key; unsupported: another kind of key.
Result<VerifierKey> parse_vkey(std::string_view text);
// Not empty, UTF-8, no space of any kind, no control character, no plus.
bool is_key_name(std::string_view name);

struct Signer {
    std::string name;  // for a log: its origin
    crypto::Key seed;
};
VerifierKey verifier(const Signer& signer, KeyType type = KeyType::ed25519);

// `text` ends with a newline. The result is the whole note with one signature.
std::string sign_note(std::string_view text, const Signer& signer);
// The same note with a witness's signature line more.
Result<std::string> cosign_note(std::string_view note, const Signer& witness, Instant at);

struct Note {
    struct Signature {
        VerifierKey key;
        std::optional<Instant> at;  // what a witness states; none for a plain signature
    };
    std::string text;                   // with its last newline
    std::vector<Signature> signatures;  // the verified ones, in the order of the note
};
// invalid: not a note; corrupt: a signature by one of `keys` does not verify; wrong_key: none of
// `keys` has signed it.
Result<Note> verify_note(std::string_view note, std::span<const VerifierKey> keys);

// The head of a log.
struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    Digest root{};
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
std::string write_checkpoint(const Checkpoint& checkpoint);  // the text to sign
Result<Checkpoint> parse_checkpoint(std::string_view text);  // of a note; extensions are skipped
// A note signed by this log's own key whose origin is the name of the key. Cosignatures beside it
// do no harm and do not count.
Result<Checkpoint> verify_checkpoint(std::string_view note, const VerifierKey& log);

// "<host>/archive/1": the name of a log, of its key, and (slug, "archive-1") of its directory.
struct Origin {
    std::string name;
    std::string slug;
    friend bool operator==(const Origin&, const Origin&) = default;
};
enum class LogKind : std::uint8_t { archive, audit };
// invalid: the host cannot stand in a key name. `number` grows by one with each `log fork`.
Result<Origin> origin_of(std::string_view host, LogKind kind, std::uint32_t number = 1);

}  // namespace letopis::ledger
