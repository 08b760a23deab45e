// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: what an appending run meant to store, and what it had been promised at each moment.
#pragma once

#include <set>

#include "journal/crash/disk.hpp"
#include "journal/journal.hpp"

namespace letopis::journal {

constexpr auto crash_kind = static_cast<Kind>(0x7f02);  // a kind that no version knows
constexpr std::uint64_t shard_records = 24;

struct Wrap {
    std::string reference;
    crypto::KeyId key_id;
    std::string wrapped;
    auto operator<=>(const Wrap&) const = default;
};

// What had been promised when a mark was set: so many of each list below.
struct Promise {
    std::uint64_t records = 0;
    std::size_t once = 0, wraps = 0, keys = 0, destroyed = 0;
};

// The run as it was meant: what must be found again.
struct Truth {
    std::vector<Record> records;
    std::vector<std::pair<OnceKey, Seq>> once;
    std::vector<Wrap> wraps;
    std::vector<crypto::KeyId> keys, destroyed;
    std::vector<Promise> promises;  // by mark; the first stands for "no mark yet"
    std::vector<std::pair<std::uint64_t, std::uint64_t>> groups;  // [first, end) of one commit
};

std::string noise(crash::Dice& dice, std::size_t size);
// What stands in the wrap tables of every shard.
Result<std::set<Wrap>> all_wraps(const Path& archive,
                                 crypto::Keyring& keyring,
                                 const Journal& journal);

// The calls of a run of everything that writes, in an order that the seed chooses, from the first
// append on a new archive to the journal's end.
Result<std::unique_ptr<crash::Disk>> recorded_run(const Path& archive,
                                                  const Path& key_file,
                                                  std::uint64_t seed,
                                                  Truth& truth);

}  // namespace letopis::journal
