// SPDX-License-Identifier: AGPL-3.0-or-later
// SHA-256, HMAC and HKDF. HMAC and HKDF are written out over OpenSSL's digests: EVP_MAC costs half
// as much again for a short message, and OpenSSL 3.0 limits the info of its HKDF to 2 KiB.
#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>

#include "base/check.hpp"
#include "crypto/crypto.hpp"
#include "crypto/hash_internal.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

// Fetched once: a fetch for each call doubles the cost of hashing something short. Kept for the
// life of the process.
const EVP_MD* sha256_method() {
    static const EVP_MD* method = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
    return method;
}
const EVP_MD* sha512_method() {
    static const EVP_MD* method = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
    return method;
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context new_context() {
    Context context(EVP_MD_CTX_new());
    CHECK(context != nullptr);
    return context;
}

void start(EVP_MD_CTX* context, const EVP_MD* method) {
    CHECK(method != nullptr && EVP_DigestInit_ex2(context, method, nullptr) == 1);
}
void add(EVP_MD_CTX* context, std::string_view bytes) {
    CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}
void end(EVP_MD_CTX* context, unsigned char* out) {
    CHECK(EVP_DigestFinal_ex(context, out, nullptr) == 1);
}

// What stays in a context after `end` is the digest itself, so a context may be kept for the next
// call even where the input was secret.
EVP_MD_CTX* thread_context(const EVP_MD* method) {
    thread_local Context context = new_context();
    start(context.get(), method);
    return context.get();
}

struct Hash {
    const EVP_MD* method;
    std::size_t size;
    std::size_t block;
};
Hash sha256_hash() { return {sha256_method(), 32, 64}; }
Hash sha512_hash() { return {sha512_method(), 64, 128}; }
constexpr std::size_t largest_hash = 64;
constexpr std::size_t largest_block = 128;

// RFC 2104 over several pieces of one message; `out` takes hash.size bytes.
void hmac(const Hash& hash,
          std::string_view key,
          std::initializer_list<std::string_view> message,
          unsigned char* out) {
    unsigned char pad[largest_block] = {};
    if (key.size() > hash.block) {
        auto* context = thread_context(hash.method);
        add(context, key);
        end(context, pad);
    } else {
        std::copy(key.begin(), key.end(), pad);
    }
    const std::string_view pad_view(reinterpret_cast<const char*>(pad), hash.block);
    for (auto& byte : pad) byte ^= 0x36;
    auto* context = thread_context(hash.method);
    add(context, pad_view);
    for (const auto piece : message) add(context, piece);
    end(context, out);
    for (auto& byte : pad) byte ^= 0x36 ^ 0x5c;
    start(context, hash.method);
    add(context, pad_view);
    add(context, {reinterpret_cast<const char*>(out), hash.size});
    end(context, out);
    sodium_memzero(pad, sizeof pad);
}

// RFC 5869 section 2.3.
std::string expand(const Hash& hash,
                   std::string_view key,
                   std::string_view info,
                   std::size_t size) {
    CHECK(size <= 255 * hash.size);
    std::string out;
    out.reserve(size + hash.size);  // no reallocation: a copy left behind could not be wiped
    unsigned char block[largest_hash];
    for (unsigned char counter = 1; out.size() < size; ++counter) {
        const char number = static_cast<char>(counter);
        const std::string_view previous(reinterpret_cast<const char*>(block),
                                        counter == 1 ? 0 : hash.size);
        hmac(hash, key, {previous, info, {&number, 1}}, block);
        out.append(reinterpret_cast<const char*>(block), std::min(hash.size, size - out.size()));
    }
    sodium_memzero(block, sizeof block);
    return out;
}

}  // namespace

Digest sha256(std::string_view bytes) {
    Digest digest;
    auto* context = thread_context(sha256_method());
    add(context, bytes);
    end(context, digest.data());
    return digest;
}

struct Sha256::State {
    Context context = new_context();
};
Sha256::Sha256() : state_(std::make_unique<State>()) {
    start(state_->context.get(), sha256_method());
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
void Sha256::update(std::string_view bytes) { add(state_->context.get(), bytes); }
Digest Sha256::finish() {
    Digest digest;
    end(state_->context.get(), digest.data());
    start(state_->context.get(), sha256_method());
    return digest;
}

Digest hmac_sha256(const Key& key, std::string_view bytes) {
    Digest digest;
    hmac(sha256_hash(), key.bytes(), {bytes}, digest.data());
    return digest;
}

std::string hkdf_sha256(std::string_view secret,
                        std::string_view salt,
                        std::string_view info,
                        std::size_t size) {
    // RFC 5869 section 2.2: no salt means a hash length of zeros, which as an HMAC key is the same
    // as an empty one.
    unsigned char extracted[32];
    hmac(sha256_hash(), salt, {secret}, extracted);
    auto out = expand(sha256_hash(), {reinterpret_cast<const char*>(extracted), 32}, info, size);
    sodium_memzero(extracted, sizeof extracted);
    return out;
}

std::string hkdf_expand_sha512(std::string_view key, std::string_view info, std::size_t size) {
    return expand(sha512_hash(), key, info, size);
}

}  // namespace letopis::crypto
