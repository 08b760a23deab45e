// SPDX-License-Identifier: AGPL-3.0-or-later
// One worker process and the frames on their way to and from it. Used by one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "workers/order.hpp"
#include "workers/process.hpp"

namespace letopis::workers {

class Lane {
public:
    Lane(Path program, std::chrono::milliseconds wall);
    ~Lane();

    // Starts the process and waits until it has answered an empty request.
    Result<void> start();
    bool running() const { return process_.pid >= 0; }
    int pid() const { return pid_.load(); }  // any thread

    // One is being parsed while the next is on its way.
    bool has_room() const { return batches_.size() < 2; }
    bool idle() const { return batches_.empty(); }
    void give(Batch batch);

    struct Happened {
        std::optional<Batch> finished;   // its results are taken
        std::deque<Batch> to_run_again;  // after a death: unharmed ones, whole or cut into singles
        bool died = false;
        bool woken = false;  // wake_fd became readable
    };
    // Moves bytes until something has happened.
    Happened wait(int wake_fd);

private:
    Happened death(const std::string& how);
    bool write_some();
    bool read_some();
    std::optional<std::string_view> whole_answer();

    Path program_;
    std::chrono::milliseconds wall_;
    Process process_;
    std::atomic<int> pid_{0};
    std::deque<Batch> batches_;
    std::string outgoing_;
    std::size_t sent_ = 0;
    std::string incoming_;
    std::size_t taken_ = 0;
    std::chrono::steady_clock::time_point since_;  // the first batch is waited for since then
    bool garbage_ = false;
};

}  // namespace letopis::workers
