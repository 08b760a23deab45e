// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/people.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {
namespace {

template <class Map>
auto find_in(const Map& map, std::string_view id) -> const typename Map::mapped_type* {
    const auto at = map.find(id);
    return at == map.end() ? nullptr : &at->second;
}

bool same_bytes(std::string_view one, std::string_view other) {
    return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

const User* People::user(std::string_view id) const { return find_in(users_, id); }
const Approval* People::approval(std::string_view id) const { return find_in(approvals_, id); }

const User* People::user_by_login(std::string_view login) const {
    for (const auto& [_, user] : users_)
        if (user.login == login) return &user;
    return nullptr;
}

const User* People::user_by_external(std::string_view issuer, std::string_view subject) const {
    for (const auto& [_, user] : users_)
        for (const auto& [first, second] : user.external)
            if (first == issuer && second == subject) return &user;
    return nullptr;
}

const User* People::user_by_passkey(std::string_view credential) const {
    for (const auto& [_, user] : users_)
        for (const auto& passkey : user.passkeys)
            if (passkey.id == credential) return &user;
    return nullptr;
}

const Group* People::group(std::string_view id) const {
    for (const auto& group : groups_)
        if (group.id == id) return &group;
    return nullptr;
}

Effective People::effective_of(std::string_view id, Instant now) const {
    const auto* known = user(id);
    if (known == nullptr) return {};
    return effective(
        *known, groups_, [this](std::string_view group) { return addresses_of(group); }, now);
}

std::vector<std::string> People::addresses_of(std::string_view group) const {
    std::vector<std::string> addresses;
    for (const auto& [_, one] : users_) {
        if (std::find(one.groups.begin(), one.groups.end(), group) == one.groups.end()) continue;
        for (const auto& address : one.addresses)
            if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
                addresses.push_back(address);
    }
    return addresses;
}

std::optional<Caller> People::caller(std::string_view id, Instant now) const {
    const auto* known = user(id);
    if (known == nullptr || !known->active) return std::nullopt;
    auto sum = effective_of(id, now);
    Caller caller;
    caller.user = known->id;
    caller.login = known->login;
    caller.name = known->name;
    caller.roles = std::move(sum.roles);
    caller.rights = std::move(sum.rights);
    caller.scopes = std::move(sum.scopes);
    return caller;
}

// "letopis_" id "_" 64 hexadecimal digits
std::optional<Caller> People::caller_by_token(std::string_view secret, Instant now) const {
    constexpr std::string_view prefix = "letopis_";
    constexpr std::size_t id_size = 12;
    if (!secret.starts_with(prefix) || secret.size() != prefix.size() + id_size + 1 + 64 ||
        secret[prefix.size() + id_size] != '_')
        return std::nullopt;
    const auto* token = find_in(tokens_, secret.substr(prefix.size(), id_size));
    const auto raw = unhex(secret.substr(prefix.size() + id_size + 1));
    if (token == nullptr || !raw ||
        !same_bytes(as_bytes(crypto::sha256(*raw)), token->secret_hash) ||
        (token->until && *token->until <= now))
        return std::nullopt;
    auto found = caller(token->user, now);
    if (!found) return std::nullopt;
    found->token = token->id;
    std::erase_if(found->rights, [&](Right right) { return !token->rights.contains(right); });
    return found;
}

const Invitation* People::invitation_by_secret(std::string_view secret, Instant now) const {
    const auto raw = unhex(secret);
    if (!raw || raw->size() != 32) return nullptr;
    const auto digest = crypto::sha256(*raw);
    const Invitation* found = nullptr;
    for (const auto& [_, invitation] : invitations_)
        if (same_bytes(as_bytes(digest), invitation.secret_hash)) found = &invitation;
    if (found == nullptr || found->until <= now || !user(found->user)->active) return nullptr;
    return found;
}

std::size_t People::approvers(std::string_view without, Instant now) const {
    return static_cast<std::size_t>(
        std::count_if(users_.begin(), users_.end(), [&](const auto& one) {
            const auto& user = one.second;
            return one.first != without && !(user.totp.empty() && user.passkeys.empty()) &&
                   effective_of(one.first, now).rights.contains(Right::approve);
        }));
}

}  // namespace letopis::access
