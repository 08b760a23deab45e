// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/snippet.hpp"

#include <gtest/gtest.h>

#include <random>

namespace letopis::search {
namespace {

const Instant now = *from_civil(2024, 5, 15);

std::string cut(std::string_view query, std::string_view text, SnippetOptions options = {}) {
    text::Analyser analyser;
    const auto parsed = text::parse_query(query, now);
    return snippet(analyser, *parsed.root, text, options);
}

TEST(Snippet, marks_every_form_of_the_word) {
    EXPECT_EQ(cut("договор", "Копия договора и сам Договор."), "Копия [договора] и сам [Договор].");
}

TEST(Snippet, marks_a_phrase_only_where_its_words_follow_each_other) {
    EXPECT_EQ(cut("\"договор поставки\"", "Поставки: договору поставки, договор"),
              "Поставки: [договору] [поставки], договор");
}

TEST(Snippet, marks_prefixes_addresses_and_numbers_in_any_notation) {
    EXPECT_EQ(cut("пост*", "поставка и оплата"), "[поставка] и оплата");
    EXPECT_EQ(cut("client.example", "пишите anna@client.example"), "пишите anna@[client.example]");
    EXPECT_EQ(cut("89161234567", "тел. +7 (916) 123-45-67!"), "тел. [+7 (916) 123-45-67]!");
}

TEST(Snippet, does_not_mark_what_the_query_excludes_or_filters) {
    EXPECT_EQ(cut("счёт -договор from:счёт", "договор, счёт"), "договор, [счёт]");
}

TEST(Snippet, chooses_the_place_with_most_of_the_query) {
    std::string text = "договор ";
    for (int i = 0; i < 100; ++i) text += "прочее слово ";
    text += "оплата по договору завтра ";
    for (int i = 0; i < 100; ++i) text += "прочее слово ";

    const auto found = cut("договор оплата", text, {.max_chars = 80});

    EXPECT_NE(found.find("[оплата] по [договору]"), std::string::npos) << found;
    EXPECT_TRUE(found.starts_with("… "));
    EXPECT_TRUE(found.ends_with(" …"));
}

TEST(Snippet, begins_at_the_beginning_when_nothing_is_found) {
    EXPECT_EQ(cut("другое", "Первая строка\n\nвторая"), "Первая строка вторая");
}

TEST(Snippet, escapes_html_but_not_its_own_marks) {
    EXPECT_EQ(
        cut("счёт", "<b>счёт</b> & \"x\"", {.open = "<mark>", .close = "</mark>", .html = true}),
        "&lt;b&gt;<mark>счёт</mark>&lt;/b&gt; &amp; &quot;x&quot;");
}

TEST(Snippet, says_where_the_words_are) {
    text::Analyser analyser;
    const auto parsed = text::parse_query("счёт", now);
    const auto in = [&](const char* subject, const char* body, const char* attachments) {
        return Snippets(analyser, *parsed.root, {}).best(subject, body, attachments).in;
    };

    EXPECT_EQ(in("счёт", "счёт", "счёт"), "body");
    EXPECT_EQ(in("счёт", "другое", ""), "subject");
    EXPECT_EQ(in("", "другое", "Счёт.pdf"), "attachment");
    EXPECT_EQ(in("", "другое", ""), "body");
}

TEST(Snippet, keeps_its_size_and_utf8_on_noise) {
    std::mt19937 random(3);
    const std::vector<std::string> pieces = {
        "счёт", "счета ", " ", "\n", "длинное-слово", "\xff", "北京", "👍", "a", "договор "};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (auto n = random() % 60; n > 0; --n) text += pieces[random() % pieces.size()];
        const auto repaired = text::repaired_utf8(text);
        const auto found = cut("счёт OR \"договор счета\" OR дого*", repaired, {.max_chars = 40});
        EXPECT_TRUE(text::valid_utf8(found)) << found;
        EXPECT_LT(found.size(), 40u * 4 + 100);
    }
}

}  // namespace
}  // namespace letopis::search
