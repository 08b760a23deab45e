// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace letopis::access {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const Instant now = from_unix(1'790'000'000);

const AddressesOf nobody_in = [](std::string_view) { return std::vector<std::string>(); };

User a_user(std::vector<Grant> grants) {
    User user;
    user.id = "u-anna";
    user.grants = std::move(grants);
    return user;
}

TEST(Access, names_of_rights_and_roles_lead_back_to_them) {
    for (const auto right : all_rights()) EXPECT_EQ(right_named(name(right)), right);
    for (const auto role : all_roles()) EXPECT_EQ(role_named(name(role)), role);
    EXPECT_EQ(all_rights().size(), 15u);
    EXPECT_EQ(all_roles().size(), 9u);
    EXPECT_EQ(right_named("root"), std::nullopt);
    EXPECT_EQ(role_named(""), std::nullopt);
}

TEST(Access, the_administrator_and_the_auditor_see_no_content) {
    for (const auto role : {Role::administrator, Role::auditor})
        for (const auto right : {Right::search, Right::read, Right::take_out})
            EXPECT_FALSE(rights_of(role).contains(right)) << name(role) << " " << name(right);

    EXPECT_THAT(rights_of(Role::auditor),
                UnorderedElementsAre(Right::self, Right::audit_view, Right::integrity_view));
    EXPECT_EQ(rights_of(Role::owner).size(), all_rights().size());
}

TEST(Access, only_owner_and_administrator_manage_people_keys_and_settings) {
    for (const auto role : all_roles())
        for (const auto right : {Right::people_manage, Right::keys_manage, Right::settings_manage})
            EXPECT_EQ(rights_of(role).contains(right),
                      role == Role::owner || role == Role::administrator)
                << name(role);
}

TEST(Access, who_protects_the_data_does_not_run_the_system) {
    EXPECT_FALSE(compatible(Role::dpo, Role::administrator));
    EXPECT_FALSE(compatible(Role::owner, Role::dpo));
    EXPECT_TRUE(compatible(Role::dpo, Role::auditor));
    for (const auto one : all_roles())
        for (const auto other : all_roles())
            EXPECT_EQ(compatible(one, other), compatible(other, one));
}

TEST(Access, a_caller_without_rights_may_nothing) {
    const Caller nobody;

    for (const auto right : all_rights()) EXPECT_FALSE(may(nobody, right));
    EXPECT_FALSE(nobody.sees_all());
}

TEST(Access, a_user_who_is_switched_off_has_nothing) {
    auto user = a_user({{.role = Role::owner}});
    user.active = false;

    const auto sum = effective(user, {}, nobody_in, now);

    EXPECT_THAT(sum.rights, IsEmpty());
    EXPECT_THAT(sum.roles, IsEmpty());
    EXPECT_THAT(sum.scopes, IsEmpty());
}

TEST(Access, a_grant_counts_from_its_beginning_until_its_end) {
    const auto user = a_user({{.role = Role::lawyer,
                               .scope = {.clients = {"a@b.example"}},
                               .from = now,
                               .until = now + hours(1)}});

    EXPECT_FALSE(effective(user, {}, nobody_in, now - hours(1)).rights.contains(Right::read));
    EXPECT_TRUE(effective(user, {}, nobody_in, now).rights.contains(Right::read));
    EXPECT_FALSE(effective(user, {}, nobody_in, now + hours(1)).rights.contains(Right::read));
}

TEST(Access, an_owner_sees_everything_and_a_lawyer_without_a_scope_sees_nothing) {
    EXPECT_THAT(effective(a_user({{.role = Role::owner}}), {}, nobody_in, now).scopes,
                ElementsAre(Scope{.everything = true}));
    EXPECT_THAT(effective(a_user({{.role = Role::lawyer}}), {}, nobody_in, now).scopes, IsEmpty());
}

TEST(Access, a_reader_without_a_scope_sees_the_conversations_of_the_own_addresses) {
    auto user = a_user({{.role = Role::reader}});

    EXPECT_THAT(effective(user, {}, nobody_in, now).scopes, IsEmpty());
    user.addresses = {"anna@firm.example"};
    EXPECT_THAT(effective(user, {}, nobody_in, now).scopes,
                ElementsAre(Scope{.employees = {"anna@firm.example"}}));
}

TEST(Access, the_scope_of_a_role_without_content_does_not_count) {
    const auto user = a_user({{.role = Role::administrator, .scope = {.everything = true}},
                              {.role = Role::auditor, .scope = {.everything = true}}});

    EXPECT_THAT(effective(user, {}, nobody_in, now).scopes, IsEmpty());
}

TEST(Access, a_group_gives_its_members_and_nobody_else) {
    const std::vector<Group> groups = {
        {.id = "g-1", .grants = {{.role = Role::supervisor, .scope = {.everything = true}}}}};
    auto member = a_user({});
    member.groups = {"g-1"};

    EXPECT_TRUE(effective(member, groups, nobody_in, now).rights.contains(Right::search));
    EXPECT_FALSE(effective(a_user({}), groups, nobody_in, now).rights.contains(Right::search));
}

TEST(Access, a_scope_of_teams_is_whoever_is_in_them_now) {
    const Grant grant = {
        .role = Role::supervisor,
        .scope = {
            .employees = {"anna@firm.example"}, .groups = {"g-1", "g-2"}, .channels = {"email"}}};
    std::map<std::string, std::vector<std::string>, std::less<>> teams = {
        {"g-1", {"boris@firm.example", "anna@firm.example"}}, {"g-2", {}}};
    const auto of = [&](std::string_view group) { return teams.find(group)->second; };

    EXPECT_THAT(effective(a_user({grant}), {}, of, now).scopes,
                ElementsAre(Scope{.employees = {"anna@firm.example", "boris@firm.example"},
                                  .channels = {"email"}}));
    teams["g-2"] = {"vera@firm.example"};
    EXPECT_EQ(effective(a_user({grant}), {}, of, now).scopes.front().employees.size(), 3U);
    teams["g-1"].clear();
    EXPECT_THAT(effective(a_user({grant}), {}, of, now).scopes.front().employees,
                ElementsAre("anna@firm.example", "vera@firm.example"));
}

TEST(Access, a_scope_of_teams_with_nobody_in_them_lets_nothing_be_seen) {
    const Scope only_teams = {.groups = {"g-1"}, .channels = {"email"}};
    auto reader = a_user({{.role = Role::reader, .scope = only_teams}});
    reader.addresses = {"anna@firm.example"};

    EXPECT_THAT(effective(reader, {}, nobody_in, now).scopes, IsEmpty());
    // Neither is it everything that the own addresses would let be seen.
    reader.grants[0].scope = {.groups = {"g-1"}};
    EXPECT_THAT(effective(reader, {}, nobody_in, now).scopes, IsEmpty());
}

TEST(Access, everything_within_a_time_is_not_everything) {
    Caller caller;
    caller.scopes = {{.everything = true, .until = now}};

    EXPECT_FALSE(caller.sees_all());
    caller.scopes.push_back({.everything = true});
    EXPECT_TRUE(caller.sees_all());
}

}  // namespace
}  // namespace letopis::access
