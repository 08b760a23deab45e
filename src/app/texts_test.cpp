// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/texts.hpp"

#include <gtest/gtest.h>

namespace letopis::app {

namespace {

constexpr model::Slice whole{0, 5};

TEST(TextCache, KeepsATextForItsSlice) {
    TextCache texts;
    EXPECT_EQ(texts.find(Seq(7), whole), nullptr);
    texts.keep(Seq(7), whole, "hello");
    ASSERT_NE(texts.find(Seq(7), whole), nullptr);
    EXPECT_EQ(*texts.find(Seq(7), whole), "hello");
    EXPECT_EQ(texts.find(Seq(7), {1, 4}), nullptr);  // read anew by other rules
    texts.keep(Seq(7), {1, 4}, "ello");
    EXPECT_EQ(texts.find(Seq(7), whole), nullptr);
    EXPECT_EQ(*texts.find(Seq(7), {1, 4}), "ello");
}

TEST(TextCache, StaysSmallAndForgetsWhatNobodyAskedFor) {
    TextCache texts;
    const std::string text(TextCache::text_bytes_max, 'x');
    texts.keep(Seq(0), whole, text);
    const auto many = TextCache::bytes_max / text.size();
    for (std::uint64_t i = 1; i <= many; ++i) {
        texts.keep(Seq(i), whole, text);
        ASSERT_NE(texts.find(Seq(0), whole), nullptr);
    }
    EXPECT_EQ(texts.find(Seq(1), whole), nullptr);
    EXPECT_NE(texts.find(Seq(many), whole), nullptr);
    texts.keep(Seq(many + 1), whole, text + "y");  // too long to be kept
    EXPECT_EQ(texts.find(Seq(many + 1), whole), nullptr);
}

}  // namespace

}  // namespace letopis::app
