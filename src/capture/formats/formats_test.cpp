// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "base/files.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/frames.hpp"
#include "capture/source.hpp"

namespace letopis::capture {
namespace {

using namespace std::string_view_literals;

std::string recognised(std::string_view head, std::string_view name = "x") {
    const auto* format = recognise(head, name);
    return format ? std::string(format->name) : "";
}
std::string refusal(std::string_view head, std::string_view name = "x") {
    const auto* format = recognise(head, name);
    return format && !format->read ? std::string(format->refusal) : "";
}

TEST(Formats, each_has_a_name_of_its_own_and_is_either_read_or_refused) {
    std::set<std::string_view> names;
    for (const auto& format : formats()) {
        EXPECT_TRUE(names.insert(format.name).second) << format.name;
        EXPECT_NE(format.recognise, nullptr);
        EXPECT_NE(format.read == nullptr, format.refusal.empty()) << format.name;
        EXPECT_FALSE(format.description.empty());
    }
    for (const auto name : {"mbox", "eml", "archive", "telegram", "whatsapp", "jsonl", "csv"})
        EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Formats, content_decides_and_names_only_help) {
    EXPECT_EQ(recognised("From a@b Sat Nov 21 20:54:27 2026\nFrom: x\n", "mail.txt"), "mbox");
    EXPECT_EQ(recognised("From a@b Sat Nov 21 20:54:27 2026\nFrom: x\n", "mail.eml"), "eml");
    EXPECT_EQ(recognised("From: a@b\nTo: c\n\n", "mail.mbox"), "eml");
    EXPECT_EQ(recognised("22.03.2024, 14:36 - Иван Петров: текст\n", "Чат WhatsApp с Иван.txt"),
              "whatsapp");
    EXPECT_EQ(
        recognised(R"({"name":"a","type":"personal_chat","id":1,"messages":[)", "result.json"),
        "telegram");
    EXPECT_EQ(recognised(R"({"channel":"other","text":"a","date":"2026-01-01T00:00:00Z"})"),
              "jsonl");
    EXPECT_EQ(recognised("дата;от;текст\n2026-01-01;a;b\n"), "csv");
    EXPECT_EQ(recognised("just some prose, and nothing else\nin two lines\n"), "");
    EXPECT_EQ(recognised("[2019-12-24, 12:23] Jane Doe: Hello\n"), "signal-text");
    EXPECT_EQ(
        recognised("[2019-12-24, 12:23:01] Jane: a\n[2019-12-24, 12:23:02] Joe: b\n", "_chat.txt"),
        "whatsapp");
    EXPECT_EQ(recognised(R"({"from_id":{"type":"object"},"messages":{"type":"array"}})"), "");
    EXPECT_EQ(recognised(""), "");
}

TEST(Formats, known_formats_that_are_not_read_are_refused_with_advice) {
    EXPECT_NE(refusal("!BDN..."), "");
    EXPECT_NE(refusal("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "letter.msg").find(".msg"),
              std::string::npos);
    EXPECT_EQ(refusal("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "a.doc"),
              "an office document: not a mailbox");
    EXPECT_NE(refusal("\x78\x9f\x3e\x22"sv), "");
    EXPECT_EQ(refusal("%PDF-1.7"), "a PDF document: not a mailbox");
    EXPECT_EQ(refusal("\xff\xd8\xff\xe0"sv), "a picture: not a mailbox");
    EXPECT_EQ(refusal("<!DOCTYPE html><html>"), "an HTML page: not a mailbox");
    EXPECT_NE(refusal("<!DOCTYPE html><html><body><div class=\"page_wrap\">")
                  .find("Machine-readable JSON"),
              std::string::npos);
    EXPECT_EQ(refusal("{\"type\":\"version\",\"version\":1}\n"),
              "a Mattermost export: not supported yet");
    EXPECT_NE(refusal("{\"messages\":[{\"sender_name\":\"a\",\"timestamp_ms\":1}]}"), "");
    EXPECT_NE(refusal("anything", "msgstore.db.crypt14"), "");
    EXPECT_NE(refusal("BEGIN:VCARD\r\nVERSION:3.0\r\n"), "");
}

// The reading worker in a thread: a request in, frames out.
struct Answer {
    int exit_code = -1;
    std::vector<Event> events;
};
Answer ask(std::string_view input, const Request& request, bool by_pipe = false) {
    int in[2];
    int out[2];
    int input_pipe[2] = {-1, -1};
    EXPECT_EQ(::pipe(in) | ::pipe(out) | ::pipe(input_pipe), 0);
    std::string name = (std::filesystem::temp_directory_path() / "letopis_reader_XXXXXX").string();
    const Fd file(::mkstemp(name.data()));
    ::unlink(name.c_str());
    EXPECT_TRUE(write_all(file.get(), input).has_value());
    EXPECT_TRUE(write_all(in[1], encode_request(request)).has_value());
    ::close(in[1]);
    std::thread feeder([&] {
        if (by_pipe) (void)write_all(input_pipe[1], input);
        ::close(input_pipe[1]);
    });
    Answer answer;
    std::thread worker([&] {
        answer.exit_code = run_reader(by_pipe ? input_pipe[0] : file.get(), in[0], out[1]);
        ::close(out[1]);
    });
    FrameDecoder decoder;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(out[0], buffer, sizeof buffer)) > 0;) {
        decoder.feed(std::string_view(buffer, static_cast<std::size_t>(got)));
        while (const auto frame = decoder.next().value()) {
            auto event = decode_event(*frame);
            EXPECT_TRUE(event.has_value());
            answer.events.push_back(std::move(*event));
        }
    }
    worker.join();
    feeder.join();
    for (const int fd : {in[0], out[0], input_pipe[0]}) ::close(fd);
    EXPECT_TRUE(decoder.empty());
    return answer;
}

Request named(std::string name, std::string format = {}) {
    Request request;
    request.options.name = std::move(name);
    request.format = std::move(format);
    return request;
}

template <class T>
std::vector<T> of(const Answer& answer) {
    std::vector<T> all;
    for (const auto& event : answer.events)
        if (const auto* one = std::get_if<T>(&event)) all.push_back(*one);
    return all;
}

constexpr std::string_view mailbox =
    "From a@b Sat Nov 21 20:54:27 2026\nFrom: a@b\nSubject: 1\n\none\n\n"
    "From a@b Sat Nov 21 20:54:28 2026\nFrom: a@b\nSubject: 2\n\ntwo\n\n";

TEST(RunReader, tells_the_format_then_the_events_then_the_end) {
    for (const bool by_pipe : {false, true}) {
        const auto answer = ask(mailbox, named("a.mbox"), by_pipe);

        EXPECT_EQ(answer.exit_code, 0);
        ASSERT_GE(answer.events.size(), 4u);
        ASSERT_TRUE(std::holds_alternative<Recognised>(answer.events.front()));
        EXPECT_EQ(std::get<Recognised>(answer.events.front()).format, "mbox");
        EXPECT_TRUE(std::holds_alternative<Context>(answer.events[1]));
        ASSERT_EQ(of<Item>(answer).size(), 2u);
        EXPECT_EQ(of<Item>(answer)[1].raw, "From: a@b\nSubject: 2\n\ntwo\n");
        EXPECT_TRUE(std::holds_alternative<End>(answer.events.back()));
    }
}

TEST(RunReader, a_forced_format_is_obeyed) {
    const auto answer = ask(mailbox, named("a.mbox", "eml"));
    ASSERT_EQ(of<Item>(answer).size(), 1u);
    EXPECT_EQ(of<Item>(answer)[0].raw, mailbox);
    const auto unknown = ask(mailbox, named("a.mbox", "pigeon"));
    ASSERT_EQ(of<Failed>(unknown).size(), 1u);
    EXPECT_EQ(of<Failed>(unknown)[0].error.code, Errc::invalid);
}

TEST(RunReader, says_why_an_input_is_not_read) {
    const auto error_of = [](std::string_view bytes) {
        const auto answer = ask(bytes, named("x"));
        EXPECT_EQ(answer.exit_code, 0);
        const auto failed = of<Failed>(answer);
        return failed.empty() ? std::string() : failed[0].error.what;
    };
    EXPECT_EQ(error_of("%PDF-1.7"), "a PDF document: not a mailbox");
    EXPECT_EQ(error_of("prose and nothing else\n"), "not a known format");
    EXPECT_EQ(error_of(""), "empty file");
    EXPECT_NE(error_of("PK\x03\x04 and no more of it"), "");
}

TEST(RunReader, a_pipe_without_a_request_is_told_and_a_dead_pipe_is_an_exit_code) {
    const Fd null(::open("/dev/null", O_RDONLY));
    int out[2];
    ASSERT_EQ(::pipe(out), 0);
    EXPECT_EQ(run_reader(null.get(), null.get(), out[1]), 0);
    ::close(out[1]);
    ::close(out[0]);
    EXPECT_EQ(run_reader(null.get(), null.get(), -1), 1);
}

class SharedInputs : public testing::Test {
protected:
    void SetUp() override {
        const char* set = ::getenv("LETOPIS_SHARED_DATA");
        data_ = set != nullptr ? Path(set) : Path(LETOPIS_SOURCE_DIR) / "../shared/data";
        if (!std::filesystem::exists(data_)) GTEST_SKIP() << "the shared sample data is not here";
    }
    std::string of(const Path& path) {
        const auto bytes = read_file(path).value_or("");
        return recognised(std::string_view(bytes).substr(0, head_bytes), path.filename().string());
    }
    std::map<std::string, std::size_t> below(const std::string& folder) {
        std::map<std::string, std::size_t> counts;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(data_ / folder))
            if (entry.is_regular_file()) ++counts[of(entry.path())];
        return counts;
    }
    Path data_;
};

TEST_F(SharedInputs, every_kind_of_sample_is_recognised_as_what_it_is) {
    using Counts = std::map<std::string, std::size_t>;
    EXPECT_EQ(below("email/mbox-lists"), (Counts{{"mbox", 14}}));
    EXPECT_EQ(below("email/mbox-pipermail"), (Counts{{"mbox", 20}}));
    EXPECT_EQ(below("email/pst"), (Counts{{"pst", 1}}));
    EXPECT_EQ(below("chat/slack"), (Counts{{"archive", 1}}));
    EXPECT_EQ(below("chat/mattermost"), (Counts{{"mattermost", 1}}));
    EXPECT_EQ(of(data_ / "chat/telegram/tkonverter/result_group.json"), "telegram");
    EXPECT_EQ(of(data_ / "chat/other/signal/test_export.txt"), "signal-text");
    EXPECT_EQ(of(data_ / "chat/other/instagram/test_export.json"), "instagram");
    EXPECT_EQ(below("chat/whatsapp/whatstk"), (Counts{{"whatsapp", 5}}));
    for (const auto& entry : std::filesystem::directory_iterator(data_ / "email/outlook-msg"))
        EXPECT_EQ(of(entry.path()), entry.path().extension() == ".msg" ? "msg" : "eml")
            << entry.path();
    std::size_t mail = 0;
    for (const auto& [format, count] : below("email/spamassassin-sample"))
        if (format == "mbox" || format == "eml") mail += count;
    EXPECT_EQ(mail, 254u);
}

TEST_F(SharedInputs, documents_and_labelled_data_are_never_taken_for_messages) {
    for (const char* folder : {"attachments", "labelled", "webhooks"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(data_ / folder)) {
            if (!entry.is_regular_file()) continue;
            const auto format = of(entry.path());
            for (const char* wrong : {"mbox", "whatsapp", "jsonl", "csv", "telegram"})
                EXPECT_NE(format, wrong) << entry.path();
        }
}

TEST_F(SharedInputs, every_file_is_read_to_its_end_without_harm) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data_)) {
        if (!entry.is_regular_file()) continue;
        const auto bytes = read_file(entry.path()).value_or("");
        MemorySource source(bytes);
        CollectingSink sink;
        (void)read_input(
            source, named(entry.path().filename().string()), sink, [](std::string_view) {});
        for (const auto& item : sink.items) EXPECT_LE(item.raw.size(), item_bytes_max);
        for (const auto& file : sink.files) EXPECT_TRUE(file.ended);
    }
}

}  // namespace
}  // namespace letopis::capture
