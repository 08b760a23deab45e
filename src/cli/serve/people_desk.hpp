// SPDX-License-Identifier: AGPL-3.0-or-later
// What the commands about people share: the people of the archive, or of the server that holds it,
// and the operator as who changes them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/people.hpp"
#include "api/directory.hpp"
#include "cli/session.hpp"

namespace letopis::cli {

class Desk {
public:
    static Result<Desk> open(Session& session);

    Session& session() { return *session_; }
    api::Directory& people() { return *people_; }
    // The operator, with --reason and --approval.
    access::Author author() const;
    // Stored and applied, or asked for: then it is said what happens next, and nothing is returned.
    Result<std::optional<access::Change>> change(const api::Directory::Decide& decide);

    Result<access::User> user(const std::string& login_or_id) const;
    Result<access::Group> group(const std::string& name_or_id) const;
    // grant_of() with the ids of teams, and a grant in words with their names.
    Result<access::Grant> grant(const std::string& role) const;
    std::string text(const access::Grant& grant) const;

private:
    explicit Desk(Session& session) : session_(&session) {}
    Session* session_;
    std::unique_ptr<api::Directory> own_;
    api::Directory* people_ = nullptr;
};

// "a, b" as a and b.
std::vector<std::string> list_of(std::string_view text);
Result<std::optional<Instant>> moment_of(const Arguments& arguments, std::string_view option);
// A role with the scope and the time that the options name; teams as they are written there, to be
// made ids by whoever knows them.
Result<access::Grant> grant_of(const Arguments& arguments, const std::string& role);
std::string joined(const std::vector<std::string>& list);

}  // namespace letopis::cli
