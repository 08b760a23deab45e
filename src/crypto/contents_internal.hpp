// SPDX-License-Identifier: AGPL-3.0-or-later
// Inside crypto only: one generation of a keyring in memory, and how the next one is drawn up.
#pragma once

#include <cstring>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "crypto/keyring_file_internal.hpp"

namespace letopis::crypto {

struct KeyIdHash {
    std::size_t operator()(const KeyId& id) const noexcept {
        std::size_t out;  // ids are random already
        static_assert(sizeof out <= sizeof id);
        std::memcpy(&out, id.data(), sizeof out);
        return out;
    }
};

struct LabelKey {
    Purpose purpose;
    std::string_view label;
    friend bool operator==(const LabelKey&, const LabelKey&) = default;
};
struct LabelHash {
    std::size_t operator()(const LabelKey& key) const noexcept {
        return std::hash<std::string_view>{}(key.label) ^
               (static_cast<std::size_t>(key.purpose) << 56);
    }
};

// One generation in memory; never changed once made (the index points into the entries).
struct Contents {
    std::uint64_t generation = 0;
    UnlockBlock unlock;
    std::vector<Entry> entries;  // the epoch key first
    Key epoch;
    std::unordered_map<KeyId, const Entry*, KeyIdHash> by_id;
    std::unordered_map<LabelKey, const Entry*, LabelHash> by_label;

    const Entry* find(const KeyId& id) const {
        const auto at = by_id.find(id);
        return at == by_id.end() ? nullptr : at->second;
    }
    const Entry* find(Purpose purpose, std::string_view label) const {
        const auto at = by_label.find({purpose, label});
        return at == by_label.end() ? nullptr : at->second;
    }
};
using Snapshot = std::shared_ptr<const Contents>;

// corrupt when the entries are not those of a keyring; the error names no file.
Result<Snapshot> open_contents(const Frame& frame, const Key& root, std::string_view entries);
std::string frame_of(const Contents& contents, const Key& root);

// Collecting a generation to be written.
class Draft {
public:
    // Nothing but a new epoch key.
    Draft(const Key& root, Instant now);
    // The same keys as now, under the same epoch key.
    Draft(Instant now, const Contents& from);
    // The same keys without `dropped`, all of them under a new epoch key.
    static Result<Draft> with_new_epoch(const Key& root,
                                        Instant now,
                                        const Contents& from,
                                        const std::unordered_set<KeyId, KeyIdHash>& dropped);
    void add(Purpose purpose, std::string_view label);
    Result<Snapshot> finish(std::uint64_t generation, UnlockBlock unlock) &&;

private:
    Instant now_;
    std::vector<Entry> entries_;
    Key epoch_;
};

}  // namespace letopis::crypto
