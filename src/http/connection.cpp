// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/connection_internal.hpp"
#include "http/text_internal.hpp"
#include "net/proxy.hpp"

namespace letopis::http {

namespace {

using Clock = std::chrono::steady_clock;

// Of a request whose handler wants no body: so much is read and forgotten.
constexpr std::uint64_t forgotten_body_max = 64 * 1024;

net::Milliseconds until(Clock::time_point end) {
    const auto left = std::chrono::duration_cast<net::Milliseconds>(end - Clock::now());
    return std::max(left, net::Milliseconds(0));
}

}  // namespace

Connection::Connection(Shared& shared, std::unique_ptr<net::ByteStream> stream)
    : shared_(shared),
      limits_(shared.options.limits),
      stream_(std::move(stream)),
      peer_(stream_->peer()),
      of_proxy_(shared.proxies.trusts(peer_)) {}

void Connection::stop() {
    if (idle_)
        stream_->cancel();
    else
        wake();
}

void Connection::wake() {
    woken_ = true;
    if (listening_) stream_->cancel();
}

void Connection::abort() {
    aborted_ = true;
    stream_->abort();
}

net::Awaitable<void> Connection::run(Welcome welcome) {
    Next next = Next::close;
    if (welcome == Welcome::turned_away) {
        RequestParser none(0, 0);
        next = co_await refuse(none, 503, "too many connections");
    } else if (const auto refused = co_await begin()) {
        next = *refused;
    } else {
        do next = co_await serve();
        while (next == Next::another);
    }
    if (counted_)
        if (const auto found = shared_.connections_of_peer.find(peer_); --found->second == 0)
            shared_.connections_of_peer.erase(found);
    idle_ = true;
    const bool linger = next == Next::linger && !shared_.stopping;
    co_await stream_->close(linger ? limits_.linger : net::Milliseconds(0));
}

// Something: the connection is not to be served.
net::Awaitable<std::optional<Connection::Next>> Connection::begin() {
    if (shared_.options.proxy_protocol && !co_await take_proxy_header()) co_return Next::close;
    if (!count_peer()) {
        ++shared_.tally.refused;
        if (shared_.options.tls) co_return Next::close;
        RequestParser none(0, 0);
        co_return co_await refuse(none, 503, "too many connections from this address");
    }
    std::shared_ptr<const net::TlsContext> tls;
    {
        const std::lock_guard lock(shared_.mutex);
        tls = shared_.tls;
    }
    if (tls) {
        const auto done = co_await stream_->start_tls(std::move(tls), limits_.head);
        if (!done) co_return Next::close;
        secure_ = true;
    }
    co_return std::nullopt;
}

net::Awaitable<bool> Connection::take_proxy_header() {
    if (!of_proxy_) {
        ++shared_.tally.refused;
        co_return false;
    }
    const auto end = Clock::now() + limits_.head;
    std::string bytes;
    for (;;) {
        const auto header = net::parse_proxy_header(bytes);
        if (!header) {
            ++shared_.tally.refused;
            co_return false;
        }
        if (*header) {
            if (!(*header)->address.empty()) peer_ = (*header)->address;
            secure_ = (*header)->secure;
            co_return true;
        }
        const auto missing = std::min(net::proxy_header_missing(bytes), buffer_.size());
        const std::span<char> into(buffer_.data(), missing);
        const auto read = co_await stream_->read_some(into, until(end));
        if (!read || *read == 0) co_return false;
        bytes.append(buffer_.data(), *read);
    }
}

bool Connection::count_peer() {
    if (of_proxy_ && !shared_.options.proxy_protocol) return true;
    auto& count = shared_.connections_of_peer[peer_];
    if (count >= limits_.connections_of_peer) return false;
    ++count;
    counted_ = true;
    return true;
}

net::Awaitable<Result<std::size_t>> Connection::receive(net::Milliseconds time) {
    const auto read = co_await stream_->read_some(buffer_, time);
    if (read) {
        shared_.tally.bytes_in += *read;
        input_.add(std::string_view(buffer_.data(), *read));
    }
    co_return read;
}

// Who calls, and how: a proxy's word counts when it is a trusted one's.
void Connection::identify(Request& request) {
    request.id = shared_.next_request_id();
    request.peer = peer_;
    request.secure = secure_;
    if (!of_proxy_) return;
    if (!secure_) request.secure = request.header("X-Forwarded-Proto") == "https";
    if (shared_.options.proxy_protocol) return;
    // Each proxy adds at the end the one that it was called by.
    for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
        if (!same_ignoring_case(header->name, "X-Forwarded-For")) continue;
        std::string_view rest = header->value;
        while (!rest.empty()) {
            const auto comma = rest.rfind(',');
            const auto start = comma == std::string_view::npos ? 0 : comma + 1;
            const auto address = trim(rest.substr(start));
            if (!is_address(address)) return;
            request.peer = std::string(address);
            if (!shared_.proxies.trusts(address)) return;
            rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
        }
    }
}

net::Awaitable<Connection::Next> Connection::refuse(RequestParser& parser,
                                                    int status,
                                                    std::string what) {
    auto& request = parser.head().request;
    if (request.id.empty()) request.id = shared_.next_request_id();
    if (request.peer.empty()) request.peer = peer_;
    request.secure = request.secure || secure_;
    parser.head().keep_alive = false;
    auto response = shared_.problem(request, status, what);
    if (status == 503) response.with("Retry-After", "1");
    tell(request, response);
    const auto next = co_await answer(parser, std::move(response));
    co_return next == Next::close ? next : Next::linger;
}

net::Awaitable<std::optional<Connection::Next>> Connection::take_head(RequestParser& parser) {
    auto end = Clock::now() + limits_.head;
    auto state = parser.take_head(input_);
    while (state == RequestParser::State::more) {
        const bool first = input_.empty();
        if (first && shared_.stopping) co_return Next::close;
        idle_ = first;
        const auto read = co_await receive(first ? limits_.idle : until(end));
        idle_ = false;
        if (!read && read.error().code == Errc::unavailable && !first)
            co_return co_await refuse(parser, 408, "the request came too slowly");
        if (!read || *read == 0) co_return Next::close;
        if (first) end = Clock::now() + limits_.head;
        state = parser.take_head(input_);
    }
    if (state == RequestParser::State::refused) {
        ++shared_.tally.refused;
        const auto refusal = parser.refusal();
        co_return co_await refuse(parser, refusal.status, refusal.what);
    }
    co_return std::nullopt;
}

// The whole body into the request.
net::Awaitable<std::optional<Connection::Next>> Connection::collect(RequestParser& parser,
                                                                    std::uint64_t body_max) {
    const auto end = Clock::now() + limits_.body;
    auto& head = parser.head();
    auto& body = head.request.body;
    parser.limit_body(body_max);
    if (head.expects_continue && input_.empty()) {
        const auto sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) co_return Next::close;
    }
    auto state = parser.take_body(input_, body, std::string::npos);
    while (state == RequestParser::State::more) {
        const auto read = co_await receive(until(end));
        if (!read && read.error().code == Errc::unavailable)
            co_return co_await refuse(parser, 408, "the body came too slowly");
        if (!read || *read == 0) co_return Next::close;
        state = parser.take_body(input_, body, std::string::npos);
    }
    if (state == RequestParser::State::refused) {
        const auto refusal = parser.refusal();
        co_return co_await refuse(parser, refusal.status, refusal.what);
    }
    co_return std::nullopt;
}

void Connection::tell(const Request& request, const Response& response) const {
    if (!shared_.routes.seen) return;
    const auto time = pattern_.empty() ? Clock::duration() : Clock::now() - began_;
    shared_.routes.seen({request, pattern_, response.status, time});
}

net::Awaitable<Connection::Next> Connection::serve() {
    pattern_ = {};
    RequestParser parser(limits_.head_bytes, limits_.headers);
    if (const auto next = co_await take_head(parser)) co_return *next;
    auto& head = parser.head();
    auto& request = head.request;
    ++shared_.tally.requests;
    began_ = Clock::now();
    identify(request);
    auto match = shared_.routes.find(request.method, request.path);
    pattern_ = match.route ? std::string_view(match.route->pattern) : std::string_view();
    request.parameters = std::move(match.parameters);

    std::optional<Response> response;
    if (match.route && match.route->body == Body::stream) {
        const auto length = request.content_length.value_or(0);
        if (length > match.route->body_max)
            co_return co_await refuse(parser, 413, "the body is too large");
        response = co_await handle_upload(parser, *match.route);
    } else {
        const bool wanted = match.route && match.route->body == Body::whole;
        const auto body_max = wanted ? match.route->body_max : forgotten_body_max;
        if (request.content_length.value_or(0) <= body_max) {
            const auto next = co_await collect(parser, body_max);
            if (next) co_return *next;
        } else if (match.route) {
            co_return co_await refuse(parser, 413, "the body is too large");
        }
        if (!wanted) request.body.clear();
        Handler missing;
        if (!match.route) {
            missing = [this, &match](Request& of) {
                if (match.allowed.empty()) return shared_.problem(of, 404, "there is no such page");
                std::string allowed;
                for (const auto method : match.allowed)
                    allowed += (allowed.empty() ? "" : ", ") + std::string(name(method));
                return shared_.problem(of, 405, "the method is not one of this page")
                    .with("Allow", allowed);
            };
        }
        response = co_await handle(parser, match.route ? match.route->handler : missing);
    }
    if (!response) {
        ++shared_.tally.refused;
        co_return co_await refuse(parser, 503, "the server is busy");
    }
    tell(request, *response);
    if (response->websocket) co_return co_await talk(parser, *response);
    co_return co_await answer(parser, std::move(*response));
}

}  // namespace letopis::http
