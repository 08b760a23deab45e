// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <optional>

#include "access/people_rules_internal.hpp"

namespace letopis::access {
namespace {

bool runs_the_system(Role role) { return role == Role::owner || role == Role::administrator; }

// Of the user and of the groups, those to come included.
std::vector<Grant> grants_of(const People& people, const User& user) {
    auto grants = user.grants;
    for (const auto& id : user.groups)
        if (const auto* group = people.group(id))
            grants.insert(grants.end(), group->grants.begin(), group->grants.end());
    return grants;
}

std::size_t administrators(const People& people, Instant now) {
    return static_cast<std::size_t>(
        std::count_if(people.users().begin(), people.users().end(), [&](const auto& one) {
            const auto grants = grants_of(people, one.second);
            return one.second.active &&
                   std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
                       return runs_the_system(grant.role) && in_force(grant, now) && !grant.until;
                   });
        }));
}

bool roles_meet(const People& people, const User& user) {
    const auto grants = grants_of(people, user);
    for (std::size_t i = 0; i < grants.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (!compatible(grants[i].role, grants[k].role)) return true;
    return false;
}

// What one grant lets this user see, as effective() would say at a moment when it is in force.
std::optional<Scope> scope_of(const People& people, const Grant& grant, const User& user) {
    User alone;
    alone.addresses = user.addresses;
    alone.grants = {grant};
    alone.grants[0].from.reset();
    alone.grants[0].until.reset();
    const auto addresses = [&](std::string_view group) { return people.addresses_of(group); };
    auto scopes = effective(alone, {}, addresses, Instant{}).scopes;
    return scopes.empty() ? std::nullopt : std::optional(std::move(scopes.front()));
}

// An empty list does not restrict.
bool within(const std::vector<std::string>& inner, const std::vector<std::string>& outer) {
    if (outer.empty()) return true;
    return !inner.empty() && std::all_of(inner.begin(), inner.end(), [&](const auto& one) {
        return std::find(outer.begin(), outer.end(), one) != outer.end();
    });
}

// Every message of the inner one is one of the outer one. Both have their groups as addresses.
bool within(const Scope& inner, const Scope& outer) {
    if (outer.from && !(inner.from && *inner.from >= *outer.from)) return false;
    if (outer.until && !(inner.until && *inner.until <= *outer.until)) return false;
    return within(inner.clients, outer.clients) && within(inner.employees, outer.employees) &&
           within(inner.channels, outer.channels) && within(inner.sources, outer.sources);
}

// Who holds or is to have what, among which people.
struct Holding {
    const People& people;
    const User& user;
};

bool covers(
    const Grant& held, const Holding& holder, const Grant& other, const Holding& of, Instant now) {
    const auto &had = rights_of(held.role), &wanted = rights_of(other.role);
    if (!std::includes(had.begin(), had.end(), wanted.begin(), wanted.end())) return false;
    if (held.from && *held.from > now && !(other.from && *other.from >= *held.from)) return false;
    if (held.until && !(other.until && *other.until <= *held.until)) return false;
    const auto wanted_scope = scope_of(of.people, other, of.user);
    if (!wanted_scope) return true;
    const auto had_scope = scope_of(holder.people, held, holder.user);
    return had_scope && within(*wanted_scope, *had_scope);
}

bool all_covered(const Holding& holder,
                 const std::vector<Grant>& wanted,
                 const Holding& of,
                 Instant now) {
    const auto held =
        holder.user.active ? grants_of(holder.people, holder.user) : std::vector<Grant>{};
    return std::all_of(wanted.begin(), wanted.end(), [&](const Grant& other) {
        return (other.until && *other.until <= now) ||
               std::any_of(held.begin(), held.end(), [&](const Grant& one) {
                   return covers(one, holder, other, of, now);
               });
    });
}

// A team that is named for the first time must be there; one that was named may be gone since, and
// then nobody is in it.
bool names_unknown_group(const People& after,
                         const std::vector<Grant>& grants,
                         const std::vector<Grant>* before) {
    const auto named = [](const std::vector<Grant>& list, const std::string& id) {
        return std::any_of(list.begin(), list.end(), [&](const Grant& grant) {
            const auto& groups = grant.scope.groups;
            return std::find(groups.begin(), groups.end(), id) != groups.end();
        });
    };
    for (const auto& grant : grants)
        for (const auto& id : grant.scope.groups)
            if (after.group(id) == nullptr && !(before && named(*before, id))) return true;
    return false;
}

bool name_unknown_groups(const People& before, const People& after) {
    for (const auto& [id, user] : after.users()) {
        const auto* was = before.user(id);
        if (names_unknown_group(after, user.grants, was ? &was->grants : nullptr)) return true;
    }
    for (const auto& group : after.groups()) {
        const auto* was = before.group(group.id);
        if (names_unknown_group(after, group.grants, was ? &was->grants : nullptr)) return true;
    }
    return false;
}

}  // namespace

Result<void> hold_rules(const People& before, const People& after, Instant now) {
    if (name_unknown_groups(before, after))
        return fail(Errc::not_found, "a scope names a team that is not there");
    if (administrators(before, now) > 0 && administrators(after, now) == 0)
        return fail(Errc::conflict,
                    "nobody would be left who runs the archive",
                    "make somebody else owner or administrator first");
    for (const auto& [id, user] : after.users()) {
        const auto* was = before.user(id);
        if (roles_meet(after, user) && !(was && roles_meet(before, *was)))
            return fail(Errc::conflict,
                        "who protects the data does not run the archive",
                        "the roles dpo and administrator or owner need two people");
    }
    return {};
}

bool raises_rights(const People& before, const People& after, Instant now) {
    static const User nobody = [] {
        User user;
        user.active = false;
        return user;
    }();
    return std::any_of(after.users().begin(), after.users().end(), [&](const auto& one) {
        const auto* was = before.user(one.first);
        return one.second.active && !all_covered({before, was ? *was : nobody},
                                                 grants_of(after, one.second),
                                                 {after, one.second},
                                                 now);
    });
}

bool beyond_one_person(const People& before,
                       const People& after,
                       std::string_view author,
                       Instant now,
                       bool takes_over) {
    constexpr auto beginning = std::chrono::hours(72);
    const auto* who = before.user(author);
    if (who == nullptr) return false;  // the operator, who holds the keys
    const bool young =
        std::any_of(before.users().begin(),
                    before.users().end(),
                    [&](auto& one) { return one.second.created + beginning > now; }) &&
        std::none_of(before.users().begin(), before.users().end(), [&](auto& one) {
            return one.second.created + beginning <= now;
        });
    if (young) return false;
    if (takes_over) return true;
    return std::any_of(after.users().begin(), after.users().end(), [&](const auto& one) {
        const auto& [id, user] = one;
        if (!user.active) return false;
        const auto* was = before.user(id);
        const auto wanted = grants_of(after, user);
        if (was && was->active && all_covered({before, *was}, wanted, {after, user}, now))
            return false;
        const auto powerful = [](const Grant& grant) {
            return rights_of(grant.role).contains(Right::approve);
        };
        const auto had = was && was->active ? grants_of(before, *was) : std::vector<Grant>{};
        const bool new_power = std::any_of(wanted.begin(), wanted.end(), powerful) &&
                               std::none_of(had.begin(), had.end(), powerful);
        return new_power || !all_covered({before, *who}, wanted, {after, user}, now);
    });
}

bool has_more_rights(const People& people, const User& user, std::string_view author, Instant now) {
    if (user.id == author) return false;
    const auto* who = people.user(author);
    const auto grants = grants_of(people, user);
    if (who == nullptr) return !grants.empty();
    return !all_covered({people, *who}, grants, {people, user}, now);
}

}  // namespace letopis::access
