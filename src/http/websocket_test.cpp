// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/websocket.hpp"

#include <gtest/gtest.h>

#include "http/testing.hpp"

namespace letopis::http {
namespace {

using namespace std::chrono_literals;
using websocket::CloseCode;
using websocket::Decoder;
using websocket::Opcode;

// As a client sends it: masked.
std::string masked(int first, std::string_view payload) {
    std::string out(1, static_cast<char>(first));
    const std::string plain = websocket::frame(Opcode::text, payload);
    const auto head = plain.size() - payload.size();
    out += plain.substr(1, head - 1);
    out[1] = static_cast<char>(out[1] | 0x80);
    constexpr std::string_view mask = "\x37\xfa\x21\x3d";
    out += mask;
    for (std::size_t i = 0; i < payload.size(); ++i)
        out += static_cast<char>(payload[i] ^ mask[i % 4]);
    return out;
}

// Opcodes and payloads as they come, then the error if there is one.
std::string decode(std::string_view bytes, std::size_t step = 1) {
    Decoder decoder;
    std::string out;
    while (!bytes.empty()) {
        decoder.put(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        while (const auto event = decoder.next())
            out += std::to_string(static_cast<int>(event->opcode)) + event->payload + ";";
    }
    if (decoder.error()) out += "!" + std::to_string(static_cast<int>(*decoder.error()));
    return out;
}

constexpr int final_bit = 0x80;
constexpr int text = final_bit | 1;

TEST(WebSocket, accepts_the_key_of_the_rfc) {
    Request request;
    request.headers = {{"Connection", "keep-alive, Upgrade"},
                       {"Upgrade", "websocket"},
                       {"Sec-WebSocket-Version", "13"},
                       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};

    EXPECT_EQ(websocket::accept(request), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        auto without = request;
        without.headers.erase(without.headers.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(websocket::accept(without));
    }
    request.method = Method::post;
    EXPECT_FALSE(websocket::accept(request));
}

TEST(WebSocket, reads_frames_of_every_length_form) {
    EXPECT_EQ(decode("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "1Hello;");  // RFC 6455, 5.7
    EXPECT_EQ(decode(masked(text, "")), "1;");
    for (const std::size_t size : {125, 126, 65535, 65536, 1 << 20}) {
        const std::string payload(size, 'x');
        EXPECT_EQ(decode(masked(text, payload), 4096), "1" + payload + ";") << size;
    }
}

TEST(WebSocket, joins_fragments_with_control_frames_between) {
    EXPECT_EQ(decode(masked(2, "a") + masked(final_bit | 9, "p") + masked(0, "b") +
                     masked(final_bit, "c") + masked(text, "d")),
              "9p;2abc;1d;");
    EXPECT_EQ(decode(masked(1, "\xd1") + masked(final_bit, "\x8f")), "1\xd1\x8f;");
}

TEST(WebSocket, refuses_what_the_rfc_forbids) {
    EXPECT_EQ(decode(websocket::frame(Opcode::text, "a")), "!1002");  // not masked
    EXPECT_EQ(decode(masked(text | 0x40, "a")), "!1002");
    EXPECT_EQ(decode(masked(final_bit | 3, "a")), "!1002");
    EXPECT_EQ(decode(masked(final_bit | 11, "a")), "!1002");
    EXPECT_EQ(decode(masked(9, "a")), "!1002");
    EXPECT_EQ(decode(masked(final_bit | 9, std::string(126, 'a'))), "!1002");
    EXPECT_EQ(decode(masked(final_bit, "a")), "!1002");
    EXPECT_EQ(decode(masked(1, "a") + masked(text, "b")), "!1002");
    EXPECT_EQ(decode(std::string("\x81\xfe\x00\x01", 4) + "maskx"), "!1002");
    EXPECT_EQ(decode(masked(text, "\xff")), "!1007");
    EXPECT_EQ(decode(masked(final_bit | 8, "a")), "!1002");
    EXPECT_EQ(decode(masked(final_bit | 8, "\x03\xee")), "!1002");  // 1006 is never sent
    EXPECT_EQ(decode(masked(final_bit | 8, "\x03\xe8\xff")), "!1007");
    EXPECT_EQ(decode(masked(final_bit | 8, "\x03\xe8") + masked(text, "a")), "8\x03\xe8;");
    EXPECT_EQ(decode(std::string("\x81\xff\x00\x00\x00\x00\x00\x10\x00\x01", 10)), "!1009");
    const std::string half(600'000, 'x');
    EXPECT_EQ(decode(masked(1, half) + masked(final_bit, half), 4096), "!1009");
}

std::string handshake() {
    return get("/talk",
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

using Messages = std::optional<std::vector<WebSocketMessage>>;

// Says what it hears; "bye" ends it, "throw" fails.
Routes echo() {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/talk", .handler = [](Request&) {
                    Response response;
                    response.websocket = [](const WebSocketMessage* message) -> Messages {
                        std::vector<WebSocketMessage> out;
                        if (!message) return out;
                        if (message->bytes == "bye") return std::nullopt;
                        if (message->bytes == "throw") throw std::runtime_error("broken");
                        out.push_back(*message);
                        return out;
                    };
                    return response;
                }});
    return routes;
}

TEST(WebSocket, an_echo_answers_pings_and_closes) {
    Options options;
    options.limits.linger = 100ms;
    options.failure = [](std::string_view) {};
    const auto server = serve(echo(), options);
    Client client(*server);

    client.send(handshake() + masked(text, "early"));
    const auto head = client.until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_NE(head.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
              std::string::npos);
    EXPECT_EQ(client.exactly(7), websocket::frame(Opcode::text, "early"));
    client.send(masked(final_bit | 9, "p") + masked(final_bit | 2, std::string(70000, 'x')));
    EXPECT_EQ(client.exactly(3), websocket::frame(Opcode::pong, "p"));
    EXPECT_EQ(client.exactly(70010), websocket::frame(Opcode::binary, std::string(70000, 'x')));
    client.send(masked(final_bit | 8, "\x03\xe9"));
    EXPECT_EQ(client.rest(), websocket::frame(Opcode::close, "\x03\xe9"));
}

TEST(WebSocket, every_end_has_its_code) {
    Options options;
    options.limits.linger = 100ms;
    options.failure = [](std::string_view) {};
    const auto server = serve(echo(), options);
    const auto end_of = [&](std::string_view bytes) {
        Client client(*server);
        client.send(handshake());
        client.until("\r\n\r\n");
        client.send(bytes);
        return client.rest();
    };

    EXPECT_EQ(end_of(masked(text, "bye")), websocket::close_frame(CloseCode::normal));
    EXPECT_EQ(end_of(masked(text, "throw")), websocket::close_frame(CloseCode::failed));
    EXPECT_EQ(end_of(masked(text, "\xff")), websocket::close_frame(CloseCode::not_utf8));
    EXPECT_EQ(end_of("\x81\x01x"), websocket::close_frame(CloseCode::protocol_error));
    Client last(*server);
    last.send(handshake());
    last.until("\r\n\r\n");
    server->stop(5s);
    EXPECT_EQ(last.rest(), websocket::close_frame(CloseCode::going_away));
}

TEST(WebSocket, a_handler_may_speak_first_and_is_woken) {
    std::atomic<int> turns = 0;
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/talk", .handler = [&](Request&) {
                    Response response;
                    response.websocket = [&](const WebSocketMessage*) -> Messages {
                        return std::vector{WebSocketMessage{std::to_string(++turns)}};
                    };
                    return response;
                }});
    Options options;
    options.limits.poll = 1h;
    const auto server = serve(std::move(routes), options);
    Client client(*server);
    client.send(handshake());
    client.until("\r\n\r\n");

    EXPECT_EQ(client.exactly(3), websocket::frame(Opcode::text, "1"));
    server->wake();
    EXPECT_EQ(client.exactly(3), websocket::frame(Opcode::text, "2"));
}

TEST(WebSocket, a_peer_is_pinged_and_one_that_is_silent_is_cut) {
    Options options;
    options.limits.poll = 5ms;
    options.limits.heartbeat = 20ms;
    const auto server = serve(echo(), options);
    Client client(*server);
    client.send(handshake());
    client.until("\r\n\r\n");

    const auto pings = client.rest();

    EXPECT_TRUE(pings.starts_with(websocket::frame(Opcode::ping, ""))) << pings.size();
}

TEST(WebSocket, a_request_without_handshake_is_426) {
    const auto server = serve(echo());
    Client client(*server);

    const auto answer = client.ask(get("/talk"));

    EXPECT_EQ(answer.status, 426);
    EXPECT_TRUE(answer.has("Sec-WebSocket-Version: 13"));
}

}  // namespace
}  // namespace letopis::http
