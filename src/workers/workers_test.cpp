// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/workers.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "base/mutant.hpp"
#include "utf8/utf8.hpp"
#include "workers/check.hpp"

namespace letopis::workers {
namespace {

using extract::Job;

Path program() { return Path(LETOPIS_BINARY_DIR) / "letopis-parse"; }

Job mail(const std::string& subject, const std::string& body = "Hello\r\nthere\r\n") {
    Job job;
    job.raw = "From: anna@client.example\r\nDate: Sat, 21 Nov 2026 10:00:00 +0300\r\nSubject: " +
              subject + "\r\n\r\n" + body;
    return job;
}

std::unique_ptr<Workers> workers(int count = 2, Limits limits = {}) {
    auto started = Workers::start(program(), count, limits);
    EXPECT_TRUE(started) << (started ? "" : started.error().what);
    return started ? std::move(*started) : nullptr;
}

// A program of our own in place of letopis-parse.
class Script {
public:
    explicit Script(const std::string& text)
        : path_(Path(::testing::TempDir()) / ("script" + std::to_string(getpid()))) {
        std::ofstream(path_) << "#!/bin/sh\n" << text;
        chmod(path_.c_str(), 0700);
    }
    ~Script() { unlink(path_.c_str()); }
    const Path& path() const { return path_; }

private:
    Path path_;
};

TEST(Workers, answers_come_in_the_order_of_the_jobs) {
    const auto pool = workers();
    ASSERT_TRUE(pool);
    std::vector<Job> jobs;
    for (int i = 0; i < 1000; ++i) jobs.push_back(mail("number " + std::to_string(i)));

    const auto messages = pool->parse(jobs);

    ASSERT_TRUE(messages);
    ASSERT_EQ(messages->size(), jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i)
        EXPECT_EQ((*messages)[i].subject, "number " + std::to_string(i));
    EXPECT_EQ(messages->front().parties.at(0).address, "anna@client.example");
    EXPECT_EQ(pool->restarts(), 0u);
}

TEST(Workers, a_text_that_stands_in_the_raw_bytes_comes_back_as_slice_and_as_text) {
    const auto pool = workers(1);
    ASSERT_TRUE(pool);
    const std::vector<Job> jobs{mail("x")};

    const auto messages = pool->parse(jobs);

    ASSERT_TRUE(messages);
    const auto& message = messages->at(0);
    ASSERT_TRUE(message.slice);
    EXPECT_EQ(message.text, "Hello\nthere\n");
    EXPECT_EQ(jobs[0].raw.substr(message.slice->offset, message.slice->length),
              "Hello\r\nthere\r\n");
}

TEST(Workers, several_tickets_are_worked_on_while_the_caller_does_other_things) {
    const auto pool = workers();
    ASSERT_TRUE(pool);
    std::vector<Workers::Ticket> tickets;
    for (int t = 0; t < 8; ++t) {
        std::vector<Job> jobs;
        for (int i = 0; i < 100; ++i) jobs.push_back(mail(std::to_string(t * 100 + i)));
        tickets.push_back(pool->submit(std::move(jobs)));
    }

    for (int t = 8; t-- > 0;) {
        const auto messages = pool->collect(tickets[static_cast<std::size_t>(t)]);
        ASSERT_TRUE(messages);
        EXPECT_EQ(messages->at(99).subject, std::to_string(t * 100 + 99));
    }
    EXPECT_EQ(pool->collect(tickets[0]).error().code, Errc::not_found);
}

TEST(Workers, no_jobs_are_no_messages) {
    const auto pool = workers(1);
    ASSERT_TRUE(pool);

    EXPECT_EQ(pool->parse({})->size(), 0u);
}

TEST(Workers, large_mails_go_both_ways_without_blocking) {
    const auto pool = workers(2);
    ASSERT_TRUE(pool);
    std::vector<Job> jobs;
    for (int i = 0; i < 6; ++i)
        jobs.push_back(mail("big", std::string(5 << 20, static_cast<char>('a' + i)) + "\n\xD0\n"));

    const auto messages = pool->parse(jobs);

    ASSERT_TRUE(messages);
    for (const auto& message : *messages) EXPECT_GT(message.text.size(), std::size_t(5 << 20));
}

TEST(Workers, the_bytes_of_a_part_are_fetched_by_its_locator) {
    const auto pool = workers(1);
    ASSERT_TRUE(pool);
    Job job;
    job.raw =
        "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n--x\n"
        "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
        "JVBERi0=\n--x--\n";
    const auto message = pool->parse(std::span(&job, 1));
    ASSERT_TRUE(message);
    ASSERT_EQ(message->at(0).attachments.size(), 1u);

    const auto bytes = pool->part(job, message->at(0).attachments[0].locator);

    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, "%PDF-");
    EXPECT_EQ(pool->part(job, "7.7").error().code, Errc::not_found);
}

TEST(Workers, an_html_letter_comes_back_safe_to_show) {
    const auto pool = workers(1);
    ASSERT_TRUE(pool);
    Job job;
    job.raw =
        "From: a@b.example\nContent-Type: multipart/related; boundary=x\n\n--x\n"
        "Content-Type: text/html; charset=koi8-r\n\n<script>alert(1)</script>"
        "<a href=https://a.example/>\xF0</a><img src=cid:a><img src=https://b.example/x>\n--x\n"
        "Content-Type: image/gif\nContent-ID: <a>\n\nGIF89a;\n--x--\n";

    const auto shown = pool->display(job);

    ASSERT_TRUE(shown);
    EXPECT_NE(shown->html.find(">П</a>"), std::string::npos);
    EXPECT_NE(shown->html.find("<img src=\"data:image/gif;base64,R0lGODlhO"), std::string::npos);
    EXPECT_EQ(shown->html.find("script"), std::string::npos);
    EXPECT_EQ(shown->remote_images, 1u);
    EXPECT_EQ(shown->links, 1u);
    EXPECT_EQ(shown->dropped_elements, 1u);
    EXPECT_FALSE(shown->cut);
    EXPECT_EQ(pool->restarts(), 0u);
}

TEST(Workers, what_has_no_html_form_says_so) {
    const auto pool = workers(1);
    ASSERT_TRUE(pool);
    Job chat = mail("x");
    chat.dialect = model::Dialect::telegram_json;

    EXPECT_EQ(pool->display(mail("x")).error().code, Errc::not_found);
    EXPECT_EQ(pool->display(chat).error().code, Errc::not_found);
}

TEST(Workers, a_letter_of_the_greatest_size_is_shown_within_the_walls) {
    const auto pool = workers(1);
    ASSERT_TRUE(pool);
    Job job;
    job.raw = "Content-Type: text/html\n\n";
    while (job.raw.size() < extract::parsed_bytes_max) job.raw += "<b><font color=red>";

    const auto shown = pool->display(job);

    ASSERT_TRUE(shown) << shown.error().what;
    EXPECT_TRUE(shown->cut);
    EXPECT_EQ(pool->restarts(), 0u);
}

TEST(Workers, a_letter_that_kills_the_parser_is_not_shown) {
#ifndef LETOPIS_MUTANTS
    GTEST_SKIP() << "needs the test-only build with LETOPIS_MUTANTS";
#endif
    setenv("LETOPIS_MUTANT", "parser_crash", 1);
    const auto pool = workers(1);
    ASSERT_TRUE(pool);

    const auto shown = pool->display(mail("x", "CRASH THE PARSER"));
    unsetenv("LETOPIS_MUTANT");

    EXPECT_EQ(shown.error().code, Errc::unavailable);
}

TEST(Workers, a_killed_worker_costs_no_message) {
    const auto pool = workers(2);
    ASSERT_TRUE(pool);
    std::vector<Job> jobs;
    for (int i = 0; i < 20000; ++i) jobs.push_back(mail(std::to_string(i)));
    const auto ticket = pool->submit(jobs);
    for (const int pid : pool->processes()) kill(pid, SIGKILL);

    const auto messages = pool->collect(ticket);

    ASSERT_TRUE(messages);
    for (std::size_t i = 0; i < messages->size(); ++i) {
        EXPECT_EQ((*messages)[i].subject, std::to_string(i));
        EXPECT_NE((*messages)[i].mark_detail.substr(0, 6), "parser");
    }
    EXPECT_GE(pool->restarts(), 1u);
}

TEST(Workers, an_item_that_kills_the_parser_is_marked_and_its_neighbours_are_not) {
#ifndef LETOPIS_MUTANTS
    GTEST_SKIP() << "needs the test-only build with LETOPIS_MUTANTS";
#endif
    setenv("LETOPIS_MUTANT", "parser_crash", 1);
    const auto pool = workers(1);
    std::vector<Job> jobs;
    for (int i = 0; i < 50; ++i)
        jobs.push_back(mail(std::to_string(i), i == 17 ? "CRASH THE PARSER" : "fine"));
    ASSERT_TRUE(pool);

    const auto messages = pool->parse(jobs);
    unsetenv("LETOPIS_MUTANT");

    ASSERT_TRUE(messages);
    for (std::size_t i = 0; i < 50; ++i) {
        const auto& message = (*messages)[i];
        if (i == 17) {
            EXPECT_EQ(message.marks, std::vector<std::string>{"unparsed"});
            // A sanitizer turns the signal into an exit code of its own.
            EXPECT_TRUE(message.mark_detail.starts_with("parser stopped: ")) << message.mark_detail;
        } else {
            EXPECT_EQ(message.subject, std::to_string(i));
        }
    }
}

TEST(Workers, an_item_that_hangs_the_parser_is_given_up_after_the_limit) {
#ifndef LETOPIS_MUTANTS
    GTEST_SKIP() << "needs the test-only build with LETOPIS_MUTANTS";
#endif
    setenv("LETOPIS_MUTANT", "parser_hang", 1);
    const auto pool = workers(1, {std::chrono::milliseconds(1000)});
    const std::vector<Job> jobs{mail("before"), mail("x", "HANG THE PARSER"), mail("after")};
    ASSERT_TRUE(pool);

    const auto messages = pool->parse(jobs);
    unsetenv("LETOPIS_MUTANT");

    ASSERT_TRUE(messages);
    EXPECT_EQ(messages->at(0).subject, "before");
    EXPECT_EQ(messages->at(1).mark_detail, "parser stopped: time limit");
    EXPECT_EQ(messages->at(2).subject, "after");
}

TEST(Workers, a_program_that_is_no_parser_is_refused_at_the_start) {
    const Script mute("exit 0\n");

    EXPECT_EQ(Workers::start(mute.path(), 1).error().code, Errc::unavailable);
    EXPECT_EQ(Workers::start("/nonexistent/letopis-parse", 1).error().code, Errc::unavailable);
}

TEST(Workers, a_worker_that_babbles_is_stopped) {
    const Script babbler("printf '\\377\\377\\377\\377garbage'; exec cat\n");

    EXPECT_EQ(Workers::start(babbler.path(), 1).error().code, Errc::unavailable);
}

TEST(Workers, what_a_worker_says_is_repaired_before_use) {
    model::Message message;
    message.subject = "\xFF";
    message.html_words = "\xFF";
    message.text = "abc";
    message.zones = {{model::ZoneKind::quote, 2, 9}};
    message.slice = model::Slice{100, 5};

    check_message(message, "short");

    EXPECT_TRUE(utf8::valid(message.subject));
    EXPECT_TRUE(utf8::valid(message.html_words));
    EXPECT_TRUE(message.zones.empty());
    EXPECT_TRUE(message.text.empty());
}

TEST(ReadWorker, frames_are_passed_on_as_they_are) {
    const Script reader("cat <&3; exit 0\n");
    const auto input = Path(::testing::TempDir()) / ("input" + std::to_string(getpid()));
    std::ofstream(input) << std::string("\x03\0\0\0abc\x01\0\0\0z", 12);
    std::FILE* file = std::fopen(input.c_str(), "rb");

    auto worker = ReadWorker::start(reader.path(), fileno(file), std::string("\1\0\0\0x", 5));
    std::fclose(file);
    unlink(input.c_str());

    ASSERT_TRUE(worker);
    EXPECT_EQ(*(*worker)->next_frame(), "abc");
    EXPECT_EQ(*(*worker)->next_frame(), "z");
    EXPECT_EQ(*(*worker)->next_frame(), std::nullopt);
}

TEST(ReadWorker, a_cut_frame_and_a_death_are_errors) {
    const Script cut("printf '\\005\\000\\000\\000ab'\n");
    auto worker = ReadWorker::start(cut.path(), 0, {});
    ASSERT_TRUE(worker);
    EXPECT_EQ((*worker)->next_frame().error().code, Errc::corrupt);

    const Script dies("kill -SEGV $$\n");
    auto dying = ReadWorker::start(dies.path(), 0, {});
    ASSERT_TRUE(dying);
    const auto end = (*dying)->next_frame();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().what, "reader stopped: SIGSEGV");
}

TEST(ReadWorker, a_silent_reader_is_given_up) {
    const Script silent("exec sleep 100\n");
    auto worker = ReadWorker::start(silent.path(), 0, {}, {std::chrono::milliseconds(100)});
    ASSERT_TRUE(worker);

    EXPECT_EQ((*worker)->next_frame().error().what, "reader stopped: time limit");
}

}  // namespace
}  // namespace letopis::workers
