// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "http/connection_internal.hpp"
#include "http/shared_internal.hpp"

namespace letopis::http {

namespace asio = boost::asio;

namespace {

// Beyond the limit of connections: so many are told why, the others only closed.
constexpr std::size_t turned_away_max = 64;
constexpr std::uint64_t pem_bytes_max = 1 << 20;

Result<std::shared_ptr<const net::TlsContext>> load(const TlsFiles& files) {
    TRY(const auto chain, read_file(files.certificate_chain, pem_bytes_max));
    TRY(const auto key, read_file(files.private_key, pem_bytes_max));
    return net::TlsContext::load(chain, key);
}

}  // namespace

struct Server::State {
    State(const Options& options, Routes routes) : shared(options, std::move(routes)) {}

    Shared shared;
    std::unique_ptr<net::Listener> listener;
    std::uint16_t port = 0;
    asio::executor_work_guard<asio::io_context::executor_type> work{shared.loop.get_executor()};
    std::thread thread;

    void run();
    void accept(std::unique_ptr<net::ByteStream> stream);
    void ended(Connection* connection, const std::exception_ptr& failure);
};

void Server::State::run() {
    for (;;) {
        try {
            shared.loop.run();
            return;
        } catch (const std::exception& error) {
            shared.failure(std::string("the network: ") + error.what());
        }
    }
}

void Server::State::accept(std::unique_ptr<net::ByteStream> stream) {
    ++shared.tally.connections;
    auto welcome = Connection::Welcome::served;
    if (shared.connections.size() - shared.turned_away >= shared.options.limits.connections) {
        ++shared.tally.refused;
        if (shared.options.tls || shared.turned_away >= turned_away_max) return;
        welcome = Connection::Welcome::turned_away;
        ++shared.turned_away;
    }
    auto connection = std::make_shared<Connection>(shared, std::move(stream));
    shared.connections.insert(connection.get());
    ++shared.tally.open_connections;
    {
        const std::lock_guard lock(shared.mutex);
        shared.idle = false;
    }
    auto end = [this, connection, welcome](const std::exception_ptr& failure) {
        if (welcome == Connection::Welcome::turned_away) --shared.turned_away;
        ended(connection.get(), failure);
    };
    asio::co_spawn(shared.loop, connection->run(welcome), std::move(end));
}

void Server::State::ended(Connection* connection, const std::exception_ptr& failure) {
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        shared.failure(std::string("a connection: ") + error.what());
    }
    shared.connections.erase(connection);
    --shared.tally.open_connections;
    if (!shared.connections.empty()) return;
    {
        const std::lock_guard lock(shared.mutex);
        shared.idle = true;
    }
    shared.gone.notify_all();
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(const Options& options, Routes routes) {
    TRY(auto proxies, Proxies::parse(options.proxies));
    if (options.workers < 1) return fail(Errc::invalid, "a server needs a worker");
    auto state = std::make_unique<State>(options, std::move(routes));
    auto& shared = state->shared;
    shared.proxies = std::move(proxies);
    if (options.tls) {
        auto tls = load(*options.tls);
        if (!tls) {
            auto error = std::move(tls).error();
            error.code = Errc::invalid;
            return tl::unexpected<Error>(std::move(error));
        }
        shared.tls = std::move(*tls);
    }
    TRY(state->listener,
        net::Listener::open(
            shared.loop.get_executor(),
            options.address,
            options.port,
            [raw = state.get()](auto stream) { raw->accept(std::move(stream)); },
            [raw = state.get()](const std::string& what) { raw->shared.failure(what); }));
    state->port = state->listener->port();
    state->thread = std::thread([raw = state.get()] { raw->run(); });
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
    stop(std::chrono::seconds(0));
    state_->work.reset();
    state_->thread.join();
}

std::uint16_t Server::port() const { return state_->port; }

void Server::stop(std::chrono::seconds grace) {
    auto& shared = state_->shared;
    std::unique_lock lock(shared.mutex);
    const auto tell = [&](void (Connection::*what)()) {
        bool told = false;  // mutex
        lock.unlock();
        asio::post(shared.loop, [&, what] {
            shared.stopping = true;
            state_->listener->close();
            for (auto* connection : shared.connections) (connection->*what)();
            const std::lock_guard telling(shared.mutex);
            told = true;
            shared.gone.notify_all();
        });
        lock.lock();
        shared.gone.wait(lock, [&] { return told; });
    };
    tell(&Connection::stop);
    if (shared.gone.wait_for(lock, grace, [&] { return shared.idle; })) return;
    tell(&Connection::abort);
    shared.gone.wait(lock, [&] { return shared.idle; });
}

Result<void> Server::reload_tls() {
    auto& shared = state_->shared;
    if (!shared.options.tls) return fail(Errc::invalid, "the server speaks no TLS");
    TRY(auto tls, load(*shared.options.tls));
    const std::lock_guard lock(shared.mutex);
    shared.tls = std::move(tls);
    return {};
}

std::shared_ptr<const net::TlsContext> Server::certificate() const {
    const std::lock_guard lock(state_->shared.mutex);
    return state_->shared.tls;
}

void Server::wake() {
    asio::post(state_->shared.loop, [state = state_.get()] {
        for (auto* connection : state->shared.connections) connection->wake();
    });
}

Counters Server::counters() const {
    auto out = state_->shared.tally.read();
    out.busy_workers = state_->shared.pool.busy();
    out.waiting = state_->shared.pool.waiting();
    return out;
}

}  // namespace letopis::http
