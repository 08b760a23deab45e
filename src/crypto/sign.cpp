// SPDX-License-Identifier: AGPL-3.0-or-later
#include <openssl/evp.h>

#include "base/check.hpp"
#include "crypto/crypto.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Pkey private_key(const Key& seed) {
    Pkey key(EVP_PKEY_new_raw_private_key_ex(
        nullptr, "ED25519", nullptr, data(seed.bytes()), key_bytes));
    CHECK(key != nullptr);
    return key;
}

}  // namespace

PublicKey ed25519_public(const Key& seed) {
    PublicKey out;
    std::size_t size = out.size();
    CHECK(EVP_PKEY_get_raw_public_key(private_key(seed).get(), out.data(), &size) == 1 &&
          size == out.size());
    return out;
}

Signature ed25519_sign(const Key& seed, std::string_view message) {
    const auto key = private_key(seed);
    const Context context(EVP_MD_CTX_new());
    Signature out;
    std::size_t size = out.size();
    CHECK(context != nullptr &&
          EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
          EVP_DigestSign(context.get(), out.data(), &size, data(message), message.size()) == 1 &&
          size == out.size());
    return out;
}

bool ed25519_verify(const PublicKey& key, std::string_view message, const Signature& signature) {
    const Pkey pkey(
        EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.data(), key.size()));
    const Context context(EVP_MD_CTX_new());
    return pkey != nullptr && context != nullptr &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
           EVP_DigestVerify(
               context.get(), signature.data(), signature.size(), data(message), message.size()) ==
               1;
}

}  // namespace letopis::crypto
