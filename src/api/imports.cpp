// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/imports.hpp"

#include <algorithm>

#include "app/new_records.hpp"

namespace letopis::api {

namespace {

constexpr std::size_t jobs_kept = 100;
constexpr auto refused_kept = std::chrono::hours(24 * 30);
constexpr auto looks_for_old_every = std::chrono::minutes(10);

bool over(const ImportView& view) {
    return view.state == "done" || view.state == "stopped" || view.state == "failed";
}

}  // namespace

Imports::Imports(app::Archive& archive)
    : archive_(archive), folder_(archive.directory() / "uploads"), uploads_(archive, folder_) {
    open_all();
    expire();
    worker_ = std::thread([this] { work(); });
}

Imports::~Imports() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        if (running_) running_->stop = true;
    }
    wake_.notify_all();
    worker_.join();
}

void Imports::open_all() {
    const auto names = list_directory(folder_);
    if (!names) return;
    for (const auto& name : *names) {
        if (!name.starts_with("im-")) continue;
        const auto file = spool::File::open(folder_ / name, archive_.keyring());
        auto found = file ? kept_of((*file)->head()) : std::nullopt;
        std::optional<Uploads::Taken> taken;
        if (found)
            if (auto all = uploads_.take(found->wish.uploads)) taken = std::move(*all);
        if (!taken) {  // what is still there of it are uploads as before
            (void)remove_file(folder_ / name);
            continue;
        }
        found->id = name;
        (found->refused.empty() ? unfinished_ : kept_).push_back(std::move(*found));
    }
}

void Imports::resume() {
    std::vector<Kept> all;
    {
        const std::lock_guard lock(mutex_);
        all.swap(unfinished_);
    }
    for (const auto& one : all) {
        uploads_.give_back(one.wish.uploads);
        (void)enqueue(one.id, one.wish);
    }
}

Result<void> Imports::enqueue(std::string id, const ImportWish& wish) {
    TRY(auto taken, uploads_.take(wish.uploads));
    // Sealed and on the disk before anybody is told that it will be imported.
    if (auto written =
            spool::File::create(folder_ / id, archive_.keyring(), head_of(wish, nullptr));
        !written) {
        uploads_.give_back(wish.uploads);
        return tl::unexpected<Error>(std::move(written).error());
    }
    auto job = std::make_shared<Job>();
    job->wish = wish;
    job->files = std::move(taken.files);
    job->view.id = std::move(id);
    job->view.user = wish.user;
    job->view.state = "waiting";
    job->view.files = std::move(taken.uploads);
    const std::lock_guard lock(mutex_);
    // One that is tried again takes the place of its first time.
    std::erase_if(jobs_, [&](const auto& one) { return one->view.id == job->view.id; });
    jobs_.push_back(job);
    if (jobs_.size() > jobs_kept) jobs_.pop_front();
    waiting_.push_back(job);
    ++version_;
    wake_.notify_all();
    return {};
}

Result<std::string> Imports::start(const ImportWish& wish) {
    if (wish.uploads.empty()) return fail(Errc::invalid, "no files were named");
    {
        const std::lock_guard lock(mutex_);
        for (const auto& job : jobs_)
            if (job->wish.user == wish.user && job->wish.uploads == wish.uploads &&
                job->wish.again.empty() && job->view.state != "failed")
                return job->view.id;
    }
    for (const auto& upload : wish.uploads) {
        const auto known = uploads_.upload(upload);
        if (!known || known->user != wish.user)
            return fail(Errc::not_found, "there is no such upload", "Begin it again.");
    }
    const auto id = "im-" + hex(random_bytes(8));
    TRY_DO(enqueue(id, wish));
    return id;
}

Result<ImportView> Imports::import(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_)
        if (job->view.id == id) return job->view;
    return fail(Errc::not_found, "there is no such import");
}

std::vector<ImportView> Imports::imports() const {
    const std::lock_guard lock(mutex_);
    std::vector<ImportView> views;
    for (const auto& job : jobs_) views.insert(views.begin(), job->view);
    return views;
}

Result<void> Imports::stop(const std::string& id) {
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_) {
        if (job->view.id != id) continue;
        job->stop = true;
        return {};
    }
    return fail(Errc::not_found, "there is no such import");
}

void Imports::change(Job& job, const std::function<void(ImportView&)>& how) {
    const std::lock_guard lock(mutex_);
    how(job.view);
    ++job.view.version;
    ++version_;
}

void Imports::work() {
    for (;;) {
        std::shared_ptr<Job> job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(
                lock, looks_for_old_every, [this] { return ending_ || !waiting_.empty(); });
            if (ending_) return;
            if (!waiting_.empty()) {
                job = waiting_.front();
                waiting_.pop_front();
                running_ = job;
            }
        }
        if (job) {
            run(*job);
            end(*job);
            const auto now = archive_.clock().now();
            change(*job, [&](ImportView& view) {
                view.state = job->outcome;
                view.ended = now;
            });
        }
        expire();
        const std::lock_guard lock(mutex_);
        running_.reset();
    }
}

void Imports::run(Job& job) {
    job.started = std::chrono::steady_clock::now();
    const auto now = archive_.clock().now();
    change(job, [&](ImportView& view) {
        view.state = "running";
        view.began = now;
    });
    app::ImportOptions options{.paths = job.files.tops(),
                               .files = &job.files,
                               .source = job.wish.source,
                               .zone = job.wish.zone,
                               .owner = job.wish.owner,
                               .again = job.wish.again};
    const auto from = Seq(archive_.journal().head().records);
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - job.started)
            .count();
    };
    const auto imported =
        app::import(archive_, options, job.stop, [&](const app::ImportProgress& progress) {
            change(job, [&](ImportView& view) {
                view.progress = progress;
                view.state = progress.phase == "index" ? "indexing" : "running";
                const auto passed = std::max(seconds(), 0.001);
                view.rate = static_cast<double>(progress.seen) / passed;
                const auto done = static_cast<double>(progress.bytes);
                const auto all = static_cast<double>(progress.bytes_all);
                view.left_s = done > 0 && all > done ? passed * (all - done) / done : 0;
            });
        });
    change(job, [&](ImportView& view) {
        view.left_s = 0;
        if (!imported) {
            job.outcome = "failed";
            view.error = imported.error().what;
            view.error_code = problem_of(imported.error()).code;
            return;
        }
        view.result = *imported;
        view.progress.seen = imported->seen;
        view.progress.stored = imported->stored;
        view.progress.duplicates = imported->duplicates;
        view.progress.refused = imported->refused;
        view.progress.bytes = imported->bytes;
        view.progress.searchable = imported->stored;
        job.outcome = imported->stopped ? "stopped" : "done";
        if (!imported->stopped) view.state = "verifying";
    });
    if (imported && !imported->stopped) look(job, from);
}

// Counted when it is stored, in the projections, and opened once more.
void Imports::look(Job& job, Seq from) {
    const auto found = app::look_at_new(archive_, from);
    change(job, [&](ImportView& view) {
        view.verified = found && found->problems.empty();
        if (!found) view.problem = found.error().what;
        if (!found) return;
        view.verified_records = found->messages;
        if (!found->problems.empty()) view.problem = found->problems.front();
        if (found->messages < view.progress.stored) {
            view.verified = false;
            view.problem = "fewer messages are stored than were counted";
        }
    });
}

// What becomes of the files.
void Imports::end(Job& job) {
    job.files = {};
    const auto file = folder_ / job.view.id;
    const auto& state = job.outcome;
    {
        const std::lock_guard lock(mutex_);
        if (ending_ && state == "stopped") return;  // the next server goes on
    }
    Kept kept{.id = job.view.id, .wish = job.wish, .since = archive_.clock().now(), .refused = {}};
    kept.wish.again.clear();
    for (const auto& [source, run] : job.view.result.refused_runs)
        kept.refused[source].push_back(run);
    if (state != "done") kept.refused = job.wish.again;  // a second try that came to nothing
    if (!kept.refused.empty() &&
        spool::File::create(file, archive_.keyring(), head_of(kept.wish, &kept))) {
        const std::lock_guard lock(mutex_);
        kept_.push_back(std::move(kept));
        return;
    }
    (void)remove_file(file);
    if (state == "failed")
        uploads_.give_back(job.wish.uploads);
    else
        uploads_.remove(job.wish.uploads);
}

std::optional<Instant> Imports::kept_until(const std::string& source) const {
    std::optional<Instant> until;
    const std::lock_guard lock(mutex_);
    for (const auto& one : kept_)
        if (one.refused.contains(source))
            until = std::max(until.value_or(Instant{}), one.since + refused_kept);
    return until;
}

Result<std::string> Imports::retry(const std::string& source, const std::string& user) {
    std::vector<Kept> chosen;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& job : jobs_)
            if (!over(job->view) && job->wish.again.contains(source)) return job->view.id;
        const auto mine = std::stable_partition(kept_.begin(), kept_.end(), [&](const Kept& one) {
            return !one.refused.contains(source);
        });
        std::move(mine, kept_.end(), std::back_inserter(chosen));
        kept_.erase(mine, kept_.end());
    }
    if (chosen.empty())
        return fail(Errc::not_found,
                    "the files of this source are not kept any more",
                    "Bring them once more; what is here already is not stored twice.");
    std::string last;
    for (auto& one : chosen) {
        one.wish.user = user;
        one.wish.again = one.refused;
        uploads_.give_back(one.wish.uploads);
        TRY_DO(enqueue(one.id, one.wish));
        last = one.id;
    }
    return last;
}

void Imports::expire() {
    uploads_.expire();
    std::vector<Kept> old;
    {
        const std::lock_guard lock(mutex_);
        const auto since = archive_.clock().now() - refused_kept;
        std::erase_if(kept_, [&](const Kept& one) {
            if (one.since >= since) return false;
            old.push_back(one);
            return true;
        });
    }
    for (const auto& one : old) {
        (void)remove_file(folder_ / one.id);
        uploads_.remove(one.wish.uploads);
    }
}

}  // namespace letopis::api
