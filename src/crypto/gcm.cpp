// SPDX-License-Identifier: AGPL-3.0-or-later
#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "crypto/gcm_internal.hpp"

namespace letopis::crypto {
namespace {

const EVP_CIPHER* gcm_method() {
    static const EVP_CIPHER* method = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    return method;
}
const EVP_CIPHER* ecb_method() {
    static const EVP_CIPHER* method = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
    return method;
}

// EVP counts in int.
constexpr std::size_t step = std::size_t(1) << 30;

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

void encrypt(EVP_CIPHER_CTX* context, std::string_view in, unsigned char* out) {
    int written = 0;
    while (!in.empty()) {
        const auto part = std::min(step, in.size());
        CHECK(EVP_EncryptUpdate(context, out, &written, data(in), static_cast<int>(part)) == 1);
        in.remove_prefix(part);
        if (out != nullptr) out += part;
    }
}
void decrypt(EVP_CIPHER_CTX* context, std::string_view in, unsigned char* out) {
    int written = 0;
    while (!in.empty()) {
        const auto part = std::min(step, in.size());
        CHECK(EVP_DecryptUpdate(context, out, &written, data(in), static_cast<int>(part)) == 1);
        in.remove_prefix(part);
        if (out != nullptr) out += part;
    }
}

}  // namespace

Gcm::Gcm(const unsigned char* key32) : context_(EVP_CIPHER_CTX_new()), key_(key32) {
    CHECK(context_ != nullptr && gcm_method() != nullptr);
}

void Gcm::seal(const unsigned char* nonce12,
               std::string_view aad,
               std::string_view plaintext,
               unsigned char* out) {
    auto* context = context_.get();
    const bool again = ready_ == Ready::sealing;  // then the key schedule is there already
    CHECK(EVP_EncryptInit_ex2(
              context, again ? nullptr : gcm_method(), again ? nullptr : key_, nonce12, nullptr) ==
          1);
    ready_ = Ready::sealing;
    encrypt(context, aad, nullptr);
    encrypt(context, plaintext, out);
    out += plaintext.size();
    int written = 0;
    CHECK(EVP_EncryptFinal_ex(context, out, &written) == 1 && written == 0);
    CHECK(EVP_CIPHER_CTX_ctrl(
              context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(gcm_tag_bytes), out) == 1);
}

bool Gcm::open(const unsigned char* nonce12,
               std::string_view aad,
               std::string_view sealed,
               unsigned char* out) {
    if (sealed.size() < gcm_tag_bytes) return false;
    auto* context = context_.get();
    const bool again = ready_ == Ready::opening;
    CHECK(EVP_DecryptInit_ex2(
              context, again ? nullptr : gcm_method(), again ? nullptr : key_, nonce12, nullptr) ==
          1);
    ready_ = Ready::opening;
    const auto ciphertext = sealed.substr(0, sealed.size() - gcm_tag_bytes);
    unsigned char tag[gcm_tag_bytes];
    std::memcpy(tag, sealed.data() + ciphertext.size(), sizeof tag);
    decrypt(context, aad, nullptr);
    decrypt(context, ciphertext, out);
    CHECK(EVP_CIPHER_CTX_ctrl(
              context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(gcm_tag_bytes), tag) == 1);
    int written = 0;
    return EVP_DecryptFinal_ex(context, out + ciphertext.size(), &written) == 1;
}

void xaes_subkey(const unsigned char* key32, const unsigned char* nonce12, unsigned char* out32) {
    struct Free {
        void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    };
    const std::unique_ptr<EVP_CIPHER_CTX, Free> context(EVP_CIPHER_CTX_new());
    CHECK(context != nullptr && ecb_method() != nullptr &&
          EVP_EncryptInit_ex2(context.get(), ecb_method(), key32, nullptr, nullptr) == 1);
    int written = 0;
    // Steps 1 and 2: the CMAC subkey K1 is AES(0) doubled.
    unsigned char mask[16] = {};
    CHECK(EVP_EncryptUpdate(context.get(), mask, &written, mask, 16) == 1 && written == 16);
    const unsigned carry = mask[0] >> 7;
    for (std::size_t i = 0; i < 15; ++i)
        mask[i] = static_cast<unsigned char>((mask[i] << 1) | (mask[i + 1] >> 7));
    mask[15] = static_cast<unsigned char>((mask[15] << 1) ^ (carry * 0x87));
    // Steps 3 to 5: two blocks, counted 1 and 2.
    unsigned char blocks[32];
    for (std::size_t i = 0; i < 2; ++i) {
        unsigned char* block = blocks + 16 * i;
        const unsigned char head[4] = {0, static_cast<unsigned char>(i + 1), 'X', 0};
        std::memcpy(block, head, 4);
        std::memcpy(block + 4, nonce12, 12);
        for (std::size_t k = 0; k < 16; ++k) block[k] ^= mask[k];
    }
    CHECK(EVP_EncryptUpdate(context.get(), out32, &written, blocks, 32) == 1 && written == 32);
    sodium_memzero(mask, sizeof mask);
}

}  // namespace letopis::crypto
