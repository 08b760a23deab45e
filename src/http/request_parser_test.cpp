// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/request_parser.hpp"

#include <gtest/gtest.h>

namespace letopis::http {
namespace {

using State = RequestParser::State;

struct Outcome {
    State state = State::more;
    int status = 0;
    Request request;
    std::string body;
    bool keep_alive = false;
};

// `step`: bytes that come at a time.
Outcome parse(std::string_view bytes, std::size_t step = std::string::npos) {
    RequestParser parser(16 * 1024, 100);
    Input input;
    Outcome out;
    bool head_done = false;
    while (!bytes.empty() && out.state == State::more) {
        const auto size = std::min(step, bytes.size());
        input.add(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (!head_done) {
            out.state = parser.take_head(input);
            head_done = out.state == State::done;
            if (head_done) parser.limit_body(100);
        }
        if (head_done) out.state = parser.take_body(input, out.body, std::string::npos);
    }
    if (out.state == State::refused) out.status = parser.refusal().status;
    out.request = std::move(parser.head().request);
    out.keep_alive = parser.head().keep_alive;
    return out;
}

int status_of(std::string_view bytes) {
    const auto whole = parse(bytes);
    const auto slowly = parse(bytes, 1);
    EXPECT_EQ(whole.state, slowly.state) << bytes;
    EXPECT_EQ(whole.status, slowly.status) << bytes;
    EXPECT_EQ(whole.body, slowly.body) << bytes;
    return whole.state == State::done ? 200 : whole.status;
}

std::string post(std::string_view headers, std::string_view body = "") {
    return "POST /a HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

TEST(RequestParser, reads_heads_and_bodies_in_pieces_of_any_size) {
    const std::string bytes = post("Content-Length: 5\r\nX-Name:  b c \r\n", "hello");
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        const auto out = parse(bytes, step);
        ASSERT_EQ(out.state, State::done) << step;
        EXPECT_EQ(out.request.method, Method::post);
        EXPECT_EQ(out.request.path, "/a");
        EXPECT_EQ(out.request.header("x-name"), "b c");
        EXPECT_EQ(out.request.content_length, 5u);
        EXPECT_EQ(out.body, "hello");
        EXPECT_TRUE(out.keep_alive);
    }
}

TEST(RequestParser, reads_chunks_and_forgets_extensions_and_trailers) {
    const std::string bytes = post("Transfer-Encoding: Chunked\r\n",
                                   "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-Late: yes\r\n\r\n");
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        const auto out = parse(bytes, step);
        ASSERT_EQ(out.state, State::done) << step;
        EXPECT_EQ(out.body, "hello!");
        EXPECT_EQ(out.request.header("X-Late"), "");
    }
}

TEST(RequestParser, refuses_what_two_servers_could_read_differently) {
    EXPECT_EQ(status_of(post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")), 400);
    EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length: 1\r\nContent-Length: 2\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length: 1\r\nContent-Length: 1\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length: 1, 1\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length: +1\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length: -1\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length: 0x1\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length:\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length: 99999999999999999999\r\n")), 400);
    EXPECT_EQ(status_of(post("Transfer-Encoding: gzip\r\n")), 501);
    EXPECT_EQ(status_of(post("Transfer-Encoding: gzip, chunked\r\n")), 501);
    EXPECT_EQ(status_of(post("Transfer-Encoding: xchunked\r\n")), 501);
    EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400);
    EXPECT_EQ(status_of(post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")), 400);
    EXPECT_EQ(status_of(post("Transfer-Encoding:\x0b"
                             "chunked\r\n")),
              400);
    EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(status_of(post("X-A: b\r\n c\r\n")), 400);
    EXPECT_EQ(status_of(post("X-A: b\r\n\tc: d\r\n")), 400);
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
    EXPECT_EQ(status_of(post("Content-Length : 1\r\n")), 400);
    EXPECT_EQ(status_of(post("Content-Length\t: 1\r\n")), 400);
    EXPECT_EQ(status_of(post(": b\r\n")), 400);
    EXPECT_EQ(status_of(post("X-A\r\n")), 400);
    EXPECT_EQ(status_of(post("X-A: b\nX-B: c\r\n")), 400);
    EXPECT_EQ(status_of(post("X-A: b\rX-B: c\r\n")), 400);
    EXPECT_EQ(status_of(post(std::string("X-A: b\0c\r\n", 10))), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: a\n\n"), 400);
    EXPECT_EQ(status_of(post("Host: b\r\n")), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nX-A: b\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400);
}

TEST(RequestParser, refuses_chunks_that_are_none) {
    const auto chunked = [](std::string_view body) {
        return status_of(post("Transfer-Encoding: chunked\r\n", body));
    };
    EXPECT_EQ(chunked("5\r\nhello\r\n0\r\n\r\n"), 200);
    EXPECT_EQ(chunked("5\r\nhelloX\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(chunked("5;a=\"b\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(chunked("0;a=\"b\"\r\n\r\n"), 400);
    EXPECT_EQ(chunked("x\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(chunked("-5\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(chunked("10000000000000000\r\nhello"), 400);
    EXPECT_EQ(chunked("ffffffffffffffff\r\nhello"), 413);
    EXPECT_EQ(chunked("65\r\nx"), 413);
    EXPECT_EQ(chunked("0\r\nContent-Length: 5\r\n\r\n"), 400);
    EXPECT_EQ(
        parse(post("Transfer-Encoding: chunked\r\n", "5;" + std::string(20000, 'x')), 4096).status,
        400);
}

TEST(RequestParser, refuses_what_is_not_http) {
    EXPECT_EQ(status_of("GET /\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/0.9\r\n\r\n"), 505);
    EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    EXPECT_EQ(status_of("GET / http/1.1\r\n"), 400);
    EXPECT_EQ(status_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(status_of("\x16\x03\x01"), 400);
    EXPECT_EQ(status_of("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
    EXPECT_EQ(status_of("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
    EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(status_of(post("Expect: 200-ok\r\n")), 417);
    EXPECT_EQ(status_of("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
}

TEST(RequestParser, keeps_to_its_limits) {
    const std::string line = "GET /" + std::string(20000, 'a');
    EXPECT_EQ(status_of(line), 431);
    EXPECT_EQ(status_of(line + " HTTP/1.1\r\n\r\n"), 431);
    EXPECT_EQ(status_of(post("X-A: " + std::string(20000, 'a') + "\r\n")), 431);
    std::string many;
    for (int i = 0; i < 100; ++i) many += "X-A: b\r\n";
    EXPECT_EQ(status_of(post(many)), 431);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\n" + many.substr(0, 99 * 8) + "\r\n"), 200);
}

TEST(RequestParser, decodes_targets_strictly) {
    const auto path = [](std::string_view target) -> std::string {
        const auto out = parse("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        return out.state == State::done ? out.request.path : std::to_string(out.status);
    };
    EXPECT_EQ(path("/a%2fb"), "/a/b");
    EXPECT_EQ(path("/a+b"), "/a+b");
    EXPECT_EQ(path("/..a/b.."), "/..a/b..");
    EXPECT_EQ(path("http://b"), "/");
    EXPECT_EQ(path("HTTPS://b/c?d"), "/c");
    for (const auto bad : {"/%",
                           "/%1",
                           "/%g1",
                           "/a/../b",
                           "/%2e%2e/b",
                           "/a/%2E.",
                           "/a%2f..%2fb",
                           "/%00",
                           "/%ff",
                           "/%c0%af",
                           "/a#b",
                           "a",
                           "http://",
                           "http://u@b/",
                           "/?a=%zz",
                           "/?%ff=1",
                           "/?a=%00"}) {
        EXPECT_EQ(path(bad), "400") << bad;
    }
    const auto absolute = parse("GET http://b:81/c HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(absolute.request.header("Host"), "b:81");
}

}  // namespace
}  // namespace letopis::http
