// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/query.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace letopis::text {
namespace {

const Instant now = *from_civil(2024, 5, 15, 12, 30);

std::string show(const Node& node) {
    std::string out;
    const auto list = [&](const char* name) {
        out = std::string("(") + name;
        for (const auto& child : node.children) out += " " + show(*child);
        out += ")";
    };
    const std::string subject = node.in_subject ? "subject/" : "";
    switch (node.kind) {
        case Node::Kind::all: return "all";
        case Node::Kind::word: return subject + node.text;
        case Node::Kind::phrase: return subject + "\"" + node.text + "\"";
        case Node::Kind::exact: return subject + "=" + node.text;
        case Node::Kind::prefix: return subject + node.text + "*";
        case Node::Kind::field:
            out = std::to_string(static_cast<int>(node.field)) + ":" + node.text;
            if (node.from_time) out += " from " + rfc3339(*node.from_time);
            if (node.to_time) out += " to " + rfc3339(*node.to_time);
            return out;
        case Node::Kind::both: list("and"); return out;
        case Node::Kind::either: list("or"); return out;
        case Node::Kind::without: list("not"); return out;
    }
    return out;
}

std::string parsed(std::string_view query) {
    const auto result = parse_query(query, now);
    if (result.error)
        return "error at " + std::to_string(result.error->at) + ": " + result.error->what;
    return show(*result.root);
}

std::string field(Field f, const std::string& text) {
    return std::to_string(static_cast<int>(f)) + ":" + text;
}

TEST(Query, takes_the_empty_query_as_everything) {
    EXPECT_EQ(parsed(""), "all");
    EXPECT_EQ(parsed("  \t"), "all");
}

TEST(Query, joins_words_with_and_which_binds_tighter_than_or) {
    EXPECT_EQ(parsed("счёт оплата"), "(and счёт оплата)");
    EXPECT_EQ(parsed("a1 b2 OR c3"), "(or (and a1 b2) c3)");
    EXPECT_EQ(parsed("a1 (b2 ИЛИ c3)"), "(and a1 (or b2 c3))");
    EXPECT_EQ(parsed("a1 AND b2"), "(and a1 b2)");
    EXPECT_EQ(parsed("a1 or b2"), "(and a1 or b2)");
}

TEST(Query, reads_phrases_exact_text_prefixes_and_minus) {
    EXPECT_EQ(parsed("\"договор поставки\" -срочно"), "(and \"договор поставки\" (not срочно))");
    EXPECT_EQ(parsed("=\"договору поставки\""), "=договору поставки");
    EXPECT_EQ(parsed("=договору"), "=договору");
    EXPECT_EQ(parsed("дого*"), "дого*");
    EXPECT_EQ(parsed("«Ромашка плюс»"), "\"Ромашка плюс\"");
    EXPECT_EQ(parsed("-(a1 b2)"), "(not (and a1 b2))");
    EXPECT_EQ(parsed("Иванов - договор"), "(and Иванов договор)");
    EXPECT_EQ(parsed("NOT a1"), "(not a1)");
}

TEST(Query, knows_fields_in_both_languages) {
    EXPECT_EQ(parsed("from:anna@client.example"), field(Field::from, "anna@client.example"));
    EXPECT_EQ(parsed("от:Анна"), field(Field::from, "Анна"));
    EXPECT_EQ(parsed("кому:\"Анна Петрова\""), field(Field::to, "Анна Петрова"));
    EXPECT_EQ(parsed("канал:почта"), field(Field::channel, "email"));
    EXPECT_EQ(parsed("тег:важное"), field(Field::tag, "важное"));
    EXPECT_EQ(parsed("has:вложение"), field(Field::has, "attachment"));
    EXPECT_EQ(parsed("вложение:да"), field(Field::has, "attachment"));
    EXPECT_EQ(parsed("вложение:счёт.pdf"), field(Field::filename, "счёт.pdf"));
    EXPECT_EQ(parsed("from:(anna OR boris)"),
              "(or " + field(Field::from, "anna") + " " + field(Field::from, "boris") + ")");
}

TEST(Query, applies_in_subject_to_the_words_after_it_or_in_its_brackets) {
    EXPECT_EQ(parsed("in:subject счёт срочно"), "(and subject/счёт subject/срочно)");
    EXPECT_EQ(parsed("in:subject(счёт) срочно"), "(and subject/счёт срочно)");
    EXPECT_EQ(parsed("тема:счёт срочно"), "(and subject/счёт срочно)");
}

TEST(Query, reads_dates_as_half_open_intervals) {
    EXPECT_EQ(parsed("after:2024"), field(Field::after, "2024 from 2024-01-01T00:00:00Z"));
    EXPECT_EQ(parsed("до:01.05.2024"), field(Field::before, "01.05.2024 to 2024-05-01T00:00:00Z"));
    EXPECT_EQ(parsed("on:2024-02"),
              field(Field::on, "2024-02 from 2024-02-01T00:00:00Z to 2024-03-01T00:00:00Z"));
    EXPECT_EQ(parsed("on:вчера"),
              field(Field::on, "вчера from 2024-05-14T00:00:00Z to 2024-05-15T00:00:00Z"));
    EXPECT_EQ(parsed("after:7d"), field(Field::after, "7d from 2024-05-08T00:00:00Z"));
    EXPECT_EQ(
        parsed("on:2024-01..2024-03"),
        field(Field::on, "2024-01..2024-03 from 2024-01-01T00:00:00Z to 2024-04-01T00:00:00Z"));
    EXPECT_EQ(parsed("on:31.02.2024"), "error at 3: this is no date");
}

TEST(Query, reads_sizes) {
    EXPECT_EQ(parse_query("larger:10MB", now).root->bytes, 10u * 1024 * 1024);
    EXPECT_EQ(parse_query("больше:1,5к", now).root->bytes, 1536u);
    EXPECT_EQ(parsed("слово larger:big"), "error at 13: this is no size");
}

TEST(Query, keeps_telephone_numbers_and_sums_together) {
    EXPECT_EQ(parsed("+7 (916) 123-45-67"), "+7 (916) 123-45-67");
    EXPECT_EQ(parsed("звонок 8 916 1234567 срочно"), "(and звонок 8 916 1234567 срочно)");
    EXPECT_EQ(parsed("(495) 123-45-67"), "(495) 123-45-67");
    EXPECT_EQ(parsed("12 500 руб"), "(and (or 12 500 (and 12 500)) руб)");
    EXPECT_EQ(parsed("(17 OR 18)"), "(or 17 18)");
}

TEST(Query, points_at_the_character_that_is_wrong) {
    EXPECT_EQ(parsed("счёт (оплата"), "error at 5: a closing bracket is missing");
    EXPECT_EQ(parsed("счёт) оплата"), "error at 4: this bracket closes nothing");
    EXPECT_EQ(parsed("счёт \"оплата"), "error at 5: a closing quote is missing");
    EXPECT_EQ(parsed("счёт from: anna"), "error at 5: the field from: has no value");
    EXPECT_EQ(parsed("дог*"), "error at 3: at least 4 letters must stand before the star");
    EXPECT_EQ(parsed("до*вор"), "error at 2: a star stands only at the end of a word");
    EXPECT_EQ(parsed("a1 OR"), "error at 5: OR needs a word on both sides");
    EXPECT_EQ(parsed("OR a1"), "error at 0: OR needs a word on both sides");
    EXPECT_EQ(parsed("()"), "error at 0: the brackets are empty");
    EXPECT_EQ(parsed("\"\""), "error at 0: there is no word between the quotes");
    EXPECT_EQ(parsed("!!!"), "error at 0: there is no word to search for");
}

TEST(Query, points_at_the_value_that_is_wrong) {
    EXPECT_EQ(parsed("сетка before:вчерась"), "error at 13: this is no date");
    EXPECT_EQ(parsed("on:\"не знаю\""), "error at 3: this is no date");
    EXPECT_EQ(parsed("after:(2024 потом)"), "error at 12: this is no date");
    EXPECT_EQ(parsed("больше:много"), "error at 7: this is no size");
    EXPECT_EQ(parsed("-has:money"), "error at 5: has: knows only attachment and unparsed");
    EXPECT_EQ(parsed("id:x"), "error at 3: id: needs a number");
    EXPECT_EQ(parsed("in:body x"), "error at 3: in: knows only subject");
}

TEST(Query, suggests_the_nearest_field) {
    const auto result = parse_query("счёт form:anna", now);
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->at, 5u);
    EXPECT_EQ(result.error->what, "there is no field \"form\"");
    EXPECT_EQ(result.error->hint, "did you mean from: ?");
    EXPECT_EQ(parse_query("каналл:почта", now).error->hint, "did you mean канал: ?");
}

TEST(Query, takes_links_and_times_as_words) {
    EXPECT_EQ(parsed("https://client.example"), "https://client.example");
    EXPECT_EQ(parsed("10:30"), "10:30");
    EXPECT_EQ(parsed("Ответ: договор"), "(and Ответ: договор)");
}

TEST(Query, keeps_its_limits) {
    EXPECT_TRUE(parse_query(std::string(5000, 'a'), now).error);
    std::string many;
    for (int i = 0; i < 65; ++i) many += "w" + std::to_string(i) + " ";
    EXPECT_TRUE(parse_query(many, now).error);
    EXPECT_TRUE(parse_query(std::string(100, '('), now).error);
    EXPECT_TRUE(parse_query(std::string(100, '-') + "a1", now).error);
    EXPECT_TRUE(parse_query("\xff", now).error);
}

TEST(Query, shows_an_error_in_three_lines) {
    const auto result = parse_query("счёт (оплата", now);
    EXPECT_EQ(
        show_error("счёт (оплата", *result.error),
        "счёт (оплата\n     ^\na closing bracket is missing: put ) at the end, or quote the (\n");
}

// Every query gives a tree or an error inside the query.
void check_rules(std::string_view query) {
    const auto result = parse_query(query, now);
    ASSERT_NE(result.root == nullptr, !result.error);
    if (!result.error) return;
    EXPECT_LE(result.error->at, query.size());
    EXPECT_FALSE(show_error(query, *result.error).empty());
}

TEST(Query, keeps_its_rules_on_the_fuzz_corpus_and_on_noise) {
    std::size_t files = 0;
    const auto folder = std::filesystem::path(LETOPIS_SOURCE_DIR) / "fuzz/corpus/query";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(entry.path(), std::ios::binary);
        check_rules(std::string(std::istreambuf_iterator<char>(in), {}));
        ++files;
    }
    EXPECT_GT(files, 3u);

    std::mt19937 random(5);
    const std::vector<std::string> pieces = {
        "слово", "a",  " ",     " ",      "(",          ")",    "\"",  "=", "-",
        "*",     ":",  "from:", "до:",    "in:subject", " OR ", "ИЛИ", "|", "«",
        "»",     "7d", "2024-", "12 500", "+7",         "\xff", "NOT "};
    for (int round = 0; round < 20000; ++round) {
        std::string query;
        for (auto n = random() % 16; n > 0; --n) query += pieces[random() % pieces.size()];
        check_rules(query);
    }
}

}  // namespace
}  // namespace letopis::text
