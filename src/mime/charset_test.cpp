// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/charset.hpp"

#include <gtest/gtest.h>

#include "mime/cyrillic.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr Cyrillic all[] = {Cyrillic::windows_1251,
                            Cyrillic::koi8_r,
                            Cyrillic::ibm866,
                            Cyrillic::x_mac_cyrillic,
                            Cyrillic::iso_8859_5};

// Two-byte letters only, which is what the texts here have.
std::string in_charset(std::string_view text, Cyrillic charset) {
    const auto& high = high_half(charset);
    std::string out;
    while (!text.empty()) {
        const auto size = utf8::sequence(text);
        if (size == 1) {
            out += text[0];
        } else {
            const auto point = static_cast<char16_t>((text[0] & 31) << 6 | (text[1] & 63));
            for (std::size_t i = 0; i < high.size(); ++i)
                if (high[i] == point) {
                    out += static_cast<char>(128 + i);
                    break;
                }
        }
        text.remove_prefix(size);
    }
    return out;
}

TEST(Charset, finds_each_cyrillic_charset_without_a_label) {
    for (const std::string text : {"Добрый день, высылаю счёт на оплату.",
                                   "Привет",
                                   "Счёт",
                                   "Анна Петрова",
                                   "ДОГОВОР",
                                   "съешь же ещё этих мягких французских булок",
                                   "Re: Отчет по продажам за ноябрь"})
        for (const auto charset : all) {
            const auto decoded = decode(in_charset(text, charset), {});
            EXPECT_EQ(decoded.text, text) << name(charset);
            EXPECT_TRUE(decoded.guessed);
        }
}

TEST(Charset, a_wrong_label_is_seen_through) {
    const std::string text = "Здравствуйте! Направляем вам договор поставки на подпись.";
    for (const auto real : all)
        for (const std::string_view label : {"windows-1251",
                                             "koi8-r",
                                             "iso-8859-1",
                                             "us-ascii",
                                             "unknown-8bit",
                                             "x-unknown",
                                             "utf-8",
                                             "nonsense",
                                             "ibm866",
                                             "iso-8859-5",
                                             "windows-1252"}) {
            const auto decoded = decode(in_charset(text, real), label);
            EXPECT_EQ(decoded.text, text) << name(real) << " called " << label;
        }
}

TEST(Charset, a_right_label_is_believed_even_where_the_guess_would_differ) {
    EXPECT_EQ(decode("\xF1", "koi8-r").text, "Я");
    EXPECT_EQ(decode("\xF1", "windows-1251").text, "с");
    EXPECT_FALSE(decode("\xF1", "koi8-r").guessed);
    EXPECT_EQ(decode("caf\xE9 cr\xE8me", "iso-8859-1").text, "café crème");
    EXPECT_FALSE(decode("caf\xE9 cr\xE8me", "iso-8859-1").guessed);
    EXPECT_EQ(decode("\x93quoted\x94", "iso-8859-1").text, "“quoted”");
}

TEST(Charset, western_text_without_a_label_stays_western) {
    EXPECT_EQ(decode("Stra\xDF"
                     "e, Gr\xFC\xDF"
                     "e aus K\xF6ln",
                     {})
                  .text,
              "Straße, Grüße aus Köln");
    EXPECT_EQ(decode("na\xEFve d\xE9j\xE0 vu", {}).text, "naïve déjà vu");
}

TEST(Charset, utf8_is_tried_first_whatever_the_label) {
    EXPECT_EQ(decode("Привет", "windows-1251").text, "Привет");
    EXPECT_TRUE(decode("Привет", "koi8-r").guessed);
    EXPECT_FALSE(decode("Привет", "utf-8").guessed);
    EXPECT_EQ(decode("Привет \xD0", "utf-8").text, "Привет \xEF\xBF\xBD");
}

TEST(Charset, charsets_of_asia_go_through_icu) {
    EXPECT_EQ(decode("\x93\xFA\x96\x7B\x8C\xEA", "shift_jis").text, "日本語");
    EXPECT_EQ(decode("\xC6\xFC\xCB\xDC\xB8\xEC", "euc-jp").text, "日本語");
    EXPECT_EQ(decode("\x1B$BF|K\\8l\x1B(B", "iso-2022-jp").text, "日本語");
    EXPECT_EQ(decode("\xD6\xD0\xCE\xC4", "gb2312").text, "中文");
    EXPECT_EQ(decode("\xA4\xA4\xA4\xE5", "big5").text, "中文");
    EXPECT_EQ(decode("\xC7\xD1\xB1\xB9\xBE\xEE", "ks_c_5601-1987").text, "한국어");
}

TEST(Charset, stateful_charsets) {
    EXPECT_EQ(decode("Hi Mom -+Jjo--!", "utf-7").text, "Hi Mom -☺-!");
    EXPECT_EQ(decode(std::string("\xFE\xFF\x04\x1F\x04\x40", 6), "utf-16").text, "Пр");
    EXPECT_EQ(decode(std::string("\xFF\xFE\x1F\x04\x40\x04", 6), {}).text, "Пр");
}

TEST(Charset, every_output_is_valid_utf8) {
    std::string bytes;
    for (int i = 0; i < 70000; ++i) bytes += static_cast<char>(i * 7919 >> 3);
    for (const std::string_view label : {"",
                                         "utf-8",
                                         "utf-7",
                                         "utf-16",
                                         "koi8-r",
                                         "gb18030",
                                         "big5",
                                         "shift_jis",
                                         "iso-2022-jp",
                                         "euc-kr",
                                         "windows-1252",
                                         "hz-gb-2312",
                                         "utf-32",
                                         "\xFF\xFF",
                                         "no such thing"})
        EXPECT_TRUE(utf8::valid(decode(bytes, label).text)) << label;
}

}  // namespace
}  // namespace letopis::mime
