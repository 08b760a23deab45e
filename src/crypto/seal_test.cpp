// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <unordered_set>

#include "base/files.hpp"
#include "crypto/crypto.hpp"
#include "crypto/gcm_internal.hpp"

namespace letopis::crypto {
namespace {

std::string bytes(std::string_view digits) { return unhex(digits).value(); }
const unsigned char* view_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
const Path golden = Path(LETOPIS_SOURCE_DIR) / "tests" / "golden" / "sealing";

// xaes_seal with a nonce of our choice, from the same pieces.
std::string sealed_with(std::string_view key,
                        std::string_view nonce,
                        std::string_view plaintext,
                        std::string_view aad) {
    unsigned char subkey[32];
    xaes_subkey(view_of(key), view_of(nonce), subkey);
    std::string out(plaintext.size() + 16, '\0');
    Gcm(subkey).seal(
        view_of(nonce) + 12, aad, plaintext, reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

// c2sp.org/XAES-256-GCM, "Test vectors".
TEST(Xaes, gives_the_subkeys_and_ciphertexts_of_the_specification) {
    const std::string nonce = "ABCDEFGHIJKLMNOPQRSTUVWX";
    struct Case {
        char key;
        std::string_view subkey, aad, ciphertext;
    };
    const Case cases[] = {{1,
                           "c8612c9ed53fe43e8e005b828a1631a0bbcb6ab2f46514ec4f439fcfd0fa969b",
                           "",
                           "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
                          {3,
                           "e9c621d4cdd9b11b00a6427ad7e559aeedd66b3857646677748f8ca796cb3fd8",
                           "c2sp.org/XAES-256-GCM",
                           "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"}};
    for (const auto& test : cases) {
        const std::string key(32, test.key);
        unsigned char subkey[32];
        xaes_subkey(view_of(key), view_of(nonce), subkey);
        EXPECT_EQ(hex({reinterpret_cast<const char*>(subkey), 32}), test.subkey);
        EXPECT_EQ(hex(sealed_with(key, nonce, "XAES-256-GCM", test.aad)), test.ciphertext);

        const auto opened = xaes_open(Key::from(key), nonce + bytes(test.ciphertext), test.aad);
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, "XAES-256-GCM");
    }
}

std::string shake128(std::string_view in, std::size_t size) {
    std::string out(size, '\0');
    auto* context = EVP_MD_CTX_new();
    EXPECT_EQ(EVP_DigestInit_ex(context, EVP_shake128(), nullptr), 1);
    EXPECT_EQ(EVP_DigestUpdate(context, in.data(), in.size()), 1);
    EXPECT_EQ(EVP_DigestFinalXOF(context, reinterpret_cast<unsigned char*>(out.data()), out.size()),
              1);
    EVP_MD_CTX_free(context);
    return out;
}

// c2sp.org/XAES-256-GCM, "Accumulated randomized tests".
TEST(Xaes, gives_the_accumulated_hash_of_10000_random_messages_of_the_specification) {
    const auto stream = shake128("", 10'000 * (32 + 24 + 2 + 2 * 255));
    ASSERT_EQ(hex(stream.substr(0, 16)), "7f9c2ba4e88f827d616045507605853e");
    Reader reader(stream);
    std::string all;
    for (int i = 0; i < 10'000; ++i) {
        const auto key = reader.raw(32);
        const auto nonce = reader.raw(24);
        const auto plaintext = reader.raw(reader.u8());
        const auto aad = reader.raw(reader.u8());
        const auto sealed = sealed_with(key, nonce, plaintext, aad);
        all += sealed;
        EXPECT_EQ(xaes_open(Key::from(key), std::string(nonce) + sealed, aad).value(), plaintext);
    }
    EXPECT_EQ(hex(shake128(all, 32)),
              "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
}

TEST(Xaes, opens_what_it_sealed_and_costs_forty_bytes) {
    const auto key = Key::random();
    for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 500u, 70'000u}) {
        const auto plaintext = random_bytes(size);
        const auto sealed = xaes_seal(key, plaintext, "aad");
        EXPECT_EQ(sealed.size(), size + xaes_overhead);
        EXPECT_EQ(xaes_open(key, sealed, "aad").value(), plaintext);
    }
}

TEST(Xaes, never_takes_the_same_nonce_twice) {
    const auto key = Key::random();
    std::unordered_set<std::string> nonces;
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(nonces.insert(xaes_seal(key, "same", "same").substr(0, 24)).second);
}

TEST(Xaes, refuses_another_aad) {
    const auto key = Key::random();
    const auto sealed = xaes_seal(key, "text", "record 1");
    EXPECT_TRUE(xaes_open(key, sealed, "record 1"));
    EXPECT_FALSE(xaes_open(key, sealed, "record 2"));
    EXPECT_FALSE(xaes_open(key, sealed, ""));
}

TEST(Xaes, refuses_every_flipped_bit_every_cut_and_another_key_in_the_same_words) {
    const auto key = Key::random();
    const auto sealed = xaes_seal(key, "a short text", "aad");
    for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
        auto flipped = sealed;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        const auto opened = xaes_open(key, flipped, "aad");
        ASSERT_FALSE(opened) << bit;
        EXPECT_EQ(opened.error().what, "cannot be opened");
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        const auto opened = xaes_open(key, std::string_view(sealed).substr(0, size), "aad");
        ASSERT_FALSE(opened) << size;
        EXPECT_EQ(opened.error().what, "cannot be opened");
    }
    EXPECT_FALSE(xaes_open(key, sealed + "x", "aad"));
    EXPECT_EQ(xaes_open(Key::random(), sealed, "aad").error().what, "cannot be opened");
}

TEST(Wrap, has_eighty_bytes_begins_with_the_id_of_the_wrapping_key_and_opens) {
    const KeyId id{1, 2, 3, 4, 5, 6, 7, 8};
    const auto with = Key::random(), secret = Key::random();
    const auto wrapped = wrap(id, with, secret, "object", "object-1");

    EXPECT_EQ(wrapped.size(), 80u);
    EXPECT_EQ(wrapping_key_id(wrapped), id);
    EXPECT_EQ(unwrap(with, wrapped, "object", "object-1").value().bytes(), secret.bytes());
}

// docs/formats/sealing.md, made by the second implementation in tests/golden.
TEST(Wrap, opens_the_vector_of_the_format_description) {
    const auto with =
        Key::from(bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    const auto wrapped = bytes(
        "01020304050607086465666768696a6b6c6d6e6f707172737475767778797a7be2e4fcbf9fa3950a"
        "1c1ae7e422498e2f5a17440dc07c50d630b4221788e98bdf71cdf4fd541fd84fcc3e79979f9966e0");

    EXPECT_EQ(
        hex(unwrap(with, wrapped, "keyring/key", bytes("090909090909090905")).value().bytes()),
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
}

TEST(Wrap, is_bound_to_its_purpose_its_object_and_its_key_id) {
    const auto with = Key::random(), secret = Key::random();
    const auto wrapped = wrap(KeyId{9}, with, secret, "object", "object-1");

    EXPECT_FALSE(unwrap(with, wrapped, "objecT", "object-1"));
    EXPECT_FALSE(unwrap(with, wrapped, "object", "object-2"));
    EXPECT_FALSE(unwrap(Key::random(), wrapped, "object", "object-1"));
    EXPECT_FALSE(unwrap(with, std::string_view(wrapped).substr(0, 79), "object", "object-1"));
    EXPECT_FALSE(unwrap(with, wrapped + "x", "object", "object-1"));
    EXPECT_FALSE(unwrap(with, "", "object", "object-1"));
    for (std::size_t bit = 0; bit < 8 * wrapped.size(); ++bit) {
        auto flipped = wrapped;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        EXPECT_FALSE(unwrap(with, flipped, "object", "object-1")) << bit;
    }
}

std::string with_runs(std::string_view text) {  // "00ff(16384*00)ab"
    std::string out;
    while (!text.empty() && text != "-") {
        const auto open = std::min(text.find('('), text.size());
        out += bytes(text.substr(0, open));
        text.remove_prefix(open);
        if (text.empty()) break;
        const auto star = text.find('*'), close = text.find(')');
        std::size_t count = 0;
        std::from_chars(text.data() + 1, text.data() + star, count);
        out.append(count, bytes(text.substr(star + 1, 2))[0]);
        text.remove_prefix(close + 1);
    }
    return out;
}

std::string sha512(std::string_view in) {
    std::string out(64, '\0');
    EXPECT_EQ(EVP_Digest(in.data(),
                         in.size(),
                         reinterpret_cast<unsigned char*>(out.data()),
                         nullptr,
                         EVP_sha512(),
                         nullptr),
              1);
    return out;
}

// Project Wycheproof's, and our own from a second implementation: tests/golden/sealing/README.md.
TEST(Chunked, agrees_with_the_published_vectors_and_with_a_second_implementation) {
    std::size_t valid = 0, invalid = 0;
    for (const auto* name : {"chunked_aes_256_gcm.txt", "chunked_own.txt"}) {
        std::istringstream lines(read_file(golden / name).value());
        for (std::string line; std::getline(lines, line);) {
            std::istringstream parts(line);
            std::string number, result, key, context, sealed, size, digest;
            parts >> number >> result >> key >> context >> sealed >> size >> digest;
            const auto opened = chunked_open(
                Key::from(bytes(key)), with_runs(sealed), context == "-" ? "" : bytes(context));
            if (result == "valid") {
                ++valid;
                ASSERT_TRUE(opened) << name << " " << number;
                EXPECT_EQ(std::to_string(opened->size()), size) << number;
                EXPECT_EQ(hex(sha512(*opened)), digest) << number;
            } else {
                ++invalid;
                EXPECT_FALSE(opened) << name << " " << number;
            }
        }
    }
    EXPECT_GE(valid, 8u);
    EXPECT_GE(invalid, 19u);
}

TEST(Chunked, opens_what_it_sealed_at_every_size_around_a_chunk) {
    const auto key = Key::random();
    for (const std::size_t size :
         {0u, 1u, 16383u, 16384u, 16385u, 32767u, 32768u, 32769u, 1'000'000u}) {
        const auto plaintext = random_bytes(size);
        const auto sealed = chunked_seal(key, plaintext, "ca/obj/v1 object-1");
        EXPECT_EQ(sealed.size(), 56 + size + (size / 16384 + 1) * 16);
        EXPECT_EQ(chunked_open(key, sealed, "ca/obj/v1 object-1").value(), plaintext) << size;
    }
}

TEST(Chunked, seals_pieces_of_any_size_as_it_seals_the_whole) {
    const auto key = Key::random();
    const auto plaintext = random_bytes(100'000);
    for (const std::size_t size : {0u, 16383u, 16384u, 32768u, 100'000u})
        for (const std::size_t piece : {1u, 1000u, 16383u, 16384u, 16385u, 50'000u}) {
            ChunkedSealer sealer(key, "context", 0);
            for (std::size_t at = 0; at < size; at += piece)
                sealer.add(std::string_view(plaintext).substr(at, std::min(piece, size - at)));
            const auto sealed = sealer.finish();
            EXPECT_EQ(sealed.size(), 56 + size + (size / 16384 + 1) * 16);
            EXPECT_EQ(chunked_open(key, sealed, "context").value(), plaintext.substr(0, size));
        }
}

TEST(Chunked, takes_another_salt_each_time) {
    const auto key = Key::random();
    std::unordered_set<std::string> salts;
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(salts.insert(chunked_seal(key, "same", "same").substr(0, 24)).second);
}

TEST(Chunked, refuses_another_context_and_another_key) {
    const auto key = Key::random();
    const auto sealed = chunked_seal(key, "text", "object 1");
    EXPECT_FALSE(chunked_open(key, sealed, "object 2"));
    EXPECT_FALSE(chunked_open(key, sealed, ""));
    EXPECT_EQ(chunked_open(Key::random(), sealed, "object 1").error().what, "cannot be opened");
}

TEST(Chunked, refuses_every_flipped_bit_of_a_small_object) {
    const auto key = Key::random();
    const auto sealed = chunked_seal(key, "a small object", "context");
    for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
        auto flipped = sealed;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        EXPECT_FALSE(chunked_open(key, flipped, "context")) << bit;
    }
}

TEST(Chunked, refuses_cuts_swaps_and_repetitions_of_chunks) {
    const auto key = Key::random();
    const auto sealed = chunked_seal(key, std::string(3 * 16384 + 5, 'a'), "context");
    const auto chunk = [&](std::size_t i) { return sealed.substr(56 + i * 16400, 16400); };
    const auto head = sealed.substr(0, 56);
    ASSERT_EQ(head + chunk(0) + chunk(1) + chunk(2) + chunk(3), sealed);

    EXPECT_FALSE(chunked_open(key, head + chunk(0) + chunk(1) + chunk(2), "context"));
    EXPECT_FALSE(chunked_open(key, head + chunk(0) + chunk(1) + chunk(3), "context"));
    EXPECT_FALSE(chunked_open(key, head + chunk(1) + chunk(0) + chunk(2) + chunk(3), "context"));
    EXPECT_FALSE(
        chunked_open(key, head + chunk(0) + chunk(0) + chunk(1) + chunk(2) + chunk(3), "context"));
    for (std::size_t size = 0; size < sealed.size(); size += size < 100 ? 1 : 97)
        EXPECT_FALSE(chunked_open(key, std::string_view(sealed).substr(0, size), "context"));
}

}  // namespace
}  // namespace letopis::crypto
