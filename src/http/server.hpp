// SPDX-License-Identifier: AGPL-3.0-or-later
// HTTP/1.1 (RFC 9112) with keep-alive, streamed bodies both ways, server-sent events and limits on
// everything, over any byte stream.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

namespace letopis::net {
class TlsContext;
}

namespace letopis::http {

struct Limits {
    using Time = std::chrono::milliseconds;
    std::size_t head_bytes = 16 * 1024;     // request line and headers: 431
    std::size_t headers = 100;              // 431
    Time head = std::chrono::seconds(10);   // from the first byte: 408; also of a TLS handshake
    Time idle = std::chrono::seconds(60);   // between requests: closed
    Time piece = std::chrono::seconds(30);  // for the next 64 KiB, either way
    Time body = std::chrono::seconds(30);   // of a body that is held whole: 408
    Time linger = std::chrono::seconds(2);  // after a refusal, for a peer that still sends
    Time poll = std::chrono::milliseconds(250);  // of events and WebSockets
    Time heartbeat = std::chrono::seconds(15);   // of the same
    std::size_t connections = 1024;              // more: 503 and closed
    std::size_t connections_of_peer = 128;       // the same; proxies without PROXY are not counted
    std::size_t requests_waiting = 256;          // for a worker: 503 with Retry-After
};

struct TlsFiles {
    Path certificate_chain;  // PEM
    Path private_key;        // PEM
};

struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::optional<TlsFiles> tls;
    // Addresses, or networks as "10.0.0.0/8". X-Forwarded-Proto and -For are believed from them
    // only.
    std::vector<std::string> proxies;
    // Every connection begins with a PROXY header (v1 or v2) of one of them; others are refused.
    // It says who calls, X-Forwarded-For then is the caller's own claim and not looked at.
    bool proxy_protocol = false;
    int workers = 4;  // uploads hold all but one of them at most
    Limits limits;
    // What nobody else is told, such as an exception of a handler. Called on any thread of the
    // server; empty: standard error.
    std::function<void(std::string_view)> failure;
};

struct Counters {
    std::uint64_t connections = 0, requests = 0, refused = 0, bytes_in = 0, bytes_out = 0;
    std::uint64_t open_connections = 0, busy_workers = 0, waiting = 0;
    std::map<int, std::uint64_t> by_status;
    std::vector<std::pair<double, std::uint64_t>> seconds;  // cumulative histogram of handlers
};

class Server {
public:
    // Errors: conflict (the address is in use), forbidden, invalid (address, certificate or key).
    static Result<std::unique_ptr<Server>> start(const Options& options, Routes routes);
    ~Server();  // stop(0)
    std::uint16_t port() const;
    // Takes no new connection, lets what is being answered come to its end, at most for `grace`;
    // then cuts it. A handler that still runs is waited for. Not to be called from a handler.
    void stop(std::chrono::seconds grace);
    // Reads certificate and key again; an error leaves the old ones in force.
    Result<void> reload_tls();
    std::shared_ptr<const net::TlsContext> certificate() const;  // null: no TLS
    void wake();                                                 // event streams are asked at once
    Counters counters() const;

    struct State;

private:
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace letopis::http
