// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/collecting_sink.hpp"
#include "capture/source.hpp"
#include "capture/telegram/telegram.hpp"

namespace letopis::capture::telegram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view account = R"J({
 "about": "Here is the data you requested.",
 "personal_information": {"user_id": 4242, "first_name": "Анна", "phone_number": "+7 916 000-00-00"},
 "profile_pictures": [{"date": "2020-01-01T00:00:00", "photo": "(File not included.)"}],
 "contacts": {"about": "…", "list": [{"user_id": 777, "first_name": "Иван", "phone_number": "00 7 916 123 45 67", "date": "2020"}]},
 "chats": {"about": "…", "list": [
  {"name": "Иван", "type": "personal_chat", "id": 777, "messages": [
   {"id": 1, "type": "message", "date_unixtime": "1767258200", "from": "Иван", "from_id": "user777", "text": "Когда доставка?"},
   {"id": 2, "type": "service", "date_unixtime": "1767258201", "actor": "Анна", "actor_id": "user4242", "action": "phone_call", "text": ""},
   {"id": 3, "type": "unsupported"}
  ]},
  {"type": "saved_messages", "id": 4242, "messages": []}
 ]},
 "left_chats": {"about": "…", "list": [
  {"name": "Клуб", "type": "private_supergroup", "id": 9, "messages": [
   {"id": 1, "type": "message", "date_unixtime": "1767258203", "from": "Пётр", "from_id": "user5", "photo": "chats/chat_02/photos/a.jpg", "thumbnail": "chats/chat_02/photos/a.jpg_thumb.jpg", "text": "фото"}
  ]}
 ]}
})J";

CollectingSink collect(std::string_view bytes, Options options = {}) {
    MemorySource source(bytes);
    CollectingSink sink;
    const auto done = format.read(source, options, sink);
    EXPECT_TRUE(done) << done.error().what;
    return sink;
}

// Gives one byte at a time and cannot seek.
class Dripping final : public Source {
public:
    explicit Dripping(std::string_view bytes) : bytes_(bytes) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        if (at_ == bytes_.size() || size == 0) return std::size_t{0};
        *buffer = bytes_[at_++];
        return std::size_t{1};
    }
    bool can_seek() const override { return false; }
    Result<void> seek(std::uint64_t) override { return fail(Errc::unsupported, "no"); }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

TEST(TelegramRead, finds_every_chat_of_an_account_and_its_owner) {
    const auto sink = collect(account);

    ASSERT_THAT(sink.contexts, SizeIs(3));
    EXPECT_EQ(sink.contexts[0].source, "telegram:user4242/user/777");
    EXPECT_EQ(sink.contexts[0].title, "Иван");
    EXPECT_THAT(sink.contexts[0].facts, HasSubstr(R"("phone":"00 7 916 123 45 67")"));
    EXPECT_EQ(sink.contexts[1].source, "telegram:user4242/user/4242");
    EXPECT_EQ(sink.contexts[2].source, "telegram:user4242/channel/9");
    EXPECT_THAT(sink.contexts[2].facts, HasSubstr(R"("left":true)"));
    EXPECT_THAT(sink.refused, IsEmpty());
    ASSERT_THAT(sink.items, SizeIs(4));
    EXPECT_EQ(sink.items[2].key, "3");
    EXPECT_THAT(sink.items[3].files,
                ElementsAre("chats/chat_02/photos/a.jpg", "chats/chat_02/photos/a.jpg_thumb.jpg"));
}

TEST(TelegramRead, cuts_out_the_exact_bytes_of_each_entry) {
    for (const auto& item : collect(account).items) {
        EXPECT_EQ(account.substr(item.position, item.raw.size()), item.raw);
        EXPECT_EQ(item.raw.front(), '{');
        EXPECT_EQ(item.raw.back(), '}');
        EXPECT_EQ(item.dialect, model::Dialect::telegram_json);
    }
}

TEST(TelegramRead, finds_the_same_in_a_stream_that_comes_byte_by_byte) {
    Dripping source(account);
    CollectingSink sink;

    ASSERT_TRUE(format.read(source, {}, sink));

    const auto whole = collect(account);
    ASSERT_EQ(sink.items.size(), whole.items.size());
    for (std::size_t i = 0; i < sink.items.size(); ++i) {
        EXPECT_EQ(sink.items[i].raw, whole.items[i].raw);
        EXPECT_EQ(sink.items[i].position, whole.items[i].position);
    }
    EXPECT_EQ(sink.contexts[2].facts, whole.contexts[2].facts);
}

TEST(TelegramRead, looks_ahead_for_headers_and_the_owner_that_stand_behind_the_messages) {
    constexpr std::string_view turned = R"({"chats":{"list":[
        {"messages":[{"id":1,"type":"message","text":"a"}],"id":777,"name":"Иван","type":"personal_chat"}]},
        "personal_information":{"user_id":4242}})";

    const auto sink = collect(turned);

    ASSERT_THAT(sink.contexts, SizeIs(1));
    EXPECT_EQ(sink.contexts[0].source, "telegram:user4242/user/777");
    EXPECT_EQ(sink.contexts[0].title, "Иван");
    ASSERT_THAT(sink.items, SizeIs(1));
    EXPECT_EQ(turned.substr(sink.items[0].position, sink.items[0].raw.size()), sink.items[0].raw);
}

TEST(TelegramRead, without_seeking_takes_such_a_chat_as_one_of_unknown_identity) {
    Dripping source(
        R"({"messages":[{"id":1,"type":"message","text":"a"}],"id":777,"type":"personal_chat"})");
    CollectingSink sink;

    ASSERT_TRUE(format.read(source, {}, sink));

    EXPECT_EQ(sink.contexts.at(0).source, "");
    EXPECT_THAT(sink.items, SizeIs(1));
}

TEST(TelegramRead, tells_messages_of_chats_without_ids_apart) {
    const auto sink = collect(
        R"({"chats":{"list":[{"name":"A","messages":[{"id":1,"type":"message"}]},{"messages":[{"id":1,"type":"message"}]}]}})");

    ASSERT_THAT(sink.items, SizeIs(2));
    EXPECT_EQ(sink.items[0].key, "A/1");
    EXPECT_EQ(sink.items[1].key, "#2/1");
}

TEST(TelegramRead, takes_the_owner_that_the_importer_names) {
    const auto sink =
        collect(R"({"name":"И","type":"personal_chat","id":7,"messages":[]})", {.owner = "4242"});

    EXPECT_EQ(sink.contexts.at(0).source, "telegram:user4242/user/7");
}

TEST(TelegramRead, reads_strings_with_invalid_escapes_brackets_and_bad_bytes) {
    const std::string bytes =
        "\xEF\xBB\xBF{\"name\":\"a\\x0B\\\"]}\",\"type\":\"personal_chat\",\"id\":7,\"messages\":["
        "{\"id\":1,\"type\":\"message\",\"text\":\"}]\\\\\"},{\"id\":2,\"type\":\"message\","
        "\"text\":\"\xFF\\x0B\\\"{\"}]}";

    const auto sink = collect(bytes);

    EXPECT_EQ(sink.contexts.at(0).title, "a\v\"]}");
    ASSERT_THAT(sink.items, SizeIs(2));
    EXPECT_EQ(sink.items[1].key, "2");
    EXPECT_THAT(sink.refused, IsEmpty());
}

TEST(TelegramRead, skips_keys_that_it_does_not_know_however_deep) {
    const std::string deep(5000, '[');
    const auto sink = collect(
        "{\"x\":" + deep + std::string(5000, ']') +
        ",\"type\":\"personal_chat\",\"id\":7,\"messages\":[{\"id\":1,\"type\":\"message\"}]}");

    EXPECT_EQ(sink.contexts.at(0).source, "telegram:/user/7");
    EXPECT_THAT(sink.items, SizeIs(1));
}

TEST(TelegramRead, refuses_a_broken_entry_and_goes_on_behind_it) {
    for (const std::string bad : {R"({"id":2,"type":"message","text":"no end,"from":"x"},)",
                                  R"({"id":2,"type":"message","a":[1},)",
                                  R"({"id":2,"type":"message","a":{)",
                                  R"({"id":2,"type":"message",bad:1},)"}) {
        const auto sink =
            collect(R"({"type":"personal_chat","id":7,"messages":[{"id":1,"type":"message"},)" +
                    bad + R"( {"id":3,"type":"message"}, {"id":4,"type":"service"}]})");

        ASSERT_THAT(sink.items, SizeIs(3)) << bad;
        EXPECT_EQ(sink.items[1].key, "3");
        ASSERT_THAT(sink.refused, SizeIs(1)) << bad;
        EXPECT_THAT(sink.refused[0].second, HasSubstr("broken JSON"));
    }
}

TEST(TelegramRead, does_not_carry_damage_into_the_next_chat) {
    const auto sink = collect(R"({"chats":{"list":[
        {"name":"A","type":"personal_chat","id":1,"messages":[{"id":1,"type":"message","text":"lost},{"id":2]},
        {"name":"B","type":"personal_chat","id":2,"messages":[{"id":1,"type":"message"}]}]}})");

    ASSERT_THAT(sink.contexts, SizeIs(2));
    EXPECT_EQ(sink.contexts[1].source, "telegram:/user/2");
    ASSERT_THAT(sink.items, SizeIs(1));
    EXPECT_THAT(sink.refused, SizeIs(1));
}

TEST(TelegramRead, takes_the_whole_messages_of_a_file_that_was_cut_off) {
    const std::string whole(account);
    const auto items = collect(account).items;
    for (std::size_t size = 1; size < whole.size(); size += 7) {
        MemorySource source(std::string_view(whole).substr(0, size));
        CollectingSink sink;
        const auto done = format.read(source, {}, sink);
        ASSERT_TRUE(done) << done.error().what;
        std::size_t expected = 0;
        while (expected < items.size() &&
               items[expected].position + items[expected].raw.size() <= size)
            ++expected;
        EXPECT_EQ(sink.items.size(), expected) << size;
        EXPECT_FALSE(sink.refused.empty()) << size;
    }
}

TEST(TelegramRead, refuses_entries_that_are_not_objects) {
    const auto sink = collect(
        R"({"type":"personal_chat","id":7,"messages":[5,"x",[1,[2]],{"id":1,"type":"message"}]})");

    EXPECT_THAT(sink.items, SizeIs(1));
    EXPECT_THAT(sink.refused, SizeIs(3));
}

TEST(TelegramRead, stops_when_the_sink_says_so_and_begins_where_it_is_told) {
    MemorySource source(account);
    CollectingSink one(1);
    ASSERT_TRUE(format.read(source, {}, one));
    EXPECT_THAT(one.items, SizeIs(1));

    const auto all = collect(account);
    const auto rest = collect(account, {.resume_at = all.items[2].position});
    ASSERT_THAT(rest.items, SizeIs(2));
    EXPECT_EQ(rest.items[0].raw, all.items[2].raw);
}

TEST(TelegramRead, does_not_work_without_end_on_hostile_nesting) {
    std::string hostile = R"({"type":"personal_chat","id":7,"messages":[)";
    for (int i = 0; i < 40000; ++i) hostile += R"({"id":1,"type":"message","a":)";
    MemorySource source(hostile);
    CollectingSink sink;

    ASSERT_TRUE(format.read(source, {}, sink));

    EXPECT_THAT(sink.items, IsEmpty());
    EXPECT_FALSE(sink.refused.empty());
}

TEST(TelegramRead, an_input_that_is_no_object_is_an_error) {
    for (const std::string_view bytes : {"", "   ", "hello"}) {
        MemorySource source(bytes);
        CollectingSink sink;
        EXPECT_FALSE(format.read(source, {}, sink)) << bytes;
    }
}

TEST(TelegramRecognise, knows_exports_and_nothing_else) {
    const auto match = [](std::string_view head, std::string_view name = "x.json") {
        return format.recognise(head, name);
    };

    EXPECT_EQ(match(account), Match::yes);
    EXPECT_EQ(match(R"({"name":"a","type":"personal_chat","id":1,"messages":[)"), Match::yes);
    EXPECT_EQ(match("\xEF\xBB\xBF {\"messages\":[{\"type\":\"message\",\"date_unixtime\":\"1\""),
              Match::yes);
    EXPECT_EQ(match(R"({"messages":[]})", "result.json"), Match::maybe);
    EXPECT_EQ(match(R"({"messages":[]})"), Match::no);
    EXPECT_EQ(match(R"([{"type":"message","text":"messages","from_id":1}])"), Match::no);
    EXPECT_EQ(
        match(
            R"({"participants":[{"name":"A"}],"messages":[{"sender_name":"A","timestamp_ms":1}]})"),
        Match::no);
    EXPECT_EQ(match(""), Match::no);
    EXPECT_EQ(match("From a@b Sat Jan  1 00:00:00 2022\nSubject: \"messages\": \"personal_chat\""),
              Match::no);
}

}  // namespace
}  // namespace letopis::capture::telegram
