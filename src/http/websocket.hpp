// SPDX-License-Identifier: AGPL-3.0-or-later
// WebSocket (RFC 6455) without any network, as the server: the handshake and the frames. No
// extension is agreed on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/message.hpp"

namespace letopis::http::websocket {

constexpr std::size_t message_max = 1 << 20;

// Section 4.2.1; the value of Sec-WebSocket-Accept, or nothing when the request asks for no
// WebSocket that we speak.
std::optional<std::string> accept(const Request& request);

enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    not_utf8 = 1007,
    too_large = 1009,
    failed = 1011
};

std::string frame(Opcode opcode, std::string_view payload);  // whole, not masked
std::string close_frame(CloseCode code);

struct Event {
    Opcode opcode;  // text and binary are whole messages
    std::string payload;
};

// Frames of a client to messages. After an error nothing more is read.
class Decoder {
public:
    void put(std::string_view bytes) { bytes_.append(bytes); }
    // Nothing: more bytes are needed. After `close` nothing comes.
    std::optional<Event> next();
    std::optional<CloseCode> error() const { return error_; }  // what to close with

private:
    std::optional<Event> take(Opcode opcode, bool final, std::string payload);
    std::optional<Event> refuse(CloseCode code);

    std::string bytes_;
    std::string message_;               // of fragments so far
    std::optional<Opcode> fragmented_;  // what they are
    std::optional<CloseCode> error_;
    bool closed_ = false;
};

}  // namespace letopis::http::websocket
