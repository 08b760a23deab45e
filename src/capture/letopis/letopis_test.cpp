// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/letopis/letopis.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "capture/charset.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/letopis/date.hpp"
#include "capture/letopis/table.hpp"
#include "capture/source.hpp"

namespace letopis::capture::letopis {
namespace {

using model::AddressKind;
using model::Role;

bool marked(const model::Message& message, std::string_view mark) {
    return std::find(message.marks.begin(), message.marks.end(), mark) != message.marks.end();
}

CollectingSink read_with(const Format& format, std::string_view bytes, Options options = {}) {
    MemorySource source(bytes);
    CollectingSink sink;
    const auto done = format.read(source, options, sink);
    EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().what);
    return sink;
}

std::vector<model::Message> parsed_csv(std::string_view bytes, Options options = {}) {
    const auto sink = read_with(csv, bytes, options);
    std::vector<model::Message> messages;
    for (const auto& item : sink.items)
        messages.push_back(parse_csv(item.raw, sink.contexts.at(0).facts));
    return messages;
}

constexpr std::string_view full_line =
    R"({"id":"17","channel":"telegram","chat":"user42","chat_title":"Ромашка","date":"2026-01-31T10:20:30+03:00",)"
    R"("from":{"name":"Анна","address":"user4242"},"to":[{"name":"Иван","address":"+7 916 123-45-67"}],"cc":["x@y.example"],)"
    R"("text":"Счёт оплачен, спасибо","reply_to":"16","event":"message","tags":["vip","счета, акты"],"x_own":{"any":1},)"
    R"("attachments":[{"name":"счёт.pdf","path":"files/1.pdf","size":18211}],"edited_at":"2026-01-31T08:00:00Z"})";

TEST(Jsonl, every_member_of_the_schema_reaches_the_message) {
    const auto message = parse_jsonl(full_line, "");

    EXPECT_EQ(message.mark_detail, "");
    EXPECT_TRUE(message.marks.empty());
    EXPECT_EQ(message.channel, model::Channel::telegram);
    EXPECT_EQ(message.event, model::Event::message);
    EXPECT_EQ(message.message_id, "17");
    EXPECT_EQ(message.conversation, "user42");
    EXPECT_EQ(message.sent_at, parse_rfc3339("2026-01-31T07:20:30Z"));
    EXPECT_FALSE(message.zone_assumed);
    const std::vector<model::Party> parties{{Role::from, AddressKind::telegram, "user4242", "Анна"},
                                            {Role::to, AddressKind::phone, "+79161234567", "Иван"},
                                            {Role::cc, AddressKind::email, "x@y.example", ""}};
    EXPECT_EQ(message.parties, parties);
    EXPECT_EQ(message.text, "Счёт оплачен, спасибо");
    EXPECT_EQ(message.in_reply_to, std::vector<std::string>{"16"});
    EXPECT_EQ(message.labels, "vip,счета  акты");
    ASSERT_EQ(message.attachments.size(), 1u);
    EXPECT_EQ(message.attachments[0].name, "счёт.pdf");
    EXPECT_EQ(message.attachments[0].locator, "files/1.pdf");
    EXPECT_EQ(message.attachments[0].type, "application/pdf");
    EXPECT_EQ(message.attachments[0].size, 18211u);
    EXPECT_TRUE(message.edited);
    ASSERT_TRUE(message.slice.has_value());
    EXPECT_EQ(full_line.substr(message.slice->offset, message.slice->length), message.text);
}

TEST(Jsonl, mail_keeps_its_own_ids_and_has_no_conversation) {
    const auto message = parse_jsonl(
        R"({"channel":"email","id":"<a@b>","chat":"c","date":"2026-01-31T10:20:30Z","from":"A@B.example",)"
        R"("subject":"Тема","text":"one\r\ntwo","reply_to":"<p@b>","references":["<p@b>"]})",
        "");

    EXPECT_EQ(message.message_id, "a@b");
    EXPECT_EQ(message.conversation, "");
    EXPECT_EQ(message.in_reply_to, std::vector<std::string>{"p@b"});
    EXPECT_EQ(message.references, std::vector<std::string>{"p@b"});
    EXPECT_EQ(message.text, "one\ntwo");
    EXPECT_EQ(message.slice, std::nullopt);
    EXPECT_EQ(message.parties.at(0).address, "a@b.example");
    EXPECT_TRUE(message.marks.empty());
}

TEST(Jsonl, what_does_not_fit_the_schema_is_marked_and_the_rest_is_kept) {
    const auto problem = [](std::string_view line) {
        const auto message = parse_jsonl(line, "");
        EXPECT_TRUE(marked(message, "unparsed")) << line;
        return message.mark_detail;
    };
    EXPECT_EQ(problem("not json"), "not a JSON object");
    EXPECT_EQ(problem("[1]"), "not a JSON object");
    EXPECT_EQ(problem(R"({"text":"a"} {"text":"b"})"), "not a JSON object");
    EXPECT_EQ(problem(R"({"tekst":"a"})"), "unknown member \"tekst\"");
    EXPECT_EQ(problem(R"({"channel":"pigeon"})"), "unknown channel");
    EXPECT_EQ(problem(R"({"event":"gone"})"), "unknown event");
    EXPECT_EQ(problem(R"({"date":"yesterday"})"), "date is not a date");
    EXPECT_EQ(problem(R"({"text":["a",{}]})"), "\"text\" is not of its type");
    EXPECT_EQ(problem(R"({"from":{"name":"a","adress":"b"}})"), "unknown member in \"from\"");
    EXPECT_EQ(problem(R"({"from":{"address":"x","kind":"email"}})"),
              "an address is not of its kind");
    EXPECT_EQ(problem(R"({"event":"edit","text":"x"})"), "an edit or a deletion needs a target");
    EXPECT_EQ(problem("{\"text\":\"\xff\"}"), "not a JSON object");
    const auto kept = parse_jsonl(R"({"date":"?","text":"a","from":"Анна"})", "");
    EXPECT_EQ(kept.text, "a");
    EXPECT_EQ(kept.parties.at(0).kind, AddressKind::name);
    EXPECT_TRUE(marked(kept, "no_date"));
}

TEST(Jsonl, a_date_without_zone_uses_the_zone_of_the_context) {
    Options options;
    options.zone = "+03:00";
    const auto sink =
        read_with(jsonl, R"({"text":"a","date":"2026-01-31 10:20","from":"x"})", options);

    const auto with = parse_jsonl(sink.items.at(0).raw, sink.contexts.at(0).facts);
    const auto without = parse_jsonl(sink.items.at(0).raw, "");

    EXPECT_EQ(with.sent_at, parse_rfc3339("2026-01-31T07:20:00Z"));
    EXPECT_FALSE(with.zone_assumed);
    EXPECT_EQ(without.sent_at, parse_rfc3339("2026-01-31T10:20:00Z"));
    EXPECT_TRUE(without.zone_assumed);
}

TEST(Jsonl, lines_become_items_with_their_exact_bytes_keys_and_positions) {
    const auto text = std::string("\xef\xbb\xbf") + std::string(full_line) +
                      "\r\n\n  \nnot json\n" + R"({"id":5,"text":"last"})";

    const auto sink = read_with(jsonl, text);

    ASSERT_EQ(sink.items.size(), 3u);
    EXPECT_EQ(sink.items[0].raw, full_line);
    EXPECT_EQ(sink.items[0].key, "user42/17");
    EXPECT_EQ(sink.items[0].position, 3u);
    EXPECT_EQ(sink.items[0].files, std::vector<std::string>{"files/1.pdf"});
    EXPECT_EQ(sink.items[1].raw, "not json");
    EXPECT_EQ(sink.items[1].key, "");
    EXPECT_EQ(sink.items[2].key, "5");
    for (const auto& item : sink.items)
        EXPECT_EQ(text.substr(item.position, item.raw.size()), item.raw);
    ASSERT_EQ(sink.contexts.size(), 1u);
    EXPECT_EQ(sink.contexts[0].channel, model::Channel::telegram);
    EXPECT_EQ(sink.contexts[0].title, "Ромашка");
    Options options;
    options.resume_at = sink.items[1].position;
    EXPECT_EQ(read_with(jsonl, text, options).items.size(), 2u);
}

TEST(Jsonl, recognition_wants_members_of_the_schema) {
    EXPECT_EQ(jsonl.recognise(full_line, ""), Match::yes);
    EXPECT_EQ(jsonl.recognise(R"({"text":"a","date":"x"})", ""), Match::maybe);
    EXPECT_EQ(jsonl.recognise(R"({"type":"version","version":1})", ""), Match::no);
    EXPECT_EQ(jsonl.recognise(R"({"messages":[],"text":1,"date":2,"from":3})", ""), Match::no);
    EXPECT_EQ(jsonl.recognise("{\n \"name\": \"x\",", ""), Match::no);
    EXPECT_EQ(jsonl.recognise("text", ""), Match::no);
}

TEST(Jsonl, a_short_message_is_parsed_within_the_time_of_the_design) {
    constexpr int rounds = 20'000;
    const auto begin = std::chrono::steady_clock::now();
    std::size_t bytes = 0;
    for (int i = 0; i < rounds; ++i) bytes += parse_jsonl(full_line, "").text.size();
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GT(bytes, 0u);
    // The design asks for 8 µs; the bound here only notices a change of kind, on any machine.
    EXPECT_LT(took / rounds, std::chrono::microseconds(200));
    RecordProperty("nanoseconds", static_cast<int>((took / rounds).count()));
}

TEST(Csv, russian_and_english_headers_name_the_same_columns) {
    const auto english = parsed_csv(
        "id,channel,chat,date,from,phone,to,text\n"
        "5,whatsapp,c1,31.01.2026 10:20,Иван,8 916 123-45-67,+79160000000,Привет\n");
    const auto russian = parsed_csv(
        "\xef\xbb\xbf"
        "ИД;Канал;Чат;Дата;Отправитель;Телефон;Кому;Текст сообщения\r\n"
        "5;whatsapp;c1;31.01.2026 10:20;Иван;8 916 123-45-67;+79160000000;Привет\r\n");

    ASSERT_EQ(english.size(), 1u);
    ASSERT_EQ(russian.size(), 1u);
    EXPECT_EQ(english[0], russian[0]);
    EXPECT_EQ(english[0].channel, model::Channel::whatsapp);
    EXPECT_EQ(english[0].parties.at(0).address, "+79161234567");
    EXPECT_EQ(english[0].parties.at(0).name, "Иван");
    EXPECT_EQ(english[0].sent_at, parse_rfc3339("2026-01-31T10:20:00Z"));
    EXPECT_TRUE(english[0].zone_assumed);
    EXPECT_EQ(english[0].text, "Привет");
}

TEST(Csv, quoted_fields_hold_line_ends_delimiters_and_quotes) {
    const std::string table =
        "date,from,text\n2026-01-31,\"Иван, \"\"Ромашка\"\"\",\"one\ntwo, "
        "three\"\n2026-02-01,b,plain 5\" pipe\n";

    const auto sink = read_with(csv, table);
    const auto messages = parsed_csv(table);

    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].text, "one\ntwo, three");
    EXPECT_EQ(messages[1].text, "plain 5\" pipe");
    for (const auto& item : sink.items)
        EXPECT_EQ(table.substr(item.position, item.raw.size()), item.raw);
}

TEST(Csv, a_quote_that_is_never_closed_costs_one_record) {
    const auto messages =
        parsed_csv("date,from,text\n1,a,\"open\n2026-02-01,b,next\n2026-02-02,c,last\n");

    ASSERT_EQ(messages.size(), 3u);
    EXPECT_TRUE(marked(messages[0], "unparsed"));
    EXPECT_EQ(messages[0].text, "open");
    EXPECT_EQ(messages[2].text, "last");
}

TEST(Csv, windows_1251_is_noticed_for_the_whole_table_or_for_one_record) {
    // "дата;от;текст" and "привет" in windows-1251.
    const auto whole = parsed_csv(
        "\xe4\xe0\xf2\xe0;\xee\xf2;\xf2\xe5\xea\xf1\xf2\n2026-01-31;a;\xef\xf0\xe8\xe2\xe5\xf2\n");
    const auto one =
        parse_csv("2026-01-31,a,\xef\xf0\xe8\xe2\xe5\xf2",
                  R"({"delimiter":",","charset":"utf-8","columns":["date","from","text"]})");

    ASSERT_EQ(whole.size(), 1u);
    EXPECT_EQ(whole[0].text, "привет");
    EXPECT_FALSE(marked(whole[0], "charset_guessed"));
    EXPECT_EQ(one.text, "привет");
    EXPECT_TRUE(marked(one, "charset_guessed"));
}

TEST(Csv, other_records_are_marked_not_lost) {
    const auto messages =
        parsed_csv("date,from,text\nnever,a,x\n2026-01-31,a,x,y,z\n\n2026-01-31\n");

    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[0].mark_detail, "date is not a date");
    EXPECT_EQ(messages[1].mark_detail, "more fields than the header row");
    EXPECT_TRUE(marked(messages[2], "no_from"));
    EXPECT_EQ(parse_csv("a,b", "").mark_detail, "the header row is not known");
}

TEST(Csv, people_attachments_and_tags_are_split) {
    const auto messages = parsed_csv(
        "date;from;to;text;attachments;tags\n"
        "2026-01-31T10:00:00Z;Анна <anna@x.example>;\"Иван <i@y.example>; "
        "+79161234567\";x;a/1.pdf|2.jpg;vip, new\n");

    ASSERT_EQ(messages.size(), 1u);
    const std::vector<model::Party> parties{
        {Role::from, AddressKind::email, "anna@x.example", "Анна"},
        {Role::to, AddressKind::email, "i@y.example", "Иван"},
        {Role::to, AddressKind::phone, "+79161234567", ""}};
    EXPECT_EQ(messages[0].parties, parties);
    ASSERT_EQ(messages[0].attachments.size(), 2u);
    EXPECT_EQ(messages[0].attachments[0].locator, "a/1.pdf");
    EXPECT_EQ(messages[0].labels, "vip,new");
    EXPECT_FALSE(messages[0].zone_assumed);
}

TEST(Csv, recognition_wants_known_columns) {
    EXPECT_EQ(csv.recognise("дата,от,текст\n", ""), Match::yes);
    EXPECT_EQ(csv.recognise("sep=;\nDate;Message\n", ""), Match::maybe);
    EXPECT_EQ(csv.recognise("a,b,c\n1,2,3\n", "x.csv"), Match::no);
    EXPECT_EQ(csv.recognise("Dear friend, the date, the text\n", ""), Match::no);
    EXPECT_EQ(csv.recognise("", ""), Match::no);
    EXPECT_EQ(csv.recognise("text", ""), Match::no);
}

TEST(Csv, a_stream_cut_anywhere_gives_the_same_records) {
    const std::string table = "date,from,text\r\n1,a,\"x\"\"y\r\nz\"\r\n2,b,\"\"\r\n3,\"c\",d";
    const auto expected = read_with(csv, table);
    for (std::size_t cut = 0; cut <= table.size(); ++cut) {
        const auto end = record_end(std::string_view(table).substr(0, cut), ',', false);
        if (end) {
            EXPECT_EQ(end->next, 16u) << cut;
        }
    }
    EXPECT_EQ(expected.items.size(), 3u);
    EXPECT_EQ(expected.items[0].raw, "1,a,\"x\"\"y\r\nz\"");
}

TEST(Date, common_forms_are_read) {
    const auto utc = chat::zone_of_option("UTC");
    const auto at = [&](std::string_view text, std::string_view order = "") {
        const auto date = parse_date(text, utc, order);
        return date ? rfc3339(date->at) : std::string("none");
    };
    EXPECT_EQ(at("2026-01-31T10:20:30Z"), "2026-01-31T10:20:30Z");
    EXPECT_EQ(at("2026-01-31T10:20:30.5"), "2026-01-31T10:20:30Z");
    EXPECT_EQ(at("2026-01-31 10:20"), "2026-01-31T10:20:00Z");
    EXPECT_EQ(at("2026-01-31"), "2026-01-31T00:00:00Z");
    EXPECT_EQ(at("31.01.2026, 10:20"), "2026-01-31T10:20:00Z");
    EXPECT_EQ(at("31.01.26 10:20"), "2026-01-31T10:20:00Z");
    EXPECT_EQ(at("01/31/2026", "mdy"), "2026-01-31T00:00:00Z");
    EXPECT_EQ(at("1767258200"), "2026-01-01T09:03:20Z");
    EXPECT_EQ(at("1767258200000"), "2026-01-01T09:03:20Z");
    for (const char* wrong : {"",
                              "31",
                              "31.01",
                              "31.13.2026",
                              "2026-01-31x",
                              "12345678",
                              "01/31/2026",
                              "2026-01-31 25:00"})
        EXPECT_EQ(at(wrong), "none") << wrong;
}

}  // namespace
}  // namespace letopis::capture::letopis
