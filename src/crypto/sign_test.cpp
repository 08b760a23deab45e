// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>

#include "crypto/crypto.hpp"

namespace letopis::crypto {
namespace {

std::string bytes(std::string_view digits) { return unhex(digits).value(); }
template <class Array>
std::string hex_of(const Array& array) {
    return hex({reinterpret_cast<const char*>(array.data()), array.size()});
}

TEST(Ed25519, gives_the_signatures_of_RFC_8032) {
    struct Case {
        std::string_view seed, public_key, message, signature;
    };
    const Case cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
         "cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
         "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
         "0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
         "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f7609"
         "84dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (const auto& test : cases) {
        const auto seed = Key::from(bytes(test.seed));
        EXPECT_EQ(hex_of(ed25519_public(seed)), test.public_key);
        EXPECT_EQ(hex_of(ed25519_sign(seed, bytes(test.message))), test.signature);
    }
}

TEST(Ed25519, refuses_another_message_another_key_and_every_flipped_bit_of_a_signature) {
    const auto seed = Key::random();
    const auto key = ed25519_public(seed);
    const auto signature = ed25519_sign(seed, "checkpoint");
    ASSERT_TRUE(ed25519_verify(key, "checkpoint", signature));

    EXPECT_FALSE(ed25519_verify(key, "checkpoinT", signature));
    EXPECT_FALSE(ed25519_verify(key, "", signature));
    EXPECT_FALSE(ed25519_verify(ed25519_public(Key::random()), "checkpoint", signature));
    EXPECT_FALSE(ed25519_verify(PublicKey{}, "checkpoint", signature));
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
        auto flipped = signature;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        EXPECT_FALSE(ed25519_verify(key, "checkpoint", flipped)) << bit;
    }
}

}  // namespace
}  // namespace letopis::crypto
