// SPDX-License-Identifier: AGPL-3.0-or-later
// Inside crypto only: the bytes of keyring.<generation>, docs/formats/keyring.md. Parsing takes
// anything and fails only by an Error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "crypto/crypto.hpp"
#include "crypto/keyring.hpp"

namespace letopis::crypto {

constexpr std::uint64_t keyring_bytes_max = std::uint64_t(256) << 20;
constexpr std::uint64_t keyring_entries_max = std::uint64_t(1) << 21;
constexpr std::size_t label_bytes_max = 1024;

enum class Method : std::uint8_t { key_file = 1, passphrase = 2 };

// Bytes 18..122 of the file.
struct UnlockBlock {
    Method method = Method::key_file;
    PassphraseCost cost{0, 0};
    std::string salt = std::string(16, '\0');
    std::string root_wrap;  // 80 bytes
};

// A whole file before any key: magic, version, form and SHA-256 are right. Views into the input.
struct Frame {
    std::uint64_t generation;
    UnlockBlock unlock;
    std::string_view head;  // the context of the sealed entries
    std::string_view sealed;
};
Result<Frame> parse_frame(std::string_view file);  // corrupt, unsupported
std::string write_frame(const Key& root,
                        std::uint64_t generation,
                        const UnlockBlock& unlock,
                        std::string_view entries);
Result<std::string> open_entries(const Key& root, const Frame& frame);

UnlockBlock wrap_root(
    const Key& root, const Key& unlock_key, Method, std::string salt, PassphraseCost);
Result<Key> unwrap_root(const UnlockBlock& block, const Key& unlock_key);

struct Entry {
    KeyId id;
    Purpose purpose;
    std::string label;
    Instant made;
    std::string wrapped;  // 80 bytes
};
std::string write_entries(std::span<const Entry> entries);
Result<std::vector<Entry>> parse_entries(std::string_view bytes);

// The epoch key under the root, any other under the epoch key.
std::string wrap_epoch(const Key& root, const KeyId& id, const Key& epoch);
Result<Key> unwrap_epoch(const Key& root, const Entry& entry);
std::string wrap_entry(
    const KeyId& epoch_id, const Key& epoch, const KeyId& id, Purpose purpose, const Key& secret);
Result<Key> unwrap_entry(const Key& epoch, const Entry& entry);

}  // namespace letopis::crypto
