// SPDX-License-Identifier: AGPL-3.0-or-later
// Inside crypto only: the files keyring.<generation> of one directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "crypto/keyring_file_internal.hpp"

namespace letopis::crypto {

std::string generation_name(std::uint64_t generation);  // "keyring.7"

Result<std::vector<std::uint64_t>> generations(const Path& directory);  // newest first

// The newest generation, whole. Never an older one in the place of a damaged newest one: it may
// hold keys that were destroyed.
struct Whole {
    std::unique_ptr<const std::string> bytes;  // what the frame's views point into
    Frame frame;
};
Result<Whole> read_newest_generation(const Path& directory);

// Durable when it returns.
Result<void> write_generation(const Path& directory,
                              std::uint64_t generation,
                              std::string_view bytes);

// Removes what a crash during a change left behind: older generations, and files half written.
Result<void> remove_leftovers(const Path& directory, std::uint64_t newest);

// Every change begins here: nothing newer on the disk than in memory (conflict), nothing older.
Result<void> prepare_change(const Path& directory, std::uint64_t generation);

}  // namespace letopis::crypto
