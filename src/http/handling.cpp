// SPDX-License-Identifier: AGPL-3.0-or-later
// Handlers on workers, and the bodies that they read while they come.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/connection_internal.hpp"
#include "http/upload_internal.hpp"

namespace letopis::http {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto token = asio::as_tuple(asio::use_awaitable);

// On a worker. An exception is a fault of ours: 500, and the operator is told.
Response call(Shared& shared, const Handler& handler, Request& request) {
    const auto begin = Clock::now();
    Response response;
    try {
        response = handler(request);
        if (shared.routes.after) shared.routes.after(request, response);
    } catch (const std::exception& error) {
        shared.failure("request " + request.id + ": " + error.what());
        response = shared.problem(request, 500, "something failed inside");
    } catch (...) {
        shared.failure("request " + request.id + ": an exception without a name");
        response = shared.problem(request, 500, "something failed inside");
    }
    shared.tally.handled(Clock::now() - begin);
    return response;
}

}  // namespace

// A handler that reads while the network feeds it. The worker has a share of it, so that its last
// word finds somebody.
struct Feeding : std::enable_shared_from_this<Feeding> {
    explicit Feeding(Shared& shared) : changed(shared.loop) {}

    std::shared_ptr<Upload> upload;
    Response response;
    asio::steady_timer changed;
    bool notified = false;
    bool done = false;  // the handler has returned

    void notify() {
        notified = true;
        changed.cancel();
    }
    net::Awaitable<void> wait() {
        if (!notified) {
            changed.expires_at(Clock::time_point::max());
            co_await changed.async_wait(token);
        }
        notified = false;
    }
};

net::Awaitable<std::optional<Response>> Connection::handle(RequestParser& parser,
                                                           const Handler& handler) {
    auto& request = parser.head().request;
    Response response;
    std::function<void()> work = [this, &handler, &request, &response] {
        response = call(shared_, handler, request);
    };
    const bool done = co_await shared_.pool.run(std::move(work), Pool::Admission::limited);
    if (!done) co_return std::nullopt;
    co_return std::move(response);
}

net::Awaitable<std::optional<Response>> Connection::handle_upload(RequestParser& parser,
                                                                  const Route& route) {
    const auto uploads_max = static_cast<std::size_t>(std::max(1, shared_.options.workers - 1));
    if (shared_.uploads >= uploads_max) co_return std::nullopt;
    parser.limit_body(route.body_max);
    const auto feeding = std::make_shared<Feeding>(shared_);
    const std::weak_ptr<Feeding> weak = feeding;
    feeding->upload = std::make_shared<Upload>([this, weak] {
        asio::post(shared_.loop, [weak] {
            if (const auto self = weak.lock()) self->notify();
        });
    });
    auto& request = parser.head().request;
    request.upload = feeding->upload.get();
    auto work = [this, &route, &request, feeding] {
        feeding->response = call(shared_, route.handler, request);
        asio::post(shared_.loop, [this, feeding] {
            feeding->done = true;
            feeding->notify();
            if (receiving_body_) stream_->cancel();
        });
    };
    if (!shared_.pool.submit(std::move(work), Pool::Admission::limited)) co_return std::nullopt;
    ++shared_.uploads;
    co_await feed(parser, *feeding);
    while (!feeding->done) co_await feeding->wait();
    --shared_.uploads;
    request.upload = nullptr;
    co_return std::move(feeding->response);
}

// Until the body or the handler comes to its end.
net::Awaitable<void> Connection::feed(RequestParser& parser, Feeding& feeding) {
    auto& upload = *feeding.upload;
    bool to_continue = parser.head().expects_continue && input_.empty();
    while (to_continue && !upload.wanted()) {
        if (feeding.done) co_return;
        co_await feeding.wait();
    }
    if (to_continue) {
        const auto sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) co_return upload.fail(sent.error());
    }
    constexpr std::size_t window = 64 * 1024;
    std::size_t in_window = 0;
    auto end = Clock::now() + limits_.piece;
    std::string piece;
    while (!feeding.done) {
        if (upload.room() == 0) {
            const auto paused = Clock::now();
            co_await feeding.wait();
            end += Clock::now() - paused;  // it was not the peer who was slow
            continue;
        }
        piece.clear();
        const auto state = parser.take_body(input_, piece, upload.room());
        upload.give(piece);
        if (state == RequestParser::State::done) co_return upload.finish();
        if (state == RequestParser::State::refused) {
            const auto code = parser.refusal().status == 413 ? Errc::too_large : Errc::io;
            Error error{code, parser.refusal().what, {}};
            co_return upload.fail(std::move(error));
        }
        if (!input_.empty() && upload.room() == 0) continue;
        const auto left = std::chrono::duration_cast<net::Milliseconds>(end - Clock::now());
        receiving_body_ = true;
        const auto read = co_await receive(std::max(left, net::Milliseconds(0)));
        receiving_body_ = false;
        if (feeding.done) co_return;
        if (!read || *read == 0) {
            Error error{Errc::io, "the rest of the body did not come", {}};
            co_return upload.fail(std::move(error));
        }
        in_window += *read;
        if (in_window >= window) {
            in_window = 0;
            end = Clock::now() + limits_.piece;
        }
    }
}

}  // namespace letopis::http
