// SPDX-License-Identifier: AGPL-3.0-or-later
// Peers that are slow, greedy or gone.
#include <gtest/gtest.h>

#include "http/testing.hpp"

namespace letopis::http {
namespace {

using namespace std::chrono_literals;

Options impatient() {
    Options options;
    options.limits.head = 150ms;
    options.limits.idle = 300ms;
    options.limits.piece = 150ms;
    options.limits.body = 150ms;
    options.limits.linger = 100ms;
    return options;
}

Routes echo() {
    Routes routes;
    routes.add({.method = Method::post,
                .pattern = "/echo",
                .body = Body::whole,
                .body_max = 1000,
                .handler = [](Request& request) {
                    Response response;
                    response.body = request.body;
                    return response;
                }});
    routes.add({.method = Method::post, .pattern = "/none", .handler = says("none")});
    routes.add({.method = Method::get, .pattern = "/", .handler = says("root")});
    return routes;
}

std::string post(std::string_view path, std::string_view headers, std::string_view body = "") {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) +
           "\r\n" + std::string(body);
}

TEST(Limits, a_slow_head_is_408_even_when_a_byte_comes_now_and_then) {
    const auto server = serve(echo(), impatient());
    Client client(*server);
    const auto begin = std::chrono::steady_clock::now();

    client.send("GET / HTTP/1.1\r\n");
    pollfd readable{client.descriptor(), POLLIN, 0};
    while (::poll(&readable, 1, 20) == 0)
        if (!client.send("X-A: b\r\n")) break;

    EXPECT_EQ(client.answer().status, 408);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(Limits, an_idle_connection_is_closed_without_a_word) {
    const auto server = serve(echo(), impatient());
    Client silent(*server);
    Client used(*server);

    EXPECT_EQ(used.ask(get("/")).status, 200);

    EXPECT_TRUE(silent.at_end());
    EXPECT_TRUE(used.at_end());
}

TEST(Limits, a_slow_body_is_408) {
    const auto server = serve(echo(), impatient());
    Client client(*server);

    EXPECT_EQ(client.ask(post("/echo", "Content-Length: 10\r\n", "abc")).status, 408);
    EXPECT_TRUE(client.at_end());
}

TEST(Limits, a_large_body_is_413_before_it_is_read) {
    const auto server = serve(echo(), impatient());
    Client known(*server);
    Client chunked(*server);
    Client largest(*server);

    EXPECT_EQ(known.ask(post("/echo", "Content-Length: 1001\r\n")).status, 413);
    EXPECT_EQ(chunked.ask(post("/echo", "Transfer-Encoding: chunked\r\n", "3e9\r\n")).status, 413);
    EXPECT_EQ(largest.ask(post("/echo", "Content-Length: 1000\r\n", std::string(1000, 'x'))).body,
              std::string(1000, 'x'));
}

TEST(Limits, a_body_that_nobody_wants_is_forgotten_when_it_is_small) {
    const auto server = serve(echo());
    Client client(*server);
    Client large(*server);
    const auto form = "Content-Length: 3\r\n";

    EXPECT_EQ(client.ask(post("/none", form, "a=b")).body, "none");
    EXPECT_EQ(client.ask(post("/nothing", form, "a=b")).status, 404);
    EXPECT_EQ(client.ask(get("/")).status, 200);
    const auto missing = large.ask(post("/nothing", "Content-Length: 1000000\r\n", "a=b"));
    EXPECT_EQ(missing.status, 404);
    EXPECT_TRUE(missing.has("Connection: close"));
}

TEST(Limits, to_continue_is_said_when_the_body_is_wanted) {
    const auto server = serve(echo(), impatient());
    Client client(*server);
    Client too_large(*server);
    const std::string expect = "Expect: 100-continue\r\n";

    client.send(post("/echo", expect + "Content-Length: 3\r\n"));
    EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(client.ask("abc").body, "abc");
    EXPECT_EQ(too_large.ask(post("/echo", expect + "Content-Length: 3000\r\n")).status, 413);
}

TEST(Limits, malformed_heads_are_answered_and_the_connection_ends) {
    const auto server = serve(echo(), impatient());
    for (const std::string bad :
         {"GET / HTTP/1.1\r\n\r\n",
          "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
          "\x16\x03\x01\x02",
          "GET /\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        Client client(*server);
        const auto answer = client.ask(bad);
        EXPECT_EQ(answer.status, 400) << bad;
        EXPECT_TRUE(answer.has("Connection: close"));
        EXPECT_TRUE(client.at_end()) << bad;
    }
    EXPECT_EQ(server->counters().refused, 5u);
    EXPECT_EQ(server->counters().by_status.at(400), 5u);
}

TEST(Limits, a_peer_that_does_not_read_is_cut) {
    auto routes = echo();
    routes.add({.method = Method::get, .pattern = "/endless", .handler = [](Request&) {
                    Response response;
                    response.source = [] { return std::string(100000, 'x'); };
                    return response;
                }});
    const auto server = serve(std::move(routes), impatient());
    Client client(*server);

    client.send(get("/endless"));

    const auto begin = std::chrono::steady_clock::now();
    while (server->counters().open_connections > 0 || server->counters().requests == 0) {
        ASSERT_LT(std::chrono::steady_clock::now() - begin, 5s);
        std::this_thread::yield();
    }
}

}  // namespace
}  // namespace letopis::http
