// SPDX-License-Identifier: AGPL-3.0-or-later
// What the handlers share: the archive once it is open, the people, the sessions, the imports. Made
// once a process; every function may be called from any thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "access/sessions.hpp"
#include "api/answer.hpp"
#include "api/audit_log.hpp"
#include "api/clients_seen.hpp"
#include "api/ours.hpp"
#include "api/preferences.hpp"
#include "app/archive.hpp"
#include "app/find.hpp"
#include "http/message.hpp"

namespace letopis::api {

class Imports;
class Jobs;

// One request of somebody who was let in.
struct Call {
    http::Request& request;
    access::Caller caller;
};

class Service {
public:
    Service(app::Archive& archive,
            Directory& directory,
            access::Sessions& sessions,
            const Clock& clock);
    ~Service();

    app::Archive& archive() { return archive_; }
    const Clock& clock() const { return clock_; }
    Imports& imports() { return *imports_; }
    Jobs& jobs() { return *jobs_; }
    ClientsSeen& clients() { return clients_; }
    OursKept& ours() { return ours_; }
    AuditLog& audit() { return audit_; }
    Preferences& preferences() { return preferences_; }
    Directory& directory() { return directory_; }
    access::Sessions& sessions() { return sessions_; }

    // The index and the catalogue as this caller may see them.
    Result<app::Find> find(const access::Caller& caller);
    // The records that were appended are in the projections.
    Result<void> follow();

    // Records that the projections do not have yet.
    struct Lag {
        std::uint64_t catalog = 0, index = 0;
    };
    Result<Lag> lag();

    // Content leaves only after these returned.
    Result<void> searched(const access::Caller& caller,
                          std::string_view query,
                          std::uint64_t total,
                          std::span<const Seq> shown = {});
    // What they opened, took out, were denied, or did at the door.
    Result<void> note(journal::Kind kind,
                      const access::Caller& caller,
                      std::string_view what,
                      std::span<const Seq> messages = {});
    Result<void> opened(const access::Caller& caller,
                        std::string_view what,
                        std::span<const Seq> messages) {
        return note(journal::Kind::open, caller, what, messages);
    }

    // How long answers have waited for their record to be durable: how many no longer than each of
    // `record_waits_ms`, and all of them together.
    static constexpr std::array<double, 10> record_waits_ms = {
        0.5, 1, 2, 3, 5, 7.5, 10, 20, 50, 100};
    struct RecordWaits {
        std::array<std::uint64_t, record_waits_ms.size()> no_longer{};
        std::uint64_t count = 0;
        double sum_ms = 0;
    };
    RecordWaits record_waits() const;

    // What the last look at everything found.
    struct Integrity {
        bool checked = false, ok = false;
        Instant at{};
        std::uint64_t records = 0;
        std::vector<std::string> problems;
    };
    Integrity integrity() const;
    // The id of the job; of the one that runs already when there is one.
    std::string look_in_background();
    // A first look at everything, the imports that the server before did not finish, and then what
    // is due from time to time.
    void keep_in_background();

private:
    Result<std::string> check(const std::function<bool(std::uint64_t)>& progress);
    Result<void> record(journal::Kind kind, const std::string& descriptor);

    app::Archive& archive_;
    Directory& directory_;
    access::Sessions& sessions_;
    const Clock& clock_;
    std::unique_ptr<Imports> imports_;
    ClientsSeen clients_;
    OursKept ours_;
    AuditLog audit_;
    Preferences preferences_;
    mutable std::mutex waits_mutex_;
    RecordWaits waits_;  // guarded by waits_mutex_
    mutable std::mutex integrity_mutex_;
    Integrity integrity_;         // guarded by integrity_mutex_
    std::unique_ptr<Jobs> jobs_;  // the last members: they use the others
    std::jthread keeper_;
};

// The messages that one of the scopes allows, as a filter that the index understands.
search::Scope scope_of(const access::Caller& caller);

// Ids as they stand in paths.
Result<Seq> message_id(std::string_view text);       // "184207"
Result<Seq> conversation_id(std::string_view text);  // "c184207"
Result<std::string> client_address(std::string_view id);

}  // namespace letopis::api
