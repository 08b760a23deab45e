// SPDX-License-Identifier: AGPL-3.0-or-later
// RFC 8032 Ed25519 by libsodium: OpenSSL gives the same bytes, but its first key costs a process
// a millisecond of looking algorithms up, and it takes public keys of small order.
#include <sodium.h>

#include "base/check.hpp"
#include "crypto/crypto.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

static_assert(crypto_sign_SEEDBYTES == key_bytes);
static_assert(crypto_sign_PUBLICKEYBYTES == sizeof(PublicKey));
static_assert(crypto_sign_BYTES == sizeof(Signature));

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct Pair {
    PublicKey open;
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    explicit Pair(const Key& seed) {
        CHECK(sodium_init() >= 0);
        CHECK(crypto_sign_seed_keypair(open.data(), secret, data(seed.bytes())) == 0);
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    ~Pair() { sodium_memzero(secret, sizeof secret); }
};

}  // namespace

PublicKey ed25519_public(const Key& seed) { return Pair(seed).open; }

Signature ed25519_sign(const Key& seed, std::string_view message) {
    const Pair pair(seed);
    Signature out;
    CHECK(crypto_sign_detached(out.data(), nullptr, data(message), message.size(), pair.secret) ==
          0);
    return out;
}

bool ed25519_verify(const PublicKey& key, std::string_view message, const Signature& signature) {
    CHECK(sodium_init() >= 0);
    return crypto_sign_verify_detached(
               signature.data(), data(message), message.size(), key.data()) == 0;
}

}  // namespace letopis::crypto
