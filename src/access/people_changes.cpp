// SPDX-License-Identifier: AGPL-3.0-or-later
// Every change that somebody may want of the people, as its document.
#include <algorithm>

#include "access/people_deciding_internal.hpp"
#include "access/people_internal.hpp"
#include "access/people_rules_internal.hpp"
#include "base/bytes.hpp"
#include "base/files.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {

namespace json = boost::json;
using std::chrono::hours;

namespace {

constexpr std::size_t searches_max = 500;  // of one user
constexpr std::size_t tokens_max = 50;

json::object about_user(std::string_view change, std::string_view user, const Author& author) {
    auto object = document(change, author);
    object["user"] = view(user);
    return object;
}

Result<const User*> existing(const People& people, std::string_view id) {
    const auto* user = people.user(id);
    if (user == nullptr) return fail(Errc::not_found, "there is no such user");
    return user;
}

void signed_by(std::vector<Grant>& grants, const Author& author) {
    for (auto& grant : grants)
        if (grant.by.empty()) grant.by = author.id;
}

json::object described(const Description& description) {
    json::object object;
    object["name"] = description.name;
    if (!description.email.empty()) object["email"] = description.email;
    object["locale"] = description.locale;
    object["addresses"] = out(description.addresses);
    object["external"] = out(description.external);
    return object;
}

}  // namespace

Result<Change> add_user(const People& people, const NewUser& wanted, const Author& author) {
    if (people.user_by_login(wanted.login))
        return fail(Errc::conflict, "the login is taken", "logins are never given again");
    User user;
    user.id = new_id('u');
    user.login = wanted.login;
    user.name = wanted.name;
    user.email = wanted.email;
    user.locale = wanted.locale;
    user.addresses = wanted.addresses;
    user.groups = wanted.groups;
    user.grants = wanted.grants;
    user.external = wanted.external;
    user.created = author.now;
    signed_by(user.grants, author);
    auto object = document("user_added", author);
    object["new_user"] = out(user);
    return finish(people, std::move(object), author, {.id = user.id});
}

Result<Change> describe_user(const People& people,
                             std::string_view id,
                             const Description& description,
                             const Author& author) {
    TRY(const auto* user, existing(people, id));
    auto object = about_user("user_described", id, author);
    for (auto& field : described(description)) object[field.key()] = std::move(field.value());
    const bool takes_over = description.external != user->external &&
                            has_more_rights(people, *user, author.id, author.now);
    return finish(people, std::move(object), author, {.id = user->id}, takes_over);
}

Result<Change> change_user(const People& people,
                           std::string_view id,
                           UserChange wanted,
                           const Author& author) {
    TRY(const auto* user, existing(people, id));
    auto object = about_user("user_changed", id, author);
    if (wanted.described) object["described"] = described(*wanted.described);
    if (wanted.grants) {
        signed_by(*wanted.grants, author);
        object["grants"] = out(*wanted.grants);
    }
    if (wanted.groups) object["groups"] = out(*wanted.groups);
    if (wanted.active) object["active"] = *wanted.active;
    const bool takes_over = wanted.described && wanted.described->external != user->external &&
                            has_more_rights(people, *user, author.id, author.now);
    return finish(people, std::move(object), author, {.id = user->id}, takes_over);
}

Result<Change> set_grants(const People& people,
                          std::string_view id,
                          std::vector<Grant> grants,
                          const Author& author) {
    TRY(const auto* user, existing(people, id));
    signed_by(grants, author);
    auto object = about_user("grants_set", id, author);
    object["grants"] = out(grants);
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> set_groups(const People& people,
                          std::string_view id,
                          const std::vector<std::string>& groups,
                          const Author& author) {
    TRY(const auto* user, existing(people, id));
    auto object = about_user("groups_set", id, author);
    object["groups"] = out(groups);
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> set_active(const People& people,
                          std::string_view id,
                          bool active,
                          const Author& author) {
    TRY(const auto* user, existing(people, id));
    auto object = about_user("active_set", id, author);
    object["active"] = active;
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> change_group(const People& people, GroupChange wanted, const Author& author) {
    auto& group = wanted.group;
    if (group.id.empty())
        group.id = new_id('g');
    else if (!people.group(group.id))
        return fail(Errc::not_found, "there is no such group");
    signed_by(group.grants, author);
    auto object = document("group_changed", author);
    object["group"] = out(group);
    if (wanted.members) object["members"] = out(*wanted.members);
    return finish(people, std::move(object), author, {.id = group.id});
}

Result<Change> remove_group(const People& people, std::string_view id, const Author& author) {
    if (!people.group(id)) return fail(Errc::not_found, "there is no such group");
    auto object = document("group_removed", author);
    object["group"] = view(id);
    return finish(people, std::move(object), author, {.id = std::string(id)});
}

Result<Change> set_password(const People& people, const std::string& kept, const Author& author) {
    TRY(const auto* user, existing(people, author.id));
    auto object = about_user("password_set", user->id, author);
    object["password"] = kept;
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> set_totp(const People& people,
                        const std::string& seed,
                        const std::vector<std::string>& recovery,
                        const Author& author) {
    TRY(const auto* user, existing(people, author.id));
    auto object = about_user("totp_set", user->id, author);
    object["totp"] = base64(seed);
    json::array codes;
    for (const auto& code : recovery) codes.emplace_back(base64(code));
    object["recovery"] = std::move(codes);
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> set_recovery(const People& people,
                            const std::vector<std::string>& recovery,
                            const Author& author) {
    TRY(const auto* user, existing(people, author.id));
    auto object = about_user("recovery_set", user->id, author);
    json::array codes;
    for (const auto& code : recovery) codes.emplace_back(base64(code));
    object["recovery"] = std::move(codes);
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> use_recovery_code(const People& people,
                                 const std::string& digest,
                                 const Author& author) {
    TRY(const auto* user, existing(people, author.id));
    auto object = about_user("recovery_used", user->id, author);
    object["digest"] = base64(digest);
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> add_passkey(const People& people, const Passkey& passkey, const Author& author) {
    TRY(const auto* user, existing(people, author.id));
    auto object = about_user("passkey_added", user->id, author);
    object["passkey"] = out(passkey);
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> remove_passkey(const People& people,
                              const std::string& credential,
                              const Author& author) {
    TRY(const auto* user, existing(people, author.id));
    if (user->totp.empty() && user->passkeys.size() == 1)
        return fail(Errc::conflict, "it is the only second factor", "Add another one first.");
    auto object = about_user("passkey_removed", user->id, author);
    object["credential"] = base64(credential);
    return finish(people, std::move(object), author, {.id = user->id});
}

Result<Change> invite(const People& people,
                      std::string_view id,
                      bool new_factor,
                      const Author& author) {
    TRY(const auto* user, existing(people, id));
    if (!user->active) return fail(Errc::conflict, "the user is switched off");
    const auto secret = random_bytes(32);
    const Invitation invitation{.id = new_id('i'),
                                .user = user->id,
                                .secret_hash = std::string(as_bytes(crypto::sha256(secret))),
                                .by = author.id,
                                .new_factor = new_factor,
                                .until = author.now + invitation_time};
    auto object = document("invited", author);
    object["invitation"] = out(invitation);
    // Whoever holds the link becomes this user; the operator holds the keys and could anyway.
    const bool takes_over = author.id != operator_id && !user->password.empty() &&
                            has_more_rights(people, *user, author.id, author.now);
    return finish(people,
                  std::move(object),
                  author,
                  {.id = invitation.id, .secret = hex(secret)},
                  takes_over);
}

Result<Change> add_token(const People& people, const NewToken& wanted, const Author& author) {
    TRY(const auto* user, existing(people, author.id == operator_id ? wanted.user : author.id));
    const auto now = people.effective_of(user->id, author.now);
    if (!std::includes(
            now.rights.begin(), now.rights.end(), wanted.rights.begin(), wanted.rights.end()))
        return fail(Errc::forbidden, "a token has no rights that its user does not have");
    if (wanted.until && *wanted.until <= author.now)
        return fail(Errc::invalid, "the token would have ended already");
    const auto mine = std::count_if(people.tokens().begin(), people.tokens().end(), [&](auto& one) {
        return one.second.user == user->id;
    });
    if (static_cast<std::size_t>(mine) >= tokens_max)
        return fail(Errc::too_large, "fifty tokens are there already");
    const auto secret = random_bytes(32);
    const Token token{.id = new_id('k'),
                      .secret_hash = std::string(as_bytes(crypto::sha256(secret))),
                      .name = wanted.name,
                      .user = user->id,
                      .rights = wanted.rights,
                      .until = wanted.until,
                      .created = author.now};
    auto object = document("token_added", author);
    object["token"] = out(token);
    return finish(people,
                  std::move(object),
                  author,
                  {.id = token.id, .secret = "letopis_" + token.id + "_" + hex(secret)});
}

Result<Change> revoke_token(const People& people, std::string_view id, const Author& author) {
    if (!people.tokens().contains(id)) return fail(Errc::not_found, "there is no such token");
    auto object = document("token_revoked", author);
    object["token"] = view(id);
    return finish(people, std::move(object), author, {.id = std::string(id)});
}

Result<Change> save_search(const People& people, SavedSearch search, const Author& author) {
    TRY(const auto* user, existing(people, author.id));
    if (search.id.empty()) {
        const auto mine = std::count_if(people.searches().begin(),
                                        people.searches().end(),
                                        [&](auto& one) { return one.second.user == user->id; });
        if (static_cast<std::size_t>(mine) >= searches_max)
            return fail(Errc::too_large, "five hundred searches are there already");
        search.id = new_id('s');
        search.created = author.now;
    } else {
        const auto before = people.searches().find(search.id);
        if (before == people.searches().end() || before->second.user != user->id)
            return fail(Errc::not_found, "there is no such search");
        search.created = before->second.created;
    }
    search.user = user->id;
    auto object = document("search_saved", author);
    object["search"] = out(search);
    return finish(people, std::move(object), author, {.id = search.id});
}

Result<Change> remove_search(const People& people, std::string_view id, const Author& author) {
    const auto at = people.searches().find(id);
    if (at == people.searches().end() || at->second.user != author.id)
        return fail(Errc::not_found, "there is no such search");
    auto object = document("search_removed", author);
    object["search"] = view(id);
    return finish(people, std::move(object), author, {.id = std::string(id)});
}

}  // namespace letopis::access
