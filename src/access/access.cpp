// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/access.hpp"

#include <algorithm>
#include <array>

namespace letopis::access {
namespace {

struct RightRow {
    Right right;
    std::string_view name;
};
constexpr std::array<RightRow, 15> right_rows = {{
    {Right::self, "self"},
    {Right::search, "search"},
    {Right::read, "read"},
    {Right::take_out, "take_out"},
    {Right::import_messages, "import_messages"},
    {Right::sources_view, "sources_view"},
    {Right::sources_manage, "sources_manage"},
    {Right::people_view, "people_view"},
    {Right::people_manage, "people_manage"},
    {Right::audit_view, "audit_view"},
    {Right::integrity_view, "integrity_view"},
    {Right::integrity_run, "integrity_run"},
    {Right::keys_manage, "keys_manage"},
    {Right::settings_manage, "settings_manage"},
    {Right::approve, "approve"},
}};

struct RoleRow {
    Role role;
    std::string_view name;
    std::set<Right> rights;
};
// In the order of the enumeration.
const std::vector<RoleRow>& role_rows() {
    using enum Right;
    static const std::vector<RoleRow> rows = {
        {Role::owner, "owner", {all_rights().begin(), all_rights().end()}},
        {Role::reader, "reader", {self, search, read}},
        {Role::manager, "manager", {self, search, read, import_messages, sources_view}},
        {Role::supervisor, "supervisor", {self, search, read, take_out, sources_view}},
        {Role::records,
         "records",
         {self,
          search,
          read,
          take_out,
          import_messages,
          sources_view,
          sources_manage,
          integrity_view,
          integrity_run}},
        {Role::lawyer, "lawyer", {self, search, read, take_out, integrity_view}},
        {Role::dpo,
         "dpo",
         {self, search, read, take_out, people_view, audit_view, integrity_view, approve}},
        {Role::auditor, "auditor", {self, audit_view, integrity_view}},
        {Role::administrator,
         "administrator",
         {self,
          sources_view,
          sources_manage,
          people_view,
          people_manage,
          audit_view,
          integrity_view,
          integrity_run,
          keys_manage,
          settings_manage,
          approve}},
    };
    return rows;
}

bool names_nothing(const Scope& scope) { return scope == Scope{}; }

bool names_own_clients(Role role) { return role == Role::reader || role == Role::manager; }

// The groups of a scope as the addresses of whoever is in them now. Nothing: nobody is.
std::optional<Scope> resolved(Scope scope, const AddressesOf& addresses_of) {
    if (scope.groups.empty()) return scope;
    for (const auto& group : scope.groups)
        for (auto& address : addresses_of(group))
            if (std::find(scope.employees.begin(), scope.employees.end(), address) ==
                scope.employees.end())
                scope.employees.push_back(std::move(address));
    scope.groups.clear();
    if (scope.employees.empty()) return std::nullopt;  // an empty list would not restrict
    return scope;
}

// The scope that the grant comes to for this user; nothing where it lets no message be seen.
std::optional<Scope> scope_of(const Grant& grant,
                              const User& user,
                              const AddressesOf& addresses_of) {
    if (grant.role == Role::owner) return Scope{.everything = true};
    if (!names_nothing(grant.scope)) return resolved(grant.scope, addresses_of);
    if (names_own_clients(grant.role) && !user.addresses.empty())
        return Scope{.employees = user.addresses};
    return std::nullopt;
}

void add(Effective& sum,
         const Grant& grant,
         const User& user,
         const AddressesOf& addresses_of,
         Instant now) {
    if (!in_force(grant, now)) return;
    sum.roles.insert(grant.role);
    const auto& rights = rights_of(grant.role);
    sum.rights.insert(rights.begin(), rights.end());
    if (!sees_content(grant.role)) return;
    const auto scope = scope_of(grant, user, addresses_of);
    if (scope && std::find(sum.scopes.begin(), sum.scopes.end(), *scope) == sum.scopes.end())
        sum.scopes.push_back(*scope);
}

}  // namespace

std::string_view name(Right right) { return right_rows[static_cast<std::size_t>(right)].name; }

std::optional<Right> right_named(std::string_view name) {
    for (const auto& row : right_rows)
        if (row.name == name) return row.right;
    return std::nullopt;
}

const std::vector<Right>& all_rights() {
    static const auto rights = [] {
        std::vector<Right> all;
        for (const auto& row : right_rows) all.push_back(row.right);
        return all;
    }();
    return rights;
}

std::string_view name(Role role) { return role_rows()[static_cast<std::size_t>(role)].name; }

std::optional<Role> role_named(std::string_view name) {
    for (const auto& row : role_rows())
        if (row.name == name) return row.role;
    return std::nullopt;
}

const std::vector<Role>& all_roles() {
    static const auto roles = [] {
        std::vector<Role> all;
        for (const auto& row : role_rows()) all.push_back(row.role);
        return all;
    }();
    return roles;
}

const std::set<Right>& rights_of(Role role) {
    return role_rows()[static_cast<std::size_t>(role)].rights;
}

bool compatible(Role one, Role other) {
    const auto runs_it = [](Role role) {
        return role == Role::administrator || role == Role::owner;
    };
    return !(one == Role::dpo && runs_it(other)) && !(other == Role::dpo && runs_it(one));
}

bool in_force(const Grant& grant, Instant now) {
    return (!grant.from || *grant.from <= now) && (!grant.until || now < *grant.until);
}

bool sees_content(Role role) { return rights_of(role).contains(Right::search); }

bool Caller::sees_all() const {
    return std::find(scopes.begin(), scopes.end(), Scope{.everything = true}) != scopes.end();
}

bool may(const Caller& caller, Right right) { return caller.rights.contains(right); }

bool sees_all_sources(const Caller& caller) {
    return caller.sees_all() || may(caller, Right::sources_manage);
}

bool sees_whole_log(const Caller& caller) {
    return caller.sees_all() || caller.scopes.empty() ||
           std::any_of(caller.roles.begin(), caller.roles.end(), [](Role role) {
               return !sees_content(role) && rights_of(role).contains(Right::audit_view);
           });
}

Effective effective(const User& user,
                    const std::vector<Group>& groups,
                    const AddressesOf& addresses_of,
                    Instant now) {
    Effective sum;
    if (!user.active) return sum;
    sum.rights.insert(Right::self);
    for (const auto& grant : user.grants) add(sum, grant, user, addresses_of, now);
    for (const auto& group : groups) {
        if (std::find(user.groups.begin(), user.groups.end(), group.id) == user.groups.end())
            continue;
        for (const auto& grant : group.grants) add(sum, grant, user, addresses_of, now);
    }
    return sum;
}

}  // namespace letopis::access
