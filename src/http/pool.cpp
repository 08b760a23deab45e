// SPDX-License-Identifier: AGPL-3.0-or-later
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/pool_internal.hpp"

namespace letopis::http {

namespace asio = boost::asio;

Pool::Pool(int threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

bool Pool::submit(std::function<void()> work, Admission admission) {
    {
        const std::lock_guard lock(mutex_);
        if (admission == Admission::limited) {
            // One that finds an idle worker does not wait.
            if (limited_waiting_ >= waiting_max_ && busy_ + tasks_.size() >= threads_.size())
                return false;
            ++limited_waiting_;
        }
        tasks_.push_back({std::move(work), admission});
    }
    changed_.notify_one();
    return true;
}

std::uint64_t Pool::waiting() {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
}

net::Awaitable<bool> Pool::run(std::function<void()> work, Admission admission) {
    auto start = [this, work = std::move(work), admission](auto handler) mutable {
        // A completion handler moves only, a std::function wants to copy.
        auto resume = std::make_shared<decltype(handler)>(std::move(handler));
        const auto executor = asio::get_associated_executor(*resume);
        auto finish = [resume, executor](bool done) {
            asio::post(executor, [resume, done] { std::move (*resume)(done); });
        };
        auto task = [work = std::move(work), finish] {
            work();
            finish(true);
        };
        if (!submit(std::move(task), admission)) finish(false);
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(
        std::move(start), asio::use_awaitable);
}

void Pool::work() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        if (task.admission == Admission::limited) --limited_waiting_;
        ++busy_;
        lock.unlock();
        task.work();
        --busy_;
    }
}

}  // namespace letopis::http
