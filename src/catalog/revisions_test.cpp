// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/revisions.hpp"

#include <gmock/gmock.h>

#include "catalog/testing.hpp"

namespace letopis::catalog {
namespace {

using model::Event;
using testing::ElementsAreArray;

struct Chats : testing::Test {
    Chats() { journal.chat_context(); }
    Catalog& built() {
        if (!catalog) catalog = journal.build(directory / "catalog.db");
        return *catalog;
    }
    std::string current_text(Seq message) {
        return built().text(built().message(message)->current)->text.value_or("(slice)");
    }
    TestDirectory directory;
    TestJournal journal;
    std::unique_ptr<Catalog> catalog;
};

TEST_F(Chats, show_the_newest_version_and_keep_all) {
    const auto first = journal.add(ChatBuilder("5118", "Цена 100"));
    const auto other = journal.add(ChatBuilder("5119", "ок").sent(hours_later(1)));
    const auto edit = journal.add(
        ChatBuilder("", "Цена 200").event(Event::edit, "5118").edited_at(hours_later(2)));
    const auto capture = journal.add(ChatBuilder("5118", "Цена 300").edited_at(hours_later(3)));

    EXPECT_THAT(members(built(), first), ElementsAreArray(seqs({first, other})));
    const auto detail = built().message(first);
    EXPECT_EQ(detail->current, capture);
    ASSERT_EQ(detail->versions.size(), 3U);
    EXPECT_EQ(detail->versions[1].seq, edit);
    EXPECT_EQ(*built().text(first)->text, "Цена 100");
    EXPECT_EQ(current_text(first), "Цена 300");
    EXPECT_EQ(built().message(edit)->message, first);
    const auto rows = built().messages(std::vector{first});
    EXPECT_EQ(rows->at(0).current, capture);
    EXPECT_TRUE(rows->at(0).edited);
    EXPECT_EQ(built().counts()->messages, 2U);
    EXPECT_EQ(built().counts()->versions, 2U);
}

TEST_F(Chats, do_not_let_an_old_export_that_comes_late_undo_an_edit) {
    const auto edited = journal.add(ChatBuilder("7", "новое").edited_at(hours_later(5)));
    journal.add(ChatBuilder("7", "старое"));

    EXPECT_EQ(current_text(edited), "новое");
    EXPECT_EQ(built().message(edited)->versions.size(), 2U);
}

TEST_F(Chats, take_an_edit_of_an_unknown_message_as_the_message) {
    const auto edit =
        journal.add(ChatBuilder("", "второе").event(Event::edit, "9").edited_at(hours_later(1)));
    const auto original = journal.add(ChatBuilder("9", "первое"));

    const auto detail = built().message(edit);
    EXPECT_THAT(detail->parsed.marks, ElementsAreArray({"first_seen_as_edit"}));
    EXPECT_EQ(built().message(original)->message, edit);
    EXPECT_EQ(current_text(edit), "второе");
    EXPECT_THAT(members(built(), edit), ElementsAreArray(seqs({edit})));
}

TEST_F(Chats, keep_the_content_of_a_message_that_was_deleted_after_it_came) {
    const auto message = journal.add(ChatBuilder("1", "секрет"));
    const auto deletion =
        journal.add(ChatBuilder("", "").event(Event::deletion, "1").sent(hours_later(3)));

    const auto detail = built().message(message);
    EXPECT_EQ(detail->deleted_at, hours_later(3));
    EXPECT_EQ(current_text(message), "секрет");
    EXPECT_EQ(built().message(deletion)->message, message);
    EXPECT_EQ(detail->versions.size(), 2U);
    EXPECT_TRUE(detail->versions[1].deleted_marker);
    EXPECT_EQ(built().counts()->deletions, 1U);
}

TEST_F(Chats, join_a_deletion_that_came_before_its_message) {
    const auto deletion =
        journal.add(ChatBuilder("", "").event(Event::deletion, "1").sent(hours_later(3)));
    auto before = journal.build(directory / "before.db");
    EXPECT_EQ(before->message(deletion)->message, deletion);
    EXPECT_EQ(before->docs_from(Seq(0))->size(), 0U);
    EXPECT_EQ(before->counts()->conversations, 0U);
    const auto message = journal.add(ChatBuilder("1", "секрет"));

    EXPECT_EQ(built().message(message)->deleted_at, hours_later(3));
    EXPECT_EQ(built().message(deletion)->message, message);
    EXPECT_EQ(*journal.build(directory / "b.db", 1)->digest(), *built().digest());
}

TEST_F(Chats, never_show_a_deleted_marker_instead_of_content) {
    auto marker = ChatBuilder("3", "Данное сообщение удалено");
    marker.m.deleted = true;
    const auto content_first = journal.add(ChatBuilder("3", "было"));
    journal.add(marker);
    marker.m.message_id = "4";
    const auto marker_first = journal.add(marker);
    const auto content = journal.add(ChatBuilder("4", "тоже было"));

    EXPECT_EQ(current_text(content_first), "было");
    EXPECT_TRUE(built().message(content_first)->deleted_at.has_value());
    EXPECT_EQ(built().message(marker_first)->current, content);
    EXPECT_TRUE(built().message(marker_first)->deleted_at.has_value());
}

TEST_F(Chats, resolve_answers_lazily_and_only_within_their_conversation) {
    const auto answer = journal.add(ChatBuilder("11", "да").answers("10"));
    const auto foreign = journal.add(ChatBuilder("12", "да", "chat2").answers("10"));
    EXPECT_FALSE(journal.build(directory / "a.db")->message(answer)->reply_to.has_value());
    const auto question = journal.add(ChatBuilder("10", "ну?").sent(hours_later(-1)));

    EXPECT_EQ(built().message(answer)->reply_to, question);
    EXPECT_FALSE(built().message(foreign)->reply_to.has_value());
    EXPECT_EQ(built().message(foreign)->reply_to_id, "10");
}

TEST_F(Chats, are_told_apart_by_source_and_key) {
    const auto a = journal.add(ChatBuilder("1", "a"));
    const auto b = journal.add(ChatBuilder("1", "b", "chat2"));
    journal.chat_context("telegram:user1/778");
    const auto c = journal.add(ChatBuilder("1", "c"));

    EXPECT_EQ(built().counts()->messages, 3U);
    EXPECT_EQ(built().chat("telegram:user1/777", "chat2")->value(), b);
    EXPECT_EQ(built().chat("telegram:user1/778", "chat1")->value(), c);
    EXPECT_FALSE(built().chat("telegram:user1/778", "chat9")->has_value());
    EXPECT_EQ(built().message(a)->conversation,
              (ConversationName{"telegram:user1/777", "chat1", a}));
    EXPECT_EQ(built().conversation(a)->title, "ООО Ромашка");
}

TEST_F(Chats, find_their_media_files_whichever_comes_first) {
    auto with_file = ChatBuilder("1", "счёт");
    with_file.m.attachments = {{.name = "счёт.pdf",
                                .type = "application/pdf",
                                .size = 18211,
                                .locator = "files/счёт.pdf"}};
    const auto before = journal.add(with_file);
    const auto file = journal.file("files/счёт.pdf");
    with_file.m.message_id = "2";
    const auto after = journal.add(with_file);
    journal.chat_context("telegram:user1/777", "another.json");
    with_file.m.message_id = "3";
    const auto foreign = journal.add(with_file);
    journal.chat_context();  // the same input again, after an interruption
    with_file.m.message_id = "4";
    const auto resumed = journal.add(with_file);
    with_file.m.message_id = "5";
    with_file.m.attachments[0].locator = "files/none.pdf";
    const auto missing = journal.add(with_file);

    EXPECT_EQ(built().message(before)->attachments.at(0).file, file);
    EXPECT_EQ(built().message(after)->attachments.at(0).file, file);
    EXPECT_FALSE(built().message(foreign)->attachments.at(0).file.has_value());
    EXPECT_EQ(built().message(resumed)->attachments.at(0).file, file);
    EXPECT_FALSE(built().message(missing)->attachments.at(0).file.has_value());
    EXPECT_EQ(built().file(file)->value().path, "files/счёт.pdf");
    EXPECT_EQ(built().file(file)->value().type, "application/pdf");
}

TEST_F(Chats, tag_the_message_when_a_version_is_tagged) {
    const auto first = journal.add(ChatBuilder("1", "a"));
    const auto version = journal.add(ChatBuilder("1", "b").edited_at(hours_later(1)));
    journal.tag(version, "важное");
    journal.tag(first, "на время");
    journal.tag(first, "на время", false);

    EXPECT_THAT(*built().tagged("важное"), ElementsAreArray({first}));
    EXPECT_THAT(*built().tags(first), ElementsAreArray({"важное"}));
    EXPECT_THAT(*built().tags(version), ElementsAreArray({"важное"}));
    EXPECT_EQ(built().tagged("на время")->size(), 0U);
    EXPECT_EQ(built().all_tags()->size(), 1U);
}

}  // namespace
}  // namespace letopis::catalog
