// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/telegram/decode.hpp"
#include "capture/telegram/telegram.hpp"

namespace letopis::capture::telegram {
namespace {

using model::AddressKind;
using model::Event;
using model::Party;
using model::Role;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view personal =
    R"({"owner":"user4242","chat":{"id":"777","type":"personal_chat","name":"ООО Ромашка"},"zone":"+03:00","offset_minutes":180})";
constexpr std::string_view group =
    R"({"chat":{"id":"20001","type":"private_group","name":"Отдел"},"zone":"UTC","offset_minutes":0})";
constexpr std::string_view channel =
    R"({"chat":{"id":"10036995664","type":"public_channel","name":"Новости"}})";

model::Message read(std::string_view members, std::string_view facts = personal) {
    return parse(std::string("{\"id\":5118,\"type\":\"message\",") + std::string(members) + "}",
                 facts);
}
model::Message service(std::string_view members, std::string_view facts = group) {
    return parse(std::string("{\"id\":5118,\"type\":\"service\",") + std::string(members) + "}",
                 facts);
}

TEST(TelegramParse, reads_a_message_with_its_parties_and_its_document) {
    const auto message = read(
        R"("date":"2026-01-01T12:03:20","date_unixtime":"1767258200","from":"Анна","from_id":"user4242",
           "file":"files/счёт.pdf","file_name":"счёт.pdf","file_size":18211,"mime_type":"application/PDF",
           "reply_to_message_id":5117,
           "text":["Счёт ",{"type":"bold","text":"№17"}],
           "text_entities":[{"type":"plain","text":"Счёт "},{"type":"bold","text":"№17"}])");

    EXPECT_EQ(message.event, Event::message);
    EXPECT_EQ(message.message_id, "5118");
    EXPECT_EQ(message.conversation, "user777");
    EXPECT_EQ(message.sent_at, from_unix(1767258200));
    EXPECT_FALSE(message.zone_assumed);
    EXPECT_EQ(message.text, "Счёт №17");
    EXPECT_THAT(message.in_reply_to, ElementsAre("5117"));
    EXPECT_THAT(message.parties,
                ElementsAre(Party{Role::from, AddressKind::telegram, "user4242", "Анна"},
                            Party{Role::to, AddressKind::telegram, "user777", "ООО Ромашка"}));
    ASSERT_EQ(message.attachments.size(), 1u);
    EXPECT_EQ(message.attachments[0].name, "счёт.pdf");
    EXPECT_EQ(message.attachments[0].type, "application/pdf");
    EXPECT_EQ(message.attachments[0].size, 18211u);
    EXPECT_EQ(message.attachments[0].locator, "files/счёт.pdf");
    EXPECT_THAT(message.marks, IsEmpty());
}

TEST(TelegramParse, knows_the_receiver_of_a_personal_chat_from_either_side) {
    const auto from_them = read(R"("date_unixtime":"1","from":"Р","from_id":"user777","text":"a")");
    const auto unknown_owner = parse(
        R"({"id":1,"type":"message","date_unixtime":"1","from":"Р","from_id":"user777","text":"a"})",
        R"({"chat":{"id":"777","type":"personal_chat","name":"Р"}})");

    EXPECT_THAT(from_them.parties,
                Contains(Party{Role::to, AddressKind::telegram, "user4242", ""}));
    EXPECT_EQ(unknown_owner.parties.size(), 1u);
}

TEST(TelegramParse, reads_control_characters_that_are_written_as_backslash_x) {
    const auto message =
        read(R"("date_unixtime":"1","from":"A","from_id":"user1","text":"до\x0Bпосле\x1B[0m")");

    EXPECT_EQ(message.text, "до\vпосле\x1B[0m");
    EXPECT_THAT(message.marks, IsEmpty());
}

TEST(TelegramParse, repairs_what_strict_readers_refuse) {
    EXPECT_EQ(unescape(R"(a\x41\q\ud83d\u0041\ud83e\udd13\)"), "aA\\q\uFFFDA🤓\\");
    EXPECT_EQ(repair("{\"a\\x0B\":\"b\xFF\nc\"}"), "{\"a\\u000b\":\"b\uFFFD\\u000ac\"}");
    const auto message = read(
        "\"date_unixtime\":\"1\",\"from\":\"A\",\"from_id\":\"user1\",\"text\":\"x\xFFy\\ud83d\"");
    EXPECT_EQ(message.text, "x\uFFFDy\uFFFD");
    EXPECT_THAT(message.marks, ElementsAre("charset_guessed"));
}

TEST(TelegramParse, reads_dates_of_old_exports_in_the_zone_of_the_context) {
    const auto message = read(
        R"("date":"2021-03-22T17:06:53","from":"A","from_id":1,"text":"a","edited":"1970-01-01T03:00:00")");

    EXPECT_EQ(message.sent_at, from_civil(2021, 3, 22, 14, 6, 53));
    EXPECT_TRUE(message.zone_assumed);
    EXPECT_FALSE(message.edited);
}

TEST(TelegramParse, reads_the_time_of_the_last_edit) {
    const auto message = read(
        R"("date_unixtime":"1767258200","edited_unixtime":1767258300,"from":"A","from_id":"user1","text":"a")");

    EXPECT_TRUE(message.edited);
    EXPECT_EQ(message.edited_at, from_unix(1767258300));
}

TEST(TelegramParse, marks_a_message_without_a_usable_date) {
    for (const auto* date : {R"("date_unixtime":"0")",
                             R"("date":"2021-13-22T17:06:53")",
                             R"("date_unixtime":"99999999999999")",
                             R"("date":true)"})
        EXPECT_THAT(read(std::string(date) + R"(,"from":"A","from_id":"user1","text":"a")").marks,
                    Contains("no_date"))
            << date;
}

TEST(TelegramParse, takes_old_integer_ids_deleted_accounts_and_names_without_ids) {
    const auto old =
        read(R"("date_unixtime":"1","from":"Ben","from_id":9999999999,"text":"a")", group);
    const auto deleted =
        read(R"("date_unixtime":"1","from":null,"from_id":"user55","text":"a")", group);
    const auto name_only = read(R"("date_unixtime":"1","from":"Author 1","text":"a")", group);
    const auto wrong = read(
        R"("date_unixtime":"1","from":"Ben","from_id":"ERROR:from is string","text":"a")", group);
    const auto nobody = read(R"("date_unixtime":"1","from":null,"text":"a")", group);
    const auto itself =
        read(R"("date_unixtime":"1","from":"Новости","from_id":10036995664,"text":"a")", channel);

    EXPECT_EQ(old.parties[0], (Party{Role::from, AddressKind::telegram, "user9999999999", "Ben"}));
    EXPECT_EQ(deleted.parties[0], (Party{Role::from, AddressKind::telegram, "user55", ""}));
    EXPECT_EQ(name_only.parties[0], (Party{Role::from, AddressKind::name, "Author 1", "Author 1"}));
    EXPECT_EQ(wrong.parties[0], (Party{Role::from, AddressKind::name, "Ben", "Ben"}));
    EXPECT_THAT(nobody.parties, IsEmpty());
    EXPECT_THAT(nobody.marks, Contains("no_from"));
    EXPECT_EQ(itself.parties[0].address, "channel10036995664");
    EXPECT_EQ(old.parties[1], (Party{Role::to, AddressKind::telegram, "chat20001", "Отдел"}));
}

TEST(TelegramParse, keeps_links_behind_other_words_and_quotations) {
    const auto message = read(
        R"("date_unixtime":"1","from":"A","from_id":"user1","text":"цитата ответ тут","text_entities":[
          {"type":"blockquote","text":"цитата"},{"type":"plain","text":" ответ "},
          {"type":"text_link","text":"тут","href":"https://example.com/a"}])");

    EXPECT_EQ(message.text, "цитата ответ тут <https://example.com/a>");
    ASSERT_EQ(message.zones.size(), 1u);
    EXPECT_EQ(message.zones[0], (model::Zone{model::ZoneKind::quote, 0, 12}));
    EXPECT_THAT(message.marks, IsEmpty());
}

TEST(TelegramParse, indexes_both_when_text_and_entities_disagree_or_a_key_stands_twice) {
    const auto two = read(
        R"("date_unixtime":"1","from":"A","from_id":"user1","text":"one","text_entities":[{"type":"plain","text":"two"}])");
    const auto twice =
        read(R"("date_unixtime":"1","from":"A","from_id":"user1","text":"one","text":"two")");

    EXPECT_EQ(two.text, "one\ntwo");
    EXPECT_THAT(two.marks, ElementsAre("ambiguous"));
    EXPECT_THAT(twice.marks, ElementsAre("ambiguous"));
}

TEST(TelegramParse, says_where_the_text_stands_in_the_raw_bytes) {
    const std::string raw =
        R"({"id":1,"type":"message","date_unixtime":"1","from":"A","from_id":"user1","text":"Добрый день, коллеги"})";

    const auto message = parse(raw, group);

    ASSERT_TRUE(message.slice);
    EXPECT_EQ(raw.substr(message.slice->offset, message.slice->length), message.text);
    EXPECT_FALSE(
        read(
            R"("date_unixtime":"1","from":"A","from_id":"user1","text":"line one\nline two, long")")
            .slice);
}

TEST(TelegramParse, says_why_a_file_is_not_there) {
    const auto message = read(
        R"J("date_unixtime":"1","from":"A","from_id":"user1","text":"",
            "photo":"(File not included. Change data exporting settings to download.)",
            "file":"(File exceeds maximum size. Change data exporting settings to download.)",
            "file_name":"big.zip","file_size":"5000000000","mime_type":"application/zip")J");

    ASSERT_EQ(message.attachments.size(), 2u);
    EXPECT_EQ(message.attachments[0].missing, "not included");
    EXPECT_EQ(message.attachments[1].missing, "too big");
    EXPECT_EQ(message.attachments[1].name, "big.zip");
    EXPECT_EQ(message.attachments[1].size, 5000000000u);
    EXPECT_EQ(message.attachments[1].locator, "");
}

TEST(TelegramParse, does_not_follow_a_path_out_of_the_export) {
    const auto message = read(
        R"("date_unixtime":"1","from":"A","from_id":"user1","text":"","file":"../../etc/passwd","mime_type":"text/plain")");

    EXPECT_EQ(message.attachments[0].locator, "");
    EXPECT_EQ(message.attachments[0].missing, "unsafe path");
    EXPECT_EQ(message.attachments[0].name, "passwd");
}

TEST(TelegramParse, puts_polls_tasks_places_contacts_and_buttons_into_words) {
    const auto words = [](std::string_view members) {
        return read(R"("date_unixtime":"1","from":"A","from_id":"user1","text":"",)" +
                    std::string(members))
            .text;
    };

    EXPECT_EQ(
        words(
            R"("poll":{"question":"Когда?","closed":false,"answers":[{"text":"Утром","voters":2,"chosen":true},{"text":"Вечером","voters":"0"}]})"),
        "Poll: Когда?\n- Утром (2)\n- Вечером");
    EXPECT_EQ(
        words(
            R"("todo_list":{"title":[{"type":"bold","text":"План"}],"answers":[{"text":"Раз","id":1}]})"),
        "Tasks: План\n- Раз");
    EXPECT_EQ(
        words(
            R"("location_information":{"latitude":40.758,"longitude":-73.9855},"place_name":"Офис","address":"Ленина, 1")"),
        "Location: 40.758, -73.9855\nОфис\nЛенина, 1");
    EXPECT_EQ(words(R"("location_information":null)"), "Location");
    EXPECT_EQ(
        words(
            R"("contact_information":{"first_name":"Иван","last_name":"Петров","phone_number":"+7 916"})"),
        "Contact: Иван Петров +7 916");
    EXPECT_EQ(
        words(
            R"("invoice_information":{"title":"Счёт","description":"за май","amount":999,"currency":"RUB"})"),
        "Invoice: Счёт\nза май\n999 RUB");
    EXPECT_EQ(
        words(
            R"("inline_bot_buttons":[[{"type":"url","text":"Открыть","data":"https://a.example"},{"type":"callback","text":"Да","data":"x"}]])"),
        "[Открыть] <https://a.example>\n[Да]");
    EXPECT_EQ(words(R"("via_bot":"@gif")"), "[via @gif]");
    EXPECT_EQ(words(R"("something_new":{"type":"x","caption":["Новое",{"deep":"слово"}]})"),
              "Новое\nслово");
}

TEST(TelegramParse, counts_reactions) {
    const auto message =
        read(R"("date_unixtime":"1","from":"A","from_id":"user1","text":"a","reactions":[
        {"type":"emoji","count":5,"emoji":"👍"},{"type":"paid","count":"2"},{"type":"custom_emoji","count":1,"document_id":"123"}])");

    EXPECT_THAT(
        message.reactions,
        ElementsAre(
            model::Reaction{"👍", 5}, model::Reaction{"⭐", 2}, model::Reaction{"custom:123", 1}));
}

TEST(TelegramParse, names_those_who_were_forwarded) {
    const auto message = read(
        R"("date_unixtime":"1","from":"A","from_id":"user1","author":"Редактор","forwarded_from":"Канал","forwarded_from_id":"channel500","saved_from":"Борис","text":"a")",
        group);

    EXPECT_THAT(
        message.parties,
        Contains(Party{Role::forwarded_from, AddressKind::telegram, "channel500", "Канал"}));
    EXPECT_THAT(message.parties,
                Contains(Party{Role::forwarded_from, AddressKind::name, "Борис", "Борис"}));
    EXPECT_THAT(message.parties,
                Contains(Party{Role::sender, AddressKind::name, "Редактор", "Редактор"}));
}

TEST(TelegramParse, tells_calls_in_words) {
    const auto talked = service(
        R"("date_unixtime":"1","actor":"A","actor_id":"user777","action":"phone_call","duration_seconds":65,"discard_reason":"hangup","text":"")",
        personal);
    const auto missed = service(
        R"("date_unixtime":"1","actor":"A","actor_id":"user777","action":"phone_call","discard_reason":"missed","text":"")",
        personal);

    EXPECT_EQ(talked.event, Event::service);
    EXPECT_EQ(talked.action, "phone_call");
    EXPECT_EQ(talked.text, "call, 65 s");
    EXPECT_EQ(talked.subject, "ООО Ромашка");
    EXPECT_EQ(missed.text, "call, missed");
}

TEST(TelegramParse, tells_service_events_with_their_members) {
    const auto message = service(
        R"("date_unixtime":"1","actor":"Me","actor_id":"user1","action":"create_group","title":"Отдел","members":["Анна",null,"Борис"],"text":"")");

    EXPECT_EQ(message.text, "group created: Отдел, Анна, Борис");
    EXPECT_EQ(message.subject, "Отдел");
    EXPECT_THAT(message.parties, Contains(Party{Role::member, AddressKind::name, "Анна", "Анна"}));
    EXPECT_THAT(message.parties, Contains(Party{Role::from, AddressKind::telegram, "user1", "Me"}));
}

TEST(TelegramParse, keeps_the_strings_of_an_action_that_nobody_knows) {
    const auto message = service(
        R"("date_unixtime":"1","actor":"Me","actor_id":"user1","action":"teleport","where":{"city":"Тверь","type":"x"},"text":"")");

    EXPECT_EQ(message.action, "teleport");
    EXPECT_EQ(message.text, "teleport\nТверь");
}

TEST(TelegramParse, keeps_an_entry_that_the_exporter_did_not_know) {
    const auto message = parse(R"({"id":45,"type":"unsupported"})", group);

    EXPECT_EQ(message.message_id, "45");
    EXPECT_THAT(message.marks, ElementsAre("unparsed"));
    EXPECT_FALSE(message.mark_detail.empty());
}

TEST(TelegramParse, picks_what_it_can_out_of_an_entry_that_is_not_json) {
    const auto message = parse(
        R"({"id": 7 "type":"message","date_unixtime":"1767258200","from":"A","from_id":"user1","bad":tru,"text":"слова остались"})",
        group);

    EXPECT_THAT(message.marks, ElementsAre("unparsed"));
    EXPECT_EQ(message.message_id, "7");
    EXPECT_EQ(message.text, "слова остались");
    EXPECT_EQ(message.sent_at, from_unix(1767258200));
}

TEST(TelegramParse, survives_hostile_entries) {
    const std::string deep =
        "{\"id\":1,\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}";
    std::string wide = "{\"id\":1,\"a\":[";
    for (int i = 0; i < 6000000; ++i) wide += "1,";
    wide += "1]}";

    EXPECT_THAT(parse(deep, group).marks, Contains("unparsed"));
    const auto big = parse(wide, group);  // a tree over the limit or not: it must come back
    EXPECT_EQ(big.channel, model::Channel::telegram);
    for (const auto* raw : {"",
                            "{",
                            "}",
                            "[]",
                            "{}",
                            "null",
                            "{\"id\":1e400}",
                            "{\"id\":123456789012345678901234567890}",
                            "{\"type\":\"service\"}",
                            "{\"text\":[[[\"a\"]]]}",
                            "{\"text\":5,\"text_entities\":7}"})
        EXPECT_EQ(parse(raw, "{broken").channel, model::Channel::telegram) << raw;
    EXPECT_EQ(parse("{\"id\":123456789012345678901234567890}", group).message_id, "");
    EXPECT_EQ(parse("{\"id\":9223372036854775807,\"type\":\"message\"}", group).message_id,
              "9223372036854775807");
}

TEST(TelegramParse, gives_the_same_answer_whatever_was_parsed_before) {
    const std::string raw =
        R"({"id":1,"type":"message","date":"2021-03-22T17:06:53","from":"A","from_id":"user777","text":"a"})";
    const auto first = parse(raw, personal);

    EXPECT_NE(parse(raw, group), first);
    EXPECT_EQ(parse(raw, personal), first);
}

TEST(TelegramParse, writes_valid_utf8_with_lf_line_ends) {
    const auto message =
        read(R"("date_unixtime":"1","from":"A\r","from_id":"user1","text":"a\r\nb\u0000c")");

    EXPECT_EQ(message.text, "a\nb\uFFFDc");
    EXPECT_EQ(message.parties[0].name, "A\n");
    EXPECT_THAT(message.text, HasSubstr("b"));
}

}  // namespace
}  // namespace letopis::capture::telegram
