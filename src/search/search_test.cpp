// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/evaluate.hpp"
#include "search/testing_bench.hpp"

namespace letopis::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Search, finds_any_form_of_a_word_newest_first) {
    Bench bench;
    bench.bulk({a_doc(1, "Проект договора готов"),
                a_doc(2, "Счёт оплачен"),
                a_doc(3, "Подпишите договоры")},
               10);

    EXPECT_THAT(bench.find("договор"), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("счета"), ElementsAre(2));
    EXPECT_THAT(bench.find("договор -проект"), ElementsAre(3));
    EXPECT_THAT(bench.find("\"проект договор\""), ElementsAre(1));
    EXPECT_THAT(bench.find("\"договор проект\""), IsEmpty());
    EXPECT_THAT(bench.find(""), ElementsAre(3, 2, 1));
    EXPECT_THAT(bench.find("-договор"), ElementsAre(2));
    EXPECT_EQ(bench.engine->position(), 10u);
    EXPECT_EQ(bench.engine->docs(), 3u);
}

TEST(Search, finds_exactly_what_was_written) {
    Bench bench;
    bench.bulk({a_doc(1, "согласно «договору поставки» от мая"),
                a_doc(2, "договоры\nпоставки"),
                a_doc(3, "договору   поставки"),
                a_doc(4, "передоговору поставки")},
               10);

    EXPECT_THAT(bench.find("=\"договору поставки\""), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("\"договору поставки\""), ElementsAre(3, 2, 1));
}

TEST(Search, says_that_exact_text_was_not_compared_when_it_may_not_read) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 30; ++i)
        docs.push_back(a_doc(i, i % 2 ? "договору" : "договоры"));
    bench.bulk(docs, 10);
    const auto query = text::parse_query("=договору", now);

    const auto all = ask(bench, query, [&](Request& r) { r.texts = bench.source(); });
    const auto few = ask(bench, query, [&](Request& r) {
        r.texts = bench.source();
        r.exact_checks_max = 10;
    });
    const auto none = ask(bench, query);

    EXPECT_TRUE(all.exact);
    EXPECT_EQ(all.total, 15u);
    EXPECT_FALSE(few.exact);
    EXPECT_EQ(few.total, 30u);
    EXPECT_FALSE(few.note.empty());
    EXPECT_FALSE(none.exact);
}

TEST(Search, compares_no_more_texts_than_the_page_needs_and_shows_only_what_was_compared) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 300; ++i)
        docs.push_back(a_doc(i, i % 3 ? "договору" : "договоры"));
    bench.bulk(docs, 10);
    bench.live({a_doc(301, "договоры"), a_doc(302, "По договору")}, 20);
    const auto query = text::parse_query("=договору after:2023-01-01", now);
    std::size_t read = 0;
    const auto texts = [&](Seq seq) {
        ++read;
        return bench.source()(seq);
    };
    std::vector<Seq> found;
    std::string cursor;
    do {
        read = 0;
        const auto page = ask(bench, query, [&](Request& r) {
            r.texts = texts;
            r.exact_checks_max = 40;
            r.limit = 10;
            r.cursor = cursor;
        });
        EXPECT_FALSE(page.exact);
        EXPECT_EQ(page.total, 302u);
        EXPECT_LE(read, 16u);
        for (const auto& hit : page.hits) found.push_back(hit.seq);
        cursor = page.cursor;
    } while (!cursor.empty() && found.size() < 1000);

    std::vector<Seq> expected{Seq(302)};
    for (std::uint64_t i = 300; i > 0; --i)
        if (i % 3) expected.push_back(Seq(i));
    EXPECT_EQ(found, expected);
}

TEST(Search, goes_on_behind_the_last_text_that_it_could_compare) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 100; ++i)
        docs.push_back(a_doc(i, i == 7 ? "договору" : "договоры"));
    bench.bulk(docs, 10);
    const auto query = text::parse_query("=договору", now);
    std::vector<Seq> found;
    std::string cursor;
    int pages = 0;
    do {
        const auto page = ask(bench, query, [&](Request& r) {
            r.texts = bench.source();
            r.exact_checks_max = 30;
            r.cursor = cursor;
        });
        for (const auto& hit : page.hits) found.push_back(hit.seq);
        cursor = page.cursor;
    } while (++pages < 10 && !cursor.empty());

    EXPECT_EQ(pages, 4);
    EXPECT_THAT(found, ElementsAre(Seq(7)));
}

TEST(Search, finds_people_and_files_by_any_part_of_their_names) {
    Bench bench;
    text::Analyser analyser;
    auto doc = a_doc(1, "см. вложение");
    add_party_terms(analyser, "from", "anna@client.example", "Анна Петрова", doc.terms);
    add_party_terms(analyser, "to", "+79161234567", "Олег", doc.terms);
    add_filename_terms(analyser, "Счёт-17.pdf", doc.terms);
    doc.terms.push_back("has:attachment");
    doc.terms.push_back("has:unparsed");
    bench.bulk({doc, a_doc(2, "без вложений")}, 10);

    for (const auto* query : {"from:anna@client.example",
                              "from:client.example",
                              "от:Анна",
                              "от:\"Анна Петрова\"",
                              "from:петрова",
                              "to:олег",
                              "кому:89161234567",
                              "filename:счёт",
                              "вложение:Счёт-17.pdf",
                              "has:attachment",
                              "has:unparsed",
                              "from:петр*"})
        EXPECT_THAT(bench.find(query), ElementsAre(1)) << query;
    EXPECT_THAT(bench.find("from:олег"), IsEmpty());
    EXPECT_THAT(bench.find("петрова"), IsEmpty());  // filter terms are no words of the text
}

TEST(Search, takes_no_filter_term_for_the_beginning_of_a_word) {
    Bench bench;
    auto doc = a_doc(1, "без слов");
    doc.terms.push_back("source:mbox");
    bench.bulk({doc, a_doc(2, "sources of income")}, 10);

    EXPECT_THAT(bench.find("sour*"), ElementsAre(2));
}

TEST(Search, sees_nothing_outside_the_scope) {
    Bench bench;
    bench.bulk({a_doc(1, "договор", 1), a_doc(2, "договор", 2), a_doc(3, "счёт", 1)}, 10);

    EXPECT_THAT(bench.find("договор", Scope::groups({1})), ElementsAre(1));
    EXPECT_THAT(bench.find("-договор", Scope::groups({1})), ElementsAre(3));
    EXPECT_THAT(bench.find("", Scope::groups({1}, 7)), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("", Scope::groups({1}, 7)), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("", Scope::groups({})), IsEmpty());
}

TEST(Search, sees_only_what_a_scope_matches) {
    Bench bench;
    auto oleg = a_doc(2, "договор и счёт");
    std::ranges::replace(oleg.terms, "channel:email", "channel:telegram");
    bench.bulk({a_doc(1, "договор"), oleg}, 10);
    const auto scope = [](const char* query, std::uint64_t version) {
        auto parsed = text::parse_query(query, Instant{});
        return Scope::matching(std::shared_ptr<const text::Node>(std::move(parsed.root)), version);
    };

    EXPECT_THAT(bench.find("договор", scope("channel:telegram", 0)), ElementsAre(2));
    EXPECT_THAT(bench.find("", scope("channel:email OR channel:whatsapp", 5)), ElementsAre(1));
    EXPECT_THAT(bench.find("", scope("channel:email OR channel:whatsapp", 5)), ElementsAre(1));
    EXPECT_THAT(bench.find("", scope("-channel:email -channel:telegram", 6)), IsEmpty());
    EXPECT_THAT(bench.find("-счёт", scope("-channel:email", 0)), IsEmpty());
}

TEST(Search, asks_the_catalogue_for_what_may_change) {
    Bench bench;
    bench.bulk({a_doc(1, "договор"), a_doc(2, "договор"), a_doc(3, "счёт")}, 10);
    bench.live({a_doc(4, "договор")}, 11);
    const auto query = text::parse_query("tag:важное договор", now);

    const auto answer = ask(bench, query, [](Request& r) {
        r.resolve = [](text::Field field,
                       std::string_view value) -> Result<std::optional<std::vector<Seq>>> {
            EXPECT_EQ(field, text::Field::tag);
            EXPECT_EQ(value, "важное");
            return std::vector<Seq>{Seq(4), Seq(2), Seq(3)};
        };
    });

    ASSERT_EQ(answer.total, 2u);
    EXPECT_EQ(answer.hits[0].seq, Seq(4));
    EXPECT_EQ(answer.hits[1].seq, Seq(2));
}

TEST(Search, shows_live_messages_after_the_commit_and_not_before) {
    Bench bench;
    ok(bench.engine->add(a_doc(1, "договор")));
    EXPECT_THAT(bench.find("договор"), IsEmpty());

    ok(bench.engine->commit(5));

    EXPECT_THAT(bench.find("договор"), ElementsAre(1));
    EXPECT_EQ(bench.engine->position(), 5u);
}

TEST(Search, sorts_late_messages_in_by_date) {
    Bench bench;
    auto late = a_doc(9, "договор");
    late.sort_date = *from_civil(2023, 1, 1);
    bench.bulk({a_doc(1, "договор"), a_doc(2, "договор")}, 5);
    bench.live({a_doc(3, "договор"), late}, 6);

    EXPECT_THAT(bench.find("договор"), ElementsAre(3, 2, 1, 9));
    EXPECT_THAT(bench.find("договор before:2024"), ElementsAre(9));
}

TEST(Search, replaces_and_removes_messages_wherever_they_are) {
    Bench bench;
    bench.bulk({a_doc(1, "договор"), a_doc(2, "договор")}, 5);
    bench.live({a_doc(3, "договор")}, 6);

    bench.live({a_doc(2, "счёт"), a_doc(3, "счёт")}, 7);
    EXPECT_THAT(bench.find("договор"), ElementsAre(1));
    EXPECT_THAT(bench.find("счёт"), ElementsAre(3, 2));
    EXPECT_EQ(bench.engine->docs(), 3u);

    ok(bench.engine->remove({Seq(1), Seq(3)}));
    ok(bench.engine->commit(8));
    EXPECT_THAT(bench.find(""), ElementsAre(2));
    bench.engine = nullptr;
    bench.engine = open(bench.folder.path());
    EXPECT_THAT(bench.find(""), ElementsAre(2));
    EXPECT_EQ(bench.engine->position(), 8u);
}

TEST(Search, refuses_a_shard_out_of_order) {
    Bench bench;
    auto builder = ok(bench.engine->new_shard());
    ok(builder->add(a_doc(2, "б")));
    EXPECT_EQ(builder->add(a_doc(1, "а")).error().code, Errc::invalid);
}

TEST(Search, ranks_by_words_and_gives_every_page_once) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 200; ++i)
        docs.push_back(a_doc(
            i,
            i == 77 ? "договор договор договор" : "текст и договор " + std::string(i % 40, 'x')));
    bench.bulk(docs, 10);
    const auto query = text::parse_query("договор", now);
    Request request{.query = *query.root, .order = Order::relevance, .limit = 30};

    std::set<std::uint64_t> seen;
    auto answer = ok(bench.engine->search(request));
    ASSERT_FALSE(answer.hits.empty());
    EXPECT_EQ(answer.hits[0].seq, Seq(77));
    for (;;) {
        for (const auto& hit : answer.hits) EXPECT_TRUE(seen.insert(hit.seq.value()).second);
        if (answer.cursor.empty()) break;
        request.cursor = answer.cursor;
        answer = ok(bench.engine->search(request));
    }
    EXPECT_EQ(seen.size(), 200u);
}

TEST(Search, refuses_a_cursor_that_it_did_not_make) {
    Bench bench;
    bench.bulk({a_doc(1, "договор")}, 2);
    const auto query = text::parse_query("договор", now);
    for (const auto* cursor : {"x", "n", "nzz", "r5", "n00"}) {
        Request request{.query = *query.root};
        request.cursor = cursor;
        EXPECT_FALSE(bench.engine->search(request)) << cursor;
    }
}

TEST(Search, counts_facets_of_what_is_found) {
    Bench bench;
    auto other = a_doc(2, "договор");
    other.channel = 3;
    other.sender = "boris@client.example";
    other.has_attachment = true;
    other.terms = {"channel:whatsapp", "lang:en"};
    other.sort_date = *from_civil(2024, 3, 1);
    bench.bulk({a_doc(1, "договор"), other, a_doc(3, "счёт")}, 10);
    bench.live({a_doc(4, "договор")}, 11);
    const auto query = text::parse_query("договор", now);

    const Request request{.query = *query.root};
    const auto facets = ok(bench.engine->facets(request));

    EXPECT_EQ(facets.total, 3u);
    EXPECT_EQ(facets.with_attachment, 1u);
    EXPECT_THAT(facets.channels, ElementsAre(std::pair(1, 2u), std::pair(3, 1u)));
    EXPECT_THAT(
        facets.senders,
        ElementsAre(std::pair("anna@client.example", 2u), std::pair("boris@client.example", 1u)));
    EXPECT_THAT(facets.languages, ElementsAre(std::pair("ru", 2u), std::pair("en", 1u)));
    ASSERT_EQ(facets.months.size(), 2u);
    EXPECT_EQ(facets.months[0].month, 1);
    EXPECT_EQ(facets.months[0].count, 2u);
    EXPECT_EQ(facets.months[1].month, 3);
}

TEST(Search, suggests_a_near_word_that_is_in_scope) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 400; ++i)
        docs.push_back(a_doc(i, i % 2 ? "договор поставки" : "предоплата сегодня", i % 2));
    bench.bulk(docs, 10);
    const auto mean = [&](const char* word, Scope scope = {}) {
        return ok(bench.engine->did_you_mean(word, scope)).value_or("");
    };

    EXPECT_EQ(mean("догвоор"), "договор");
    EXPECT_EQ(mean("договр"), "договор");
    EXPECT_EQ(mean("ljujdjh"), "договор");
    EXPECT_EQ(mean("придоплота"), "предоплата");
    EXPECT_EQ(mean("договр", Scope::groups({0})), "");
    EXPECT_EQ(mean("совсемдругое"), "");
    EXPECT_EQ(mean("договор"), "");
    EXPECT_EQ(mean("поставка"), "");  // which is a word, however near others are
}

TEST(Search, suggests_words_of_a_small_archive_that_grows) {
    Bench bench;
    const auto mean = [&](const char* word, Scope scope = {}) {
        return ok(bench.engine->did_you_mean(word, scope)).value_or("");
    };
    bench.live({a_doc(1, "договор поставки", 1), a_doc(2, "один раз", 1)}, 10);
    EXPECT_EQ(mean("договар"), "");  // one message is not enough

    bench.live({a_doc(3, "Договор и invoice", 1)}, 11);
    EXPECT_EQ(mean("договар"), "договор");
    EXPECT_EQ(mean("invoise"), "");
    for (std::uint64_t i = 4; i < 30; ++i) bench.live({a_doc(i, "invoice", 1)}, 8 + i);
    EXPECT_EQ(mean("invoise"), "invoice");
    EXPECT_EQ(mean("договар"), "договор");
    EXPECT_EQ(mean("договар", Scope::groups({2})), "");
    ok(bench.engine->remove({Seq(1), Seq(3)}));
    ok(bench.engine->commit(40));
    EXPECT_EQ(mean("договар"), "");
}

TEST(SaysExactly, compares_words_without_case_yo_and_white_space) {
    EXPECT_TRUE(says_exactly("По «Договору\n поставки».", "договору поставки"));
    EXPECT_TRUE(says_exactly("Счёт", "счет"));
    EXPECT_FALSE(says_exactly("передоговору поставки", "договору поставки"));
    EXPECT_FALSE(says_exactly("договору поставкину", "договору поставки"));
}

}  // namespace
}  // namespace letopis::search
