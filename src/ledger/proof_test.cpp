// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/proof.hpp"

#include <gtest/gtest.h>

#include "ledger/test_tree_internal.hpp"

namespace letopis::ledger {
namespace {

Digest digest(std::string_view text) { return *as_digest(*unhex(text)); }
std::vector<Digest> digests(std::initializer_list<const char*> texts) {
    std::vector<Digest> out;
    for (const auto* text : texts) out.push_back(digest(text));
    return out;
}

// The eight leaves that the implementations of Certificate Transparency test with.
std::vector<Digest> reference_leaves() {
    std::vector<Digest> leaves;
    for (const char* input : {"",
                              "00",
                              "10",
                              "2021",
                              "3031",
                              "40414243",
                              "5051525354555657",
                              "606162636465666768696a6b6c6d6e6f"})
        leaves.push_back(crypto::sha256(std::string(1, '\0') + *unhex(input)));
    return leaves;
}
constexpr const char* reference_roots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

TEST(Tree, has_the_reference_roots) {
    const auto leaves = reference_leaves();
    EXPECT_EQ(hex(empty_root()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (std::size_t size = 1; size <= leaves.size(); ++size)
        EXPECT_EQ(hex(*tree_root(MemoryHashes(leaves), size)), reference_roots[size - 1]) << size;
}

TEST(Tree, has_the_reference_proofs) {
    const auto leaves = reference_leaves();
    const MemoryHashes hashes(leaves);

    const auto first =
        digests({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"});
    EXPECT_EQ(*inclusion_proof(hashes, 0, 8), first);
    EXPECT_EQ(*consistency_proof(hashes, 1, 8), first);
    EXPECT_EQ(*inclusion_proof(hashes, 5, 8),
              digests({"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                       "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
    EXPECT_EQ(*consistency_proof(hashes, 6, 8),
              digests({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                       "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
}

TEST(Tree, proves_every_leaf_of_every_small_tree_and_nothing_else) {
    const auto leaves = some_leaves(70);
    const MemoryHashes hashes(leaves);
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        const std::span tree(leaves.data(), size);
        const auto root = slow_root(tree);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = *inclusion_proof(hashes, index, size);
            ASSERT_EQ(proof, slow_path(index, tree));
            ASSERT_TRUE(verify_inclusion(leaves[index], index, size, proof, root));
            for (std::size_t other = 0; other < size; ++other)
                ASSERT_EQ(verify_inclusion(leaves[index], other, size, proof, root),
                          other == index);
        }
        ASSERT_FALSE(inclusion_proof(hashes, size, size));
    }
}

TEST(Tree, proves_leaves_of_trees_of_any_size) {
    std::mt19937 random(7);
    const auto leaves = some_leaves(20'000);
    const MemoryHashes hashes(leaves);
    for (int round = 0; round < 30; ++round) {
        const std::size_t size = 1 + random() % leaves.size(), index = random() % size;
        const std::span tree(leaves.data(), size);

        const auto proof = *inclusion_proof(hashes, index, size);

        EXPECT_EQ(proof, slow_path(index, tree)) << index << " of " << size;
        EXPECT_TRUE(verify_inclusion(leaves[index], index, size, proof, slow_root(tree)));
    }
}

TEST(Tree, proves_that_each_tree_grew_out_of_each_smaller_one) {
    const auto leaves = some_leaves(300);
    const MemoryHashes hashes(leaves);
    std::vector<Digest> roots;
    for (std::size_t size = 0; size <= leaves.size(); ++size)
        roots.push_back(slow_root({leaves.data(), size}));
    const auto stranger = crypto::sha256("stranger");
    for (std::size_t now = 0; now <= leaves.size(); ++now) {
        for (std::size_t then = 0; then <= now; ++then) {
            const auto proof = *consistency_proof(hashes, then, now);
            ASSERT_TRUE(verify_consistency(then, roots[then], now, roots[now], proof))
                << then << " " << now;
            ASSERT_FALSE(verify_consistency(then, stranger, now, roots[now], proof));
            if (then != 0) {
                ASSERT_FALSE(verify_consistency(then, roots[then], now, stranger, proof));
            }
        }
    }
    EXPECT_FALSE(consistency_proof(hashes, 2, 1));
    EXPECT_FALSE(verify_consistency(2, roots[2], 1, roots[1], {}));
}

TEST(Tree, refuses_a_proof_with_any_hash_changed_dropped_or_added) {
    const auto leaves = some_leaves(211);
    const MemoryHashes hashes(leaves);
    const auto root = slow_root(leaves), old_root = slow_root({leaves.data(), 77});
    const auto path = *inclusion_proof(hashes, 100, 211),
               growth = *consistency_proof(hashes, 77, 211);
    const auto refused = [&](const std::vector<Digest>& proof, bool inclusion) {
        return inclusion ? !verify_inclusion(leaves[100], 100, 211, proof, root)
                         : !verify_consistency(77, old_root, 211, root, proof);
    };
    for (const bool inclusion : {true, false}) {
        const auto& good = inclusion ? path : growth;
        EXPECT_FALSE(refused(good, inclusion));
        for (std::size_t at = 0; at < good.size(); ++at) {
            auto changed = good, dropped = good, doubled = good;
            changed[at][31] ^= 1;
            dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(at));
            doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(at), good[at]);
            EXPECT_TRUE(refused(changed, inclusion));
            EXPECT_TRUE(refused(dropped, inclusion));
            EXPECT_TRUE(refused(doubled, inclusion));
        }
        EXPECT_TRUE(refused({}, inclusion));
    }
    EXPECT_FALSE(verify_inclusion(leaves[0], 0, 0, {}, root));
}

}  // namespace
}  // namespace letopis::ledger
