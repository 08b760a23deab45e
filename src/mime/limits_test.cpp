// SPDX-License-Identifier: AGPL-3.0-or-later
// Mails made to hang, to blow up or to crash a parser (docs/formats/limits.md). Each must be read
// in well under the limit of processor time, whatever comes out.
#include <gtest/gtest.h>

#include <ctime>
#include <functional>

#include "mime/mime.hpp"
#include "mime/prepare.hpp"
#include "mime/test_support.hpp"
#include "mime/tree.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

const std::string head = "From: a@b.example\nDate: 1 Jan 2026 1:1:1 Z\n";

std::string many(std::size_t count, const std::string& what) {
    std::string out;
    out.reserve(count * what.size());
    for (std::size_t i = 0; i < count; ++i) out += what;
    return out;
}
std::string numbered(int count, const std::function<std::string(const std::string&)>& make) {
    std::string out;
    for (int i = 0; i < count; ++i) out += make(std::to_string(i));
    return out;
}

model::Message timed(const std::string& raw) {
    const auto start = std::clock();
    auto message = parse_mail(raw);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
#if defined(__SANITIZE_ADDRESS__)
    EXPECT_LT(seconds, 15.0);
#else
    EXPECT_LT(seconds, 2.0);
#endif
    EXPECT_TRUE(utf8::valid(message.text));
    EXPECT_TRUE(utf8::valid(message.subject));
    return message;
}

TEST(Limits, two_hundred_thousand_parts) {
    const auto message = timed(
        head + "Content-Type: multipart/mixed; boundary=x\n\n" +
        numbered(200'000, [](const std::string& i) { return "--x\n\np" + i + "\n"; }) + "--x--\n");

    EXPECT_TRUE(has_mark(message, "too_many_parts"));
    EXPECT_NE(message.text.find("p900\n"), message.text.npos);
}

TEST(Limits, twenty_thousand_levels) {
    const auto nested = timed(head +
                              numbered(20'000,
                                       [](const std::string& i) {
                                           return "Content-Type: multipart/mixed; boundary=b" + i +
                                                  "\n\n--b" + i + "\n";
                                       }) +
                              "\nhi\n");
    EXPECT_TRUE(has_mark(nested, "too_deep"));

    const auto messages =
        timed(head + "Content-Type: message/rfc822\n\n" +
              many(20'000, "Subject: y\nContent-Type: message/rfc822\n\n") + "hi\n");
    EXPECT_TRUE(has_mark(messages, "too_deep"));
    EXPECT_LE(messages.attachments.size(), std::size_t(depth_max) + 1);
}

TEST(Limits, header_blocks_of_twenty_megabytes) {
    const auto fields = timed(head + many(1'000'000, "X-Something: value\n") + "\nbody\n");
    EXPECT_TRUE(has_mark(fields, "bad_header"));
    EXPECT_EQ(fields.text, "body\n");
    EXPECT_EQ(fields.parties.size(), 1u);

    const auto line = timed(head + "Subject: " + std::string(20'000'000, 'a') + "\n\nbody\n");
    EXPECT_TRUE(has_mark(line, "bad_header"));
    EXPECT_EQ(line.text, "body\n");

    const auto inside = timed(head + "Content-Type: multipart/mixed; boundary=x\n\n--x\n" +
                              many(4'000'000, "a:b\n") + "\nbody\n--x--\n");
    EXPECT_TRUE(has_mark(inside, "bad_header"));

    const auto message =
        timed(head + "Content-Type: message/rfc822\n\n" + many(4'000'000, "a:b\n") + "\nbody\n");
    EXPECT_TRUE(has_mark(message, "bad_header"));
}

TEST(Limits, a_mail_over_32_megabytes_is_read_as_far_as_that) {
    const auto message = timed(head + "\n" + many(2'000'000, "hello, this is text\n"));

    EXPECT_TRUE(has_mark(message, "truncated"));
    EXPECT_LE(message.text.size(), std::size_t(16) << 20);
}

TEST(Limits, header_values_made_to_be_quadratic) {
    for (const std::string& value : {many(46'000, "a@b.c, "),
                                     many(333'000, "("),
                                     many(333'000, "\""),
                                     many(333'000, "<"),
                                     many(133'000, "\\\""),
                                     many(33'000, "=?utf-8?Q?"),
                                     many(30'000, "=?utf-8?Q?a?="),
                                     many(66'000, "<a@b>"),
                                     many(43'000, "a*1*=b; "),
                                     many(100'000, "a=b;"),
                                     many(110'000, "(a)"),
                                     many(166'000, ";;"),
                                     many(166'000, " a"),
                                     many(150'000, ":;"),
                                     many(50'000, "a=\"b\";"),
                                     many(33'000, "1:1:1 +1 "),
                                     many(33'000, "<a@b> (c),")})
        for (const std::string name : {"From",
                                       "Subject",
                                       "References",
                                       "In-Reply-To",
                                       "Date",
                                       "Content-Type",
                                       "Content-Disposition",
                                       "Message-ID",
                                       "List-Id"})
            timed(name + ": " + value + "\n\nbody\n");
}

TEST(Limits, addresses_are_counted) {
    EXPECT_EQ(timed("From: " + many(100'000, "a@b.c, ") + "\n\nx").parties.size(), 10'000u);
}

TEST(Limits, bodies_made_to_be_quadratic) {
    for (const std::string& body : {many(500'000, "> a\nOn x wrote:\n"),
                                    many(500'000, "On 1 wrote:\n\nx\n"),
                                    many(500'000, "From: a\nTo: b\nx\n"),
                                    many(500'000, "begin 644 a\nM\n"),
                                    many(200'000, "-----BEGIN PGP SIGNED MESSAGE-----\n"),
                                    many(500'000, "-- \n"),
                                    many(400'000, "____________________\n"),
                                    many(1'000'000, "Regards\n"),
                                    many(100'000, many(11, "From: a\n") + "\n"),
                                    many(200'000, "confidential privileged "),
                                    many(300'000, "---\na@b\n"),
                                    std::string(8'000'000, '\n')})
        timed(head + "\n" + body);
}

TEST(Limits, html_made_to_be_slow) {
    for (const std::string& html : {many(1'000'000, "<div>"),
                                    "<a href=\"" + std::string(8'000'000, 'a'),
                                    std::string(5'000'000, '<'),
                                    "<!--" + std::string(5'000'000, '-'),
                                    many(400'000, "<blockquote><p>x"),
                                    many(150'000, "<b><i><a><p>"),
                                    many(1'000'000, "&a"),
                                    many(150'000, "<table><tr><td>"),
                                    "<script>" + many(1'000'000, "</"),
                                    many(1'000'000, "<br>"),
                                    many(500'000, "<p>&nbsp;")})
        timed(head + "Content-Type: text/html\n\n" + html);
}

TEST(Limits, structures_made_to_be_quadratic) {
    const std::string mixed = head + "Content-Type: multipart/mixed; boundary=x\n";
    timed(mixed + "\n" +
          numbered(100'000, [](const std::string& i) { return "boundary=abc" + i + "\n--"; }));
    timed(mixed + "\n--x\n\nq\n--x--\n" + many(500'000, "\n--x--"));
    timed(mixed + many(30'000, "Content-Type: text/plain; x=" + std::string(10, 'y') + "\n") +
          "\nx");
    timed(head + many(900, "Content-Type: multipart/mixed; boundary=b\n\n--b\n") + "\nhi\n");
    timed(mixed + "\n" + many(1000, "--x\nContent-Type: message/rfc822\n\nSubject: a\n\nb\n"));
    timed(mixed + "\n" + many(900, "--x\nContent-Type: multipart/mixed\n\n--y\n\na\n--y--\n"));
    timed(head + "Content-Type: text/plain; format=flowed\n\n" +
          many(300, std::string(30'000, '>') + " a \n"));
    timed(head + "Content-Type: text/enriched\n\n" + std::string(5'000'000, '<'));
}

TEST(Limits, nothing_but_nuls) { timed(std::string(5'000'000, '\0')); }

}  // namespace
}  // namespace letopis::mime
