// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is there: users, groups, tokens, saved searches, invitations, approvals. The journal is the
// truth: People is what its change documents come to, applied in order (docs/formats/people.md).
// The functions below decide and change nothing: they return the next document, which the caller
// stores and then applies. One writer; readers take a copy or a lock of the caller.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "access/ldap.hpp"

namespace letopis::access {

struct Invitation {  // a one-time link: sets the password of a user who is there
    std::string id;  // "i-…"
    std::string user;
    std::string secret_hash;  // SHA-256, raw
    std::string by;
    bool new_factor =
        false;  // who joins loses TOTP, recovery codes and passkeys and sets them anew
    Instant until{};
    friend bool operator==(const Invitation&, const Invitation&) = default;
};

struct SavedSearch {
    std::string id;  // "s-…"
    std::string user;
    std::string name;
    std::string query;
    bool shared = false;
    Instant created{};
    friend bool operator==(const SavedSearch&, const SavedSearch&) = default;
};

// How people come in beside a password of ours. Secrets are sealed by whoever sets them.
struct OidcSignIn {
    std::string name;  // of the provider, on the button
    std::string issuer, client_id;
    std::string sealed_secret;
    std::vector<std::string> acr_values, amr_values;  // as in OidcSettings
    friend bool operator==(const OidcSignIn&, const OidcSignIn&) = default;
};
struct LdapSignIn {
    std::string name;
    LdapSettings settings;  // without the password and the file
    std::string sealed_password;
    std::string certificates;  // PEM of who signed the directory's; empty: the system's list
    friend bool operator==(const LdapSignIn&, const LdapSignIn&) = default;
};
struct SignIn {
    std::string address;  // "https://archive.firm.example": where browsers find us; may be empty
    std::optional<OidcSignIn> oidc;
    std::optional<LdapSignIn> ldap;
    friend bool operator==(const SignIn&, const SignIn&) = default;
};

enum class ApprovalState : std::uint8_t { waiting, approved, refused, used };
struct Approval {
    std::string id;      // "a-…"
    std::string action;  // "raise_rights", "export", …
    std::string what;    // exactly what will be done, as its approver saw it
    std::string reason;
    std::string by;  // who asked
    Instant created{};
    Instant from{}, until{};  // may be decided and used
    bool alone = false;       // nobody else could approve: the recovery sheet and 72 hours instead
    ApprovalState state = ApprovalState::waiting;
    std::string decided_by;
    friend bool operator==(const Approval&, const Approval&) = default;
};

class People {
public:
    // The next document, stored as record `seq`. Nothing changes when it fails. Errors: corrupt
    // (not such a document, or it does not fit what came before), unsupported (of a newer version),
    // conflict (not after the last one).
    Result<void> apply(std::string_view json, std::uint64_t seq);
    std::optional<std::uint64_t> last() const { return last_; }  // seq of the last document

    const User* user(std::string_view id) const;
    const User* user_by_login(std::string_view login) const;
    const User* user_by_external(std::string_view issuer, std::string_view subject) const;
    const User* user_by_passkey(std::string_view credential) const;
    const Group* group(std::string_view id) const;
    const Approval* approval(std::string_view id) const;
    const std::map<std::string, User, std::less<>>& users() const { return users_; }
    const std::vector<Group>& groups() const { return groups_; }
    const std::map<std::string, Token, std::less<>>& tokens() const { return tokens_; }
    const std::map<std::string, SavedSearch, std::less<>>& searches() const { return searches_; }
    const std::map<std::string, Approval, std::less<>>& approvals() const { return approvals_; }
    const std::map<std::string, Invitation, std::less<>>& invitations() const {
        return invitations_;
    }

    Effective effective_of(std::string_view user, Instant now) const;
    // Of the members of a group, each once.
    std::vector<std::string> addresses_of(std::string_view group) const;
    // A person or a program with what it has now; nothing: unknown, switched off, expired, revoked.
    // Session, peer and second factor are for the caller to fill in.
    std::optional<Caller> caller(std::string_view user, Instant now) const;
    std::optional<Caller> caller_by_token(std::string_view secret, Instant now) const;
    const Invitation* invitation_by_secret(std::string_view secret, Instant now) const;
    // The one that the user has and that is still good.
    const Invitation* invitation_of(std::string_view user, Instant now) const;
    const SignIn& sign_in() const { return sign_in_; }
    // Active users who may approve now and have a second factor to do it with, `without` aside: who
    // was invited and never joined is nobody's second person.
    std::size_t approvers(std::string_view without, Instant now) const;

    friend bool operator==(const People&, const People&) = default;

private:
    friend struct Changes;
    std::map<std::string, User, std::less<>> users_;
    std::vector<Group> groups_;
    std::map<std::string, Token, std::less<>> tokens_;
    std::map<std::string, SavedSearch, std::less<>> searches_;
    std::map<std::string, Approval, std::less<>> approvals_;
    std::map<std::string, Invitation, std::less<>> invitations_;
    SignIn sign_in_;
    std::optional<std::uint64_t> last_;
};

// Who makes a change, and when. `approval`: the id of the yes that it needs. `ask`: a reason; where
// a yes is needed and not there, the change becomes the request for it.
struct Author {
    std::string id;  // a user's, or operator_id
    Instant now{};
    std::string approval = {};
    std::string ask = {};
    bool sheet_typed = false;  // the recovery sheet was typed in and opened the archive just now
};
// Whoever holds the archive's keys and works at the command line.
constexpr std::string_view operator_id = "operator";

struct Change {
    std::string json;    // to be stored, then applied
    std::string id;      // of what was made: user, group, token, …
    std::string secret;  // of an invitation or a token: to be shown once
    bool asked = false;  // this is a request for approval; what was wanted is not done yet
};

// All of them: errors invalid (form, limits), not_found, conflict (login taken, the last
// administrator would be gone, roles that are not for one person), forbidden (a yes is needed).
// Whatever gives somebody rights, a wider scope, or an existing account with rights that the author
// does not have (invitation, external identity) needs a yes where another user may give it. Where
// nobody else may: to give what the author does not have, or the power to approve, takes the
// recovery sheet and 72 hours, except in the first 72 hours of the first user, who has to begin
// alone.
// What the error says where a yes is needed: of somebody else, or of the recovery sheet.
constexpr std::string_view needs_another = "somebody else must approve this";
constexpr std::string_view needs_sheet = "nobody else can approve this";
struct NewUser {
    std::string login, name, email = {}, locale = "ru";
    std::vector<std::string> addresses = {}, groups = {};
    std::vector<Grant> grants = {};
    std::vector<std::pair<std::string, std::string>> external = {};
};
Result<Change> add_user(const People&, const NewUser&, const Author&);
struct Description {
    std::string name, email, locale;
    std::vector<std::string> addresses;
    std::vector<std::pair<std::string, std::string>> external;
};
Result<Change> describe_user(const People&,
                             std::string_view user,
                             const Description&,
                             const Author&);
// All that is named changes, in one document.
struct UserChange {
    std::optional<Description> described = {};
    std::optional<std::vector<Grant>> grants = {};
    std::optional<std::vector<std::string>> groups = {};
    std::optional<bool> active = {};
};
Result<Change> change_user(const People&, std::string_view user, UserChange, const Author&);
Result<Change> set_grants(const People&,
                          std::string_view user,
                          std::vector<Grant> grants,
                          const Author&);
Result<Change> set_groups(const People&,
                          std::string_view user,
                          const std::vector<std::string>& groups,
                          const Author&);
Result<Change> set_active(const People&, std::string_view user, bool active, const Author&);
// With `members`, whoever is named is in the group and nobody else; one document.
struct GroupChange {
    Group group;  // id empty: a new one
    std::optional<std::vector<std::string>> members;
};
Result<Change> change_group(const People&, GroupChange, const Author&);
Result<Change> remove_group(const People&, std::string_view group, const Author&);

// Of oneself only: the author is the user.
Result<Change> set_password(const People&, const std::string& kept, const Author&);
Result<Change> set_totp(const People&,
                        const std::string& seed,
                        const std::vector<std::string>& recovery,
                        const Author&);
Result<Change> set_recovery(const People&, const std::vector<std::string>& recovery, const Author&);
// `digest`: what recovery_digest() found.
Result<Change> use_recovery_code(const People&, const std::string& digest, const Author&);
Result<Change> add_passkey(const People&, const Passkey&, const Author&);
Result<Change> remove_passkey(const People&, const std::string& credential, const Author&);

// Valid for 72 hours, replaces an earlier one.
Result<Change> invite(const People&, std::string_view user, bool new_factor, const Author&);

// Everything of a first sign-in in one document, or a new phone for somebody who is there.
struct Enrolment {
    std::string invitation = {};  // id; needed for a password and an identity
    std::string password = {};    // kept
    std::optional<std::pair<std::string, std::string>> external = {};
    std::string totp = {};
    std::vector<std::string> recovery = {};
};
Result<Change> enrol(const People&, std::string_view user, const Enrolment&, Instant now);
// conflict: nothing else is there to show.
Result<Change> remove_totp(const People&, const Author&);

Result<Change> set_sign_in(const People&, const SignIn&, const Author&);
// "https://host", with a port or not; "http://localhost" for trying it out.
bool is_public_address(std::string_view url);

struct NewToken {
    std::string name;
    std::set<Right> rights;
    std::optional<Instant> until;
    std::string user = {};  // by the operator: whose it is
};
// The author's own token, with rights that the author has; by the operator, of the user it names.
Result<Change> add_token(const People&, const NewToken&, const Author&);
Result<Change> revoke_token(const People&, std::string_view token, const Author&);

// `search.id` empty: a new one; else the author's own is replaced.
Result<Change> save_search(const People&, SavedSearch search, const Author&);
Result<Change> remove_search(const People&, std::string_view search, const Author&);

struct Wanted {
    std::string action, what, reason;
    bool sheet_typed = false;
};
// Expires after 24 hours. Where nobody but the author may approve: needs `sheet_typed`, and is a
// yes that may be used from 72 to 96 hours after.
Result<Change> request_approval(const People&, const Wanted&, const Author&);
// The yes or no of somebody else who may approve. A no also stops what waits for its 72 hours.
Result<Change> decide_approval(const People&, std::string_view approval, bool yes, const Author&);
// By who asked, as long as it was not done.
Result<Change> withdraw_approval(const People&, std::string_view approval, const Author&);
// The change of people that was asked for and approved, out of the request itself. Once, by who
// asked.
Result<Change> carry_out(const People&, std::string_view approval, const Author&);
// For what is no change of people: once, by who asked, for exactly what was approved.
Result<Change> use_approval(const People&,
                            std::string_view approval,
                            std::string_view action,
                            std::string_view what,
                            const Author&);

}  // namespace letopis::access
