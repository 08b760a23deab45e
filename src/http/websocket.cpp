// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/websocket.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/bytes.hpp"
#include "http/text_internal.hpp"
#include "utf8/utf8.hpp"

namespace letopis::http::websocket {

namespace {

constexpr std::size_t control_max = 125;  // section 5.5

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

bool is_control(Opcode opcode) { return static_cast<int>(opcode) >= 8; }

bool is_known(int opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

// Section 7.4: what a peer may send.
bool may_close_with(std::uint64_t code) {
    if (code >= 3000) return code <= 4999;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

std::optional<std::string> accept(const Request& request) {
    const auto key = request.header("Sec-WebSocket-Key");
    const auto nonce = unbase64(key);
    if (request.method != Method::get || !lists(request.header("Connection"), "upgrade") ||
        !lists(request.header("Upgrade"), "websocket") ||
        request.header("Sec-WebSocket-Version") != "13" || !nonce || nonce->size() != 16)
        return std::nullopt;
    const auto text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
        return std::nullopt;
    return base64({reinterpret_cast<const char*>(digest.data()), size});
}

std::string frame(Opcode opcode, std::string_view payload) {
    std::string out(1, static_cast<char>(0x80 | static_cast<int>(opcode)));
    const auto size = payload.size();
    const int length_bytes = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
    out += static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127);
    for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i));
    return out.append(payload);
}

std::string close_frame(CloseCode code) {
    const auto number = static_cast<std::uint16_t>(code);
    const std::string payload = {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
    return frame(Opcode::close, payload);
}

std::optional<Event> Decoder::refuse(CloseCode code) {
    error_ = code;
    closed_ = true;
    bytes_.clear();
    return std::nullopt;
}

std::optional<Event> Decoder::next() {
    while (!closed_ && bytes_.size() >= 2) {
        const auto first = static_cast<unsigned char>(bytes_[0]);
        const auto second = static_cast<unsigned char>(bytes_[1]);
        const bool masked = (second & 0x80) != 0;
        // Reserved bits belong to extensions; a client must mask (sections 5.1 and 5.2).
        if ((first & 0x70) != 0 || !masked || !is_known(first & 0x0f))
            return refuse(CloseCode::protocol_error);
        const bool final = (first & 0x80) != 0;
        const auto opcode = static_cast<Opcode>(first & 0x0f);
        std::uint64_t size = second & 0x7f;
        const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
        if (is_control(opcode) && (size > control_max || !final))
            return refuse(CloseCode::protocol_error);
        const std::string_view all = bytes_;
        if (all.size() < 2 + length_bytes) return std::nullopt;
        if (length_bytes > 0) {
            size = big_endian(all.substr(2, length_bytes));
            // The shortest form only.
            if (size < 126 || (length_bytes == 8 && size <= 0xffff))
                return refuse(CloseCode::protocol_error);
        }
        if (!is_control(opcode) && size > message_max - message_.size())
            return refuse(CloseCode::too_large);
        const std::size_t head = 2 + length_bytes + 4;
        if (all.size() < head + size) return std::nullopt;
        const auto mask = all.substr(2 + length_bytes, 4);
        std::string payload(all.substr(head, size));
        for (std::size_t i = 0; i < payload.size(); ++i)
            payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
        bytes_.erase(0, head + size);
        if (auto event = take(opcode, final, std::move(payload))) return event;
    }
    return std::nullopt;
}

std::optional<Event> Decoder::take(Opcode opcode, bool final, std::string payload) {
    if (is_control(opcode)) {
        if (opcode != Opcode::close) return Event{opcode, std::move(payload)};
        const bool good = payload.empty() ||
                          (payload.size() >= 2 && may_close_with(big_endian(payload.substr(0, 2))));
        if (!good) return refuse(CloseCode::protocol_error);
        if (payload.size() > 2 && !utf8::valid(std::string_view(payload).substr(2)))
            return refuse(CloseCode::not_utf8);
        closed_ = true;
        return Event{opcode, std::move(payload)};
    }
    // Section 5.4: a continuation continues something, and nothing else may come between.
    if ((opcode == Opcode::continuation) != fragmented_.has_value())
        return refuse(CloseCode::protocol_error);
    if (!fragmented_) fragmented_ = opcode;
    message_ += payload;
    if (!final) return std::nullopt;
    Event event{*fragmented_, std::move(message_)};
    message_.clear();
    fragmented_.reset();
    if (event.opcode == Opcode::text && !utf8::valid(event.payload))
        return refuse(CloseCode::not_utf8);
    return event;
}

}  // namespace letopis::http::websocket
