// SPDX-License-Identifier: AGPL-3.0-or-later
// What the handlers share: the archive once it is open, the people, the sessions, the imports. Made
// once a process; every function may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "access/access.hpp"
#include "access/sessions.hpp"
#include "api/answer.hpp"
#include "app/archive.hpp"
#include "app/find.hpp"
#include "http/message.hpp"

namespace letopis::api {

class Directory;
class Imports;

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
    Directory& directory() { return directory_; }
    access::Sessions& sessions() { return sessions_; }

    // The index and the catalogue as this caller may see them.
    Result<app::Find> find(const access::Caller& caller);
    // The records that were appended are in the projections.
    Result<void> follow();

    // Content leaves only after these returned.
    Result<void> searched(const access::Caller& caller,
                          std::string_view query,
                          std::uint64_t total);
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

    // What the last look at everything found.
    struct Integrity {
        bool checked = false, ok = false;
        Instant at{};
        std::uint64_t records = 0;
        std::vector<std::string> problems;
    };
    Integrity integrity() const;
    // A look at everything, and then what is due from time to time.
    void keep_in_background();
    Result<Integrity> check();

private:
    app::Archive& archive_;
    Directory& directory_;
    access::Sessions& sessions_;
    const Clock& clock_;
    std::unique_ptr<Imports> imports_;
    mutable std::mutex integrity_mutex_;
    Integrity integrity_;  // guarded by integrity_mutex_
    std::jthread keeper_;  // the last member: it uses the others
};

// The messages that one of the scopes allows, as a filter that the index understands.
search::Scope scope_of(const access::Caller& caller);

// Ids as they stand in paths.
Result<Seq> message_id(std::string_view text);       // "184207"
Result<Seq> conversation_id(std::string_view text);  // "c184207"

}  // namespace letopis::api
