// SPDX-License-Identifier: AGPL-3.0-or-later
// Files that people bring through the page: uploads that can be taken up again, and the imports
// that follow, one at a time, in a thread of their own. What was uploaded is removed when its
// import is over.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "access/access.hpp"
#include "api/answer.hpp"
#include "app/archive.hpp"
#include "app/importer.hpp"
#include "http/message.hpp"

namespace letopis::api {

struct Upload {
    std::string id;
    std::string name;  // a file name, perhaps with folders: "Telegram/result.json"
    std::uint64_t size = 0;
    std::uint64_t offset = 0;
    std::string user;
};

struct ImportView {
    std::string id;
    std::string user;
    std::string state;  // waiting, running, indexing, verifying, done, stopped, failed
    std::vector<Upload> files;
    app::ImportProgress progress;
    app::ImportResult result;  // when it is over
    double rate = 0;           // messages a second
    double left_s = 0;
    std::uint64_t searchable = 0;
    std::optional<bool> verified;
    std::uint64_t verified_records = 0;
    std::string error;
    std::optional<Instant> began, ended;
    std::uint64_t version = 0;  // grows with every change
};

struct ImportWish {
    std::vector<std::string> uploads;
    std::string zone, owner, source, user;
};

class Imports {
public:
    explicit Imports(app::Archive& archive);
    ~Imports();  // stops what is running; the same files can be imported again

    // Errors: invalid (name, size), no_space.
    Result<Upload> begin(const std::string& user, const std::string& name, std::uint64_t size);
    Result<Upload> upload(const std::string& id) const;
    // Appends what the reader gives. conflict when `offset` is not what is there; what came before
    // an error stays, so that the upload goes on from there.
    Result<Upload> write(const std::string& id, std::uint64_t offset, http::BodyReader& body);
    Result<void> drop(const std::string& id);

    Result<std::string> start(const ImportWish& wish);
    Result<ImportView> import(const std::string& id) const;
    std::vector<ImportView> imports() const;  // newest first
    Result<void> stop(const std::string& id);
    // Grows with every change of any import.
    std::uint64_t version() const { return version_; }

private:
    struct Job {
        ImportView view;
        ImportWish wish;
        std::atomic<bool> stop{false};
        std::chrono::steady_clock::time_point started;
    };
    void work();
    void run(Job& job);
    Path folder_of(const std::string& id) const;
    void change(Job& job, const std::function<void(ImportView&)>& how);

    app::Archive& archive_;
    Path folder_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::string, Upload> uploads_;     // guarded by mutex_
    std::deque<std::shared_ptr<Job>> jobs_;     // guarded by mutex_; newest last
    std::deque<std::shared_ptr<Job>> waiting_;  // guarded by mutex_
    std::shared_ptr<Job> running_;              // guarded by mutex_
    bool ending_ = false;                       // guarded by mutex_
    std::atomic<std::uint64_t> version_{1};
    std::thread worker_;  // the last member
};

json::object import_json(const ImportView& view);
// Names of files say much: an import is shown to whom it belongs, and to who sees all sources.
bool shown_to(const access::Caller& caller, const ImportView& view);

}  // namespace letopis::api
