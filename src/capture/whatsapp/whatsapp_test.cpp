// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/whatsapp/whatsapp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/chat/chat.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/source.hpp"

namespace letopis::capture::whatsapp {
namespace {

using model::AddressKind;
using model::Event;
using model::Party;
using model::Role;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

CollectingSink collect(std::string_view bytes, Options options = {}) {
    MemorySource source(bytes);
    CollectingSink sink;
    const auto done = format.read(source, options, sink);
    EXPECT_TRUE(done) << done.error().what;
    std::string together;
    for (const auto& item : sink.items) {
        EXPECT_EQ(item.position, together.size());
        EXPECT_EQ(item.dialect, model::Dialect::whatsapp_text);
        together += item.raw;
    }
    EXPECT_EQ(together, bytes) << "the items are not the file";
    return sink;
}
model::Message at(const CollectingSink& sink, std::size_t index) {
    const auto message = parse(sink.items.at(index).raw, sink.contexts.at(0).facts);
    if (message.slice) {
        auto part = sink.items[index].raw.substr(message.slice->offset, message.slice->length);
        std::erase(part, '\r');
        EXPECT_EQ(part, message.text);
    }
    EXPECT_TRUE(chat::valid_utf8(message.text));
    return message;
}

constexpr std::string_view android =
    "22.03.2024, 14:36 - Сообщения и звонки защищены сквозным шифрованием. Подробнее…\n"
    "22.03.2024, 14:36 - Иван: Добрый день!\nСчёт в приложении\n"
    "22.03.2024, 14:37 - Анна: IMG-20240322-WA0001.jpg (файл добавлен)\nподпись\n"
    "22.03.2024, 14:37 - Анна: да\n"
    "22.03.2024, 14:37 - Анна: да\n"
    "22.03.2024, 14:38 - Иван: <Без медиафайлов>\n"
    "23.03.2024, 09:00 - Иван: Вы удалили данное сообщение\n"
    "23.03.2024, 09:01 - Анна: исправлено <Сообщение изменено>";
constexpr std::string_view android_name = "Чат WhatsApp с Иван.txt";

TEST(WhatsApp, reads_a_chat_of_two_and_finds_its_owner) {
    const auto sink = collect(android, {.name = std::string(android_name), .zone = "+03:00"});

    ASSERT_THAT(sink.contexts, SizeIs(1));
    EXPECT_EQ(sink.contexts[0].source, "whatsapp:Иван");
    EXPECT_EQ(sink.contexts[0].channel, model::Channel::whatsapp);
    EXPECT_THAT(
        sink.contexts[0].facts,
        HasSubstr(
            R"("date_order":"dmy","clock":"24","style":"dash","exporter":"android","language":"ru","title":"Иван","title_sure":true)"));
    EXPECT_THAT(
        sink.contexts[0].facts,
        HasSubstr(
            R"("owner":"Анна","owner_inferred":true,"chat_type":"personal","zone":"+03:00","offset_minutes":180)"));
    ASSERT_THAT(sink.items, SizeIs(8));
    const auto notice = at(sink, 0), hello = at(sink, 1), photo = at(sink, 2);
    EXPECT_EQ(notice.event, Event::service);
    EXPECT_EQ(notice.action, "encryption_notice");
    EXPECT_EQ(notice.subject, "Иван");
    EXPECT_THAT(notice.parties, IsEmpty());
    EXPECT_EQ(hello.text, "Добрый день!\nСчёт в приложении");
    EXPECT_EQ(hello.sent_at, from_civil(2024, 3, 22, 11, 36));
    EXPECT_TRUE(hello.zone_assumed);
    EXPECT_EQ(hello.conversation, "Иван");
    EXPECT_THAT(hello.marks, IsEmpty());
    EXPECT_THAT(hello.parties,
                ElementsAre(Party{Role::from, AddressKind::whatsapp, "Иван/Иван", "Иван"},
                            Party{Role::to, AddressKind::whatsapp, "Иван/Анна", "Анна"}));
    EXPECT_THAT(photo.parties,
                Contains(Party{Role::to, AddressKind::whatsapp, "Иван/Иван", "Иван"}));
    EXPECT_EQ(photo.text, "подпись");
    EXPECT_EQ(photo.attachments.at(0).name, "IMG-20240322-WA0001.jpg");
    EXPECT_EQ(photo.attachments[0].locator, "IMG-20240322-WA0001.jpg");
    EXPECT_EQ(photo.attachments[0].type, "image/jpeg");
    EXPECT_THAT(sink.items[2].files, ElementsAre("IMG-20240322-WA0001.jpg"));
}

TEST(WhatsApp, gives_equal_lines_equal_keys_and_keeps_both) {
    const auto sink = collect(android);

    EXPECT_EQ(sink.items.at(3).key, sink.items.at(4).key);
    EXPECT_TRUE(sink.items[3].key.starts_with("2024-03-22T14:37|Анна|")) << sink.items[3].key;
    EXPECT_EQ(sink.items[3].key.size(),
              std::string("2024-03-22T14:37|Анна|0123456789abcdef").size());
    EXPECT_NE(sink.items[3].raw.size(), 0u);
}

TEST(WhatsApp, gives_the_same_keys_for_either_line_end) {
    std::string windows;
    for (const char c : android) windows += c == '\n' ? "\r\n" : std::string(1, c);

    const auto one = collect(android), two = collect(windows);

    ASSERT_EQ(one.items.size(), two.items.size());
    for (std::size_t i = 0; i < one.items.size(); ++i)
        EXPECT_EQ(one.items[i].key, two.items[i].key);
    EXPECT_EQ(at(two, 1).text, "Добрый день!\nСчёт в приложении");
}

TEST(WhatsApp, tells_missing_deleted_and_edited) {
    const auto sink = collect(android);

    EXPECT_EQ(at(sink, 5).attachments.at(0).missing, "not included");
    EXPECT_EQ(at(sink, 5).text, "");
    EXPECT_THAT(sink.items[5].files, IsEmpty());
    EXPECT_TRUE(at(sink, 6).deleted);
    EXPECT_TRUE(at(sink, 7).edited);
    EXPECT_EQ(at(sink, 7).text, "исправлено");
    EXPECT_FALSE(at(sink, 1).deleted || at(sink, 1).edited);
}

constexpr std::string_view ios =
    "[22.03.2024, 14:36:01] ООО Ромашка: \u200EСообщения и звонки защищены сквозным "
    "шифрованием.\r\n"
    "\u200E[22.03.2024, 14:36:05] Иван Петров: \u200E<прикреплено: "
    "00000012-PHOTO-2024-03-22-14-37-44.jpg>\r\n"
    "[22.03.2024, 14:36:09] ~\u202FАнна: договор.pdf • \u200E3 страницы \u200E<прикреплено: "
    "00000013-договор.pdf>\r\n"
    "[22.03.2024, 14:37:00] \u202A+7\u00A0916\u00A0123-45-67\u202C: привет\r\nвторая строка "
    "\u200E<Сообщение изменено>\r\n"
    "[22.03.2024, 14:38:00] ООО Ромашка: \u200EАнна изменила название группы на «План: май»\r\n"
    "[22.03.2024, 14:39:00] Иван Петров: \u200EДанное сообщение удалено.\r\n"
    "[22.03.2024, 14:40:00] Иван Петров: \u200Eизображение отсутствует\r\n"
    "[22.03.2024, 14:41:00] Иван Петров: \u200EПропущенный аудиозвонок. \u200EНажмите, чтобы "
    "перезвонить\r\n"
    "[22.03.2024, 14:42:00] Иван Петров: \u200EОПРОС:\r\nКогда?\r\n\u200EВАРИАНТ: Утром (\u200E2 "
    "голоса)\r\n"
    "[22.03.2024, 14:43:00] Иван Петров: \u200EМестоположение: "
    "https://maps.google.com/?q=55.7,37.6\r\n";

TEST(WhatsApp, reads_a_group_of_ios_with_its_invisible_marks) {
    const auto sink = collect(ios, {.name = "_chat.txt"});

    EXPECT_EQ(sink.contexts[0].source, "");
    EXPECT_EQ(sink.contexts[0].title, "ООО Ромашка");
    EXPECT_THAT(sink.contexts[0].facts, HasSubstr(R"("chat_type":"group")"));
    ASSERT_THAT(sink.items, SizeIs(10));
    EXPECT_EQ(at(sink, 0).action, "encryption_notice");
    EXPECT_THAT(at(sink, 0).parties, IsEmpty());
    EXPECT_THAT(sink.items[1].files, ElementsAre("00000012-PHOTO-2024-03-22-14-37-44.jpg"));
    const auto document = at(sink, 2);
    EXPECT_EQ(document.attachments.at(0).name, "договор.pdf");
    EXPECT_EQ(document.attachments[0].locator, "00000013-договор.pdf");
    EXPECT_EQ(document.parties.at(0).name, "Анна");
    const auto phone = at(sink, 3);
    EXPECT_EQ(phone.parties.at(0),
              (Party{Role::from, AddressKind::phone, "+79161234567", "+7 916 123-45-67"}));
    EXPECT_EQ(phone.parties.at(1),
              (Party{Role::to, AddressKind::whatsapp, "ООО Ромашка", "ООО Ромашка"}));
    EXPECT_EQ(phone.text, "привет\nвторая строка");
    EXPECT_TRUE(phone.edited);
    EXPECT_EQ(phone.sent_at, from_civil(2024, 3, 22, 14, 37, 0));
    EXPECT_EQ(at(sink, 4).event, Event::service);
    EXPECT_EQ(at(sink, 4).action, "subject_changed");
    EXPECT_TRUE(at(sink, 5).deleted);
    EXPECT_EQ(at(sink, 6).attachments.at(0).missing, "not included");
    EXPECT_EQ(at(sink, 7).action, "missed_call");
    EXPECT_EQ(at(sink, 7).parties.at(0).name, "Иван Петров");
    EXPECT_EQ(at(sink, 8).text, "ОПРОС:\nКогда?\nВАРИАНТ: Утром (2 голоса)");
    EXPECT_EQ(at(sink, 9).text, "Местоположение: https://maps.google.com/?q=55.7,37.6");
}

TEST(WhatsApp, takes_pasted_lines_of_another_form_for_words) {
    const auto sink = collect(
        "3/22/24, 2:36 PM - Ann: see\n[1/1/20, 1:00:00 AM] Bob: hi\n22.03.2024, 14:36 - C: "
        "d\n3/23/24, 2:36 PM - Bob: ok\n");

    ASSERT_THAT(sink.items, SizeIs(2));
    EXPECT_EQ(at(sink, 0).text, "see\n[1/1/20, 1:00:00 AM] Bob: hi\n22.03.2024, 14:36 - C: d");
}

std::string order_of(std::string_view bytes, Options options = {}) {
    const auto facts = collect(bytes, options).contexts.at(0).facts;
    const auto begin = facts.find("\"date_order\":\"") + 14;
    const bool assumed = facts.find("date_order_assumed") != std::string::npos;
    return facts.substr(begin, 3) + (assumed ? "?" : "");
}

TEST(WhatsApp, decides_the_order_of_the_date_from_the_whole_file) {
    EXPECT_EQ(order_of("1/2/24, 10:00 - A: a\n13/2/24, 10:00 - A: b\n"), "dmy");
    EXPECT_EQ(order_of("1/2/24, 10:00 - A: a\n1/13/24, 10:00 - A: b\n"), "mdy");
    EXPECT_EQ(order_of("2024/1/2, 10:00 - A: a\n"), "ymd");
    EXPECT_EQ(order_of("1.2.24, 10:00 - A: a\n"), "dmy?");
    EXPECT_EQ(order_of("1/2/24, 1:00 PM - A: a\n"), "mdy?");
    EXPECT_EQ(order_of("1/2/24, 1:00 PM - A: <Media omitted>\n", {.date_order = "dmy"}), "dmy");
    // Time runs forward only one way.
    EXPECT_EQ(order_of("1/11/23, 10:00 - A: a\n2/10/23, 10:00 - A: b\n3/9/23, 10:00 - A: c\n"),
              "mdy");
    EXPECT_EQ(order_of("11/1/23, 10:00 - A: a\n10/2/23, 10:00 - A: b\n9/3/23, 10:00 - A: c\n"),
              "dmy");
}

TEST(WhatsApp, marks_dates_that_could_be_read_another_way) {
    const auto sink = collect("1.2.24, 10:00 - A: a\n2.2.24, 10:00 - A: b\n");

    EXPECT_THAT(at(sink, 0).marks, ElementsAre("ambiguous"));
    EXPECT_THAT(at(sink, 1).marks, IsEmpty());
}

TEST(WhatsApp, reads_local_time_in_a_zone_that_changed) {
    const auto sink = collect(
        "01.07.2012, 12:00 - A: a\n31.07.2024, 12:00 - A: b\n",
        {.zone = "Europe/Moscow=[[-5000000000,10800],[1301180400,14400],[1414274400,10800]]"});

    EXPECT_EQ(at(sink, 0).sent_at, from_civil(2012, 7, 1, 8));
    EXPECT_EQ(at(sink, 1).sent_at, from_civil(2024, 7, 31, 9));
}

TEST(WhatsApp, keeps_what_stands_before_the_first_message_as_an_item_of_its_own) {
    const auto junk = collect("чужая шапка\n\n22.03.2024, 14:36 - A: a\n");
    const auto blank = collect("\uFEFF\n\r\n22.03.2024, 14:36 - A: a\n");

    ASSERT_THAT(junk.items, SizeIs(2));
    EXPECT_THAT(at(junk, 0).marks, ElementsAre("junk_start"));
    EXPECT_EQ(junk.items[0].key, "");
    ASSERT_THAT(blank.items, SizeIs(1));
    EXPECT_EQ(at(blank, 0).text, "a");
}

TEST(WhatsApp, an_input_without_any_message_line_is_an_error) {
    for (const std::string_view bytes : {"", "\n\n", "hello\nworld\n"}) {
        MemorySource source(bytes);
        CollectingSink sink;
        EXPECT_FALSE(format.read(source, {}, sink)) << bytes;
        EXPECT_THAT(sink.items, IsEmpty());
    }
}

TEST(WhatsApp, keeps_the_file_whole_across_its_buffers) {
    std::string bytes;
    for (int i = 0; bytes.size() < (9u << 20); ++i)
        bytes += "22.03.2024, 14:36 - Иван: строка " + std::to_string(i) +
                 std::string(static_cast<std::size_t>(i % 400), 'x') + "\nи ещё\n";

    const auto sink = collect(bytes);

    EXPECT_GT(sink.items.size(), 20000u);
    EXPECT_GT(sink.last_progress, 8u << 20);
    const auto rest = [&] {
        MemorySource source(bytes);
        CollectingSink tail;
        EXPECT_TRUE(format.read(source, {.resume_at = sink.items[100].position}, tail));
        return tail.items;
    }();
    ASSERT_EQ(rest.size(), sink.items.size() - 100);
    EXPECT_EQ(rest[0].key, sink.items[100].key);
}

TEST(WhatsApp, refuses_a_message_that_is_too_large_and_goes_on) {
    std::string bytes = "22.03.2024, 14:36 - A: a\n22.03.2024, 14:37 - A: ";
    for (std::size_t i = 0; i < chat::entry_bytes_max / 64 + 1000; ++i)
        bytes += std::string(63, 'x') + "\n";
    bytes += "22.03.2024, 14:38 - A: " + std::string(chat::entry_bytes_max + 100, 'y') +
             "\n22.03.2024, 14:39 - A: b\n";
    MemorySource source(bytes);
    CollectingSink sink;

    ASSERT_TRUE(format.read(source, {}, sink));

    ASSERT_THAT(sink.items, SizeIs(2));
    EXPECT_THAT(sink.items[1].key, HasSubstr("14:39"));
    EXPECT_THAT(sink.refused, SizeIs(2));
}

TEST(WhatsApp, survives_hostile_lines) {
    const std::string long_author = "22.03.2024, 14:36 - " + std::string(100000, 'a') + ": b";
    EXPECT_EQ(parse(long_author, "{").event, Event::service);
    for (const std::string raw : {"",
                                  "\n",
                                  "22.03.2024, 14:36 - ",
                                  "22.03.2024, 14:36 - :",
                                  "22.03.2024, 14:36 - : x",
                                  "[22.03.2024, 14:36:00]",
                                  "22.03.2024, 14:36 - \xFF\xFE: \xC3",
                                  "22.03.0000, 14:36 - A: b",
                                  "31.02.2024, 14:36 - A: b",
                                  "22.03.2024, 14:36 - A: <attached: ../../etc/passwd.txt>",
                                  "22.03.2024, 14:36 - A: <attached: >"}) {
        const auto message = parse(raw, "{}");
        EXPECT_EQ(message.channel, model::Channel::whatsapp) << raw;
        EXPECT_TRUE(chat::valid_utf8(message.text)) << raw;
        for (const auto& party : message.parties) {
            EXPECT_FALSE(party.address.empty()) << raw;
            EXPECT_TRUE(chat::valid_utf8(party.name)) << raw;
        }
        for (const auto& one : message.attachments) EXPECT_THAT(one.locator, Not(HasSubstr("..")));
    }
    EXPECT_THAT(parse("31.02.2024, 14:36 - A: b", "{}").marks, Contains("no_date"));
}

TEST(WhatsApp, one_mega_line_of_headers_does_not_take_for_ever) {
    std::string bytes;
    for (int i = 0; i < 200000; ++i) bytes += "[1.1.20, 1:00:00] ";
    MemorySource source(bytes);
    CollectingSink sink;

    ASSERT_TRUE(format.read(source, {}, sink));

    EXPECT_THAT(sink.items, SizeIs(1));
}

TEST(WhatsAppRecognise, knows_exports_by_their_words_and_lines) {
    const auto match = [](std::string_view head, std::string_view name = "x.txt") {
        return format.recognise(head, name);
    };

    EXPECT_EQ(match(android), Match::yes);
    EXPECT_EQ(match(ios), Match::yes);
    EXPECT_EQ(match("[2024-01-01 10:00:00] Mary: a\n[2024-01-01 10:00:01] John: b\n"),
              Match::maybe);
    EXPECT_EQ(match("[2024-01-01 10:00:00] Mary: a\n", "_chat.txt"), Match::yes);
    EXPECT_EQ(match("junk\n22.03.2024, 14:36 - A: a\n", "Чат WhatsApp с Иван.txt"), Match::yes);
    EXPECT_EQ(
        match("2024-01-01 10:00:00 - app - INFO: started\n2024-01-01 10:00:01 - app - INFO: x\n"),
        Match::maybe);
    EXPECT_EQ(match("From a@b Sat Jan  1 00:00:00 2022\nSubject: x\n\n22.03.2024, 14:36 - A: a\n"),
              Match::no);
    EXPECT_EQ(match("{\"messages\":[]}"), Match::no);
    EXPECT_EQ(match(""), Match::no);
}

}  // namespace
}  // namespace letopis::capture::whatsapp
