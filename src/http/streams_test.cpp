// SPDX-License-Identifier: AGPL-3.0-or-later
// Bodies that nobody holds whole, in both directions, and server-sent events.
#include <gtest/gtest.h>

#include <future>

#include "http/testing.hpp"

namespace letopis::http {
namespace {

using namespace std::chrono_literals;

Route upload(Handler handler, std::uint64_t body_max = std::uint64_t(1) << 30) {
    return {.method = Method::put,
            .pattern = "/upload",
            .body = Body::stream,
            .body_max = body_max,
            .handler = std::move(handler)};
}

// Reads to the end and says how much it was, or what went wrong.
Response count(Request& request) {
    std::uint64_t size = 0;
    Response response;
    for (;;) {
        const auto piece = request.upload->read();
        if (!piece) {
            response.status = piece.error().code == Errc::too_large ? 413 : 400;
            response.body = std::string(name(piece.error().code));
            return response;
        }
        EXPECT_LE(piece->size(), 256u * 1024);
        if (piece->empty()) break;
        size += piece->size();
    }
    response.body = std::to_string(size);
    return response;
}

std::string put(std::string_view headers) {
    return "PUT /upload HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}

TEST(Upload, comes_in_pieces_and_the_connection_goes_on) {
    Routes routes;
    routes.add(upload(count));
    const auto server = serve(std::move(routes));
    Client client(*server);
    const std::string megabytes(5'000'000, 'x');

    EXPECT_EQ(client.ask(put("Content-Length: 5000000\r\n") + megabytes).body, "5000000");
    EXPECT_EQ(client
                  .ask(put("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n4c4b40\r\n" +
                       megabytes + "\r\n0\r\n\r\n")
                  .body,
              "5000003");
    EXPECT_EQ(client.ask(put("Content-Length: 0\r\n")).body, "0");
}

TEST(Upload, a_handler_that_does_not_read_stops_the_peer) {
    std::promise<void> release;
    Routes routes;
    routes.add(upload([&](Request& request) {
        release.get_future().wait();
        return count(request);
    }));
    const auto server = serve(std::move(routes));
    Client client(*server);
    constexpr std::size_t size = 100'000'000;
    auto sent = std::async(std::launch::async, [&] {
        client.send(put("Content-Length: 100000000\r\n"));
        const std::string piece(1'000'000, 'x');
        for (std::size_t at = 0; at < size; at += piece.size()) client.send(piece);
    });
    // What the server has taken stands still, long before the end.
    EXPECT_EQ(sent.wait_for(300ms), std::future_status::timeout);
    EXPECT_LE(server->counters().bytes_in, 600'000u);
    release.set_value();

    sent.get();
    EXPECT_EQ(client.answer().body, std::to_string(size));
}

TEST(Upload, a_handler_may_answer_before_the_body_is_there) {
    Routes routes;
    routes.add(upload([](Request&) {
        Response response;
        response.status = 403;
        return response;
    }));
    Options options;
    options.limits.linger = 100ms;
    const auto server = serve(std::move(routes), options);
    Client early(*server);
    Client expecting(*server);

    const auto answer = early.ask(put("Content-Length: 1000000\r\n") + std::string(1000, 'x'));
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.has("Connection: close"));
    EXPECT_EQ(expecting.ask(put("Content-Length: 9\r\nExpect: 100-continue\r\n")).status, 403);
}

TEST(Upload, to_continue_is_said_when_the_handler_reads) {
    Routes routes;
    routes.add(upload(count));
    const auto server = serve(std::move(routes));
    Client client(*server);

    client.send(put("Content-Length: 3\r\nExpect: 100-continue\r\n"));

    EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(client.ask("abc").body, "3");
}

TEST(Upload, the_handler_hears_of_a_peer_that_is_gone_slow_or_greedy) {
    std::promise<std::string> heard;
    Routes routes;
    routes.add(upload(
        [&](Request& request) {
            auto response = count(request);
            if (request.header("X-Tell") == "yes") heard.set_value(response.body);
            return response;
        },
        1000));
    Options options;
    options.limits.piece = 150ms;
    options.limits.linger = 100ms;
    const auto server = serve(std::move(routes), options);
    Client slow(*server);
    Client greedy(*server);
    Client too_large(*server);
    {
        Client gone(*server);
        gone.send(put("Content-Length: 100\r\nX-Tell: yes\r\n") + "abc");
    }

    EXPECT_EQ(heard.get_future().get(), "io");
    EXPECT_EQ(slow.ask(put("Content-Length: 100\r\n") + "abc").body, "io");
    EXPECT_EQ(greedy.ask(put("Transfer-Encoding: chunked\r\n") + "3e9\r\n").body, "too_large");
    EXPECT_EQ(too_large.ask(put("Content-Length: 1001\r\n")).status, 413);
}

TEST(Upload, uploads_leave_a_worker_for_others) {
    std::promise<void> entered;
    Routes routes;
    routes.add(upload([&](Request& request) {
        entered.set_value();
        return count(request);
    }));
    routes.add({.method = Method::get, .pattern = "/", .handler = says("free")});
    Options options;
    options.workers = 2;
    const auto server = serve(std::move(routes), options);
    Client first(*server);
    first.send(put("Content-Length: 3\r\n"));
    entered.get_future().wait();

    EXPECT_EQ(Client(*server).ask(put("Content-Length: 3\r\n")).status, 503);
    EXPECT_EQ(Client(*server).ask(get("/")).body, "free");
    EXPECT_EQ(first.ask("abc").body, "3");
}

// Pieces "0", "1", … `count` of them, then what `end` gives.
Handler pieces(int count, std::optional<std::uint64_t> size, Result<std::string> end) {
    return [=](Request&) {
        Response response;
        response.size = size;
        response.source = [=, at = 0]() mutable -> Result<std::string> {
            if (at == count) return end;
            return std::to_string(at++);
        };
        return response;
    };
}

TEST(Source, is_sent_in_chunks_or_with_its_size) {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/chunks", .handler = pieces(3, {}, "")});
    routes.add({.method = Method::get, .pattern = "/size", .handler = pieces(3, 3, "")});
    const auto server = serve(std::move(routes));
    Client client(*server);

    client.send(get("/chunks"));
    EXPECT_NE(client.until("\r\n\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
    EXPECT_EQ(client.until("0\r\n\r\n"), "1\r\n0\r\n1\r\n1\r\n1\r\n2\r\n0\r\n\r\n");
    EXPECT_EQ(client.ask(get("/size")).body, "012");
    client.send("HEAD /chunks HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.answer(true).status, 200);
    client.send("HEAD /size HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(client.answer(true).has("Content-Length: 3"));
    client.send("GET /chunks HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(client.rest().ends_with("\r\n\r\n012"));
}

TEST(Source, a_failure_cuts_the_connection) {
    Routes routes;
    const auto failure = fail(Errc::io, "the disk");
    routes.add({.method = Method::get, .pattern = "/chunks", .handler = pieces(2, {}, failure)});
    routes.add({.method = Method::get, .pattern = "/less", .handler = pieces(2, 3, "")});
    routes.add({.method = Method::get, .pattern = "/more", .handler = pieces(4, 3, "")});
    Options options;
    options.failure = [](std::string_view) {};
    const auto server = serve(std::move(routes), options);

    for (const auto path : {"/chunks", "/less"}) {
        Client client(*server);
        client.send(get(path));
        client.until("\r\n\r\n");
        const auto rest = client.rest();
        EXPECT_FALSE(rest.ends_with("0\r\n\r\n")) << path;
        EXPECT_LT(rest.size(), 20u);
    }
    Client client(*server);
    EXPECT_EQ(client.ask(get("/more")).body, "012");
    EXPECT_TRUE(client.at_end());
}

TEST(Events, are_asked_at_once_when_somebody_wakes_the_server) {
    std::mutex mutex;
    std::string ready;
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/events", .handler = [&](Request&) {
                    Response response;
                    response.events = [&]() -> std::optional<std::string> {
                        const std::lock_guard lock(mutex);
                        if (ready == "end") return std::nullopt;
                        return std::exchange(ready, {});
                    };
                    return response;
                }});
    Options options;
    options.limits.poll = 1h;
    const auto server = serve(std::move(routes), options);
    Client client(*server);
    const auto say = [&](std::string text) {
        {
            const std::lock_guard lock(mutex);
            ready = std::move(text);
        }
        server->wake();
    };
    client.send(get("/events"));
    const auto head = client.until("\r\n\r\n");
    EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
    EXPECT_NE(head.find("Cache-Control: no-store"), std::string::npos);

    say("data: 1\n\n");
    EXPECT_EQ(client.until("data: 1\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
    say("end");
    EXPECT_EQ(client.until("0\r\n\r\n"), "0\r\n\r\n");
    EXPECT_EQ(client.ask(get("/nothing")).status, 404);
}

TEST(Events, are_kept_open_by_comments_and_end_with_the_peer_or_the_server) {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/events", .handler = [](Request&) {
                    Response response;
                    response.events = [] { return std::optional<std::string>(""); };
                    return response;
                }});
    Options options;
    options.limits.poll = 10ms;
    options.limits.heartbeat = 30ms;
    const auto server = serve(std::move(routes), options);
    {
        Client leaving(*server);
        leaving.send(get("/events"));
        EXPECT_TRUE(leaving.until(":\n\n").ends_with("3\r\n:\n\n"));
    }
    const auto begin = std::chrono::steady_clock::now();
    while (server->counters().open_connections > 0) {
        ASSERT_LT(std::chrono::steady_clock::now() - begin, 5s);
        std::this_thread::yield();
    }
    Client client(*server);
    client.send(get("/events"));
    client.until(":\n\n");

    server->stop(5s);

    EXPECT_TRUE(client.rest().ends_with("0\r\n\r\n"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
}

}  // namespace
}  // namespace letopis::http
