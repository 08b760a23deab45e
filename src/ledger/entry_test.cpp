// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/entry.hpp"

#include <gtest/gtest.h>

#include "crypto/crypto.hpp"

namespace letopis::ledger {
namespace {

std::string counting_salt() {
    std::string salt;
    for (char c = 0; c < 32; ++c) salt += c;
    return salt;
}

// The vector of docs/formats/entry.md. If this test has to change, the format has changed.
TEST(Entry, gives_the_frozen_vector) {
    const Entry entry{.type = 1,
                      .commit = commitment(counting_salt(), R"({"v":1})"),
                      .object = crypto::sha256("ciphertext")};

    const auto bytes = encode(entry);

    EXPECT_EQ(hex(entry.commit),
              "07f7668a3227a4fa5eb7309a3cf4db4f5a1a0b08d7b83f05ea338790a83211b3");
    EXPECT_EQ(hex(as_bytes(bytes)),
              "43414c3101000000"
              "07f7668a3227a4fa5eb7309a3cf4db4f5a1a0b08d7b83f05ea338790a83211b3"
              "305531dcc50ebca31cf1d5b31e9fc76ed51f66b3b6dd5a030c6539ae6532f979");
    EXPECT_EQ(hex(leaf_hash(as_bytes(bytes))),
              "b56109b7e7a9352bd9b823002da63bec930b04d94a056940e3968fdb1a5bd102");
}

TEST(Entry, gives_the_frozen_vector_of_a_record_without_an_object) {
    const Entry entry{.type = 16, .commit = commitment(std::string(32, '\xff'), "")};

    EXPECT_EQ(hex(as_bytes(encode(entry))),
              "43414c3110000000"
              "d2467baafc3794c4b69745d5a9342686c88ae73d351d54744e31db7803a5ce92"
              "0000000000000000000000000000000000000000000000000000000000000000");
    EXPECT_EQ(hex(leaf_hash(as_bytes(encode(entry)))),
              "b3efc382eaeeb694c25c3561b6896de692d07dd5b6fc1d4fdc36d4480fcc6858");
}

TEST(Entry, comes_back_from_its_bytes_for_every_type) {
    for (std::uint8_t type = 1; type <= leaf_type_max; ++type) {
        const Entry entry{
            .type = type, .commit = crypto::sha256("c"), .object = crypto::sha256("o")};

        const auto decoded = decode(as_bytes(encode(entry)));

        ASSERT_TRUE(decoded);
        EXPECT_EQ(*decoded, entry);
        EXPECT_FALSE(name(static_cast<LeafType>(type)).empty());
    }
}

TEST(Entry, refuses_bytes_that_are_not_an_entry) {
    const auto whole = std::string(as_bytes(encode({.type = 1})));
    for (const std::size_t at : {0U, 3U, 5U, 6U, 7U}) {
        auto broken = whole;
        broken[at] ^= 1;
        EXPECT_FALSE(decode(broken)) << at;
    }
    EXPECT_FALSE(decode(whole.substr(1)));
    EXPECT_FALSE(decode(whole + "x"));
    EXPECT_FALSE(decode(""));
    EXPECT_FALSE(decode(as_bytes(encode({.type = 0}))));
    EXPECT_EQ(decode(as_bytes(encode({.type = 17}))).error().code, Errc::unsupported);
}

TEST(Entry, commits_to_salt_and_descriptor_apart) {
    const auto salt = counting_salt();
    EXPECT_NE(commitment(salt, "a"), commitment(salt, "b"));
    EXPECT_NE(commitment(salt, "a"), commitment(std::string(32, 'x'), "a"));
}

}  // namespace
}  // namespace letopis::ledger
