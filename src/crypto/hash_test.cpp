// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>

#include "crypto/crypto.hpp"

namespace letopis::crypto {
namespace {

std::string bytes(std::string_view digits) { return unhex(digits).value(); }

TEST(Sha256, gives_the_digests_of_FIPS_180) {
    EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, gives_the_same_digest_in_pieces_and_starts_anew_after_finish) {
    Sha256 hash;
    hash.update("a");
    hash.update("");
    hash.update("bc");
    EXPECT_EQ(hash.finish(), sha256("abc"));

    hash.update("second");
    EXPECT_EQ(hash.finish(), sha256("second"));
}

TEST(Sha256, keeps_two_hashes_on_one_thread_apart) {
    Sha256 first, second;
    first.update("one");
    second.update("two");
    const auto between = sha256("three");
    first.update("1");
    second.update("2");

    EXPECT_EQ(first.finish(), sha256("one1"));
    EXPECT_EQ(second.finish(), sha256("two2"));
    EXPECT_EQ(between, sha256("three"));
}

TEST(Sha256, can_be_moved) {
    Sha256 hash;
    hash.update("ab");
    Sha256 moved = std::move(hash);
    moved.update("c");
    EXPECT_EQ(moved.finish(), sha256("abc"));
}

// RFC 4231 has no key of 32 bytes; these are checked against Python's hmac module.
TEST(Hmac, gives_what_another_implementation_gives) {
    const auto key =
        Key::from(bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    EXPECT_EQ(hex(hmac_sha256(key, "")),
              "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb");
    EXPECT_EQ(hex(hmac_sha256(key, "Sample message for keylen<blocklen")),
              "a28cf43130ee696a98f14a37678b56bcfcbdd9e5cf69717fecf5480f0ebdf790");
    EXPECT_EQ(hex(hmac_sha256(key, std::string(1000, 'x'))),
              "2ab4ed3956f17094c9b1878953e91ac9eb42cfa0059df2bfbf832bee29eef5c2");
}

TEST(Hkdf, gives_the_keys_of_RFC_5869) {
    EXPECT_EQ(
        hex(hkdf_sha256(std::string(22, '\x0b'),
                        bytes("000102030405060708090a0b0c"),
                        bytes("f0f1f2f3f4f5f6f7f8f9"),
                        42)),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    std::string secret, salt, info;
    for (int i = 0; i < 80; ++i) {
        secret.push_back(static_cast<char>(i));
        salt.push_back(static_cast<char>(0x60 + i));
        info.push_back(static_cast<char>(0xb0 + i));
    }
    EXPECT_EQ(hex(hkdf_sha256(secret, salt, info, 82)),
              "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb"
              "41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
    EXPECT_EQ(
        hex(hkdf_sha256(std::string(22, '\x0b'), "", "", 42)),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, takes_an_info_longer_than_the_buffer_of_OpenSSL_3_0) {
    const std::string info(100'000, 'i');
    EXPECT_EQ(hkdf_sha256("secret", "salt", info, 64).size(), 64u);
    EXPECT_NE(hkdf_sha256("secret", "salt", info, 64),
              hkdf_sha256("secret", "salt", info + "i", 64));
}

}  // namespace
}  // namespace letopis::crypto
