// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/server.hpp"

#include <gtest/gtest.h>

#include <future>

#include "http/testing.hpp"

namespace letopis::http {
namespace {

using namespace std::chrono_literals;

Routes hello() {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/hello", .handler = says("hello")});
    routes.add({.method = Method::get, .pattern = "/name/{name}", .handler = [](Request& request) {
                    Response response;
                    response.body = std::string(request.parameter("name")) + "|" +
                                    request.query["q"] + "|" +
                                    std::string(request.cookie("session"));
                    return response;
                }});
    routes.add({.method = Method::post,
                .pattern = "/echo",
                .body = Body::whole,
                .body_max = 1000,
                .handler = [](Request& request) {
                    Response response;
                    response.body = request.body;
                    return response;
                }});
    return routes;
}

TEST(Server, answers_and_keeps_the_connection) {
    const auto server = serve(hello());
    Client client(*server);

    for (int i = 0; i < 3; ++i) {
        const auto answer = client.ask(get("/hello"));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "hello");
        EXPECT_TRUE(answer.has("Content-Length: 5"));
        EXPECT_NE(answer.head.find("\r\nDate: "), std::string::npos);
    }
    const auto counters = server->counters();
    EXPECT_EQ(counters.connections, 1u);
    EXPECT_EQ(counters.requests, 3u);
    EXPECT_EQ(counters.by_status.at(200), 3u);
    EXPECT_EQ(counters.seconds.back().second, 3u);
}

TEST(Server, refuses_a_port_that_is_in_use_and_an_address_that_is_none) {
    const auto first = serve({});

    const auto second = Server::start({.port = first->port()}, {});
    const auto third = Server::start({.address = "localhost!"}, {});

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Errc::invalid);
}

TEST(Server, decodes_target_and_cookie) {
    const auto server = serve(hello());
    Client client(*server);

    const auto answer = client.ask(
        get("/name/%D1%8F%20b?q=1+2%2B&q=other", "Cookie: session2=no; session=yes\r\n"));

    EXPECT_EQ(answer.body, "\xd1\x8f b|1 2+|yes");
}

TEST(Server, answers_pipelined_requests_in_their_order) {
    const auto server = serve(hello());
    Client client(*server);
    std::string requests;
    for (int i = 0; i < 50; ++i) requests += get("/name/" + std::to_string(i));

    client.send(requests);

    for (int i = 0; i < 50; ++i) EXPECT_EQ(client.answer().body, std::to_string(i) + "||");
}

TEST(Server, closes_when_it_is_asked_to) {
    const auto server = serve(hello());
    Client asked(*server);
    Client old(*server);
    Client old_and_kept(*server);

    EXPECT_TRUE(asked.ask(get("/hello", "Connection: close\r\n")).has("Connection: close"));
    EXPECT_TRUE(asked.at_end());
    EXPECT_TRUE(old.ask("GET /hello HTTP/1.0\r\n\r\n").has("Connection: close"));
    EXPECT_TRUE(old.at_end());
    for (int i = 0; i < 2; ++i)
        EXPECT_TRUE(old_and_kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                        .has("Connection: keep-alive"));
}

TEST(Server, head_has_the_length_and_no_body) {
    const auto server = serve(hello());
    Client client(*server);

    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/name/x"));

    EXPECT_TRUE(client.answer(true).has("Content-Length: 5"));
    EXPECT_EQ(client.answer().body, "x||");
}

TEST(Server, says_which_methods_a_page_has) {
    const auto server = serve(hello());
    Client client(*server);

    const auto missing = client.ask(get("/nothing"));
    const auto wrong = client.ask("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(wrong.status, 405);
    EXPECT_TRUE(wrong.has("Allow: GET, HEAD"));
    EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST(Server, problems_and_after_are_the_callers) {
    auto routes = hello();
    routes.problem = [](const Request&, int status, std::string_view) {
        Response response;
        response.status = status;
        response.body = "problem " + std::to_string(status);
        return response;
    };
    routes.after = [](const Request&, Response& response) { response.with("X-After", "yes"); };
    const auto server = serve(std::move(routes));
    Client client(*server);

    EXPECT_TRUE(client.ask(get("/hello")).has("X-After: yes"));
    const auto missing = client.ask(get("/nothing"));
    EXPECT_EQ(missing.body, "problem 404");
    EXPECT_TRUE(missing.has("X-After: yes"));
    EXPECT_EQ(client.ask("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n").body, "problem 400");
}

TEST(Server, an_exception_is_500_and_said_to_the_operator) {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/", .handler = [](Request&) -> Response {
                    throw std::runtime_error("broken");
                }});
    std::string said;
    Options options;
    options.failure = [&](std::string_view what) { said += what; };
    auto server = serve(std::move(routes), options);
    Client client(*server);

    EXPECT_EQ(client.ask(get("/")).status, 500);
    server.reset();
    EXPECT_NE(said.find("broken"), std::string::npos);
}

TEST(Server, a_header_cannot_end_its_line) {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/", .handler = [](Request&) {
                    return Response().with("X-Name", "a\r\nSet-Cookie: b=c");
                }});
    routes.add({.method = Method::get, .pattern = "/length", .handler = [](Request&) {
                    return Response().with("Content-Length", "9").with("Connection", "upgrade");
                }});
    Options options;
    options.failure = [](std::string_view) {};
    const auto server = serve(std::move(routes), options);
    Client client(*server);

    const auto answer = client.ask(get("/"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.head.find("Set-Cookie"), std::string::npos);
    const auto length = client.ask(get("/length"));
    EXPECT_TRUE(length.has("Content-Length: 0"));
    EXPECT_EQ(length.head.find("upgrade"), std::string::npos);
}

TEST(Server, a_busy_server_says_so_and_recovers) {
    std::promise<void> release;
    std::promise<void> entered;
    const std::shared_future<void> released = release.get_future().share();
    Routes routes = hello();
    std::atomic<int> running = 0;
    routes.add({.method = Method::get, .pattern = "/slow", .handler = [&](Request&) {
                    if (++running == 1) entered.set_value();
                    released.wait();
                    return Response();
                }});
    Options options;
    options.workers = 1;
    options.limits.requests_waiting = 1;
    const auto server = serve(std::move(routes), options);
    Client working(*server);
    Client waiting(*server);
    Client refused(*server);
    working.send(get("/slow"));
    entered.get_future().wait();
    EXPECT_EQ(server->counters().busy_workers, 1u);

    // Of two, one waits and one is refused: which, the network decides.
    waiting.send(get("/slow"));
    refused.send(get("/slow"));
    pollfd both[2] = {{waiting.descriptor(), POLLIN, 0}, {refused.descriptor(), POLLIN, 0}};
    ASSERT_EQ(::poll(both, 2, 5000), 1);
    Client& unlucky = (both[0].revents & POLLIN) ? waiting : refused;
    Client& lucky = (both[0].revents & POLLIN) ? refused : waiting;
    const auto busy = unlucky.answer();
    release.set_value();

    EXPECT_EQ(busy.status, 503);
    EXPECT_TRUE(busy.has("Retry-After: 1"));
    EXPECT_EQ(working.answer().status, 200);
    EXPECT_EQ(lucky.answer().status, 200);
    EXPECT_EQ(Client(*server).ask(get("/hello")).status, 200);
}

TEST(Server, too_many_connections_are_turned_away) {
    Options options;
    options.limits.connections = 2;
    options.limits.linger = 100ms;
    const auto server = serve(hello(), options);
    Client first(*server);
    Client second(*server);
    ASSERT_EQ(first.ask(get("/hello")).status, 200);
    ASSERT_EQ(second.ask(get("/hello")).status, 200);

    Client third(*server);

    EXPECT_EQ(third.ask(get("/hello")).status, 503);
    EXPECT_EQ(first.ask(get("/hello")).status, 200);
}

TEST(Server, one_peer_has_its_share_of_connections) {
    Options options;
    options.limits.connections_of_peer = 1;
    options.limits.linger = 100ms;
    const auto server = serve(hello(), options);
    Client first(*server);
    ASSERT_EQ(first.ask(get("/hello", "Connection: close\r\n")).status, 200);
    EXPECT_TRUE(first.at_end());
    Client second(*server);
    ASSERT_EQ(second.ask(get("/hello")).status, 200);

    EXPECT_EQ(Client(*server).ask(get("/hello")).status, 503);
}

TEST(Server, stop_lets_an_answer_come_to_its_end) {
    std::promise<void> entered;
    std::promise<void> release;
    auto routes = hello();
    routes.add({.method = Method::get, .pattern = "/slow", .handler = [&](Request&) {
                    entered.set_value();
                    release.get_future().wait();
                    Response response;
                    response.body = "done";
                    return response;
                }});
    const auto server = serve(std::move(routes));
    Client idle(*server);
    ASSERT_EQ(idle.ask(get("/hello")).status, 200);
    Client client(*server);
    client.send(get("/slow"));
    entered.get_future().wait();

    auto stopped = std::async(std::launch::async, [&] { server->stop(5s); });
    EXPECT_TRUE(idle.at_end());
    EXPECT_FALSE(Client(*server).connected());
    release.set_value();

    const auto answer = client.answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_TRUE(answer.has("Connection: close"));
    stopped.get();
    EXPECT_EQ(server->counters().open_connections, 0u);
}

TEST(Server, stop_cuts_what_does_not_end) {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/endless", .handler = [&](Request&) {
                    Response response;
                    response.source = [] { return std::string(100000, 'x'); };
                    return response;
                }});
    const auto server = serve(std::move(routes));
    Client client(*server);
    client.send(get("/endless"));
    client.until("xxx");

    server->stop(0s);

    EXPECT_EQ(server->counters().open_connections, 0u);
}

}  // namespace
}  // namespace letopis::http
