// SPDX-License-Identifier: AGPL-3.0-or-later
// Responses onto the wire (RFC 9112 section 6).
#include <fmt/format.h>

#include "http/connection_internal.hpp"
#include "http/response_head_internal.hpp"
#include "http/text_internal.hpp"

namespace letopis::http {

namespace {

using Clock = std::chrono::steady_clock;

std::string chunk(std::string_view bytes) {
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

// On a worker: what a response's function gives, exceptions as errors.
template <class Value, class Function>
Result<Value> ask(const Function& function) {
    try {
        return function();
    } catch (const std::exception& error) {
        return fail(Errc::io, error.what());
    }
}

}  // namespace

net::Awaitable<Result<void>> Connection::send(std::string_view bytes) {
    shared_.tally.bytes_out += bytes.size();
    co_return co_await stream_->write_all(bytes, limits_.piece);
}

net::Awaitable<Connection::Next> Connection::answer(RequestParser& parser, Response response) {
    auto& head = parser.head();
    if (const auto fault = fault_of(response); !fault.empty()) {
        shared_.failure("request " + head.request.id + ": " + std::string(fault));
        response = shared_.problem(head.request, 500, "something failed inside");
        if (!fault_of(response).empty()) {
            response = Response();
            response.status = 500;
        }
    }
    shared_.tally.answered(response.status);

    ResponseHead framing;
    framing.bodiless = response.status == 204 || response.status == 304;
    const bool streamed = response.source || response.events;
    if (streamed && !framing.bodiless) {
        framing.length = response.events ? std::nullopt : response.size;
        framing.chunked = !framing.length && head.http11;
    } else if (!framing.bodiless) {
        framing.length = response.body.size();
    }
    const bool until_close = streamed && !framing.length && !framing.chunked && !framing.bodiless;
    framing.keep_alive = head.keep_alive && parser.complete() && !shared_.stopping && !until_close;
    framing.http11 = head.http11;
    if (response.events) {
        add_if_missing(response, "Content-Type", "text/event-stream");
        add_if_missing(response, "Cache-Control", "no-store");
    }
    auto bytes = make_head(response, framing, shared_.date());

    const bool with_body = head.request.method != Method::head && !framing.bodiless;
    constexpr std::size_t joined_max = 64 * 1024;  // more is not worth a copy
    const bool joined = with_body && !streamed && response.body.size() <= joined_max;
    if (joined) bytes += response.body;
    auto sent = co_await send(bytes);
    if (sent && with_body) {
        if (response.events)
            sent = co_await send_events(response, framing.chunked);
        else if (response.source)
            sent = co_await send_source(response, framing.chunked);
        else if (!joined)
            sent = co_await send(response.body);
    }
    if (!sent) co_return Next::close;
    co_return framing.keep_alive ? Next::another : Next::linger;
}

// An error, or another number of bytes than was promised, cuts the connection.
net::Awaitable<Result<void>> Connection::send_source(Response& response, bool chunked) {
    std::uint64_t sent = 0;
    for (;;) {
        Result<std::string> piece;
        std::function<void()> work = [&piece, &response] {
            piece = ask<std::string>(response.source);
        };
        co_await shared_.pool.run(std::move(work), Pool::Admission::always);
        if (!piece) {
            shared_.failure("an answer was cut: " + piece.error().what);
            co_return tl::unexpected<Error>(piece.error());
        }
        if (piece->empty()) break;
        sent += piece->size();
        if (!chunked && response.size && sent > *response.size) break;
        const auto bytes = chunked ? chunk(*piece) : std::move(*piece);
        const auto done = co_await send(bytes);
        if (!done) co_return done;
    }
    if (!chunked && response.size && sent != *response.size) {
        shared_.failure("an answer was cut: it has not the size that was promised");
        co_return fail(Errc::io, "not the promised size");
    }
    if (!chunked) co_return Result<void>();
    co_return co_await send("0\r\n\r\n");
}

net::Awaitable<bool> Connection::listen(std::string& heard, net::Milliseconds time) {
    if (woken_ || time.count() <= 0) {
        woken_ = false;
        co_return !aborted_;
    }
    listening_ = true;
    const auto read = co_await stream_->read_some(buffer_, time);
    listening_ = false;
    woken_ = false;
    if (aborted_) co_return false;
    if (!read)
        co_return read.error().code == Errc::unavailable || read.error().code == Errc::cancelled;
    shared_.tally.bytes_in += *read;
    heard.append(buffer_.data(), *read);
    co_return *read > 0;
}

net::Awaitable<Result<void>> Connection::send_events(Response& response, bool chunked) {
    constexpr std::size_t heard_max = 64 * 1024;  // requests that come before the end
    std::string heard;
    auto last_sent = Clock::now();
    while (!shared_.stopping) {
        Result<std::optional<std::string>> text;
        std::function<void()> work = [&text, &response] {
            text = ask<std::optional<std::string>>(response.events);
        };
        co_await shared_.pool.run(std::move(work), Pool::Admission::always);
        if (!text) {
            shared_.failure("an event stream was cut: " + text.error().what);
            co_return tl::unexpected<Error>(text.error());
        }
        if (!*text) break;
        auto now = Clock::now();
        if ((*text)->empty() && now - last_sent >= limits_.heartbeat) **text = ":\n\n";
        if (!(*text)->empty()) {
            const auto bytes = chunked ? chunk(**text) : std::move(**text);
            const auto done = co_await send(bytes);
            if (!done) co_return done;
            last_sent = now;
        }
        const bool there = co_await listen(heard, limits_.poll);
        if (!there || heard.size() > heard_max) co_return fail(Errc::io, "the peer has left");
    }
    input_.add(heard);
    if (!chunked) co_return Result<void>();
    co_return co_await send("0\r\n\r\n");
}

}  // namespace letopis::http
