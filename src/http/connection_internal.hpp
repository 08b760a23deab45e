// SPDX-License-Identifier: AGPL-3.0-or-later
// One connection from its first byte to its last, on the thread of the network.
#pragma once

#include <array>
#include <optional>

#include "http/request_parser.hpp"
#include "http/shared_internal.hpp"
#include "net/stream.hpp"

namespace letopis::http {

class Connection {
public:
    enum class Welcome : std::uint8_t { served, turned_away };

    Connection(Shared& shared, std::unique_ptr<net::ByteStream> stream);
    net::Awaitable<void> run(Welcome welcome);
    void stop();   // after what is being answered
    void wake();   // an event stream asks at once
    void abort();  // everything that waits fails

private:
    using Time = std::chrono::steady_clock::time_point;
    // What comes after a request; `linger`: the peer may still be sending.
    enum class Next : std::uint8_t { another, close, linger };

    // connection.cpp: requests in
    net::Awaitable<std::optional<Next>> begin();
    net::Awaitable<bool> take_proxy_header();
    net::Awaitable<Next> serve();
    net::Awaitable<std::optional<Next>> take_head(RequestParser& parser);
    net::Awaitable<std::optional<Next>> collect(RequestParser& parser, std::uint64_t body_max);
    net::Awaitable<Result<std::size_t>> receive(net::Milliseconds time);
    net::Awaitable<Next> refuse(RequestParser& parser, int status, std::string what);
    void identify(Request& request);
    bool count_peer();
    void tell(const Request& request, const Response& response) const;  // Routes::seen

    // handling.cpp: handlers on workers
    net::Awaitable<std::optional<Response>> handle(RequestParser& parser, const Handler& handler);
    net::Awaitable<std::optional<Response>> handle_upload(RequestParser& parser,
                                                          const Route& route);
    net::Awaitable<void> feed(RequestParser& parser, struct Feeding& feeding);

    // answer.cpp: responses out
    net::Awaitable<Next> answer(RequestParser& parser, Response response);
    net::Awaitable<Result<void>> send(std::string_view bytes);
    net::Awaitable<Result<void>> send_source(Response& response, bool chunked);
    net::Awaitable<Result<void>> send_events(Response& response, bool chunked);
    // websocket_session.cpp
    net::Awaitable<Next> talk(RequestParser& parser, Response& response);
    net::Awaitable<bool> take_turn(const Response& response, const WebSocketMessage* message);
    // Until something comes, wake(), or the time is over. False: the peer is gone.
    net::Awaitable<bool> listen(std::string& heard, net::Milliseconds time);

    Shared& shared_;
    const Limits& limits_;
    std::unique_ptr<net::ByteStream> stream_;
    Input input_;
    std::string peer_;  // who calls
    bool of_proxy_;     // the socket is that of a trusted proxy
    bool secure_ = false;
    bool counted_ = false;  // in connections_of_peer
    bool idle_ = true;      // nothing is lost when the wait is cancelled
    bool listening_ = false;
    bool woken_ = false;
    Time began_{};                 // when the head of the request was there
    std::string_view pattern_;     // of the route of this request
    bool receiving_body_ = false;  // for a handler that may return first
    bool aborted_ = false;
    std::array<char, 16 * 1024> buffer_;
};

}  // namespace letopis::http
