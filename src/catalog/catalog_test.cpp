// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/catalog.hpp"

#include <gmock/gmock.h>

#include <set>
#include <span>

#include "catalog/testing.hpp"
#include "sql/sqlite.hpp"

namespace letopis::catalog {
namespace {

using testing::ElementsAreArray;

struct Catalogue : testing::Test {
    Catalogue() { journal.context(); }
    Catalog& built() {
        if (!catalog) catalog = journal.build(directory / "catalog.db");
        return *catalog;
    }
    TestDirectory directory;
    TestJournal journal;
    std::unique_ptr<Catalog> catalog;
};

model::Message rich_mail() {
    auto m = MailBuilder("rich@x").references({"r1", "r2"}).answers("r2").m;
    m.in_reply_to.push_back("r9");
    m.text = "Здравствуйте";
    m.slice = model::Slice{500, 24};
    m.zones = {{model::ZoneKind::quote, 3, 9}};
    m.attachments = {{.name = "договор.pdf",
                      .type = "application/pdf",
                      .size = 100,
                      .sha256 = Digest{7},
                      .locator = "1.2",
                      .content_id = "cid",
                      .inline_ = true}};
    m.list_id = "list.example";
    m.thread_index = "AdIndex";
    m.labels = "Работа,Важное";
    m.marks = {"charset_guessed", "smime_signed"};
    m.mark_detail = "one line";
    m.zone_assumed = true;
    return m;
}

TEST_F(Catalogue, tells_everything_about_a_message) {
    const auto mail = rich_mail();
    const auto seq = journal.add(mail, [](Captured& c) {
        c.key = "rich@x#0011";
        c.folder = "Архив/2024";
        c.flags = "FRS";
        c.member = "all.zip/box";
        c.received = hours_later(1);
        c.raw_is_object = true;
    });

    const auto d = built().message(seq);
    ASSERT_TRUE(d);
    EXPECT_EQ(d->key, "rich@x#0011");
    EXPECT_EQ(d->folder, "Архив/2024");
    EXPECT_EQ(d->flags, "FRS");
    EXPECT_EQ(d->member, "all.zip/box");
    EXPECT_EQ(d->received, hours_later(1));
    EXPECT_TRUE(d->raw_is_object);
    EXPECT_EQ(d->raw_sha256[0], seq.value());
    EXPECT_EQ(d->source, "mail:office");
    EXPECT_EQ(d->position, 1000U);
    auto expected = mail;
    expected.text.clear();
    expected.attachments.clear();
    EXPECT_EQ(d->parsed, expected);
    ASSERT_EQ(d->attachments.size(), 1U);
    EXPECT_EQ(d->attachments[0].attachment, mail.attachments[0]);
    EXPECT_EQ(built().text(seq)->slice, mail.slice);
    EXPECT_FALSE(built().text(seq)->text.has_value());
    EXPECT_EQ(built().message(Seq(99)).error().code, Errc::not_found);
}

TEST_F(Catalogue, keeps_text_only_where_the_raw_bytes_do_not_have_it) {
    const auto html = journal.add(MailBuilder("h").text("из HTML " + std::string(3000, 'y')));
    const auto empty = journal.add(MailBuilder("e").text(""));

    EXPECT_EQ(built().text(html)->text->size(), 3000U + std::string("из HTML ").size());
    EXPECT_EQ(built().text(empty)->text, "");
}

TEST_F(Catalogue, gives_rows_for_a_list_in_the_order_asked) {
    const auto a = journal.add(MailBuilder("a").subject("Первое"));
    auto many = MailBuilder("b");
    for (int i = 0; i < 30; ++i)
        many.m.parties.push_back(person(model::Role::to, std::to_string(i) + "@x.example"));
    many.m.marks = {"unparsed"};
    const auto b = journal.add(many);

    const auto rows = built().messages(std::vector{b, Seq(0), a});
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->at(0).seq, b);
    EXPECT_EQ(rows->at(0).to_count, 31U);
    EXPECT_EQ(rows->at(0).to.size(), 10U);
    EXPECT_TRUE(rows->at(0).unparsed);
    EXPECT_EQ(rows->at(1).subject, "Первое");
    EXPECT_EQ(rows->at(1).from.name, "Анна");
    EXPECT_EQ(rows->at(1).message_id, "a");
    EXPECT_EQ(rows->at(1).date, day_one);
}

TEST_F(Catalogue, does_not_believe_dates_that_cannot_be) {
    const auto year_2099 = journal.add(MailBuilder("1").sent(from_unix(4'070'908'800)));
    const auto year_1970 = journal.add(MailBuilder("2").sent(from_unix(0)).m,
                                       [](Captured& c) { c.received = hours_later(7); });
    const auto both_wrong = journal.add(MailBuilder("3").sent(from_unix(0)).m,
                                        [](Captured& c) { c.received = from_unix(4'070'908'800); });
    auto undated_mail = MailBuilder("4");
    undated_mail.m.sent_at.reset();
    const auto undated = journal.add(undated_mail);
    auto tomorrow = MailBuilder("5");
    const auto at = built().message(undated)->at;
    tomorrow.m.sent_at = at + std::chrono::hours(23);
    catalog.reset();
    const auto next_day = journal.add(tomorrow);
    catalog = journal.build(directory / "second.db");

    EXPECT_EQ(built().message(year_2099)->sort_date, built().message(year_2099)->at);
    EXPECT_EQ(built().message(year_2099)->parsed.sent_at, from_unix(4'070'908'800));
    EXPECT_EQ(built().message(year_1970)->sort_date, hours_later(7));
    EXPECT_EQ(built().message(both_wrong)->sort_date, built().message(both_wrong)->at);
    EXPECT_EQ(built().message(undated)->sort_date, at);
    EXPECT_EQ(built().message(next_day)->sort_date, at + std::chrono::hours(23));
}

TEST_F(Catalogue, records_second_deliveries_and_twins) {
    const auto a = journal.add(MailBuilder("same").text("body"));
    const auto delivery = journal.deliver(a);
    auto copy = MailBuilder("same").text("body").m;
    const auto twin = journal.add(copy);
    copy.text = "other body";
    const auto other = journal.add(copy);
    const auto twin_of_other = journal.add(copy);

    const auto d = built().message(a);
    ASSERT_EQ(d->deliveries.size(), 1U);
    EXPECT_EQ(d->deliveries[0].seq, delivery);
    EXPECT_EQ(d->deliveries[0].folder, "Копии");
    EXPECT_EQ(d->deliveries[0].source, "mail:office");
    EXPECT_FALSE(d->twin_of.has_value());
    EXPECT_EQ(built().message(twin)->twin_of, a);
    EXPECT_FALSE(built().message(other)->twin_of.has_value());
    EXPECT_EQ(built().message(twin_of_other)->twin_of, other);
    EXPECT_EQ(built().conversation(a)->items[1].twin_of, a);
    EXPECT_EQ(built().counts()->twins, 2U);
}

TEST_F(Catalogue, believes_the_content_key_of_the_caller_over_the_text) {
    const auto with_key = [](std::uint8_t value) {
        return [=](Captured& c) { c.content_key = Digest{value}; };
    };
    const auto mail = MailBuilder("same").m;
    const auto a = journal.add(mail, with_key(1));
    const auto b = journal.add(mail, with_key(2));
    const auto c = journal.add(mail, with_key(1));

    EXPECT_FALSE(built().message(b)->twin_of.has_value());
    EXPECT_EQ(built().message(c)->twin_of, a);
}

TEST_F(Catalogue, pages_through_a_conversation_both_ways) {
    std::vector<Seq> all;
    for (int i = 0; i < 10; ++i)
        all.push_back(journal.add(
            MailBuilder("m" + std::to_string(i)).references({"root"}).sent(hours_later(i / 2))));

    const auto get = [&](const PageRequest& request) {
        std::vector<Seq> got;
        const auto page = built().conversation(all[0], request);
        for (const auto& item : page->items) got.push_back(item.seq);
        return got;
    };
    const std::vector<Seq> first(all.begin(), all.begin() + 4);
    const std::vector<Seq> second(all.begin() + 4, all.begin() + 8);
    const std::vector<Seq> last(all.begin() + 8, all.end());
    EXPECT_EQ(get({.limit = 4}), first);
    EXPECT_EQ(get({.after = all[3], .limit = 4}), second);
    EXPECT_EQ(get({.after = all[7], .limit = 4}), last);
    EXPECT_EQ(get({.before = all[8], .limit = 4}), second);
    EXPECT_EQ(get({.before = all[0]}), std::vector<Seq>{});
    const auto page = built().conversation(all[5], {.before = all[8], .limit = 4});
    EXPECT_TRUE(page->more_before);
    EXPECT_TRUE(page->more_after);
    EXPECT_EQ(page->messages, 10U);
    EXPECT_EQ(page->first_date, day_one);
    EXPECT_EQ(page->last_date, hours_later(4));
    EXPECT_FALSE(built().conversation(all[0], {.after = all[7], .limit = 4})->more_after);
    EXPECT_FALSE(built().conversation(all[0], {.limit = 4})->more_before);
}

TEST_F(Catalogue, finds_people_by_address_and_by_part_of_a_name) {
    journal.add(MailBuilder("a"));
    auto second = MailBuilder("b");
    second.m.parties[0].name = "Анна Семёнова";
    second.m.parties.push_back(second.m.parties[0]);  // twice in one message
    journal.add(second);
    journal.add(second.m);

    const auto anna = built().correspondent(model::AddressKind::email, "anna@client.example");
    ASSERT_TRUE(anna->has_value());
    EXPECT_EQ((*anna)->messages, 3U);
    ASSERT_EQ((*anna)->names.size(), 2U);
    EXPECT_EQ((*anna)->names[0].name, "Анна Семёнова");
    EXPECT_EQ((*anna)->names[0].count, 4U);
    EXPECT_EQ(built().correspondents("семен")->size(), 1U);
    EXPECT_EQ(built().correspondents("COMPANY.ex")->at(0).address, "boris@company.example");
    EXPECT_EQ(built().correspondents("example")->size(), 2U);
    EXPECT_EQ(built().correspondents("никого")->size(), 0U);
    EXPECT_FALSE(
        built().correspondent(model::AddressKind::name, "anna@client.example")->has_value());
}

TEST_F(Catalogue, balances_the_books_of_every_source) {
    const auto run = journal.add(MailBuilder("a"));
    const auto books = [&](std::uint64_t seen, std::uint64_t refused, bool finished) {
        journal.record<RunBooks>([=](Seq seq, Instant at) {
            static const std::vector<Refusal> why = {{"message 3", "larger than 256 MiB"}};
            return RunBooks{.seq = seq,
                            .at = at,
                            .run = run,
                            .source = "mail:office",
                            .seen = seen,
                            .stored = 1,
                            .duplicates = seen - 1 - refused,
                            .refused = refused,
                            .finished = finished,
                            .refusals = std::span(why).first(refused != 0 && !finished ? 1 : 0)};
        });
    };
    books(2, 0, false);
    books(3, 1, false);
    books(4, 1, true);
    journal.record<RunBooks>([](Seq seq, Instant at) {
        return RunBooks{
            .seq = seq, .at = at, .run = seq, .source = "other", .seen = 2, .pending = 1};
    });

    const auto all = built().books();
    ASSERT_EQ(all->size(), 2U);
    const auto& mine = all->at(0);
    EXPECT_EQ(mine.source, "mail:office");
    EXPECT_EQ(mine.seen, 4U);
    EXPECT_EQ(mine.duplicates, 2U);
    EXPECT_EQ(mine.refused, 1U);
    EXPECT_EQ(mine.runs, 1U);
    EXPECT_EQ(mine.unfinished_runs, 0U);
    EXPECT_TRUE(mine.balanced());
    EXPECT_TRUE(mine.agrees());
    EXPECT_EQ(mine.refusals_listed, 1U);
    EXPECT_EQ(built().refusals("mail:office")->at(0).reason, "larger than 256 MiB");
    EXPECT_FALSE(all->at(1).balanced());
    EXPECT_EQ(built().books("nobody")->size(), 0U);

    journal.add(MailBuilder("unaccounted"));
    journal.apply_to(built());
    EXPECT_FALSE(built().books("mail:office")->at(0).agrees());
}

TEST_F(Catalogue, a_run_that_a_later_one_went_on_with_is_not_unfinished) {
    const auto books = [&](bool finished, std::span<const Seq> goes_on) {
        return journal.record<RunBooks>([=](Seq seq, Instant at) {
            return RunBooks{.seq = seq,
                            .at = at,
                            .run = seq,
                            .source = "mail:office",
                            .finished = finished,
                            .goes_on = goes_on};
        });
    };
    static const std::vector<Seq> first = {books(false, {})};
    const auto second = books(false, {});
    books(true, first);

    const auto left = built().unfinished("mail:office");
    ASSERT_EQ(left->size(), 1U);
    EXPECT_EQ(left->at(0).run, second);
    EXPECT_EQ(built().books()->at(0).unfinished_runs, 1U);
    EXPECT_EQ(built().books()->at(0).runs, 3U);
    EXPECT_TRUE(built().unfinished("nobody")->empty());
}

TEST_F(Catalogue, counts_what_it_does_not_know) {
    for (const bool known : {true, false, false})
        journal.record<OtherRecord>([=](Seq seq, Instant) {
            return OtherRecord{.seq = seq, .kind = 4711, .known = known};
        });

    EXPECT_EQ(built().counts()->unknown_kinds.at(0), std::pair(std::uint16_t(4711), 2UL));
    EXPECT_EQ(built().counts()->other_kinds.at(0).second, 1U);
}

TEST_F(Catalogue, keeps_derived_texts) {
    const auto mail = journal.add(MailBuilder("a"));
    journal.record<DerivedText>([=](Seq seq, Instant at) {
        return DerivedText{.seq = seq,
                           .at = at,
                           .of = mail,
                           .locator = "1.2",
                           .text = "текст из PDF",
                           .tool = "pdftotext",
                           .version = "22.12"};
    });

    const auto derived = built().derived(mail);
    ASSERT_EQ(derived->size(), 1U);
    EXPECT_EQ(derived->at(0).text, "текст из PDF");
    EXPECT_EQ(derived->at(0).tool, "pdftotext");
}

TEST_F(Catalogue, tells_the_source_contexts_from_any_place_on) {
    journal.chat_context();
    const auto all = built().contexts_from(Seq(0));
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2U);
    for (const auto& one : *all) EXPECT_EQ(built().context(one.seq).value()->source, one.source);
    const auto later = built().contexts_from(Seq(all->front().seq.value() + 1));
    ASSERT_EQ(later->size(), 1U);
    EXPECT_EQ(later->front().seq, all->back().seq);
    EXPECT_TRUE(built().contexts_from(Seq(all->back().seq.value() + 1))->empty());
}

TEST_F(Catalogue, lists_documents_for_the_index_in_journal_order) {
    const auto a = journal.add(MailBuilder("a").sent(hours_later(5)));
    journal.deliver(a);
    journal.chat_context();
    const auto first = journal.add(ChatBuilder("1", "x"));
    journal.add(ChatBuilder("", "").event(model::Event::deletion, "1"));
    const auto version = journal.add(ChatBuilder("1", "y").edited_at(hours_later(1)));

    const auto docs = built().docs_from(Seq(0));
    ASSERT_EQ(docs->size(), 3U);
    EXPECT_EQ(docs->at(0).seq, a);
    EXPECT_EQ(docs->at(0).sort_date, hours_later(5));
    EXPECT_EQ(docs->at(2).seq, version);
    EXPECT_EQ(docs->at(2).message, first);
    EXPECT_EQ(built().docs_from(version)->size(), 1U);
    EXPECT_EQ(built().docs_from(first, 2)->size(), 2U);
}

// ---- the projection as a whole

TestJournal& everything(TestJournal& journal) {
    journal.context("mail:b", model::Channel::email, "Ящик");
    for (int i = 0; i < 60; ++i) {
        auto mail = MailBuilder("m" + std::to_string(i)).sent(hours_later(i * 7 % 50));
        if (i % 3 != 0) mail.references({"m" + std::to_string(i * 5 % 60)});
        if (i % 7 == 0) mail.subject("Re: общее");
        if (i % 11 == 0) mail.m.message_id = "m1";
        mail.m.parties[0].name = "Анна " + std::to_string(i % 4);
        const auto seq = journal.add(mail);
        if (i % 5 == 0) journal.deliver(seq);
        if (i % 6 == 0) journal.tag(seq, "тег" + std::to_string(i % 4));
    }
    journal.add(rich_mail());
    journal.chat_context();
    for (int i = 0; i < 40; ++i) {
        auto chat = ChatBuilder(std::to_string(i % 25), "текст " + std::to_string(i));
        if (i % 9 == 0) chat.event(model::Event::deletion, std::to_string(i * 3 % 40));
        chat.answers(std::to_string(i / 2));
        journal.add(chat);
    }
    journal.file("photos/1.jpg");
    journal.record<RunBooks>([](Seq seq, Instant at) {
        return RunBooks{
            .seq = seq, .at = at, .run = seq, .source = "mail:b", .seen = 61, .stored = 61};
    });
    journal.record<OtherRecord>(
        [](Seq seq, Instant) { return OtherRecord{.seq = seq, .kind = 9, .known = false}; });
    return journal;
}

TEST_F(Catalogue, comes_out_equal_however_often_it_is_committed_and_reopened) {
    everything(journal);
    const auto in_one_go = journal.build(directory / "one.db")->digest();
    ASSERT_TRUE(in_one_go);

    for (const std::size_t a_commit : {std::size_t(1), std::size_t(7), std::size_t(50)})
        EXPECT_EQ(*journal.build(directory / std::to_string(a_commit), a_commit)->digest(),
                  *in_one_go)
            << a_commit;

    TestJournal growing;  // a new process for every few records
    growing.context();
    everything(growing);
    const auto file = directory / "reopened.db";
    while (true) {
        auto opened = Catalog::open(file, test_key());
        ASSERT_TRUE(opened);
        const auto position = (*opened)->position()->value();
        if (position == growing.position().value()) break;
        TestJournal part = growing;
        part.keep_first(position + 9);
        part.apply_to(**opened, 4);
    }
    auto reopened = Catalog::open(file, test_key(), {.access = Access::read});
    EXPECT_EQ(*(*reopened)->digest(), *in_one_go);
}

TEST_F(Catalogue, has_another_digest_when_anything_differs) {
    const auto a = journal.add(MailBuilder("a"));
    const auto plain = *journal.build(directory / "1.db")->digest();
    auto tagged = journal;
    tagged.tag(a, "x");
    auto delivered = journal;
    delivered.deliver(a);
    auto ghost = journal;
    ghost.add(MailBuilder("b").references({"g"}));
    auto other_ghost = journal;
    other_ghost.add(MailBuilder("b").references({"h"}));

    const auto digests = {plain,
                          *tagged.build(directory / "2.db")->digest(),
                          *delivered.build(directory / "3.db")->digest(),
                          *ghost.build(directory / "4.db")->digest(),
                          *other_ghost.build(directory / "5.db")->digest()};
    EXPECT_EQ(std::set<std::string>(digests).size(), 5U);
}

TEST_F(Catalogue, forgets_what_was_rolled_back) {
    everything(journal);
    const auto whole = *journal.build(directory / "whole.db")->digest();
    auto opened = Catalog::open(directory / "again.db", test_key());
    auto& again = **opened;
    auto half = journal;
    half.keep_first(40);
    half.apply_to(again);
    ASSERT_TRUE(again.begin());
    ASSERT_TRUE(again.apply(
        SourceContext{.seq = Seq(40), .at = day_one, .source = "never", .title = "never"}));
    ASSERT_TRUE(again.apply(Captured{.seq = Seq(41),
                                     .at = day_one,
                                     .context = Seq(40),
                                     .parsed = MailBuilder("never").references({"m1", "m2"}).m}));
    EXPECT_EQ(again.message(Seq(41))->parsed.message_id, "never") << "visible inside";
    again.rollback();
    EXPECT_EQ(again.message(Seq(41)).error().code, Errc::not_found);

    journal.apply_to(again, 10);

    EXPECT_EQ(*again.digest(), whole);
}

TEST_F(Catalogue, refuses_records_twice_out_of_order_or_without_their_context) {
    const auto a = journal.add(MailBuilder("a"));
    auto& c = built();
    const auto mail = MailBuilder("b").m;
    EXPECT_EQ(c.apply(OtherRecord{.seq = Seq(9)}).error().code, Errc::invalid) << "no transaction";
    ASSERT_TRUE(c.begin());
    EXPECT_EQ(c.apply(OtherRecord{.seq = a}).error().code, Errc::invalid);
    EXPECT_EQ(c.apply(Captured{.seq = Seq(9), .context = Seq(5), .parsed = mail}).error().code,
              Errc::invalid);
    c.rollback();
    ASSERT_TRUE(c.begin());
    ASSERT_TRUE(c.apply(OtherRecord{.seq = Seq(9)}));
    EXPECT_EQ(c.apply(OtherRecord{.seq = Seq(8)}).error().code, Errc::invalid);
    EXPECT_EQ(c.commit(Seq(9)).error().code, Errc::invalid);
    ASSERT_TRUE(c.commit(Seq(10)));
    EXPECT_EQ(c.position()->value(), 10U);
}

TEST_F(Catalogue, shows_a_reader_what_was_committed_and_nothing_else) {
    const auto a = journal.add(MailBuilder("a"));
    built();
    auto reader = Catalog::open(directory / "catalog.db", test_key(), {.access = Access::read});
    ASSERT_TRUE(reader);
    auto& r = **reader;
    EXPECT_TRUE(r.message(a));
    EXPECT_EQ(r.begin().error().code, Errc::forbidden);
    const auto b = journal.add(MailBuilder("b").references({"a"}));
    EXPECT_EQ(members(r, a).size(), 1U);
    journal.apply_to(built());
    EXPECT_EQ(members(r, a).size(), 2U);
    EXPECT_EQ(r.position()->value(), b.value() + 1);
}

TEST_F(Catalogue, says_rebuild_when_the_file_is_of_another_version_or_rule) {
    built();
    catalog.reset();
    const auto file = directory / "catalog.db";
    const auto other_rule =
        Catalog::open(file, test_key(), {.threading = ThreadingRule::subject_only_for_test});
    EXPECT_EQ(other_rule.error().code, Errc::conflict);
    EXPECT_EQ(Catalog::open(file, std::string(32, 'x')).error().code, Errc::wrong_key);
    EXPECT_EQ(
        Catalog::open(directory / "none.db", test_key(), {.access = Access::read}).error().code,
        Errc::not_found);
    {
        auto db = sql::Database::open(file, test_key());
        ASSERT_TRUE(db->run("UPDATE meta SET value=value+1 WHERE name='schema'"));
    }
    const auto newer = Catalog::open(file, test_key());
    EXPECT_EQ(newer.error().code, Errc::unsupported);
    EXPECT_EQ(newer.error().hint, "run letopis rebuild catalog");
}

TEST_F(Catalogue, withdraws_and_revises_mail_too) {
    auto deletion = MailBuilder("").m;
    deletion.event = model::Event::deletion;
    deletion.target = "late";
    const auto early = journal.add(deletion);
    const auto late = journal.add(MailBuilder("late"));
    auto edit = MailBuilder("").text("new text").m;
    edit.event = model::Event::edit;
    edit.target = "late";
    const auto version = journal.add(edit);

    EXPECT_TRUE(built().message(late)->deleted_at.has_value());
    EXPECT_EQ(built().message(early)->message, late);
    EXPECT_EQ(built().message(late)->current, version);
    EXPECT_THAT(members(built(), late), ElementsAreArray(seqs({late})));
}

TEST_F(Catalogue, holds_names_of_any_bytes_and_length) {
    auto mail = MailBuilder(std::string(5000, 'i'));
    mail.m.parties[0].name = std::string(999, 'n') + "я";
    mail.m.parties.push_back(person(model::Role::to, std::string(2000, 'a')));
    mail.m.subject = std::string("a\0b", 3) + std::string(100'000, 's');
    mail.m.attachments.resize(5000);
    const auto seq = journal.add(mail);

    const auto d = built().message(seq);
    ASSERT_TRUE(d);
    EXPECT_EQ(d->parsed.message_id, "");
    EXPECT_EQ(d->parsed.parties[0].name, std::string(999, 'n'));
    EXPECT_EQ(d->parsed.parties.size(), 2U);
    EXPECT_EQ(d->attachments.size(), attachments_max);
    EXPECT_EQ(d->parsed.subject, mail.m.subject);
    EXPECT_THAT(
        d->parsed.marks,
        testing::UnorderedElementsAre("parties_cut", "names_cut", "names_cut", "attachments_cut"));
}

}  // namespace
}  // namespace letopis::catalog
