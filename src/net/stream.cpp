// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/stream.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <optional>

#include "net/stream_internal.hpp"
#include "net/tls_internal.hpp"

namespace letopis::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t window = 64 * 1024;  // bytes that write_all()'s time is for

// The socket and the end of the wait that is going on. The timer is not set anew for every wait: it
// runs on, and looks at the deadline when it fires.
class Socket : public std::enable_shared_from_this<Socket> {
public:
    explicit Socket(tcp::socket connected)
        : socket(std::move(connected)), timer_(socket.get_executor()) {}

    void begin(Milliseconds time) {
        expired_ = false;
        deadline_ = Clock::now() + time;
        if (deadline_ < fires_at_) arm(deadline_);
    }
    void end() { deadline_ = Clock::time_point::max(); }
    void close() {
        ErrorCode ignored;
        socket.close(ignored);
        timer_.cancel();
    }
    // Of a wait that ended with `error`.
    auto failure(const ErrorCode& error) const {
        if (expired_) return fail(Errc::unavailable, "the peer is too slow");
        if (error == asio::error::operation_aborted)
            return fail(Errc::cancelled, "the wait was cancelled");
        return fail(Errc::io, error.message());
    }

    tcp::socket socket;

private:
    void arm(Clock::time_point at) {
        fires_at_ = at;
        timer_.expires_at(at);
        timer_.async_wait([weak = weak_from_this()](const ErrorCode& error) {
            if (error) return;
            if (const auto self = weak.lock()) self->fired();
        });
    }
    void fired() {
        fires_at_ = Clock::time_point::max();
        if (deadline_ == Clock::time_point::max()) return;
        if (deadline_ > Clock::now()) return arm(deadline_);
        expired_ = true;
        ErrorCode ignored;
        socket.cancel(ignored);
    }

    asio::steady_timer timer_;
    Clock::time_point deadline_ = Clock::time_point::max();
    Clock::time_point fires_at_ = Clock::time_point::max();
    bool expired_ = false;
};

bool is_end(const ErrorCode& error) {
    return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

class Stream final : public ByteStream {
public:
    explicit Stream(tcp::socket socket) : shared_(std::make_shared<Socket>(std::move(socket))) {
        ErrorCode error;
        const auto endpoint = shared_->socket.remote_endpoint(error);
        if (error) return;
        auto address = endpoint.address();
        if (address.is_v6() && address.to_v6().is_v4_mapped())
            address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
        peer_ = address.to_string();
    }
    ~Stream() override { shared_->close(); }

    Awaitable<Result<std::size_t>> read_some(std::span<char> into, Milliseconds time) override {
        const auto buffer = asio::buffer(into.data(), into.size());
        ErrorCode error;
        std::size_t size = 0;
        shared_->begin(time);
        if (tls_)
            std::tie(error, size) = co_await tls_->async_read_some(buffer, token);
        else
            std::tie(error, size) = co_await shared_->socket.async_read_some(buffer, token);
        shared_->end();
        if (error && is_end(error)) co_return std::size_t(0);
        if (error) co_return shared_->failure(error);
        co_return size;
    }

    Awaitable<Result<void>> write_all(std::string_view bytes, Milliseconds time) override {
        std::size_t in_window = window;
        while (!bytes.empty()) {
            if (in_window >= window) {
                shared_->begin(time);
                in_window = 0;
            }
            const auto buffer = asio::buffer(bytes.data(), std::min(bytes.size(), window));
            ErrorCode error;
            std::size_t size = 0;
            if (tls_)
                std::tie(error, size) = co_await tls_->async_write_some(buffer, token);
            else
                std::tie(error, size) = co_await shared_->socket.async_write_some(buffer, token);
            if (error) {
                shared_->end();
                co_return shared_->failure(error);
            }
            bytes.remove_prefix(size);
            in_window += size;
        }
        shared_->end();
        co_return Result<void>();
    }

    Awaitable<Result<void>> start_tls(std::shared_ptr<const TlsContext> context,
                                      Milliseconds time) override {
        context_ = std::move(context);
        tls_.emplace(shared_->socket, context_->state().context);
        shared_->begin(time);
        const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, token);
        shared_->end();
        if (error) co_return shared_->failure(error);
        co_return Result<void>();
    }

    Awaitable<void> close(Milliseconds linger) override {
        if (tls_) {
            shared_->begin(std::chrono::seconds(1));
            co_await tls_->async_shutdown(token);
            shared_->end();
        }
        ErrorCode error;
        shared_->socket.shutdown(tcp::socket::shutdown_send, error);
        if (linger.count() > 0) {
            std::array<char, 4096> forgotten;
            const auto buffer = asio::buffer(forgotten);
            shared_->begin(linger);
            while (!error)
                std::tie(error, std::ignore) =
                    co_await shared_->socket.async_read_some(buffer, token);
        }
        shared_->close();
    }

    void cancel() override {
        ErrorCode ignored;
        shared_->socket.cancel(ignored);
    }
    void abort() override { shared_->close(); }
    const std::string& peer() const override { return peer_; }
    bool secure() const override { return tls_.has_value(); }

private:
    std::shared_ptr<Socket> shared_;
    std::shared_ptr<const TlsContext> context_;  // outlives tls_
    std::optional<asio::ssl::stream<tcp::socket&>> tls_;
    std::string peer_;
};

}  // namespace

std::unique_ptr<ByteStream> make_stream(tcp::socket socket) {
    return std::make_unique<Stream>(std::move(socket));
}

}  // namespace letopis::net
