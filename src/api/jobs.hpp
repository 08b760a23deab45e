// SPDX-License-Identifier: AGPL-3.0-or-later
// What the server does by itself, beside the imports, which have their own list: verifications. A
// thread for each; one of a kind at a time.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/answer.hpp"
#include "api/imports.hpp"

namespace letopis::api {

struct JobView {
    std::string id;
    std::string kind;   // verify, import
    std::string state;  // waiting, running, done, stopped, failed
    std::optional<Instant> started, finished;
    std::uint64_t done = 0, of = 0;  // bytes; of 0: nobody knows
    std::string note;                // what went wrong; figures of the end
    bool may_stop = false;
};
json::object job_json(const JobView& view);
JobView job_of(const ImportView& view);

class Service;
// The imports among them, the newest first.
std::vector<JobView> all_jobs(Service& service);

class Jobs {
public:
    explicit Jobs(const Clock& clock) : clock_(clock) {}
    ~Jobs();  // stops and waits

    // Tells how far it is; false: it is to stop, and returns cancelled.
    using Progress = std::function<bool(std::uint64_t done)>;
    using Work = std::function<Result<std::string>(const Progress&)>;  // the note of the end
    // The id; of the one that runs when there is one of this kind.
    std::string start(const std::string& kind, std::uint64_t of, Work work);
    std::vector<JobView> list() const;  // newest first
    Result<void> stop(const std::string& id);

private:
    struct Job {
        JobView view;
        std::atomic<bool> stop{false};
        std::thread thread;
    };
    void run(Job& job, const Work& work);

    const Clock& clock_;
    mutable std::mutex mutex_;
    std::deque<std::unique_ptr<Job>> jobs_;  // guarded by mutex_; newest last
};

}  // namespace letopis::api
