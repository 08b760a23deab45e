// SPDX-License-Identifier: AGPL-3.0-or-later
// The threads that handlers run on. Work must not throw.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "net/stream.hpp"

namespace letopis::http {

class Pool {
public:
    Pool(int threads, std::size_t waiting_max);
    ~Pool();  // does what is waiting, then joins

    // A new request may be turned away; what continues an answer that has begun may not.
    enum class Admission : std::uint8_t { limited, always };

    // From any thread; false: too many wait.
    bool submit(std::function<void()> work, Admission admission);
    // From a coroutine, which goes on in its own executor after the work is done.
    net::Awaitable<bool> run(std::function<void()> work, Admission admission);
    std::uint64_t busy() const { return busy_; }
    std::uint64_t waiting();

private:
    struct Task {
        std::function<void()> work;
        Admission admission;
    };
    void work();

    const std::size_t waiting_max_;
    std::atomic<std::uint64_t> busy_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;           // mutex_
    std::size_t limited_waiting_ = 0;  // mutex_
    bool stopping_ = false;            // mutex_
    std::vector<std::thread> threads_;
};

}  // namespace letopis::http
