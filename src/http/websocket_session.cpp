// SPDX-License-Identifier: AGPL-3.0-or-later
// A connection that a handler has taken over as a WebSocket.
#include <fmt/format.h>

#include "http/connection_internal.hpp"
#include "http/websocket.hpp"

namespace letopis::http {

namespace {

using Clock = std::chrono::steady_clock;
using websocket::CloseCode;
using websocket::Opcode;
using Turn = Result<std::optional<std::vector<WebSocketMessage>>>;

constexpr int heartbeats_missed_max = 3;

// On a worker.
Turn turn(const Response& response, const WebSocketMessage* message) {
    try {
        return response.websocket(message);
    } catch (const std::exception& error) {
        return fail(Errc::io, error.what());
    }
}

std::string frames(const std::vector<WebSocketMessage>& messages) {
    std::string out;
    for (const auto& message : messages)
        out += websocket::frame(message.text ? Opcode::text : Opcode::binary, message.bytes);
    return out;
}

}  // namespace

// One turn of the handler; false: it is the end, and the peer has been told.
net::Awaitable<bool> Connection::take_turn(const Response& response,
                                           const WebSocketMessage* message) {
    Turn given;
    std::function<void()> work = [&given, &response, message] { given = turn(response, message); };
    co_await shared_.pool.run(std::move(work), Pool::Admission::always);
    if (!given) shared_.failure("a WebSocket was closed: " + given.error().what);
    std::string bytes;
    if (given && *given)
        bytes = frames(**given);
    else
        bytes = websocket::close_frame(given ? CloseCode::normal : CloseCode::failed);
    const bool goes_on = given && *given;
    if (bytes.empty()) co_return true;
    const auto sent = co_await send(bytes);
    co_return sent&& goes_on;
}

net::Awaitable<Connection::Next> Connection::talk(RequestParser& parser, Response& response) {
    auto& request = parser.head().request;
    const auto key = websocket::accept(request);
    if (!key || !parser.head().http11) {
        auto refusal = shared_.problem(request, 426, "a WebSocket is spoken here");
        refusal.with("Sec-WebSocket-Version", "13");
        co_return co_await answer(parser, std::move(refusal));
    }
    shared_.tally.answered(101);
    const auto head = fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\nDate: {}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        shared_.date(),
        *key);
    const auto welcomed = co_await send(head);
    if (!welcomed) co_return Next::close;

    websocket::Decoder decoder;
    decoder.put(input_.view());
    input_.use(input_.view().size());
    std::string heard;
    auto last_heard = Clock::now();
    auto last_beat = last_heard;
    auto next_poll = last_heard;
    for (;;) {
        while (auto event = decoder.next()) {
            if (event->opcode == Opcode::close) {
                const auto echo = websocket::frame(Opcode::close, event->payload.substr(0, 2));
                (void)co_await send(echo);
                co_return Next::linger;
            }
            if (event->opcode == Opcode::ping) {
                const auto pong = websocket::frame(Opcode::pong, event->payload);
                const auto sent = co_await send(pong);
                if (!sent) co_return Next::close;
            } else if (event->opcode != Opcode::pong) {
                WebSocketMessage message;
                message.text = event->opcode == Opcode::text;
                message.bytes = std::move(event->payload);
                const bool goes_on = co_await take_turn(response, &message);
                if (!goes_on) co_return Next::linger;
            }
        }
        auto farewell = decoder.error();
        if (shared_.stopping) farewell = CloseCode::going_away;
        if (farewell) {
            const auto bytes = websocket::close_frame(*farewell);
            (void)co_await send(bytes);
            co_return Next::linger;
        }
        const auto now = Clock::now();
        if (now >= next_poll) {
            next_poll = now + limits_.poll;
            const bool goes_on = co_await take_turn(response, nullptr);
            if (!goes_on) co_return Next::linger;
        }
        if (now - last_beat >= limits_.heartbeat) {
            if (now - last_heard > heartbeats_missed_max * limits_.heartbeat) co_return Next::close;
            last_beat = now;
            const auto ping = websocket::frame(Opcode::ping, {});
            const auto sent = co_await send(ping);
            if (!sent) co_return Next::close;
        }
        const auto left = std::chrono::ceil<net::Milliseconds>(next_poll - Clock::now());
        const bool there = co_await listen(heard, left);
        if (!there) co_return Next::close;
        (heard.empty() ? next_poll : last_heard) = Clock::now();
        decoder.put(heard);
        heard.clear();
    }
}

}  // namespace letopis::http
