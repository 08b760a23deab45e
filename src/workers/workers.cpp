// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/workers.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "workers/lane.hpp"
#include "workers/order.hpp"

namespace letopis::workers {

Result<Path> find_letopis_parse() {
    if (const char* given = std::getenv("LETOPIS_PARSE"); given && *given) {
        if (access(given, X_OK) == 0) return Path(given);
        return fail(Errc::not_found, std::string("LETOPIS_PARSE names no program: ") + given);
    }
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto beside = self.parent_path() / "letopis-parse";
    if (!error && access(beside.c_str(), X_OK) == 0) return beside;
    return fail(Errc::not_found,
                "letopis-parse is not beside the program: " + beside.string(),
                "Install it there or name it in LETOPIS_PARSE.");
}

// One thread a worker process: it takes batches from the queue, moves bytes, and puts results into
// the orders. Everything shared is guarded by `mutex`.
struct Workers::State {
    std::mutex mutex;
    std::condition_variable work;   // the queue or `stopping` changed
    std::condition_variable ready;  // an order is done
    std::deque<Batch> queue;
    std::map<std::uint64_t, std::shared_ptr<Order>> tickets;
    std::uint64_t next_ticket = 1;
    bool stopping = false;
    std::size_t lanes_alive = 0;
    std::atomic<std::uint64_t> restarts{0};
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<Fd> wakes;  // one eventfd a lane
    std::vector<std::thread> threads;

    ~State() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        work.notify_all();
        wake_all();
        for (auto& thread : threads) thread.join();
    }

    void wake_all() const {
        for (const auto& wake : wakes) {
            const std::uint64_t one = 1;
            // A full counter is as good as a raised one.
            if (write(wake.get(), &one, sizeof one) < 0 && errno != EAGAIN) continue;
        }
    }

    void enqueue(const std::shared_ptr<Order>& order) {
        order->results.resize(order->jobs.size());
        order->left = order->jobs.size();
        {
            const std::lock_guard lock(mutex);
            if (lanes_alive == 0)
                order->error = Error{Errc::unavailable, "no parsing worker can be started", {}};
            else
                for (auto& batch : cut(order, lanes.size())) queue.push_back(std::move(batch));
        }
        work.notify_all();
        wake_all();
    }

    void wait(const std::shared_ptr<Order>& order) {
        std::unique_lock lock(mutex);
        ready.wait(lock, [&] { return order->done(); });
    }

    void finish(const Batch& batch) {
        const std::lock_guard lock(mutex);
        batch.order->left -= std::min(batch.order->left, batch.count);
        if (batch.order->done()) ready.notify_all();
    }

    void run_again(std::deque<Batch> batches) {
        {
            const std::lock_guard lock(mutex);
            for (auto at = batches.rbegin(); at != batches.rend(); ++at)
                queue.push_front(std::move(*at));
        }
        work.notify_all();
    }

    // The last lane that gives up takes all hope with it.
    void give_up(const Error& error) {
        const std::lock_guard lock(mutex);
        if (--lanes_alive > 0) return;
        for (const auto& batch : queue) batch.order->error = error;
        queue.clear();
        ready.notify_all();
    }

    // Gives the lane what it has room for; waits for work when it has none. False: stop.
    bool fill(Lane& lane) {
        std::unique_lock lock(mutex);
        if (lane.idle()) work.wait(lock, [&] { return stopping || !queue.empty(); });
        if (stopping) return false;
        while (lane.has_room() && !queue.empty()) {
            lane.give(std::move(queue.front()));
            queue.pop_front();
        }
        return true;
    }

    void drain(const Fd& wake) const {
        std::uint64_t count = 0;
        if (read(wake.get(), &count, sizeof count) < 0) return;
    }

    void serve(std::size_t index) {
        Lane& lane = *lanes[index];
        while (fill(lane)) {
            auto happened = lane.wait(wakes[index].get());
            if (happened.woken) drain(wakes[index]);
            if (happened.finished) finish(*happened.finished);
            if (!happened.to_run_again.empty()) run_again(std::move(happened.to_run_again));
            if (!happened.died) continue;
            ++restarts;
            if (const auto again = lane.start(); !again) return give_up(again.error());
        }
    }
};

Result<std::unique_ptr<Workers>> Workers::start(const Path& letopis_parse,
                                                int count,
                                                Limits limits) {
    auto state = std::make_unique<State>();
    for (int i = 0; i < std::max(count, 1); ++i) {
        auto lane = std::make_unique<Lane>(letopis_parse, limits.wall);
        TRY_DO(lane->start());
        Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!wake) return tl::unexpected<Error>(system_error("eventfd", errno));
        state->lanes.push_back(std::move(lane));
        state->wakes.push_back(std::move(wake));
    }
    state->lanes_alive = state->lanes.size();
    for (std::size_t i = 0; i < state->lanes.size(); ++i)
        state->threads.emplace_back([raw = state.get(), i] { raw->serve(i); });
    return std::unique_ptr<Workers>(new Workers(std::move(state)));
}

Workers::Workers(std::unique_ptr<State> state) : state_(std::move(state)) {}
Workers::~Workers() = default;

Result<std::vector<model::Message>> Workers::parse(std::span<const extract::Job> jobs) {
    auto order = std::make_shared<Order>();
    order->jobs = jobs;
    state_->enqueue(order);
    state_->wait(order);
    if (order->error) return tl::unexpected<Error>(*order->error);
    return std::move(order->results);
}

Workers::Ticket Workers::submit(std::vector<extract::Job> jobs) {
    auto order = std::make_shared<Order>();
    order->owned = std::move(jobs);
    order->jobs = order->owned;
    std::uint64_t ticket = 0;
    {
        const std::lock_guard lock(state_->mutex);
        ticket = state_->next_ticket++;
        state_->tickets.emplace(ticket, order);
    }
    state_->enqueue(order);
    return Ticket(ticket);
}

Result<std::vector<model::Message>> Workers::collect(Ticket ticket) {
    std::shared_ptr<Order> order;
    {
        const std::lock_guard lock(state_->mutex);
        const auto found = state_->tickets.find(ticket.value());
        if (found == state_->tickets.end()) return fail(Errc::not_found, "no such ticket");
        order = std::move(found->second);
        state_->tickets.erase(found);
    }
    state_->wait(order);
    if (order->error) return tl::unexpected<Error>(*order->error);
    return std::move(order->results);
}

Result<std::string> Workers::part(const extract::Job& job, std::string_view locator) {
    auto order = std::make_shared<Order>();
    order->jobs = std::span(&job, 1);
    order->ask = extract::Ask::part;
    order->locator = std::string(locator);
    state_->enqueue(order);
    state_->wait(order);
    if (order->error) return tl::unexpected<Error>(*order->error);
    return std::move(*order->bytes);
}

Result<model::Display> Workers::display(const extract::Job& job) {
    auto order = std::make_shared<Order>();
    order->jobs = std::span(&job, 1);
    order->ask = extract::Ask::display;
    state_->enqueue(order);
    state_->wait(order);
    if (order->error) return tl::unexpected<Error>(*order->error);
    return std::move(*order->display);
}

std::uint64_t Workers::restarts() const { return state_->restarts.load(); }

std::vector<int> Workers::processes() const {
    std::vector<int> out;
    for (const auto& lane : state_->lanes)
        if (const int pid = lane->pid(); pid > 0) out.push_back(pid);
    return out;
}

}  // namespace letopis::workers
