// SPDX-License-Identifier: AGPL-3.0-or-later
// Keys in memory, keys from passphrases, and what a process does before it holds any.
#include <openssl/crypto.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "base/check.hpp"
#include "crypto/crypto.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {

Key Key::random() {
    auto slot = secret_slot();
    std::size_t have = 0;
    while (have < key_bytes) {
        const auto got = ::getrandom(slot.get() + have, key_bytes - have, 0);
        CHECK(got > 0 || errno == EINTR);
        if (got > 0) have += static_cast<std::size_t>(got);
    }
    Key key;
    key.secret_ = std::move(slot);
    return key;
}

Key Key::from(std::string_view bytes) {
    CHECK(bytes.size() == key_bytes);
    auto slot = secret_slot();
    std::memcpy(slot.get(), bytes.data(), key_bytes);
    Key key;
    key.secret_ = std::move(slot);
    return key;
}

std::string_view Key::bytes() const {
    CHECK(secret_ != nullptr);
    return {reinterpret_cast<const char*>(secret_.get()), key_bytes};
}

Result<Key> key_from_passphrase(std::string_view passphrase,
                                std::string_view salt16,
                                PassphraseCost cost) {
    if (passphrase.empty()) return fail(Errc::invalid, "the passphrase is empty");
    if (salt16.size() != crypto_pwhash_argon2id_SALTBYTES)
        return fail(Errc::invalid, "the salt of a passphrase has 16 bytes");
    if (cost.memory_kib < 8 || cost.memory_kib > passphrase_memory_kib_max || cost.passes < 1 ||
        cost.passes > passphrase_passes_max)
        return fail(Errc::unsupported, "the cost of the passphrase is out of range");
    CHECK(sodium_init() >= 0);
    auto slot = secret_slot();
    if (crypto_pwhash_argon2id(slot.get(),
                               key_bytes,
                               passphrase.data(),
                               passphrase.size(),
                               reinterpret_cast<const unsigned char*>(salt16.data()),
                               cost.passes,
                               std::size_t(cost.memory_kib) * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return fail(Errc::unavailable,
                    "not enough memory to work the passphrase out",
                    "This step needs " + std::to_string(cost.memory_kib / 1024) +
                        " MiB of free memory for less than a second.");
    return Key::from({reinterpret_cast<const char*>(slot.get()), key_bytes});
}

void harden_process() {
    // A failure of either leaves the process as it was started; nothing here may keep an archive
    // from being opened.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    // Which ciphers there are must not depend on a file or a variable of the system.
    // The tables of legacy names would cost every command a millisecond.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                            OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
                            OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS,
                        nullptr);
}

}  // namespace letopis::crypto
