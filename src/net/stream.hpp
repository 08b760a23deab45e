// SPDX-License-Identifier: AGPL-3.0-or-later
// Bytes to and from a peer, over TCP or TLS alike. The templates of Asio that make it so are
// instantiated once, in stream.cpp; protocols see virtual coroutines only. Everything here belongs
// to the one thread that runs the event loop, and a stream has one wait at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/tls.hpp"

namespace letopis::net {

template <class T>
using Awaitable = boost::asio::awaitable<T>;
using Milliseconds = std::chrono::milliseconds;

// Errors of every wait: unavailable (the time is over), cancelled (cancel()), io (the peer is
// gone). A wait that was over or cancelled may be begun again; a write then has lost its place.
class ByteStream {
public:
    virtual ~ByteStream() = default;
    // 0: the peer sends no more.
    virtual Awaitable<Result<std::size_t>> read_some(std::span<char> into, Milliseconds time) = 0;
    // `bytes` stay where they are until it returns. The time is for every 64 KiB.
    virtual Awaitable<Result<void>> write_all(std::string_view bytes, Milliseconds time) = 0;
    // As the server. What was read before belongs to the plain text: the caller throws it away.
    virtual Awaitable<Result<void>> start_tls(std::shared_ptr<const TlsContext> context,
                                              Milliseconds time) = 0;
    // Says goodbye; then reads and forgets for so long, until the peer closes too: an answer that
    // stands in the peer's buffer is lost when its next bytes meet a closed socket.
    virtual Awaitable<void> close(Milliseconds linger) = 0;
    virtual void cancel() = 0;                    // the wait that is going on
    virtual void abort() = 0;                     // it and all later ones: the socket is closed
    virtual const std::string& peer() const = 0;  // address without port
    virtual bool secure() const = 0;              // TLS
};

class Listener {
public:
    using Accept = std::function<void(std::unique_ptr<ByteStream>)>;
    using Failure = std::function<void(std::string)>;  // a connection could not be taken

    // port 0: any free one. Errors: invalid (not an address), conflict (in use), forbidden, io.
    static Result<std::unique_ptr<Listener>> open(boost::asio::any_io_executor executor,
                                                  const std::string& address,
                                                  std::uint16_t port,
                                                  Accept accept,
                                                  Failure failure);
    virtual ~Listener() = default;
    virtual std::uint16_t port() const = 0;
    virtual void close() = 0;
};

}  // namespace letopis::net
