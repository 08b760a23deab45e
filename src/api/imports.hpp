// SPDX-License-Identifier: AGPL-3.0-or-later
// Imports of what was uploaded, one at a time, in a thread of their own. Each stands in a sealed
// file until it is over, so that a server that was killed goes on with it; what refused something
// is kept, so that it can be tried again.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "access/access.hpp"
#include "api/answer.hpp"
#include "api/uploads.hpp"
#include "app/archive.hpp"
#include "app/importer.hpp"

namespace letopis::api {

struct ImportWish {
    std::vector<std::string> uploads;
    std::string zone, owner, source, user;
    // Of an import that is tried again: the runs whose refusals it settles.
    std::map<std::string, std::vector<Seq>> again;
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
    std::optional<bool> verified;
    std::uint64_t verified_records = 0;
    std::string problem;            // what the look at the end found first
    std::string error, error_code;  // as of a problem
    std::optional<Instant> began, ended;
    std::uint64_t version = 0;  // grows with every change
};

class Imports {
public:
    explicit Imports(app::Archive& archive);
    ~Imports();  // stops what is running; the next server goes on with it

    Uploads& uploads() { return uploads_; }

    // The same uploads once more, by the same person, are the same import.
    Result<std::string> start(const ImportWish& wish);
    Result<ImportView> import(const std::string& id) const;
    std::vector<ImportView> imports() const;  // newest first
    Result<void> stop(const std::string& id);
    // Goes on with those that a server before this one did not finish.
    void resume();

    // What a source refused can be tried again until then.
    std::optional<Instant> kept_until(const std::string& source) const;
    // Imports everything again that this source refused something of. not_found when nothing of it
    // is kept any more.
    Result<std::string> retry(const std::string& source, const std::string& user);

    // Grows with every change of any import.
    std::uint64_t version() const { return version_; }

private:
    struct Job {
        ImportView view;
        ImportWish wish;
        SealedFiles files;
        std::atomic<bool> stop{false};
        std::chrono::steady_clock::time_point started;
        std::string outcome;  // the last state: told when its files are where they belong
    };
    // An import that is over and refused something.
    struct Kept {
        std::string id;
        ImportWish wish;
        Instant since{};
        std::map<std::string, std::vector<Seq>> refused;  // by source: the runs that did
    };
    void work();
    void run(Job& job);
    void look(Job& job, Seq from);
    void end(Job& job);
    Result<void> enqueue(std::string id, const ImportWish& wish);
    void open_all();
    void expire();
    void change(Job& job, const std::function<void(ImportView&)>& how);
    static std::string head_of(const ImportWish& wish, const Kept* kept);
    static std::optional<Kept> kept_of(std::string_view head);

    app::Archive& archive_;
    Path folder_;
    Uploads uploads_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Job>> jobs_;     // guarded by mutex_; newest last
    std::deque<std::shared_ptr<Job>> waiting_;  // guarded by mutex_
    std::shared_ptr<Job> running_;              // guarded by mutex_
    std::vector<Kept> kept_;                    // guarded by mutex_
    std::vector<Kept> unfinished_;              // of the server before; guarded by mutex_
    bool ending_ = false;                       // guarded by mutex_
    std::atomic<std::uint64_t> version_{1};
    std::thread worker_;  // the last member
};

json::object import_json(const ImportView& view);
// With the code of the reason, for who speaks another language.
json::object refusal_json(const catalog::Refusal& refusal);
// Names of files say much: an import is shown to whom it belongs, and to who sees all sources.
bool shown_to(const access::Caller& caller, const ImportView& view);

}  // namespace letopis::api
