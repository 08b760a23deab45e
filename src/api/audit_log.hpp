// SPDX-License-Identifier: AGPL-3.0-or-later
// Who did what: the records of accesses and of changes, newest first, without content. Any thread
// may call.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "access/access.hpp"
#include "app/archive.hpp"
#include "app/find.hpp"

namespace letopis::api {

class Directory;

// What is looked for. Empty: anything.
struct AuditWish {
    std::string who;   // id, login or name of a user
    std::string kind;  // "search", "open", "exported", "login", "denied", "change", …
    std::string peer;  // address, from its beginning
    std::string text;  // folded; in what was done, and to whom
    std::optional<Instant> from, until;
    // Records that name one of these messages, or exactly one of these `what`.
    std::optional<std::unordered_set<std::uint64_t>> messages;
    std::vector<std::string> about;
    std::string but_not;  // not of this user
};

struct AuditRow {
    Seq record;
    Instant at{};
    std::string kind;
    std::string user, name;  // id, and what they were called
    std::string token, peer;
    std::string what;   // words of a search, what was opened, name of a change
    std::string about;  // of a change: whom it is about
    std::vector<Seq> messages;
    std::optional<std::uint64_t> total;  // of a search
    bool words_hidden = false;
};
boost::json::object row_json(const AuditRow& row);

struct AuditPage {
    std::vector<AuditRow> rows;
    std::optional<Seq> cursor;  // none: this was the last page
};

class AuditLog {
public:
    AuditLog(app::Archive& archive, Directory& directory)
        : archive_(archive), directory_(directory) {}

    // A page before the record `cursor`. It looks at so many records at most, so that a rare wish
    // comes back with a cursor rather than late: a page may be short, or empty.
    Result<AuditPage> page(const AuditWish& wish,
                           std::optional<Seq> cursor,
                           std::size_t limit,
                           const access::Caller& caller,
                           app::Find& find);

private:
    Result<std::shared_ptr<const std::vector<Seq>>> changes();
    Result<std::uint64_t> leaf_before(Seq record);
    Result<std::optional<AuditRow>> row_of(Seq seq, const AuditWish& wish);

    app::Archive& archive_;
    Directory& directory_;
    std::mutex mutex_;
    // Where the changes of people, settings and tags stand, in order; guarded by mutex_.
    std::shared_ptr<const std::vector<Seq>> changes_ = std::make_shared<std::vector<Seq>>();
    Seq looked_to_{0};  // guarded by mutex_
};

}  // namespace letopis::api
