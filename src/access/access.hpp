// SPDX-License-Identifier: AGPL-3.0-or-later
// Who may do what, and how do they show who they are? Deny by default; every question is answered
// here and nowhere else (may(), Caller::scope). Values and pure decisions; what must last is in
// people.hpp (journal) and sessions.hpp (state.db).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::access {

// What a route asks for. Names are stable ("search"): they stand in tokens, in the API's
// description and in records.
enum class Right : std::uint8_t {
    self,             // one's own session, second factor, settings: every signed-in person
    search,           // ask the archive, within one's scope
    read,             // open messages, attachments, conversations, clients, within one's scope
    take_out,         // download originals and export
    import_messages,  // bring files in
    sources_view,     // books, refusals
    sources_manage,
    people_view,
    people_manage,   // users, groups, roles, tokens of others; raising rights needs approve
    audit_view,      // who did what; no content
    integrity_view,  // verification, storage, jobs
    integrity_run,
    keys_manage,
    settings_manage,
    approve,  // the second person's yes
};
std::string_view name(Right right);
std::optional<Right> right_named(std::string_view name);
const std::vector<Right>& all_rights();

enum class Role : std::uint8_t {
    owner,       // the first user: administrator and reader of all, shown as such
    reader,      // own clients only
    manager,     // own clients, imports
    supervisor,  // the team's clients
    records,     // records officer
    lawyer,
    dpo,
    auditor,        // the log only
    administrator,  // everything but content
};
std::string_view name(Role role);
std::optional<Role> role_named(std::string_view name);
const std::vector<Role>& all_roles();
const std::set<Right>& rights_of(Role role);
// dpo and administrator (and owner) are not one person.
bool compatible(Role one, Role other);

// Which messages. Everything that is named must fit; an empty list does not restrict.
struct Scope {
    bool everything = false;             // else: nothing, unless a list below says what
    std::vector<std::string> clients;    // normalised addresses; a conversation with one of them
    std::vector<std::string> employees;  // likewise
    std::vector<std::string> groups;     // ids; the employees are whoever is in one of them then
    std::vector<std::string> channels;   // "telegram"
    std::vector<std::string> sources;
    std::optional<Instant> from, until;  // of the message
    friend bool operator==(const Scope&, const Scope&) = default;
};

struct Grant {
    Role role = Role::reader;
    Scope scope;                         // for roles that see content
    std::optional<Instant> from, until;  // of the grant: time-boxed access
    std::string reason;                  // required for a time-boxed grant
    std::string by;                      // user id
    friend bool operator==(const Grant&, const Grant&) = default;
};

struct Passkey {
    std::string id;             // credential id, raw bytes
    std::string public_key;     // COSE algorithm (4 bytes), then the key in the form of libfido2
    std::uint32_t counter = 0;  // at registration; the last one seen is in sessions.hpp
    std::string name;
    Instant added{};
    friend bool operator==(const Passkey&, const Passkey&) = default;
};

struct User {
    std::string id;     // "u-" and 10 letters or digits; born with the user, never used again
    std::string login;  // lower case; 1 to 64 of letters, digits . _ - @
    std::string name;   // as people call them
    std::string email;
    std::string locale = "ru";
    bool active = true;
    std::string password;               // argon2id string; empty: none (SSO only)
    std::string totp;                   // seed, 20 raw bytes; empty: none
    std::vector<std::string> recovery;  // salted digests of the codes that are left (totp.hpp)
    std::vector<Passkey> passkeys;
    std::vector<std::pair<std::string, std::string>>
        external;                        // OIDC (iss, sub), LDAP (server, dn)
    std::vector<std::string> addresses;  // of this employee: own clients are found by them
    std::vector<std::string> groups;
    std::vector<Grant> grants;
    Instant created{};
    friend bool operator==(const User&, const User&) = default;
};

struct Group {
    std::string id;  // "g-…"
    std::string name;
    std::vector<Grant> grants;  // of every member
    friend bool operator==(const Group&, const Group&) = default;
};

struct Token {                // for programs
    std::string id;           // "k-…", shown; the secret is shown once
    std::string secret_hash;  // SHA-256 of the secret (256 random bits), raw bytes
    std::string name;
    std::string user;  // whose rights it can have at most
    std::set<Right> rights;
    std::optional<Instant> until;
    Instant created{};
    friend bool operator==(const Token&, const Token&) = default;
};

// Somebody who was let in, for one request.
struct Caller {
    std::string user;  // id
    std::string login;
    std::string name;
    std::string token;    // id, when a program calls
    std::string session;  // id (not the secret), when a person calls
    std::string peer;
    std::set<Role> roles;
    std::set<Right> rights;
    std::vector<Scope> scopes;             // any of them lets a message be seen
    bool sees_all() const;                 // one of them is everything
    std::optional<Instant> second_factor;  // when it was last shown in this session
};

// The one choke point.
bool may(const Caller& caller, Right right);
// Are the books of every source theirs, or only of those that they see whole?
bool sees_all_sources(const Caller& caller);
// Is the whole log theirs, its words included, or only what is about messages that they see? The
// first for a role without content: an auditor must be able to tell what was looked for.
bool sees_whole_log(const Caller& caller);

// Is the grant in force at this moment? From is included, until is not.
bool in_force(const Grant& grant, Instant now);
// Does a role see messages at all? Only then does its scope count.
bool sees_content(Role role);
// What a user's grants and those of the groups come to at this moment. An owner sees everything; a
// reader or manager whose scope names nothing sees the conversations of the user's own addresses; a
// user who is switched off has nothing at all, not even `self`. A scope that names groups comes out
// with the addresses of their members as employees; one in whose groups nobody has an address lets
// nothing be seen.
struct Effective {
    std::set<Role> roles;
    std::set<Right> rights;
    std::vector<Scope> scopes;  // any of them lets a message be seen
};
using AddressesOf = std::function<std::vector<std::string>(std::string_view group)>;
Effective effective(const User& user,
                    const std::vector<Group>& groups,
                    const AddressesOf& addresses_of,
                    Instant now);

}  // namespace letopis::access
