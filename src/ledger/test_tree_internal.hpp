// SPDX-License-Identifier: AGPL-3.0-or-later
// The tree as RFC 6962 section 2.1 writes it down, slowly; the tests compare everything with it.
#pragma once

#include <bit>
#include <random>
#include <span>
#include <vector>

#include "crypto/crypto.hpp"
#include "ledger/proof.hpp"

namespace letopis::ledger {

inline Digest slow_root(std::span<const Digest> leaves) {
    if (leaves.empty()) return crypto::sha256("");
    if (leaves.size() == 1) return leaves[0];
    const auto split = std::bit_floor(leaves.size() - 1);
    const auto left = slow_root(leaves.first(split)), right = slow_root(leaves.subspan(split));
    std::string node(1, '\x01');
    return crypto::sha256(node.append(as_bytes(left)).append(as_bytes(right)));
}

inline std::vector<Digest> slow_path(std::size_t index, std::span<const Digest> leaves) {
    if (leaves.size() < 2) return {};
    const auto split = std::bit_floor(leaves.size() - 1);
    const bool left = index < split;
    auto path = left ? slow_path(index, leaves.first(split))
                     : slow_path(index - split, leaves.subspan(split));
    path.push_back(slow_root(left ? leaves.subspan(split) : leaves.first(split)));
    return path;
}

inline std::vector<Digest> some_leaves(std::size_t count, unsigned seed = 1) {
    std::mt19937_64 random(seed);
    std::vector<Digest> leaves(count);
    for (auto& leaf : leaves)
        for (auto& byte : leaf) byte = static_cast<std::uint8_t>(random());
    return leaves;
}

class MemoryHashes final : public HashReader {
public:
    explicit MemoryHashes(std::span<const Digest> leaves) : rows_{{leaves.begin(), leaves.end()}} {
        while (rows_.back().size() > 1) {
            const auto& below = rows_.back();
            std::vector<Digest> row;
            for (std::size_t i = 0; i + 1 < below.size(); i += 2)
                row.push_back(node_hash(below[i], below[i + 1]));
            rows_.push_back(std::move(row));
        }
    }
    Result<Digest> hash(unsigned level, std::uint64_t index) const override {
        return rows_.at(level).at(index);
    }

private:
    std::vector<std::vector<Digest>> rows_;
};

}  // namespace letopis::ledger
