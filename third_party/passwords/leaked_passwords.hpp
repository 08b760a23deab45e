// SPDX-License-Identifier: AGPL-3.0-or-later
// The passwords that everybody guesses first, as hashes in ascending order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace letopis {

std::span<const std::uint64_t> leaked_password_hashes();

// FNV-1a: the list is public, and a false hit (one in 10^14) only asks for another password.
constexpr std::uint64_t leaked_password_hash(std::string_view word) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

}  // namespace letopis
