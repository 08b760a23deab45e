// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/jobs.hpp"

#include <algorithm>

#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

constexpr std::size_t jobs_kept = 100;

bool is_over(const JobView& view) { return view.finished.has_value(); }

}  // namespace

json::object job_json(const JobView& view) {
    return json::object{{"id", json_text(view.id)},
                        {"kind", json_text(view.kind)},
                        {"state", json_text(view.state)},
                        {"started", time_value(view.started)},
                        {"finished", time_value(view.finished)},
                        {"done", view.done},
                        {"of", view.of},
                        {"note", json_text(view.note)},
                        {"may_stop", view.may_stop}};
}

JobView job_of(const ImportView& view) {
    const bool over = view.state == "done" || view.state == "stopped" || view.state == "failed";
    const bool waits = view.state == "waiting";
    return {.id = view.id,
            .kind = "import",
            .state = over || waits ? view.state : "running",
            .started = view.began,
            .finished = view.ended,
            .done = view.progress.bytes,
            .of = view.progress.bytes_all,
            .note = view.error,
            .may_stop = !over};
}

Jobs::~Jobs() {
    {
        const std::lock_guard lock(mutex_);
        for (auto& job : jobs_) job->stop = true;
    }
    for (auto& job : jobs_) job->thread.join();
}

std::string Jobs::start(const std::string& kind, std::uint64_t of, Work work) {
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_)
        if (job->view.kind == kind && !is_over(job->view)) return job->view.id;
    const auto oldest = std::ranges::find_if(jobs_, [](auto& job) { return is_over(job->view); });
    if (jobs_.size() >= jobs_kept && oldest != jobs_.end()) {
        (*oldest)->thread.join();
        jobs_.erase(oldest);
    }
    auto& job = *jobs_.emplace_back(std::make_unique<Job>());
    job.view = {.id = "jo-" + hex(random_bytes(8)),
                .kind = kind,
                .state = "running",
                .started = clock_.now(),
                .of = of,
                .may_stop = true};
    job.thread = std::thread([this, &job, work = std::move(work)] { run(job, work); });
    return job.view.id;
}

void Jobs::run(Job& job, const Work& work) {
    const auto done = work([&](std::uint64_t amount) {
        const std::lock_guard lock(mutex_);
        job.view.done = amount;
        return !job.stop;
    });
    const std::lock_guard lock(mutex_);
    job.view.finished = clock_.now();
    job.view.may_stop = false;
    job.view.note = done ? *done : done.error().what;
    job.view.state = done ? "done" : done.error().code == Errc::cancelled ? "stopped" : "failed";
    if (done) job.view.done = job.view.of = std::max(job.view.done, job.view.of);
}

std::vector<JobView> Jobs::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<JobView> views;
    for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) views.push_back((*job)->view);
    return views;
}

Result<void> Jobs::stop(const std::string& id) {
    const std::lock_guard lock(mutex_);
    for (auto& job : jobs_) {
        if (job->view.id != id) continue;
        job->stop = true;
        return {};
    }
    return fail(Errc::not_found, "there is no such job");
}

}  // namespace letopis::api
