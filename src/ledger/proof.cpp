// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/proof.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "crypto/crypto.hpp"

namespace letopis::ledger {

Digest node_hash(const Digest& left, const Digest& right) {
    std::array<char, 65> bytes;
    bytes[0] = 1;
    std::memcpy(bytes.data() + 1, left.data(), 32);
    std::memcpy(bytes.data() + 33, right.data(), 32);
    return crypto::sha256({bytes.data(), bytes.size()});
}

Digest empty_root() { return crypto::sha256({}); }

namespace {

// The root over the leaves [begin, end), which are a node of some RFC 6962 tree: begin is a
// multiple of a power of two that is not smaller than their number.
Result<Digest> range_root(const HashReader& hashes, std::uint64_t begin, std::uint64_t end) {
    std::optional<Digest> root;
    const auto count = end - begin;
    for (unsigned level = 0; level < 64 && (count >> level) != 0; ++level) {
        if ((count >> level & 1) == 0) continue;
        end -= std::uint64_t(1) << level;
        TRY(const auto part, hashes.hash(level, end >> level));
        root = root ? node_hash(part, *root) : part;
    }
    return root ? *root : empty_root();
}

// The largest power of two that is smaller than count; count is at least 2.
std::uint64_t split(std::uint64_t count) { return std::bit_floor(count - 1); }

}  // namespace

Result<Digest> tree_root(const HashReader& hashes, std::uint64_t size) {
    return range_root(hashes, 0, size);
}

Result<std::vector<Digest>> inclusion_proof(const HashReader& hashes,
                                            std::uint64_t index,
                                            std::uint64_t size) {
    if (index >= size) return fail(Errc::invalid, "the log has no such leaf yet");
    std::vector<Digest> proof;
    std::uint64_t at = index, last = size - 1;
    for (unsigned level = 0; last != 0; ++level, at >>= 1, last >>= 1) {
        const auto sibling = at ^ 1;
        if (sibling > last) continue;  // the right edge is passed up as it is
        if (sibling < last) {
            TRY(const auto hash, hashes.hash(level, sibling));
            proof.push_back(hash);
        } else {
            TRY(const auto hash, range_root(hashes, sibling << level, size));
            proof.push_back(hash);
        }
    }
    return proof;
}

Result<std::vector<Digest>> consistency_proof(const HashReader& hashes,
                                              std::uint64_t old_size,
                                              std::uint64_t new_size) {
    if (old_size > new_size) return fail(Errc::invalid, "the older tree is the larger one");
    std::vector<Digest> proof;
    if (old_size == 0 || old_size == new_size) return proof;
    std::uint64_t begin = 0, end = new_size;
    while (old_size != end) {  // SUBPROOF of RFC 6962 section 2.1.2, from the root down
        const auto middle = begin + split(end - begin);
        const bool left = old_size <= middle;
        TRY(const auto hash,
            left ? range_root(hashes, middle, end) : range_root(hashes, begin, middle));
        proof.push_back(hash);
        (left ? end : begin) = middle;
    }
    if (begin != 0) {  // otherwise the old tree itself is the node, and its root is known
        TRY(const auto hash, range_root(hashes, begin, end));
        proof.push_back(hash);
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

bool verify_inclusion(const Digest& leaf,
                      std::uint64_t index,
                      std::uint64_t size,
                      std::span<const Digest> proof,
                      const Digest& root) {
    if (index >= size) return false;
    auto at = index, last = size - 1;
    auto hash = leaf;
    for (const auto& sibling : proof) {
        if (last == 0) return false;
        if ((at & 1) != 0 || at == last) {
            hash = node_hash(sibling, hash);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t old_size,
                        const Digest& old_root,
                        std::uint64_t new_size,
                        const Digest& new_root,
                        std::span<const Digest> proof) {
    if (old_size > new_size) return false;
    if (old_size == new_size) return proof.empty() && old_root == new_root;
    if (old_size == 0) return proof.empty() && old_root == empty_root();
    auto at = old_size - 1, last = new_size - 1;
    while ((at & 1) != 0) {
        at >>= 1;
        last >>= 1;
    }
    // A complete old tree is itself the first node, and the proof leaves it out.
    const bool complete = std::has_single_bit(old_size);
    if (!complete && proof.empty()) return false;
    auto old_hash = complete ? old_root : proof.front();
    auto new_hash = old_hash;
    for (const auto& node : proof.subspan(complete ? 0 : 1)) {
        if (last == 0) return false;
        if ((at & 1) != 0 || at == last) {
            old_hash = node_hash(node, old_hash);
            new_hash = node_hash(node, new_hash);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, node);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && old_hash == old_root && new_hash == new_root;
}

}  // namespace letopis::ledger
