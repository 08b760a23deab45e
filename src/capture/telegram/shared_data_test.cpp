// SPDX-License-Identifier: AGPL-3.0-or-later
// Over exports that may not be copied into this repository (LETOPIS_SHARED_DATA).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "capture/collecting_sink.hpp"
#include "capture/source.hpp"
#include "capture/telegram/telegram.hpp"

namespace letopis::capture::telegram {
namespace {

std::filesystem::path data() {
    const char* named = std::getenv("LETOPIS_SHARED_DATA");
    return std::filesystem::path(named ? named : LETOPIS_SOURCE_DIR "/../shared/data") /
           "chat/telegram";
}
std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}
CollectingSink collect(const std::string& bytes) {
    MemorySource source(bytes);
    CollectingSink sink;
    EXPECT_TRUE(format.read(source, {}, sink));
    return sink;
}

TEST(TelegramSharedData, takes_every_message_of_every_export) {
    if (!std::filesystem::exists(data())) GTEST_SKIP() << "no shared data here";
    const std::map<std::string, std::size_t> expected{{"bot.json", 2},
                                                      {"error.json", 2},
                                                      {"error-unexpected.json", 16},
                                                      {"personal.json", 0},
                                                      {"private_channel.json", 7},
                                                      {"private_group.json", 2},
                                                      {"public_channel.json", 7},
                                                      {"public_supergroup.json", 4},
                                                      {"saved.json", 21},
                                                      {"users_test.json", 9},
                                                      {"result_group.json", 45},
                                                      {"test_batch_export.json", 2},
                                                      {"test_single_export.json", 2}};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data())) {
        const auto name = entry.path().filename().string();
        if (!expected.contains(name)) continue;
        const auto bytes = bytes_of(entry.path());
        EXPECT_EQ(format.recognise(std::string_view(bytes).substr(0, head_bytes), name), Match::yes)
            << name;
        const auto sink = collect(bytes);
        EXPECT_EQ(sink.items.size(), expected.at(name)) << name;
        EXPECT_TRUE(sink.refused.empty()) << name;
        EXPECT_EQ(sink.contexts.size(), 1u) << name;
        for (const auto& item : sink.items) {
            EXPECT_EQ(bytes.substr(item.position, item.raw.size()), item.raw);
            const auto message = parse(item.raw, sink.contexts[0].facts);
            const bool unsupported = item.raw.find("\"unsupported\"") != std::string::npos;
            EXPECT_EQ(message.sent_at.has_value(), !unsupported) << item.raw;
            EXPECT_EQ(!message.marks.empty() && message.marks[0] == "unparsed", unsupported)
                << item.raw;
        }
    }
}

// Pieces of a text are joined with a blank by that project and without one by us
// (docs/chat-differences.md).
TEST(TelegramSharedData, agrees_with_chat_miner_but_for_the_blank_between_pieces) {
    if (!std::filesystem::exists(data())) GTEST_SKIP() << "no shared data here";
    const auto rows = boost::json::parse(bytes_of(data() / "chat-miner/target.json")).as_array();
    for (const auto* name : {"test_batch_export.json", "test_single_export.json"}) {
        const auto sink = collect(bytes_of(data() / "chat-miner" / name));
        ASSERT_EQ(sink.items.size(), rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto message = parse(sink.items[i].raw, sink.contexts[0].facts);
            const auto& row = rows[i].as_object();
            auto text = std::string(row.at("message").as_string());
            if (const auto at = text.find(": https"); at != std::string::npos)
                text.erase(at + 1, 1);
            EXPECT_EQ(message.text, text);
            EXPECT_EQ(rfc3339(*message.sent_at),
                      std::string(row.at("timestamp").as_string()) + "Z");
            EXPECT_EQ(message.parties.at(0).name, std::string(row.at("author").as_string()));
        }
    }
}

TEST(TelegramSharedData, does_not_take_other_exports_for_telegram) {
    const auto chat = data().parent_path();
    if (!std::filesystem::exists(chat)) GTEST_SKIP() << "no shared data here";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(chat)) {
        if (!entry.is_regular_file() ||
            entry.path().string().find("/telegram/") != std::string::npos)
            continue;
        const auto bytes = bytes_of(entry.path());
        EXPECT_EQ(format.recognise(std::string_view(bytes).substr(0, head_bytes),
                                   entry.path().filename().string()),
                  Match::no)
            << entry.path();
    }
}

}  // namespace
}  // namespace letopis::capture::telegram
