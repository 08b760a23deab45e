// SPDX-License-Identifier: AGPL-3.0-or-later
// The three sealed forms, docs/formats/sealing.md.
#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/mutant.hpp"
#include "crypto/crypto.hpp"
#include "crypto/gcm_internal.hpp"
#include "crypto/hash_internal.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* data(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// One sentence for every way of not opening.
auto cannot_be_opened() { return fail(Errc::corrupt, "cannot be opened"); }

constexpr std::size_t xaes_nonce_bytes = 24;

struct Subkey {
    unsigned char bytes[32];
    Subkey(const Key& key, const unsigned char* nonce) {
        xaes_subkey(data(key.bytes()), nonce, bytes);
    }
    ~Subkey() { sodium_memzero(bytes, sizeof bytes); }
};

// C2SP chunked-encryption: salt[24] | commitment[32] | chunks.
constexpr std::size_t salt_bytes = 24;
constexpr std::size_t commitment_bytes = 32;
constexpr std::size_t chunk_bytes = 16384;
constexpr std::size_t sealed_chunk_bytes = chunk_bytes + gcm_tag_bytes;

class ChunkKeys {
public:
    ChunkKeys(const Key& key, std::string_view salt, std::string_view context) {
        using namespace std::string_literals;
        std::string info = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"s;
        info.append(salt).append(context);
        derived_ =
            hkdf_expand_sha512(key.bytes(), info, key_bytes + gcm_nonce_bytes + commitment_bytes);
    }
    ~ChunkKeys() { wipe(derived_); }
    ChunkKeys(const ChunkKeys&) = delete;
    ChunkKeys& operator=(const ChunkKeys&) = delete;

    const unsigned char* key() const { return crypto::data(std::string_view(derived_)); }
    std::string_view commitment() const {
        return std::string_view(derived_).substr(key_bytes + gcm_nonce_bytes);
    }
    std::array<unsigned char, gcm_nonce_bytes> nonce(std::uint64_t chunk) const {
        std::array<unsigned char, gcm_nonce_bytes> out;
        std::memcpy(out.data(), derived_.data() + key_bytes, out.size());
        for (std::size_t i = 0; i < 8; ++i)
            out[gcm_nonce_bytes - 1 - i] ^= static_cast<unsigned char>(chunk >> (8 * i));
        return out;
    }

private:
    std::string derived_;  // key[32] | base nonce[12] | commitment[32]
};

std::string wrap_aad(std::string_view purpose,
                     std::string_view key_id,
                     std::string_view object_id) {
    std::string aad = "ca/wrap/v1";
    aad.append(purpose).append(key_id).append(object_id);
    return aad;
}

constexpr std::size_t key_id_bytes = std::tuple_size_v<KeyId>;
constexpr std::size_t wrap_bytes = key_id_bytes + key_bytes + xaes_overhead;

}  // namespace

std::string xaes_seal(const Key& key, std::string_view plaintext, std::string_view aad) {
    if (mutant("skip_aad")) aad = {};
    // getrandom for each nonce: a pool in user space would repeat itself in a cloned machine.
    auto out = mutant("reuse_nonce") ? std::string(xaes_nonce_bytes, '\0')
                                     : random_bytes(xaes_nonce_bytes);
    out.resize(xaes_overhead + plaintext.size());
    const Subkey subkey(key, data(out));
    Gcm(subkey.bytes).seal(data(out) + 12, aad, plaintext, data(out) + xaes_nonce_bytes);
    return out;
}

Result<std::string> xaes_open(const Key& key, std::string_view sealed, std::string_view aad) {
    if (mutant("skip_aad")) aad = {};
    if (sealed.size() < xaes_overhead) return cannot_be_opened();
    const Subkey subkey(key, data(sealed));
    std::string out(sealed.size() - xaes_overhead, '\0');
    if (!Gcm(subkey.bytes)
             .open(data(sealed) + 12, aad, sealed.substr(xaes_nonce_bytes), data(out))) {
        wipe(out);
        return cannot_be_opened();
    }
    return out;
}

std::string wrap(const KeyId& id,
                 const Key& with,
                 const Key& secret,
                 std::string_view purpose,
                 std::string_view object_id) {
    std::string out(reinterpret_cast<const char*>(id.data()), id.size());
    return out + xaes_seal(with, secret.bytes(), wrap_aad(purpose, out, object_id));
}

Result<Key> unwrap(const Key& with,
                   std::string_view wrapped,
                   std::string_view purpose,
                   std::string_view object_id) {
    if (wrapped.size() != wrap_bytes) return cannot_be_opened();
    const auto aad = wrap_aad(purpose, wrapped.substr(0, key_id_bytes), object_id);
    TRY(auto secret, xaes_open(with, wrapped.substr(key_id_bytes), aad));
    auto key = Key::from(secret);
    wipe(secret);
    return key;
}

KeyId wrapping_key_id(std::string_view wrapped) {
    KeyId id;
    CHECK(wrapped.size() >= id.size());
    std::memcpy(id.data(), wrapped.data(), id.size());
    return id;
}

struct ChunkedSealer::State {
    State(const Key& key, std::string_view context, std::size_t expected)
        : out(mutant("reuse_nonce") ? std::string(salt_bytes, '\0') : random_bytes(salt_bytes)),
          keys(key, out, mutant("skip_aad") ? std::string_view() : context),
          gcm(keys.key()) {
        out.reserve(salt_bytes + commitment_bytes + expected +
                    (expected / chunk_bytes + 1) * gcm_tag_bytes);
        out += keys.commitment();
    }
    void seal(std::string_view part) {
        const auto at = out.size();
        out.resize(at + part.size() + gcm_tag_bytes);
        gcm.seal(keys.nonce(chunk++).data(), {}, part, data(out) + at);
    }

    std::string out;
    ChunkKeys keys;
    Gcm gcm;
    std::uint64_t chunk = 0;
    std::string held;  // of the chunk that is not full yet
};

ChunkedSealer::ChunkedSealer(const Key& key, std::string_view context, std::size_t expected)
    : state_(std::make_unique<State>(key, context, expected)) {}
ChunkedSealer::~ChunkedSealer() = default;

void ChunkedSealer::add(std::string_view plaintext) {
    auto& held = state_->held;
    while (held.size() + plaintext.size() >= chunk_bytes) {
        const auto part = plaintext.substr(0, chunk_bytes - held.size());
        plaintext.remove_prefix(part.size());
        if (held.empty()) {
            state_->seal(part);
        } else {
            state_->seal(held.append(part));
            held.clear();
        }
    }
    held.append(plaintext);
}

std::string ChunkedSealer::finish() {
    state_->seal(state_->held);
    return std::move(state_->out);
}

std::string chunked_seal(const Key& key, std::string_view plaintext, std::string_view context) {
    ChunkedSealer sealer(key, context, plaintext.size());
    sealer.add(plaintext);
    return sealer.finish();
}

Result<std::string> chunked_open(const Key& key,
                                 std::string_view sealed,
                                 std::string_view context) {
    if (mutant("skip_aad")) context = {};
    constexpr auto head = salt_bytes + commitment_bytes;
    if (sealed.size() < head) return cannot_be_opened();
    const ChunkKeys keys(key, sealed.substr(0, salt_bytes), context);
    if (sodium_memcmp(keys.commitment().data(), sealed.data() + salt_bytes, commitment_bytes) != 0)
        return cannot_be_opened();
    auto rest = sealed.substr(head);
    // The last chunk is always shorter than the others; a message that ends in a full one was cut.
    const auto full = rest.size() / sealed_chunk_bytes;
    const auto last = rest.size() % sealed_chunk_bytes;
    if (last < gcm_tag_bytes) return cannot_be_opened();
    std::string out(full * chunk_bytes + last - gcm_tag_bytes, '\0');
    Gcm gcm(keys.key());
    for (std::uint64_t chunk = 0; chunk <= full; ++chunk) {
        const auto part = rest.substr(chunk * sealed_chunk_bytes, sealed_chunk_bytes);
        if (!gcm.open(keys.nonce(chunk).data(), {}, part, data(out) + chunk * chunk_bytes)) {
            wipe(out);
            return cannot_be_opened();
        }
    }
    return out;
}

}  // namespace letopis::crypto
