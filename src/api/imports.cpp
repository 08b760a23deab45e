// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/imports.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "app/verifier.hpp"
#include "utf8/utf8.hpp"

namespace letopis::api {

namespace {

constexpr std::uint64_t upload_bytes_max = std::uint64_t(200) << 30;
constexpr std::size_t uploads_max = 20'000;
constexpr std::size_t jobs_kept = 100;

// What becomes a path must not leave its folder.
Result<Path> safe_name(const std::string& name) {
    if (name.empty() || name.size() > 1000 || !utf8::valid(name) ||
        name.find('\0') != std::string::npos)
        return fail(Errc::invalid, "the name of the file cannot be used");
    Path path;
    for (const auto& part : Path(name)) {
        const auto text = part.string();
        if (text == ".." || text == "." || text == "/" || text.empty() || text.size() > 255)
            return fail(Errc::invalid, "the name of the file cannot be used");
        path /= part;
    }
    return path;
}

std::string new_id(std::string_view prefix) {
    return fmt::format("{}{}", prefix, hex(random_bytes(8)));
}

}  // namespace

Imports::Imports(app::Archive& archive)
    : archive_(archive), folder_(archive.directory() / "uploads") {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);  // of a process that ended before their import
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

Path Imports::folder_of(const std::string& id) const { return folder_ / id; }

Result<Upload> Imports::begin(const std::string& user,
                              const std::string& name,
                              std::uint64_t size) {
    TRY(const auto path, safe_name(name));
    if (size > upload_bytes_max) return fail(Errc::too_large, "the file is larger than 200 GiB");
    TRY(const auto space, disk_space(archive_.directory()));
    if (space.free_bytes < size + (std::uint64_t(256) << 20))
        return fail(Errc::no_space,
                    "the disk of the archive has no room for this file",
                    "Free some space, or import it on the server with `letopis import`.");
    Upload upload{.id = new_id("up-"), .name = path.string(), .size = size, .user = user};
    const std::lock_guard lock(mutex_);
    if (uploads_.size() >= uploads_max) return fail(Errc::too_large, "too many files at once");
    const auto file = folder_of(upload.id) / path;
    TRY_DO(make_directories(file.parent_path()));
    if (::chmod(folder_.c_str(), 0700) != 0)
        return tl::unexpected<Error>(system_error("cannot protect uploads", errno));
    TRY_DO(write_file(file, ""));
    uploads_.emplace(upload.id, upload);
    return upload;
}

Result<Upload> Imports::upload(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = uploads_.find(id);
    if (found == uploads_.end())
        return fail(Errc::not_found, "there is no such upload", "Begin it again.");
    return found->second;
}

Result<Upload> Imports::write(const std::string& id, std::uint64_t offset, http::BodyReader& body) {
    TRY(auto at, upload(id));
    if (offset != at.offset)
        return fail(Errc::conflict, fmt::format("the upload stands at byte {}", at.offset));
    const auto file = folder_of(id) / at.name;
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return tl::unexpected<Error>(system_error("cannot write the upload", errno));
    if (::lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
        return tl::unexpected<Error>(system_error("cannot write the upload", errno));
    for (;;) {
        auto piece = body.read();
        if (!piece) {
            auto error = std::move(piece).error();
            if (error.code == Errc::io) error.code = Errc::invalid;  // the peer's doing
            return tl::unexpected<Error>(std::move(error));
        }
        if (piece->empty()) return at;
        if (piece->size() > at.size - at.offset)
            return fail(Errc::too_large, "the upload is longer than it said");
        TRY_DO(write_all(fd.get(), *piece));
        at.offset += piece->size();
        const std::lock_guard lock(mutex_);
        const auto found = uploads_.find(id);
        if (found == uploads_.end()) return fail(Errc::cancelled, "the upload was given up");
        found->second.offset = at.offset;
    }
}

Result<void> Imports::drop(const std::string& id) {
    TRY(const auto known, upload(id));
    (void)known;
    const std::lock_guard lock(mutex_);
    uploads_.erase(id);
    std::error_code ignored;
    std::filesystem::remove_all(folder_of(id), ignored);
    return {};
}

Result<std::string> Imports::start(const ImportWish& wish) {
    if (wish.uploads.empty()) return fail(Errc::invalid, "no files were named");
    auto job = std::make_shared<Job>();
    job->wish = wish;
    job->view.id = new_id("im-");
    job->view.user = wish.user;
    job->view.state = "waiting";
    const std::lock_guard lock(mutex_);
    // All of them are looked at before the first is moved: who is refused has lost nothing.
    std::set<std::string> names;
    for (const auto& id : wish.uploads) {
        const auto found = uploads_.find(id);
        if (found == uploads_.end()) return fail(Errc::not_found, "there is no upload " + id);
        if (found->second.offset != found->second.size)
            return fail(Errc::conflict, found->second.name + " is not here in full");
        if (!names.insert(found->second.name).second)
            return fail(Errc::conflict, "two files are called " + found->second.name);
    }
    // One folder for all, so that media files stand beside the messages that name them.
    const auto together = folder_ / job->view.id;
    for (const auto& id : wish.uploads) {
        const auto found = uploads_.find(id);
        const auto target = together / found->second.name;
        std::error_code error;
        TRY_DO(make_directories(target.parent_path()));
        std::filesystem::rename(folder_of(id) / found->second.name, target, error);
        if (error) return fail(Errc::io, "cannot move an upload: " + error.message());
        std::filesystem::remove_all(folder_of(id), error);
        job->view.files.push_back(found->second);
        uploads_.erase(found);
    }
    jobs_.push_back(job);
    if (jobs_.size() > jobs_kept) jobs_.pop_front();
    waiting_.push_back(job);
    ++version_;
    wake_.notify_all();
    return job->view.id;
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
            wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
            if (ending_) return;
            job = waiting_.front();
            waiting_.pop_front();
            running_ = job;
        }
        run(*job);
        const auto now = archive_.clock().now();
        change(*job, [&](ImportView& view) { view.ended = now; });
        std::error_code ignored;
        std::filesystem::remove_all(folder_of(job->view.id), ignored);
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
    app::ImportOptions options{.root = folder_of(job.view.id),
                               .source = job.wish.source,
                               .zone = job.wish.zone,
                               .owner = job.wish.owner};
    // Files go one by one, so that each has books of its own; folders as a whole.
    std::set<Path> tops;
    for (const auto& file : job.view.files) tops.insert(*Path(file.name).begin());
    for (const auto& top : tops) options.paths.push_back(options.root / top);
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
    if (!imported) {
        change(job, [&](ImportView& view) {
            view.state = "failed";
            view.error = imported.error().what;
        });
        return;
    }
    change(job, [&](ImportView& view) {
        view.result = *imported;
        view.progress.seen = imported->seen;
        view.progress.stored = imported->stored;
        view.progress.duplicates = imported->duplicates;
        view.progress.refused = imported->refused;
        view.progress.bytes = imported->bytes;
        view.searchable = imported->stored;
        view.left_s = 0;
        view.state = imported->stopped ? "stopped" : "verifying";
    });
    if (imported->stopped) return;
    const auto checked = app::verify(
        archive_, false, [](std::uint64_t) {}, "");
    change(job, [&](ImportView& view) {
        view.state = "done";
        view.verified = checked && checked->problems.empty();
        if (checked) view.verified_records = checked->records;
    });
}

}  // namespace letopis::api
