// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/frequent.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/tokenizer.hpp"

namespace letopis::search {
namespace {

using testing::Contains;
using testing::Not;

Doc with_body(std::string body) {
    Doc doc;
    doc.body = std::move(body);
    doc.terms = {"channel:email"};
    return doc;
}

TEST(FrequentTerms, knows_terms_and_beginnings_that_many_messages_have) {
    text::Analyser analyser;
    FrequentTerms terms;
    for (int i = 0; i < 50; ++i)
        terms.add(analyser, with_body(i % 5 ? "Договоры поставки" : "счёт договор договорённость"));

    const auto keys = terms.keys(50 * FrequentTerms::sample_every);
    EXPECT_THAT(keys, Contains(analyser.term("договор")));
    EXPECT_THAT(keys, Contains(prefix_key("дого")));
    EXPECT_THAT(keys, Contains("channel:email"));
    EXPECT_THAT(keys, Not(Contains(analyser.term("счёт"))));
    EXPECT_THAT(keys, Not(Contains(prefix_key("дог"))));  // the query language begins at four
    EXPECT_THAT(terms.keys(10 * FrequentTerms::sample_every), Contains(analyser.term("счёт")));
}

TEST(FrequentTerms, knows_pairs_that_many_messages_have_in_this_order) {
    text::Analyser analyser;
    FrequentTerms terms;
    for (int i = 0; i < 600; ++i) {
        auto doc = with_body(fmt::format("Условия поставки слово{} товара", i));
        doc.subject = i % 2 ? "акты сверок" : "сверки акт";
        terms.add(analyser, doc);
    }
    const auto pair = [&](const char* first, const char* second) {
        return pair_key(analyser.term(first), analyser.term(second));
    };
    const auto pairs = terms.pairs(200 * FrequentTerms::sample_every);

    EXPECT_THAT(pairs,
                testing::UnorderedElementsAre(
                    pair("условия", "поставки"), pair("акт", "сверки"), pair("сверки", "акт")));
    EXPECT_EQ(pairs.front(), pair("условия", "поставки"));
    EXPECT_EQ(expression_of(pairs.front()),
              quoted({analyser.term("условия"), analyser.term("поставки")}));
}

TEST(FrequentTerms, a_key_of_a_beginning_is_told_from_a_term) {
    EXPECT_TRUE(is_prefix_key(prefix_key("дого")));
    EXPECT_EQ(prefix_of(prefix_key("дого")), "дого");
    EXPECT_FALSE(is_prefix_key("дого"));
    EXPECT_FALSE(is_prefix_key(""));
}

TEST(RowSets, come_back_as_they_were_and_damage_is_told) {
    for (const std::uint64_t rows : {1u, 63u, 64u, 65u, 1000u}) {
        Bitmap set(rows);
        for (std::uint64_t row = 0; row < rows; row += 3) set.set(row);
        const auto data = encode_rows(set);

        const auto back = decode_rows(data, rows);
        ASSERT_TRUE(back);
        for (std::uint64_t row = 0; row < rows; ++row) EXPECT_EQ(back->test(row), row % 3 == 0);

        EXPECT_FALSE(decode_rows(data, rows + 64));
        EXPECT_FALSE(decode_rows(std::string_view(data).substr(0, data.size() - 1), rows));
        EXPECT_FALSE(decode_rows("", rows));
    }
}

TEST(Bitmap, keeps_only_a_range) {
    for (const auto& [first, last] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
             {0, 0}, {0, 200}, {1, 64}, {63, 65}, {64, 128}, {70, 71}, {199, 200}}) {
        Bitmap rows(200);
        rows.set_range(0, 200);

        rows.keep_range(first, last);

        for (std::uint64_t row = 0; row < 200; ++row)
            EXPECT_EQ(rows.test(row), row >= first && row < last) << first << '-' << last;
    }
}

}  // namespace
}  // namespace letopis::search
