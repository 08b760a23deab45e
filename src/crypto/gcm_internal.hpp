// SPDX-License-Identifier: AGPL-3.0-or-later
// Inside crypto only: AES-256 as OpenSSL gives it. The contexts live for one call, because freeing
// one wipes the key schedule inside it; a kept context would hold the schedule of an erased key.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace letopis::crypto {

constexpr std::size_t gcm_tag_bytes = 16;
constexpr std::size_t gcm_nonce_bytes = 12;

class Gcm {
public:
    // One key, many nonces.
    explicit Gcm(const unsigned char* key32);
    // Writes plaintext.size() + 16 bytes.
    void seal(const unsigned char* nonce12,
              std::string_view aad,
              std::string_view plaintext,
              unsigned char* out);
    // Writes sealed.size() - 16 bytes; false, and what was written means nothing, when the tag is
    // not right.
    bool open(const unsigned char* nonce12,
              std::string_view aad,
              std::string_view sealed,
              unsigned char* out);

private:
    struct Free {
        void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    };
    std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
    const unsigned char* key_;
    enum class Ready : std::uint8_t { no, sealing, opening };
    Ready ready_ = Ready::no;
};

// C2SP XAES-256-GCM, "Detailed key derivation algorithm": the key for the rest of the nonce.
void xaes_subkey(const unsigned char* key32, const unsigned char* nonce12, unsigned char* out32);

}  // namespace letopis::crypto
