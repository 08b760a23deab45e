// SPDX-License-Identifier: AGPL-3.0-or-later
#include "extract/worker/worker.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/files.hpp"
#include "extract/wire.hpp"

namespace letopis::extract {
namespace {

// Runs the loop in a thread, without the sandbox, over what is sent; returns the exit code.
struct Conversation {
    int exit_code = -1;
    std::string answers;
};
Conversation talk(const std::string& request) {
    int in[2], out[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, in), 0);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, out), 0);
    Conversation result;
    std::thread worker([&] {
        result.exit_code = run_worker(in[0], out[0]);
        close(out[0]);
        close(in[0]);
    });
    std::thread sender([&] {
        send(in[1], request.data(), request.size(), MSG_NOSIGNAL);
        shutdown(in[1], SHUT_WR);
    });
    char buffer[4096];
    for (ssize_t size; (size = read(out[1], buffer, sizeof buffer)) > 0;)
        result.answers.append(buffer, static_cast<std::size_t>(size));
    worker.join();
    sender.join();
    close(in[1]);
    close(out[1]);
    return result;
}

std::string frame(const std::string& body) {
    std::string out(4, '\0');
    out += body;
    put_frame_length(out);
    return out;
}

std::string parse_request(const std::vector<Job>& jobs) {
    std::string body;
    Writer writer(body);
    writer.u8(static_cast<std::uint8_t>(Ask::parse));
    writer.varint(jobs.size());
    for (const auto& job : jobs) put_job(writer, job.dialect, job.context, job.raw);
    return frame(body);
}

TEST(Worker, answers_each_job_of_a_batch) {
    const std::vector<Job> jobs{{model::Dialect::mail, "", "Subject: one\n\nbody\n"},
                                {model::Dialect::mail, "", "Subject: two\n\n\xD0\n"}};

    const auto result = talk(parse_request(jobs));

    EXPECT_EQ(result.exit_code, 0);
    Reader reader(std::string_view(result.answers).substr(4));
    EXPECT_EQ(reader.u8(), 1);
    EXPECT_EQ(reader.varint(), 2u);
    const auto first = model::decode(reader.text());
    ASSERT_TRUE(first);
    EXPECT_EQ(first->subject, "one");
    // The text is left out where the client can cut it from the bytes it has.
    ASSERT_TRUE(first->slice);
    EXPECT_EQ(first->text, "");
    EXPECT_EQ(slice_text(jobs[0].raw, *first->slice), "body\n");
    const auto second = model::decode(reader.text());
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->text.empty());
}

TEST(Worker, a_giant_is_read_like_the_others) {
    const std::string text(9 << 20, 'x');

    const auto result =
        talk(parse_request({{model::Dialect::mail, "{}", "Subject: one\n\n" + text}}));

    EXPECT_EQ(result.exit_code, 0);
    Reader reader(std::string_view(result.answers).substr(4));
    EXPECT_EQ(reader.u8(), 1);
    EXPECT_EQ(reader.varint(), 1u);
    const auto message = model::decode(reader.text());
    ASSERT_TRUE(message);
    EXPECT_EQ(message->subject, "one");
    ASSERT_TRUE(message->slice);
    EXPECT_EQ(message->slice->length, text.size());
}

TEST(Worker, shows_an_html_letter) {
    std::string body;
    Writer writer(body);
    writer.u8(static_cast<std::uint8_t>(Ask::display));
    put_job(writer, model::Dialect::mail, "", "Content-Type: text/html\n\n<b onclick=x>hi</b>");

    const auto result = talk(frame(body));

    EXPECT_EQ(result.exit_code, 0);
    Reader reader(std::string_view(result.answers).substr(4));
    EXPECT_EQ(reader.u8(), 3);
    EXPECT_EQ(reader.u8(), 1);
    const auto shown = get_display(reader);
    EXPECT_TRUE(reader.done());
    EXPECT_NE(shown.html.find("<b>hi</b>"), std::string::npos);
}

TEST(Worker, garbage_ends_it_without_an_answer) {
    const std::string good = parse_request({{model::Dialect::mail, "", "Subject: one\n\n"}});
    for (const std::string& bad : {std::string(4, '\0'),
                                   std::string("\xFF\xFF\xFF\xFF"),
                                   frame("\x03"),
                                   frame("\x01\xFF\xFF"),
                                   frame("\x01\x01\x63"),
                                   frame(std::string("\x01\x00\x00", 3)),
                                   std::string("\x05\x00\x00\x00"
                                               "ab",
                                               6),
                                   good.substr(0, good.size() - 1)}) {
        const auto result = talk(bad);
        EXPECT_EQ(result.exit_code, 1);
        EXPECT_EQ(result.answers, "");
    }
    EXPECT_EQ(talk("").exit_code, 0);
}

TEST(Worker, every_dialect_has_a_parser_and_nonsense_is_marked) {
    for (int dialect = 1; dialect <= 8; ++dialect) {
        Job job;
        job.dialect = static_cast<model::Dialect>(dialect);
        for (const std::string& raw : {std::string(),
                                       std::string("\xFF\xFE{nonsense"),
                                       std::string(100'000, '['),
                                       std::string(1000, '\0')}) {
            job.raw = raw;
            const auto message = parse(job);
            EXPECT_FALSE(message.marks.empty()) << dialect;
        }
    }
}

TEST(Worker, a_slice_outside_of_the_bytes_is_empty) {
    EXPECT_EQ(slice_text("abc", {5, 1}), "");
    EXPECT_EQ(slice_text("abc", {1, 5}), "");
    EXPECT_EQ(slice_text("a\r\nb\rc\r\n", {0, 8}), "a\nb\rc\n");
}

TEST(Part, only_mails_have_parts) {
    EXPECT_EQ(part({model::Dialect::telegram_json, "", "{}"}, "1").error().code, Errc::not_found);
    EXPECT_EQ(*part({model::Dialect::mail, "", "Subject: x\n\nbody"}, "1"), "body");
}

}  // namespace
}  // namespace letopis::extract
