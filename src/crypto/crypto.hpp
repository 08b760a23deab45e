// SPDX-License-Identifier: AGPL-3.0-or-later
// Primitives, all of them OpenSSL's or libsodium's; this folder only gives them types and the
// constructions of C2SP. Every function may be called from any thread. Failures of opening say
// "cannot be opened" and no more (no oracle).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace letopis::crypto {

Digest sha256(std::string_view bytes);
class Sha256 {  // incremental
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void update(std::string_view bytes);
    Digest finish();  // then it starts anew

private:
    struct State;
    std::unique_ptr<State> state_;
};

// 32 secret bytes in memory that is locked, kept out of core dumps and wiped. Copyable handles
// share the bytes.
class Key {
public:
    static Key random();
    static Key from(std::string_view bytes);  // exactly 32 bytes
    std::string_view bytes()
        const;  // a view of the secret; do not copy it into a std::string that lives on

private:
    std::shared_ptr<const unsigned char> secret_;
};

Digest hmac_sha256(const Key& key, std::string_view bytes);
std::string hkdf_sha256(std::string_view secret,
                        std::string_view salt,
                        std::string_view info,
                        std::size_t size);

// C2SP XAES-256-GCM. sealed = nonce[24] | ciphertext | tag[16]; the nonce is random.
constexpr std::size_t xaes_overhead = 40;
std::string xaes_seal(const Key& key, std::string_view plaintext, std::string_view aad);
Result<std::string> xaes_open(const Key& key, std::string_view sealed, std::string_view aad);

// docs/formats/sealing.md: key_id[8] | nonce[24] | XAES-256-GCM(K, 32 bytes) = 80 bytes, AAD
// "ca/wrap/v1" | purpose | key_id | object_id
using KeyId = std::array<std::uint8_t, 8>;
std::string wrap(const KeyId& id,
                 const Key& with,
                 const Key& secret,
                 std::string_view purpose,
                 std::string_view object_id);
Result<Key> unwrap(const Key& with,
                   std::string_view wrapped,
                   std::string_view purpose,
                   std::string_view object_id);
KeyId wrapping_key_id(std::string_view wrapped);  // of at least 8 bytes

// C2SP chunked-encryption, AEAD_AES_256_GCM (Cobblestone-256), whole objects in memory. `context`
// as the specification defines it.
std::string chunked_seal(const Key& key, std::string_view plaintext, std::string_view context);
// The same from pieces, for a plaintext that need not be there as a whole.
class ChunkedSealer {
public:
    // `expected`: bytes of plaintext to make room for, at most.
    ChunkedSealer(const Key& key, std::string_view context, std::size_t expected);
    ~ChunkedSealer();
    void add(std::string_view plaintext);
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};
Result<std::string> chunked_open(const Key& key, std::string_view sealed, std::string_view context);

// Ed25519 (RFC 8032)
using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;
PublicKey ed25519_public(const Key& seed);
Signature ed25519_sign(const Key& seed, std::string_view message);
bool ed25519_verify(const PublicKey& key, std::string_view message, const Signature& signature);

// argon2id, parameters of docs/formats/keyring.md: 64 MiB, 3 passes, 1 lane.
struct PassphraseCost {
    std::uint32_t memory_kib = 65536;
    std::uint32_t passes = 3;
};
Result<Key> key_from_passphrase(std::string_view passphrase,
                                std::string_view salt16,
                                PassphraseCost cost = {});

// PR_SET_DUMPABLE 0, RLIMIT_CORE 0, and OpenSSL without the system's configuration: called first by
// every process that will hold keys.
void harden_process();

}  // namespace letopis::crypto
