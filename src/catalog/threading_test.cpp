// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/threading.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <numeric>
#include <random>

#include "catalog/subject.hpp"
#include "catalog/testing.hpp"

namespace letopis::catalog {
namespace {

using testing::ElementsAreArray;
using testing::UnorderedElementsAreArray;

struct Threads : testing::Test {
    Threads() { journal.context(); }
    Catalog& built() {
        if (!catalog) catalog = journal.build(directory / "catalog.db");
        return *catalog;
    }
    TestDirectory directory;
    TestJournal journal;
    std::unique_ptr<Catalog> catalog;
};

TEST_F(Threads, follow_references_in_sort_date_order) {
    const auto a = journal.add(MailBuilder("a"));
    const auto c = journal.add(MailBuilder("c").references({"a", "b"}).sent(hours_later(2)));
    const auto b = journal.add(MailBuilder("b").references({"a"}).sent(hours_later(1)));
    const auto other = journal.add(MailBuilder("other"));

    EXPECT_THAT(members(built(), b), ElementsAreArray(seqs({a, b, c})));
    EXPECT_THAT(members(built(), other), ElementsAreArray(seqs({other})));
    EXPECT_EQ(built().message(c)->reply_to, b);
    EXPECT_EQ(built().message(b)->conversation, (ConversationName{"", "", a}));
}

TEST_F(Threads, join_two_answers_of_a_mail_that_never_came) {
    const auto one = journal.add(MailBuilder("one").references({"ghost"}));
    const auto two = journal.add(MailBuilder("two").references({"ghost"}).sent(hours_later(1)));

    EXPECT_THAT(members(built(), one), ElementsAreArray(seqs({one, two})));
    EXPECT_FALSE(built().message(two)->reply_to.has_value());
    EXPECT_EQ(built().message(two)->reply_to_id, "ghost");
}

TEST_F(Threads, take_a_late_parent_in) {
    const auto answer = journal.add(MailBuilder("answer").answers("parent").sent(hours_later(5)));
    const auto parent = journal.add(MailBuilder("parent"));

    EXPECT_THAT(members(built(), answer), ElementsAreArray(seqs({parent, answer})));
    EXPECT_EQ(built().message(answer)->reply_to, parent);
    EXPECT_EQ(built().message(parent)->conversation.first, answer) << "named by its lowest message";
}

TEST_F(Threads, become_one_when_a_late_mail_joins_two) {
    const auto a1 = journal.add(MailBuilder("a1"));
    const auto a2 = journal.add(MailBuilder("a2").references({"a1"}).sent(hours_later(1)));
    const auto b1 = journal.add(MailBuilder("b1").sent(hours_later(2)));
    EXPECT_EQ(members(*journal.build(directory / "before.db"), a1).size(), 2U);
    const auto bridge = journal.add(MailBuilder("x").references({"a1", "b1"}).sent(hours_later(3)));
    const auto late = journal.add(MailBuilder("late").references({"b1"}).sent(hours_later(4)));

    EXPECT_THAT(members(built(), b1), ElementsAreArray(seqs({a1, a2, b1, bridge, late})));
    EXPECT_EQ(built().counts()->conversations, 1U);
    EXPECT_EQ(built().conversation(late)->messages, 5U);
    EXPECT_EQ(built().message(b1)->conversation.first, a1);
}

TEST_F(Threads, survive_loops_and_self_references) {
    const auto a = journal.add(MailBuilder("a").references({"b", "a"}));
    const auto b = journal.add(MailBuilder("b").references({"a", "b"}));
    const auto self = journal.add(MailBuilder("self").references({"self"}).answers("self"));

    EXPECT_THAT(members(built(), a), ElementsAreArray(seqs({a, b})));
    EXPECT_EQ(built().message(a)->reply_to, b);
    EXPECT_EQ(built().message(b)->reply_to, a);
    EXPECT_FALSE(built().message(self)->reply_to.has_value());
}

TEST_F(Threads, prefer_references_over_in_reply_to_over_thread_index) {
    const auto a = journal.add(MailBuilder("a"));
    auto b_mail = MailBuilder("b");
    b_mail.m.thread_index = "AdThreadIndexOfB";
    const auto b = journal.add(b_mail);
    auto both = MailBuilder("both").references({"a"}).answers("b").sent(hours_later(1));
    both.m.thread_index = "AdThreadIndexOfB";
    const auto by_references = journal.add(both);
    auto only_index = MailBuilder("only index").sent(hours_later(2));
    only_index.m.thread_index = "AdThreadIndexOfB";
    const auto by_index = journal.add(only_index);

    EXPECT_THAT(members(built(), a), ElementsAreArray(seqs({a, by_references})));
    EXPECT_THAT(members(built(), b), ElementsAreArray(seqs({b, by_index})));
}

TEST_F(Threads, do_not_take_an_address_in_in_reply_to_for_an_id) {
    const auto a = journal.add(MailBuilder("a").answers("Anna@client.example"));
    const auto b = journal.add(MailBuilder("b").answers("anna@client.example"));

    EXPECT_THAT(members(built(), a), ElementsAreArray(seqs({a})));
    EXPECT_THAT(members(built(), b), ElementsAreArray(seqs({b})));
}

TEST_F(Threads, join_an_answer_without_references_by_subject_and_participants) {
    const auto question = journal.add(MailBuilder("q").subject("Счёт  17"));
    const auto answer = journal.add(MailBuilder("r")
                                        .subject("Отв: RE[2]: счет 17")
                                        .between("boris@company.example", "anna@client.example")
                                        .sent(hours_later(24)));
    const auto stranger = journal.add(MailBuilder("s")
                                          .subject("Re: Счёт 17")
                                          .between("carl@other.example", "boris@company.example")
                                          .sent(hours_later(25)));
    const auto too_late = journal.add(MailBuilder("l")
                                          .subject("Re: Счёт 17")
                                          .between("boris@company.example", "anna@client.example")
                                          .sent(hours_later(24 * 62)));

    EXPECT_THAT(members(built(), question), ElementsAreArray(seqs({question, answer})));
    EXPECT_THAT(members(built(), stranger), ElementsAreArray(seqs({stranger})))
        << "everybody writes to boris";
    EXPECT_THAT(members(built(), too_late), ElementsAreArray(seqs({too_late})));
}

TEST_F(Threads, join_a_late_beginning_by_subject) {
    const auto answer = journal.add(MailBuilder("r")
                                        .subject("Re: Доставка")
                                        .between("boris@company.example", "anna@client.example")
                                        .sent(hours_later(24)));
    const auto question = journal.add(MailBuilder("q").subject("доставка"));

    EXPECT_THAT(members(built(), answer), ElementsAreArray(seqs({question, answer})));
}

TEST_F(Threads, keep_daily_reports_of_a_robot_apart) {
    const auto monday = journal.add(MailBuilder("m").subject("Отчёт"));
    const auto tuesday = journal.add(MailBuilder("t").subject("Отчёт").sent(hours_later(24)));

    EXPECT_THAT(members(built(), monday), ElementsAreArray(seqs({monday})));
    EXPECT_THAT(members(built(), tuesday), ElementsAreArray(seqs({tuesday})));
}

TEST_F(Threads, join_list_mail_without_references_by_list_and_subject) {
    auto first = MailBuilder("f").subject("Release plan").between("x@a.example", "list@l.example");
    auto second = MailBuilder("s")
                      .subject("Re: Release plan")
                      .between("y@b.example", "list@l.example")
                      .sent(hours_later(3));
    first.m.list_id = second.m.list_id = "dev.l.example";
    const auto one = journal.add(first);
    const auto two = journal.add(second);

    EXPECT_THAT(members(built(), one), ElementsAreArray(seqs({one, two})));
}

TEST_F(Threads, do_not_let_a_stolen_message_id_into_a_conversation) {
    const auto a = journal.add(MailBuilder("same").subject("Договор"));
    const auto broken = journal.add(MailBuilder("same").subject("Распродажа").text("spam"));
    const auto copy =
        journal.add(MailBuilder("same").subject("[dev] Договор").text("text with a list footer"));
    const auto answer = journal.add(MailBuilder("r").references({"same"}).sent(hours_later(1)));

    EXPECT_THAT(members(built(), a), UnorderedElementsAreArray(seqs({a, copy, answer})));
    EXPECT_THAT(members(built(), broken), ElementsAreArray(seqs({broken})));
    EXPECT_EQ(built().message(broken)->parsed.message_id, "same");
}

TEST_F(Threads, limit_ten_thousand_references_and_recipients_and_say_so) {
    auto mail = MailBuilder("flood");
    for (int i = 0; i < 10'000; ++i) {
        mail.m.references.push_back("ref" + std::to_string(i));
        mail.m.parties.push_back(
            person(model::Role::to, "p" + std::to_string(i) + "@x.example", "P"));
    }
    const auto root = journal.add(MailBuilder("ref0"));
    const auto parent = journal.add(MailBuilder("ref9999"));
    const auto middle = journal.add(MailBuilder("ref5000"));
    const auto flood = journal.add(mail);

    const auto detail = built().message(flood);
    EXPECT_EQ(detail->parsed.references.size(), references_max);
    EXPECT_EQ(detail->parsed.parties.size(), parties_max);
    EXPECT_EQ(detail->parsed.parties[0].address, "anna@client.example");
    EXPECT_THAT(detail->parsed.marks, UnorderedElementsAreArray({"parties_cut", "references_cut"}));
    EXPECT_THAT(members(built(), flood), UnorderedElementsAreArray(seqs({root, parent, flood})));
    EXPECT_THAT(members(built(), middle), ElementsAreArray(seqs({middle})));
}

TEST_F(Threads, fall_back_to_the_subject_when_nobody_knows_the_thread_index) {
    const auto question = journal.add(MailBuilder("q").subject("Счёт 17"));
    auto mail = MailBuilder("r").subject("Re: Счёт 17").sent(hours_later(1));
    mail.m.thread_index = "AdUnknown";
    const auto answer = journal.add(mail);

    EXPECT_THAT(members(built(), question), ElementsAreArray(seqs({question, answer})));
}

// The simplest possible model: mails are joined with everything that they refer to.
class Components {
public:
    explicit Components(std::size_t size) : up_(size) { std::iota(up_.begin(), up_.end(), 0U); }
    std::size_t find(std::size_t i) const {
        while (up_[i] != i) i = up_[i];
        return i;
    }
    void join(std::size_t a, std::size_t b) { up_[find(a)] = find(b); }

private:
    std::vector<std::size_t> up_;
};

TEST_F(Threads, are_the_components_of_the_references_in_any_order_of_arrival) {
    constexpr std::size_t count = 150;
    std::mt19937 random(5);
    Components model(count + 40);  // the last ones are ghosts
    std::vector<MailBuilder> mails;
    for (std::size_t i = 0; i < count; ++i) {
        auto mail = MailBuilder("id" + std::to_string(i));
        mail.between("p" + std::to_string(i) + "@x.example",
                     "q" + std::to_string(i) + "@x.example");
        for (auto n = random() % 3; n > 0; --n) {
            const auto to = random() % 4 == 0 ? count + random() % 40 : (i + random() % 9) % count;
            mail.m.references.push_back("id" + std::to_string(to));
            model.join(i, to);
        }
        mails.push_back(mail);
    }
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), 0U);

    for (int round = 0; round < 4; ++round) {
        TestJournal mixed;
        mixed.context();
        std::vector<Seq> seq_of(count);
        for (const auto i : order) seq_of[i] = mixed.add(mails[i]);
        auto c = mixed.build(directory / std::to_string(round), 31);
        std::map<std::size_t, Seq> first_of;
        for (const auto i : order) {
            const auto first = first_of.emplace(model.find(i), seq_of[i]).first->second;
            EXPECT_EQ(c->message(seq_of[i])->conversation.first, first) << i;
        }
        EXPECT_EQ(c->counts()->conversations, first_of.size());
        std::shuffle(order.begin(), order.end(), random);
    }
}

TEST_F(Threads, stay_quick_under_a_flood_of_one_subject_and_one_id) {
    const auto started = std::clock();  // of the processor: the machine may be busy
    for (int i = 0; i < 3000; ++i) {
        journal.add(MailBuilder("one id")
                        .subject("Re: one subject")
                        .text(std::to_string(i))
                        .between("a" + std::to_string(i) + "@x.example", "info@y.example"));
    }
    built();
    // Quadratic work would take minutes.
    EXPECT_LT((std::clock() - started) / CLOCKS_PER_SEC, 30);
}

TEST_F(Threads, change_with_the_rule_but_tags_stay_on_their_messages) {
    const auto a = journal.add(MailBuilder("a").subject("Заказ"));
    const auto b = journal.add(MailBuilder("b").subject("Другое").references({"a"}));
    const auto c = journal.add(MailBuilder("c").subject("Re: Заказ"));
    journal.tag(b, "важное");
    journal.tag(c, "спор");
    auto standard = journal.build(directory / "standard.db");
    auto other = journal.build(directory / "other.db", 1000, ThreadingRule::subject_only_for_test);

    EXPECT_EQ(members(*standard, a).size(), 3U);
    EXPECT_THAT(members(*other, a), ElementsAreArray(seqs({a, c})));
    for (auto* one : {standard.get(), other.get()}) {
        EXPECT_THAT(*one->tagged("важное"), ElementsAreArray({b}));
        EXPECT_THAT(one->message(c)->tags, ElementsAreArray({"спор"}));
    }
    EXPECT_NE(*standard->digest(), *other->digest());
}

TEST(Subject, loses_its_prefixes_in_two_languages) {
    EXPECT_EQ(base_subject("Re: Fwd[3]:  ОТВ: НА: Ёлка  под окном ").base, "елка под окном");
    EXPECT_EQ(base_subject("RE (2) : x").base, "x");
    EXPECT_TRUE(base_subject("Пересл: x").is_answer);
    EXPECT_FALSE(base_subject("Регистрация: x").is_answer);
    EXPECT_FALSE(base_subject("[Re] x").is_answer);
    EXPECT_EQ(base_subject("Re:").base, "");
    EXPECT_EQ(base_subject("Re: [list] Re: x").base, "[list] re: x");
    EXPECT_EQ(base_without_tags("Re: [list] Re: x"), "x");
    EXPECT_EQ(fold("ÀÉ×ЁЖЯ\xd0"), "àé×ежя\xd0");
}

}  // namespace
}  // namespace letopis::catalog
