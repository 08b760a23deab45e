// SPDX-License-Identifier: AGPL-3.0-or-later
// Inside crypto only: where the bytes of a Key live, and raw access to libsodium's wiping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "crypto/crypto.hpp"

namespace letopis::crypto {

constexpr std::size_t key_bytes = 32;

// The cost of a passphrase stands in a file that is read before anything can be checked, so it has
// a ceiling: 1 GiB and 32 passes, about a minute.
constexpr std::uint32_t passphrase_memory_kib_max = 1u << 20;
constexpr std::uint32_t passphrase_passes_max = 32;

// 32 bytes for one secret, from pages that are locked (as far as RLIMIT_MEMLOCK goes: past it they
// are only kept out of core dumps), between guard pages; wiped when the last handle goes. Never
// fails for want of lockable memory. Any thread.
std::shared_ptr<unsigned char> secret_slot();

void wipe(std::string& bytes);  // overwrites, then empties

}  // namespace letopis::crypto
