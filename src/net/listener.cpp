// SPDX-License-Identifier: AGPL-3.0-or-later
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/stream.hpp"
#include "net/stream_internal.hpp"

namespace letopis::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// Callbacks keep it alive; it ends when the acceptor is closed.
class Accepting : public std::enable_shared_from_this<Accepting> {
public:
    Accepting(tcp::acceptor acceptor, Listener::Accept accept, Listener::Failure failure)
        : acceptor_(std::move(acceptor)),
          pause_(acceptor_.get_executor()),
          accept_(std::move(accept)),
          failure_(std::move(failure)) {}

    void next() {
        acceptor_.async_accept(
            [self = shared_from_this()](const ErrorCode& error, tcp::socket socket) {
                self->accepted(error, std::move(socket));
            });
    }
    void close() {
        ErrorCode ignored;
        acceptor_.close(ignored);
        pause_.cancel();
    }
    std::uint16_t port() const {
        ErrorCode ignored;
        return acceptor_.local_endpoint(ignored).port();
    }

private:
    void accepted(const ErrorCode& error, tcp::socket socket) {
        if (!acceptor_.is_open()) return;
        if (!error) {
            ErrorCode ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            accept_(make_stream(std::move(socket)));
        } else if (error != asio::error::connection_aborted) {
            // Out of descriptors or memory: trying at once would only turn the loop.
            failure_("a connection could not be taken: " + error.message());
            pause_.expires_after(std::chrono::milliseconds(100));
            pause_.async_wait([self = shared_from_this()](const ErrorCode&) {
                if (self->acceptor_.is_open()) self->next();
            });
            return;
        }
        next();
    }

    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    Listener::Accept accept_;
    Listener::Failure failure_;
};

class TcpListener final : public Listener {
public:
    explicit TcpListener(std::shared_ptr<Accepting> accepting)
        : accepting_(std::move(accepting)), port_(accepting_->port()) {
        accepting_->next();
    }
    ~TcpListener() override { accepting_->close(); }
    std::uint16_t port() const override { return port_; }
    void close() override { accepting_->close(); }

private:
    std::shared_ptr<Accepting> accepting_;
    std::uint16_t port_;
};

Errc code_of(const ErrorCode& error) {
    if (error == asio::error::address_in_use) return Errc::conflict;
    if (error == asio::error::access_denied) return Errc::forbidden;
    if (error == boost::system::errc::address_not_available) return Errc::invalid;
    return Errc::io;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(asio::any_io_executor executor,
                                                 const std::string& address,
                                                 std::uint16_t port,
                                                 Accept accept,
                                                 Failure failure) {
    ErrorCode error;
    const auto parsed = asio::ip::make_address(address, error);
    if (error) return fail(Errc::invalid, "not an address: " + address);
    const tcp::endpoint endpoint(parsed, port);
    tcp::acceptor acceptor(executor);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::socket::max_listen_connections, error);
    if (error)
        return fail(code_of(error),
                    "cannot listen on " + address + " port " + std::to_string(port) + ": " +
                        error.message());
    auto accepting =
        std::make_shared<Accepting>(std::move(acceptor), std::move(accept), std::move(failure));
    return std::unique_ptr<Listener>(std::make_unique<TcpListener>(std::move(accepting)));
}

}  // namespace letopis::net
