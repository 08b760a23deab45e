// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/charset.hpp"

#include <gtest/gtest.h>

namespace letopis::capture {
namespace {

TEST(Charset, russian_names_are_decoded_from_any_of_the_three_charsets) {
    // "Счёт №17 от Ивана.pdf"; KOI8-R and cp866 have their own ways with № and ё.
    EXPECT_EQ(decode_name("\xd1\xf7\xb8\xf2 \xb9"
                          "17 \xee\xf2 \xc8\xe2\xe0\xed\xe0.pdf"),
              "Счёт №17 от Ивана.pdf");
    EXPECT_EQ(decode_name("\x91\xe7\xf1\xe2 \xfc"
                          "17 \xae\xe2 \x88\xa2\xa0\xad\xa0.pdf"),
              "Счёт №17 от Ивана.pdf");
    EXPECT_EQ(decode_name("\xf3\xde\xa3\xd4 \xcf\xd4 \xe9\xd7\xc1\xce\xc1.pdf"),
              "Счёт от Ивана.pdf");
    EXPECT_EQ(decode_name("Счёт.pdf"), "Счёт.pdf");
    EXPECT_EQ(decode_name("plain.txt"), "plain.txt");
    EXPECT_EQ(decode_name(std::string_view("a\0\nb", 4)), "ab");
}

TEST(Charset, every_byte_becomes_valid_utf_8) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    for (const auto charset : {Charset::cp1251, Charset::cp866, Charset::koi8_r})
        EXPECT_TRUE(valid_utf8(to_utf8(all, charset)));
    EXPECT_FALSE(valid_utf8(all));
    EXPECT_FALSE(valid_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(valid_utf8("\xc0\x80"));
    EXPECT_FALSE(valid_utf8("\xf0\x9f\x98"));
    EXPECT_TRUE(valid_utf8("😀"));
}

}  // namespace
}  // namespace letopis::capture
