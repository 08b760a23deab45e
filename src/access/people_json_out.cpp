// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/people_internal.hpp"
#include "base/bytes.hpp"

namespace letopis::access {

namespace json = boost::json;

namespace {

void put(json::object& object, std::string_view name, std::string_view text) {
    if (!text.empty()) object[name] = json::string_view(text.data(), text.size());
}
void put(json::object& object, std::string_view name, Instant moment) {
    put(object, name, rfc3339(moment));
}
void put(json::object& object, std::string_view name, std::optional<Instant> moment) {
    if (moment) put(object, name, *moment);
}
void put(json::object& object, std::string_view name, const std::vector<std::string>& texts) {
    if (!texts.empty()) object[name] = out(texts);
}
void put(json::object& object, std::string_view name, bool value) {
    if (value) object[name] = true;
}

json::object out(const Scope& scope) {
    json::object object;
    put(object, "everything", scope.everything);
    put(object, "clients", scope.clients);
    put(object, "employees", scope.employees);
    put(object, "groups", scope.groups);
    put(object, "channels", scope.channels);
    put(object, "sources", scope.sources);
    put(object, "from", scope.from);
    put(object, "until", scope.until);
    return object;
}

}  // namespace

json::value out(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

json::value out(const std::vector<std::pair<std::string, std::string>>& pairs) {
    json::array array;
    for (const auto& [first, second] : pairs) array.push_back(json::array{first, second});
    return array;
}

json::value out(const std::vector<Grant>& grants) {
    json::array array;
    for (const auto& grant : grants) {
        json::object object;
        put(object, "role", name(grant.role));
        if (auto scope = out(grant.scope); !scope.empty()) object["scope"] = std::move(scope);
        put(object, "from", grant.from);
        put(object, "until", grant.until);
        put(object, "reason", grant.reason);
        put(object, "by", grant.by);
        array.push_back(std::move(object));
    }
    return array;
}

json::object out(const User& user) {
    json::object object;
    put(object, "id", user.id);
    put(object, "login", user.login);
    put(object, "name", user.name);
    put(object, "email", user.email);
    put(object, "locale", user.locale);
    put(object, "addresses", user.addresses);
    put(object, "groups", user.groups);
    if (!user.grants.empty()) object["grants"] = out(user.grants);
    if (!user.external.empty()) object["external"] = out(user.external);
    put(object, "created", user.created);
    return object;
}

json::object out(const Group& group) {
    json::object object;
    put(object, "id", group.id);
    put(object, "name", group.name);
    object["grants"] = out(group.grants);
    return object;
}

json::object out(const Passkey& passkey) {
    json::object object;
    put(object, "id", base64(passkey.id));
    put(object, "public_key", base64(passkey.public_key));
    object["counter"] = passkey.counter;
    put(object, "name", passkey.name);
    put(object, "added", passkey.added);
    return object;
}

json::object out(const Token& token) {
    json::object object;
    put(object, "id", token.id);
    put(object, "secret_sha256", base64(token.secret_hash));
    put(object, "name", token.name);
    put(object, "user", token.user);
    json::array rights;
    for (const auto right : token.rights) rights.emplace_back(json::string(name(right)));
    object["rights"] = std::move(rights);
    put(object, "until", token.until);
    put(object, "created", token.created);
    return object;
}

json::object out(const Invitation& invitation) {
    json::object object;
    put(object, "id", invitation.id);
    put(object, "user", invitation.user);
    put(object, "secret_sha256", base64(invitation.secret_hash));
    put(object, "by", invitation.by);
    put(object, "new_factor", invitation.new_factor);
    put(object, "until", invitation.until);
    return object;
}

json::object out(const SavedSearch& search) {
    json::object object;
    put(object, "id", search.id);
    put(object, "user", search.user);
    put(object, "name", search.name);
    put(object, "query", search.query);
    put(object, "shared", search.shared);
    put(object, "created", search.created);
    return object;
}

json::object out(const Approval& approval) {
    json::object object;
    put(object, "id", approval.id);
    put(object, "action", approval.action);
    put(object, "what", approval.what);
    put(object, "reason", approval.reason);
    put(object, "by", approval.by);
    put(object, "created", approval.created);
    put(object, "from", approval.from);
    put(object, "until", approval.until);
    put(object, "alone", approval.alone);
    return object;
}

std::string as_text(const json::object& object) { return json::serialize(object); }

}  // namespace letopis::access
