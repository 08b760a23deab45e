// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/analyser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

namespace letopis::text {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;

std::vector<std::string> terms(std::string_view input, Use use = Use::document) {
    std::vector<std::string> out;
    Analyser().analyse(input, use, [&](const Token& token) {
        out.emplace_back(token.term);
        return true;
    });
    return out;
}

// Every position with the set of terms there.
std::vector<std::set<std::string>> positions(std::string_view input, Use use = Use::document) {
    std::vector<std::set<std::string>> out;
    Analyser().analyse(input, use, [&](const Token& token) {
        if (!token.colocated) out.emplace_back();
        out.back().emplace(token.term);
        return true;
    });
    return out;
}

bool finds(std::string_view query, std::string_view document) {
    const auto wanted = positions(query, Use::query);
    const auto given = positions(document);
    for (std::size_t start = 0; start + wanted.size() <= given.size(); ++start) {
        bool all = true;
        for (std::size_t i = 0; i < wanted.size(); ++i)
            for (const auto& term : wanted[i]) all &= given[start + i].count(term) > 0;
        if (all) return !wanted.empty();
    }
    return false;
}

TEST(Analyser, gives_one_term_for_all_forms_of_a_word) {
    Analyser analyser;

    EXPECT_EQ(analyser.term("договорами"), analyser.term("Договор"));
    EXPECT_EQ(analyser.term("contracts"), analyser.term("Contract"));
    EXPECT_EQ(analyser.term("договорами"), "договор");
    EXPECT_NE(analyser.term("договор"), analyser.term("поставка"));
}

TEST(Analyser, knows_the_vowel_that_comes_and_goes) {
    Analyser analyser;
    const std::vector<std::vector<std::string>> words = {
        {"окно", "окна", "окон", "окнами"},
        {"скидка", "скидок", "скидками"},
        {"доставка", "доставок"},
        {"сделка", "сделок", "сделке"},
        {"заявка", "заявок"},
        {"рынок", "рынка", "рынков"},
        {"отец", "отца", "отцов"},
        {"продавец", "продавца", "продавцами"},
        {"владелец", "владельца", "владельцу"},
        {"боец", "бойца"},
        {"кольцо", "колец", "кольца"},
        {"копейка", "копеек", "копейки"},
        {"наклейка", "наклеек"},
        {"кошелёк", "кошелька"},
        {"огонёк", "огонька"},
        {"письмо", "писем", "письма", "письмами"},
        {"день", "дня", "дней", "дни", "днём", "днями", "дню", "днях"},
        {"деньги", "денег", "деньгами"},
        {"уровень", "уровня", "уровни"},
        {"перечень", "перечня"},
        {"заём", "займа", "займы"},
        {"стекло", "стёкол", "стекла"},
        {"число", "чисел"},
        {"сестра", "сестёр"},
        {"должен", "должна", "должны"},
        {"согласен", "согласна"},
        {"пришёл", "пришла", "пришли"},
        {"нашёл", "нашла"},
        {"Павел", "Павла"},
    };
    for (const auto& forms : words)
        for (const auto& form : forms)
            EXPECT_EQ(analyser.term(form), analyser.term(forms[0])) << form;
}

TEST(Analyser, leaves_vowels_that_stay) {
    Analyser analyser;
    for (const auto* word : {"договор", "телефон", "платеж", "сторон", "закон", "процент"})
        EXPECT_EQ(analyser.term(word), word);
    EXPECT_NE(analyser.term("Олег"), analyser.term("Ольга"));
    EXPECT_NE(analyser.term("степень"), analyser.term("степной"));
    EXPECT_NE(analyser.term("сторона"), analyser.term("сторно"));
    EXPECT_NE(analyser.term("очень"), analyser.term("очный"));
    EXPECT_NE(analyser.term("жестокий"), analyser.term("жёсткий"));
    EXPECT_NE(analyser.term("отделение"), analyser.term("отдельный"));
    EXPECT_EQ(analyser.term("window"), "window");
    EXPECT_EQ(analyser.term("уровеньX"), "уровеньx");
}

TEST(Analyser, finds_words_by_a_beginning_that_reaches_over_their_term) {
    Analyser analyser;
    const auto begins = [&](std::string_view beginning, std::string_view word) {
        const auto term = analyser.term(word);
        const auto terms = analyser.terms_of_beginning(beginning);
        return term.starts_with(fold(beginning)) ||
               std::find(terms.begin(), terms.end(), term) != terms.end();
    };
    for (const std::string word : {"урок",
                                   "уроками",
                                   "рынок",
                                   "конец",
                                   "владельцами",
                                   "владелец",
                                   "кошелёк",
                                   "копеек",
                                   "окон",
                                   "писем",
                                   "уровень",
                                   "дней",
                                   "пришёл",
                                   "договорами",
                                   "contracts"})
        for (std::size_t size = 6; size <= word.size(); size += 2)
            EXPECT_TRUE(begins(word.substr(0, size), word)) << word.substr(0, size);
    EXPECT_THAT(analyser.terms_of_beginning("anna."), ElementsAre());
    EXPECT_THAT(analyser.terms_of_beginning("договор"), ElementsAre());
}

TEST(Analyser, folds_case_and_yo) {
    EXPECT_EQ(terms("СЧЁТ"), terms("счет"));
    EXPECT_EQ(terms("Ёлка"), terms("елка"));
    EXPECT_EQ(terms("cче\xcc\x88т"), terms("cчёт"));
}

TEST(Analyser, composes_letters_that_were_typed_in_two_characters) {
    EXPECT_EQ(terms("\xd0\xb8\xcc\x86\xd0\xbe\xd0\xb4"), terms("йод"));
    EXPECT_EQ(terms("зако\xcc\x81н"), terms("закон"));
    EXPECT_EQ(terms("дого\xc2\xadвор"), terms("договор"));
}

TEST(Analyser, gives_the_source_range_of_every_token) {
    const std::string_view input = "Ваш договор, anna@client.example!";
    std::map<std::string, std::string> ranges;
    Analyser().analyse(input, Use::document, [&](const Token& token) {
        ranges[std::string(token.term)] = input.substr(token.begin, token.end - token.begin);
        return true;
    });

    EXPECT_EQ(ranges["договор"], "договор");
    EXPECT_EQ(ranges["anna@client.example"], "anna@client.example");
    EXPECT_EQ(ranges["client.example"], "client.example");
    EXPECT_EQ(ranges["client"], "client");
}

TEST(Analyser, gives_an_address_whole_and_in_parts_at_one_position) {
    const auto found = positions("пишите на anna.petrova@sub.client.example сегодня");

    ASSERT_EQ(found.size(), 4u);
    EXPECT_THAT(found[2],
                IsSupersetOf({"anna.petrova@sub.client.example",
                              "anna.petrova",
                              "anna",
                              "petrova",
                              "sub.client.example",
                              "client.example",
                              "sub",
                              "client",
                              "exampl"}));
    EXPECT_THAT(terms("anna@client.example", Use::query), ElementsAre("anna@client.example"));
}

TEST(Analyser, gives_one_term_for_a_sum_in_any_notation) {
    for (const auto* notation : {"1 250 000,50",
                                 "1,250,000.50",
                                 "1250000.5",
                                 "1.250.000,50",
                                 "1\u00a0250\u00a0000,5",
                                 "1250000,50"}) {
        EXPECT_THAT(terms(notation), Contains("1250000.5")) << notation;
        EXPECT_THAT(terms(notation, Use::query), ElementsAre("1250000.5")) << notation;
        EXPECT_THAT(terms(notation), Contains("1250000")) << notation;
    }
    EXPECT_THAT(terms("12 500 руб."), IsSupersetOf({"12500", "12", "500"}));
    EXPECT_TRUE(finds("12500 руб", "итого 12 500,00 руб. с НДС"));
    EXPECT_TRUE(finds("12500", "итого 12 500р."));
    EXPECT_TRUE(finds("500", "всего 500р"));
    EXPECT_TRUE(finds("500р", "всего 500 р."));
}

TEST(Analyser, does_not_join_what_only_stands_side_by_side) {
    EXPECT_THAT(terms("в 2024 150 штук"), Not(Contains("2024150")));
    EXPECT_THAT(terms("пункты 1, 2, 3"), IsSupersetOf({"1", "2", "3"}));
    EXPECT_THAT(terms("1,2,3,4"), ElementsAre("1", "2", "3", "4"));
    EXPECT_THAT(terms("в 10:30"), IsSupersetOf({"10", "30"}));
}

TEST(Analyser, gives_one_term_for_a_telephone_number_in_any_notation) {
    for (const auto* notation : {"+7 (916) 123-45-67",
                                 "8 916 1234567",
                                 "8(916)123-45-67",
                                 "+79161234567",
                                 "89161234567",
                                 "8-916-123-45-67",
                                 "+7 916 123 45 67",
                                 "9161234567",
                                 "(916) 123-45-67",
                                 "79161234567",
                                 "916 123-45-67",
                                 "+7\u00a0916\u00a0123\u201145\u201167"}) {
        EXPECT_THAT(terms(notation), IsSupersetOf({"+79161234567", "9161234567", "1234567"}))
            << notation;
        for (const auto* other : {"+7 (916) 123-45-67", "8 916 1234567", "916 123-45-67"})
            EXPECT_TRUE(finds(notation, std::string("тел. ") + other + ", звоните")) << notation;
    }
    EXPECT_TRUE(finds("123-45-67", "телефон 8 (916) 123-45-67 доб. 5"));
    EXPECT_TRUE(finds("442079460958", "call +44 20 7946 0958 please"));
    EXPECT_TRUE(finds("+44 20 7946 0958", "call +442079460958 please"));
    EXPECT_TRUE(finds("4951234567", "Офис: (495) 123-45-67"));
    EXPECT_TRUE(finds("(495) 123-45-67", "Офис: 4951234567"));
}

TEST(Analyser, gives_order_numbers_whole_and_in_parts) {
    EXPECT_THAT(terms("№ 17/2024-Ж"), IsSupersetOf({"17/2024-ж", "17/2024", "17", "2024"}));
    EXPECT_THAT(terms("INV-00123"), IsSupersetOf({"inv-00123", "inv", "00123", "123"}));
    EXPECT_TRUE(finds("№17/2024-А", "Договор № 17/2024-А от 5 мая"));
    EXPECT_TRUE(finds("17/2024", "Договор №17/2024-А"));
    EXPECT_TRUE(finds("INV-00123", "see inv-00123."));
    EXPECT_TRUE(finds("#123", "order №123"));
}

TEST(Analyser, finds_an_order_number_typed_with_letters_of_the_other_alphabet) {
    EXPECT_TRUE(finds("A-17", "заказ А-17 готов"));  // Latin in the query, Cyrillic in the text
    EXPECT_TRUE(finds("А-17", "заказ A-17 готов"));
    EXPECT_TRUE(finds("А-17", "заказ А-17 готов"));
}

TEST(Analyser, gives_one_term_for_a_date_in_any_notation) {
    for (const auto* notation : {"12.05.2024", "12/05/2024", "2024-05-12", "12-05-2024"})
        EXPECT_THAT(terms(notation, Use::query), ElementsAre("2024-05-12")) << notation;
    EXPECT_THAT(terms("версия 12.15.2024"), Contains("12.15.2024"));
}

TEST(Analyser, gives_words_with_hyphens_whole_and_in_parts) {
    EXPECT_THAT(terms("бизнес-планом"), ElementsAre("бизнес-план", "бизнес", "план"));
    EXPECT_TRUE(finds("интернет-магазину", "наш интернет-магазин открыт"));
    EXPECT_TRUE(finds("магазин", "наш интернет-магазин открыт"));
}

TEST(Analyser, leaves_out_apostrophes) {
    EXPECT_TRUE(finds("client", "the client's order"));
    EXPECT_TRUE(finds("obrien", "Mr. O'Brien"));
    EXPECT_TRUE(finds("O\u2019Brien", "Mr. O'Brien"));
    EXPECT_TRUE(finds("brien", "Mr. O'Brien"));
}

TEST(Analyser, gives_tags_and_mentions_with_and_without_the_sign) {
    EXPECT_THAT(terms("#акция @ivan_petrov"),
                IsSupersetOf({"#акция", "акц", "@ivan_petrov", "ivan_petrov", "ivan", "petrov"}));
    EXPECT_FALSE(finds("#акция", "наша акция"));
    EXPECT_TRUE(finds("акция", "наша #акция"));
}

TEST(Analyser, takes_emoji_as_words) {
    EXPECT_THAT(terms("супер 👍!"), ElementsAre("супер", "👍"));
    EXPECT_TRUE(finds("👍", "ок 👍🏽"));
}

TEST(Analyser, finds_ideographs_by_characters_and_pairs) {
    EXPECT_TRUE(finds("北京", "我在北京工作"));
    EXPECT_TRUE(finds("京", "我在北京工作"));
    EXPECT_TRUE(finds("北京工作", "我在北京工作"));
    EXPECT_FALSE(finds("京北", "我在北京工作"));
}

TEST(Analyser, splits_at_a_full_stop_without_a_space_but_not_inside_hosts) {
    EXPECT_TRUE(finds("оплату Прошу", "жду оплату.Прошу ответить"));
    EXPECT_THAT(terms("https://shop.client.example/path"),
                IsSupersetOf({"shop.client.example", "client.example", "path"}));
    EXPECT_THAT(terms("report_v2.pdf"), IsSupersetOf({"report_v2.pdf", "report", "pdf"}));
    EXPECT_THAT(terms("пример.рф"), Contains("пример.рф"));
}

TEST(Analyser, folds_full_width_and_ligatures) {
    EXPECT_EQ(terms("ＡＢＣ"), terms("abc"));
    EXPECT_EQ(terms("oﬃce"), terms("office"));
    EXPECT_THAT(terms("м²"), Contains("м2"));
    EXPECT_EQ(terms("STRAẞE"), terms("strasse"));
}

TEST(Analyser, cuts_long_terms_at_a_character_border) {
    const auto found = terms(std::string(200, 'x'));
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].size(), term_bytes_max);

    std::string russian;
    for (int i = 0; i < 60; ++i) russian += "щ";
    for (const auto& term : terms("x" + russian)) {
        EXPECT_LE(term.size(), term_bytes_max);
        EXPECT_TRUE(valid_utf8(term));
    }
}

TEST(Analyser, stops_when_told_so) {
    int count = 0;
    Analyser().analyse("один два три", Use::document, [&](const Token&) { return ++count < 2; });
    EXPECT_EQ(count, 2);
}

// What every input must keep to, also a hostile one.
void check_rules(std::string_view input) {
    Analyser analyser;
    for (const auto use : {Use::document, Use::query}) {
        bool first = true;
        analyser.analyse(input, use, [&](const Token& token) {
            EXPECT_FALSE(token.term.empty());
            EXPECT_LE(token.term.size(), term_bytes_max);
            EXPECT_TRUE(valid_utf8(token.term)) << token.term;
            EXPECT_LT(token.begin, token.end);
            EXPECT_LE(token.end, input.size());
            EXPECT_FALSE(first && token.colocated);
            first = false;
            return true;
        });
    }
    EXPECT_TRUE(valid_utf8(fold(input)));
    EXPECT_TRUE(valid_utf8(repaired_utf8(input)));
}

TEST(Analyser, keeps_its_rules_on_the_fuzz_corpus) {
    const auto folder = std::filesystem::path(LETOPIS_SOURCE_DIR) / "fuzz/corpus/analyser";
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(entry.path(), std::ios::binary);
        check_rules(std::string(std::istreambuf_iterator<char>(in), {}));
        ++files;
    }
    EXPECT_GT(files, 3u);
}

TEST(Analyser, keeps_its_rules_on_noise) {
    std::mt19937 random(7);
    const std::vector<std::string> pieces = {
        "а",    "Я",    "x",  "9", "0", "7", " ",        "-",      ".",      ",",      "/",
        "@",    "#",    "+",  "(", ")", "_", "'",        "\u2019", "\u00a0", "\u2011", "\xcc\x81",
        "\xff", "\xd0", "北", "👍", "ﬃ", "½", "\xc2\xad", "ё",      "\n"};
    for (int round = 0; round < 20000; ++round) {
        std::string input;
        for (auto n = random() % 24; n > 0; --n) input += pieces[random() % pieces.size()];
        check_rules(input);
    }
}

// A text always finds itself: what a query for it asks is among what it has as a document, at the
// same distances.
TEST(Analyser, finds_every_text_by_itself) {
    std::mt19937 random(11);
    const std::vector<std::string> pieces = {
        "слово", "договоры", "x",  "12", "500", "007",    "3",  " ",     " ",
        "-",     ".",        ",",  "/",  "@",   "#",      "+7", "(916)", "_",
        "'",     "\u00a0",   "北", "京", "👍",   "client", "ё"};
    for (int round = 0; round < 20000; ++round) {
        std::string input;
        for (auto n = random() % 12; n > 0; --n) input += pieces[random() % pieces.size()];
        if (positions(input, Use::query).empty()) continue;
        EXPECT_TRUE(finds(input, input)) << input;
        if (HasFailure()) break;
    }
}

TEST(Fold, keeps_words_and_signs_but_not_case_and_yo) {
    EXPECT_EQ(fold("Договор №5, Ёлка!"), "договор no5, елка!");
    EXPECT_EQ(fold("ПОСТАВКУ"), "поставку");
}

TEST(Utf8, tells_good_from_bad_and_repairs) {
    EXPECT_TRUE(valid_utf8("Привет 👍"));
    EXPECT_FALSE(valid_utf8("\xc0\xaf"));
    EXPECT_FALSE(valid_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(valid_utf8("\xd0"));
    EXPECT_EQ(repaired_utf8("a\xff"), "a\uFFFD");
}

TEST(OtherLayout, gives_what_the_same_keys_type) {
    EXPECT_EQ(other_layout("ghbdtn"), "привет");
    EXPECT_EQ(other_layout("руддщ"), "hello");
    EXPECT_EQ(other_layout("Ljujdjh"), "Договор");
    EXPECT_EQ(other_layout("cx`n"), "счёт");
    EXPECT_EQ(other_layout("12 500"), "");
}

}  // namespace
}  // namespace letopis::text
