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
#include "capture/whatsapp/whatsapp.hpp"

namespace letopis::capture::whatsapp {
namespace {

std::filesystem::path data() {
    const char* named = std::getenv("LETOPIS_SHARED_DATA");
    return std::filesystem::path(named ? named : LETOPIS_SOURCE_DIR "/../shared/data") /
           "chat/whatsapp";
}
std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}
CollectingSink collect(const std::filesystem::path& path) {
    const auto bytes = bytes_of(path);
    MemorySource source(bytes);
    CollectingSink sink;
    EXPECT_TRUE(format.read(source, {.name = path.filename().string()}, sink));
    std::string together;
    for (const auto& item : sink.items) together += item.raw;
    EXPECT_EQ(together, bytes) << path;
    return sink;
}

TEST(WhatsAppSharedData, splits_every_export_into_messages_that_are_the_file_again) {
    if (!std::filesystem::exists(data())) GTEST_SKIP() << "no shared data here";
    const std::map<std::string, std::size_t> expected{{"lorem-2000.txt", 2000},
                                                      {"lorem.txt", 500},
                                                      {"lorem-merge-part1.txt", 300},
                                                      {"lorem-merge-part2.txt", 300},
                                                      {"pokemon.txt", 20}};
    for (const auto& [name, count] : expected) {
        const auto path = data() / "whatstk" / name;
        EXPECT_NE(format.recognise(std::string_view(bytes_of(path)).substr(0, head_bytes), name),
                  Match::no);
        const auto sink = collect(path);
        EXPECT_EQ(sink.items.size(), count) << name;
        Instant last{};
        std::size_t services = 0;
        for (const auto& item : sink.items) {
            const auto message = parse(item.raw, sink.contexts.at(0).facts);
            EXPECT_TRUE(message.marks.empty()) << item.raw;
            ASSERT_TRUE(message.sent_at) << item.raw;
            EXPECT_GE(*message.sent_at, last) << item.raw;
            last = *message.sent_at;
            services += message.event == model::Event::service;
        }
        EXPECT_EQ(services, name == "pokemon.txt" ? 2u : 0u) << name;
    }
}

// docs/chat-differences.md explains the three lines that this project leaves out.
TEST(WhatsAppSharedData, agrees_with_chat_miner_in_all_five_forms) {
    if (!std::filesystem::exists(data())) GTEST_SKIP() << "no shared data here";
    const auto rows = boost::json::parse(bytes_of(data() / "chat-miner/target.json")).as_array();
    for (const auto* name : {"test_[mmddyy]_24hrs.txt",
                             "test_ddmmyy_24hrs.txt",
                             "test_mmddyy_24hrs.txt",
                             "test_mmddyyyy_12hrs.txt",
                             "test_yyyymmdd_24hrs.txt"}) {
        const auto path = data() / "chat-miner" / name;
        EXPECT_EQ(format.recognise(bytes_of(path), name), Match::yes) << name;
        const auto sink = collect(path);
        ASSERT_EQ(sink.items.size(), 9u) << name;
        auto row = rows.rbegin();  // newest first there
        std::size_t services = 0;
        for (const auto& item : sink.items) {
            const auto message = parse(item.raw, sink.contexts[0].facts);
            if (message.event == model::Event::service) {
                ++services;
                continue;
            }
            ASSERT_NE(row, rows.rend()) << name;
            const auto& target = row++->as_object();
            auto text = message.text;
            std::replace(text.begin(), text.end(), '\n', ' ');
            EXPECT_EQ(text, std::string(target.at("message").as_string())) << name;
            EXPECT_EQ(message.parties.at(0).name, std::string(target.at("author").as_string()))
                << name;
            EXPECT_EQ(rfc3339(*message.sent_at),
                      std::string(target.at("timestamp").as_string()) + "Z")
                << name;
        }
        EXPECT_EQ(row, rows.rend()) << name;
        EXPECT_EQ(services, 3u) << name;
    }
}

}  // namespace
}  // namespace letopis::capture::whatsapp
