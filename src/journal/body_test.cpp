// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/body.hpp"

#include <gtest/gtest.h>

namespace letopis::journal {
namespace {

std::string bytes(std::string_view digits) { return *unhex(digits); }

std::string counting(char from, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(from + static_cast<char>(i));
    return text;
}

struct Vector {
    BodyPlace place;
    Kind kind;
    std::string_view object_id, descriptor, content, plain, frame_head, sealed;
};

// The vectors of docs/formats/journal.md. If this test has to change, the format has changed.
const Vector vectors[] = {
    {.place = {.seq = Seq(70000),
               .at = from_micros(1'790'000'000'123'456),
               .origin = Origin::archive,
               .leaf_index = 69993},
     .kind = Kind::tag,
     .object_id = "",
     .descriptor = R"({"v":1,"message":5,"tag":"x","by":"uid 0 root","on":true})",
     .content = "",
     .plain = "3000010000397b2276223a312c226d657373616765223a352c22746167223a2278222c22627922"
              "3a22756964203020726f6f74222c226f6e223a747275657d",
     .frame_head = "003f",
     .sealed = "6465666768696a6b6c6d6e6f707172737475767778797a7b42445c1f3f0335aabcba474482e92e"
               "8ffab7e4ad60dcf076901482b728492b7f6b7c825106494c8d0c6a3b7efcd005feffd4052c4c07"
               "b387573fb4ca0ea35bf16f162f764c65808779993b547c064e21530ae0edadfdf8797c98745f52"
               "0d3e03b82c8dc456b459c23831d5d55bb21e9708"},
    {.place = {.seq = Seq(258), .at = from_micros(-1), .origin = Origin::audit, .leaf_index = 7},
     .kind = Kind::message,
     .object_id = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
     .descriptor = R"({"v":1})",
     .content = "",
     .plain = "0100010001c0c1c2c3c4c5c6c7c8c9cacbcccdcecf077b2276223a317d",
     .frame_head = "001d",
     .sealed = "6465666768696a6b6c6d6e6f707172737475767778797a7b42445c1f3f0335aabcba474482e92e"
               "8ffab7e4ad60dcf076901482b728492b7f6b5eb35106494d74b68a8e980327ee145b7bbd93e0ae"
               "19a21628eeca40f34150c4fecf754e2771e9e3d275f1e30d5f"},
    {.place = {.seq = Seq(5),
               .at = from_micros(1'790'000'000'000'000),
               .origin = Origin::archive,
               .leaf_index = 4},
     .kind = Kind::message,
     .object_id = "",
     .descriptor = R"({"v":1})",
     .content = "Subject: x\n\nhello\n",
     .plain = "0100010000077b2276223a317d5375626a6563743a20780a0a68656c6c6f0a",
     .frame_head = "001f",
     .sealed = "6465666768696a6b6c6d6e6f707172737475767778797a7b42445c1f3f0335aabcba474482e92e"
               "8ffab7e4ad60dcf076901482b728492b7f6b5cb35106494cb30c6a3b7efcd0548fe7d31c3a4e14"
               "ec85150092801fae50bc5f272ef5735b3635ad90abf22cbd5c3939"},
};

crypto::Key key() { return crypto::Key::from(counting(0, 32)); }

TEST(Body, opens_the_vectors_of_the_format_description) {
    for (const auto& vector : vectors) {
        const auto opened = open_body(key(), vector.place, bytes(vector.sealed));

        ASSERT_TRUE(opened) << vector.plain;
        EXPECT_EQ(hex(opened->salt), hex(counting('\x80', 32)));
        EXPECT_EQ(hex(opened->frame), std::string(vector.frame_head).append(vector.plain));
        const auto raw = Dictionaries().decompress(opened->frame);
        ASSERT_TRUE(raw);
        const auto plain = decode_plain(*raw);
        ASSERT_TRUE(plain);
        EXPECT_EQ(plain->kind, vector.kind);
        EXPECT_EQ(plain->version, 1);
        EXPECT_EQ(hex(plain->object_id), vector.object_id);
        EXPECT_EQ(plain->descriptor, vector.descriptor);
        EXPECT_EQ(plain->content, vector.content);
    }
}

TEST(Body, writes_the_vectors_of_the_format_description) {
    for (const auto& vector : vectors) {
        const auto plain = encode_plain({.kind = vector.kind,
                                         .version = 1,
                                         .object_id = bytes(vector.object_id),
                                         .descriptor = vector.descriptor,
                                         .content = vector.content});
        EXPECT_EQ(hex(plain), vector.plain);
        // Only the nonce is another one each time.
        const auto sealed = seal_body(key(),
                                      vector.place,
                                      counting('\x80', 32),
                                      bytes(std::string(vector.frame_head).append(vector.plain)));
        EXPECT_EQ(sealed.size() * 2, vector.sealed.size());
        EXPECT_TRUE(open_body(key(), vector.place, sealed));
    }
    EXPECT_EQ(hex(object_context(counting('\xc0', 16), Kind::message)),
              "63612f6f626a2f7631c0c1c2c3c4c5c6c7c8c9cacbcccdcecf0100");
}

TEST(Body, is_bound_to_each_part_of_its_place) {
    const auto vector = vectors[0];
    const auto sealed = bytes(vector.sealed);
    auto place = vector.place;
    place.seq = Seq(70001);
    EXPECT_FALSE(open_body(key(), place, sealed));
    place = vector.place;
    place.at += std::chrono::microseconds(1);
    EXPECT_FALSE(open_body(key(), place, sealed));
    place = vector.place;
    place.origin = Origin::audit;
    EXPECT_FALSE(open_body(key(), place, sealed));
    place = vector.place;
    place.leaf_index = 69994;
    EXPECT_FALSE(open_body(key(), place, sealed));
}

TEST(Body, seals_a_content_of_any_size_so_that_it_opens_and_is_as_small_as_it_can_be) {
    const Dictionaries dictionaries;
    std::string text;
    while (text.size() < 5'000'000) text += "line " + std::to_string(text.size()) + "\n";
    const auto noise = random_bytes(3'000'000);
    for (const auto& content : {text.substr(0, 5000),
                                text.substr(0, 1 << 20),
                                text.substr(0, (1 << 20) + 1),
                                text,
                                noise,
                                noise + text,
                                noise.substr(0, 5000)}) {
        const auto sealed = seal_object(key(), dictionaries, content, "context");
        const auto frame = crypto::chunked_open(key(), sealed, "context");
        ASSERT_TRUE(frame);
        EXPECT_EQ(dictionaries.decompress(*frame), content);
        const auto whole = dictionaries.compress(ContentClass::plain, content).size();
        EXPECT_LE(frame->size(), whole + whole / 50);
    }
}

TEST(Body, reads_the_frames_of_the_format_description) {
    Dictionaries dictionaries;
    dictionaries.add(300, ContentClass::mail, "any bytes are a dictionary");

    EXPECT_EQ(dictionaries.decompress(bytes("014028b52ffd204003020061")), std::string(64, 'a'));
    EXPECT_EQ(dictionaries.decompress(bytes("02ac024028b52ffd204003020061")), std::string(64, 'a'));
    EXPECT_FALSE(dictionaries.decompress(bytes("02ad024028b52ffd204003020061")));
}

}  // namespace
}  // namespace letopis::journal
