// SPDX-License-Identifier: AGPL-3.0-or-later
// What takes two people, or one person, the recovery sheet and 72 hours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/people.hpp"
#include "access/totp.hpp"

namespace letopis::access {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

const Instant start = from_unix(1'790'000'000);

class ApprovalsTest : public testing::Test {
protected:
    ApprovalsTest() {
        owner_ = made(add_user(people_,
                               {.login = "anna", .name = "Анна", .grants = {{.role = Role::owner}}},
                               as(std::string(operator_id))));
        joins(owner_);
    }

    Author as(std::string id) const { return {.id = std::move(id), .now = now_}; }
    Author asking(std::string id) const {
        auto author = as(std::move(id));
        author.ask = "a new colleague";
        return author;
    }
    Author with(std::string id, std::string approval) const {
        auto author = as(std::move(id));
        author.approval = std::move(approval);
        return author;
    }

    std::string made(const Result<Change>& change) {
        EXPECT_TRUE(change) << change.error().what << ": " << change.error().hint;
        if (!change) return {};
        const auto done = people_.apply(change->json, documents_++);
        EXPECT_TRUE(done) << done.error().what;
        return change->id;
    }
    void refused(const Result<Change>& change, const char* why) {
        ASSERT_FALSE(change) << change->json;
        EXPECT_EQ(change.error().code, Errc::forbidden);
        EXPECT_THAT(change.error().what, HasSubstr(why));
    }
    // Somebody who was invited and did not come yet.
    std::string an_invited(std::string login, std::vector<Grant> grants = {}) {
        return made(add_user(
            people_, {.login = login, .name = login, .grants = std::move(grants)}, as(owner_)));
    }
    void joins(const std::string& user) {
        made(set_totp(people_, std::string(totp_seed_size, 's'), {}, as(user)));
    }
    std::string a_user(std::string login, std::vector<Grant> grants = {}) {
        auto id = an_invited(std::move(login), std::move(grants));
        joins(id);
        return id;
    }
    Result<Change> to_lawyer(const std::string& user, const Author& author) const {
        return set_grants(
            people_, user, {{.role = Role::lawyer, .scope = {.everything = true}}}, author);
    }
    Result<Change> to_administrator(const std::string& user, const Author& author) const {
        return set_grants(people_, user, {{.role = Role::administrator}}, author);
    }
    std::string asked(const Result<Change>& change) {
        EXPECT_TRUE(change && change->asked);
        return made(change);
    }

    People people_;
    std::uint64_t documents_ = 0;
    Instant now_ = start;
    std::string owner_;
};

class TwoPeople : public ApprovalsTest {
protected:
    TwoPeople() {
        boss_ = a_user("boss", {{.role = Role::administrator}});
        boris_ = a_user("boris");
    }
    std::string boss_, boris_;
};

TEST_F(TwoPeople, nobody_approves_what_they_asked_for) {
    const auto request = asked(to_lawyer(boris_, asking(boss_)));

    refused(decide_approval(people_, request, true, as(boss_)), "nobody approves");
    refused(to_lawyer(boris_, with(boss_, request)), "nobody has approved this yet");
}

TEST_F(TwoPeople, what_was_approved_is_done_once_and_by_who_asked) {
    const auto request = asked(to_lawyer(boris_, asking(boss_)));
    made(decide_approval(people_, request, true, as(owner_)));

    refused(to_lawyer(boris_, with(owner_, request)), "not what was approved");
    made(to_lawyer(boris_, with(boss_, request)));
    made(set_grants(people_, boris_, {}, as(boss_)));

    refused(to_lawyer(boris_, with(boss_, request)), "done already");
    refused(carry_out(people_, request, as(boss_)), "done already");
}

TEST_F(TwoPeople, another_body_is_not_what_was_approved) {
    const auto request = asked(to_lawyer(boris_, asking(boss_)));
    made(decide_approval(people_, request, true, as(owner_)));

    refused(to_administrator(boris_, with(boss_, request)), "not what was approved");
    const auto vera = a_user("vera");
    refused(to_lawyer(vera, with(boss_, request)), "not what was approved");
}

TEST_F(TwoPeople, a_request_and_a_yes_expire_after_24_hours) {
    const auto undecided = asked(to_lawyer(boris_, asking(boss_)));
    const auto decided = asked(to_lawyer(boris_, asking(boss_)));
    made(decide_approval(people_, decided, true, as(owner_)));
    now_ += hours(24);

    EXPECT_EQ(decide_approval(people_, undecided, true, as(owner_)).error().code, Errc::conflict);
    refused(to_lawyer(boris_, with(boss_, decided)), "expired");
    refused(carry_out(people_, decided, as(boss_)), "expired");
}

TEST_F(TwoPeople, what_was_refused_is_not_done) {
    const auto request = asked(to_lawyer(boris_, asking(boss_)));
    made(decide_approval(people_, request, false, as(owner_)));

    refused(to_lawyer(boris_, with(boss_, request)), "refused");
}

TEST_F(TwoPeople, only_who_may_approve_decides) {
    const auto request = asked(to_lawyer(boris_, asking(boss_)));

    refused(decide_approval(people_, request, true, as(boris_)), "only who may approve");
}

TEST_F(TwoPeople, a_request_is_carried_out_as_it_stands) {
    const auto request = asked(
        add_user(people_,
                 {.login = "lena",
                  .name = "Лена",
                  .grants = {{.role = Role::reader, .scope = {.clients = {"a@client.example"}}}}},
                 asking(boss_)));
    made(decide_approval(people_, request, true, as(owner_)));
    refused(carry_out(people_, request, as(owner_)), "not what was approved");

    const auto lena = made(carry_out(people_, request, as(boss_)));

    ASSERT_NE(people_.user(lena), nullptr);
    EXPECT_EQ(people_.user(lena)->login, "lena");
    EXPECT_EQ(people_.user(lena)->grants.front().by, boss_);
    EXPECT_EQ(people_.approval(request)->state, ApprovalState::used);
}

TEST_F(TwoPeople, an_invitation_that_was_approved_has_a_secret_of_its_own) {
    // Only somebody with a password can be taken over.
    made(set_password(people_, "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA", as(owner_)));
    const auto request = asked(invite(people_, owner_, true, asking(boss_)));
    made(decide_approval(people_, request, true, as(owner_)));

    const auto done = carry_out(people_, request, as(boss_));

    made(done);
    EXPECT_NE(people_.invitation_by_secret(done->secret, now_ + minutes(1)), nullptr);
}

TEST_F(TwoPeople, another_action_has_the_same_step) {
    const Wanted wanted{.action = "erase", .what = "messages 17, 18", .reason = "asked by Anna"};
    const auto request = made(request_approval(people_, wanted, as(boss_)));
    made(decide_approval(people_, request, true, as(owner_)));

    refused(use_approval(people_, request, "erase", "messages 17, 18, 19", as(boss_)),
            "not what was approved");
    refused(use_approval(people_, request, "export", wanted.what, as(boss_)),
            "not what was approved");
    made(use_approval(people_, request, "erase", wanted.what, as(boss_)));
    refused(use_approval(people_, request, "erase", wanted.what, as(boss_)), "done already");
}

class Alone : public ApprovalsTest {
protected:
    Alone() { boris_ = a_user("boris"); }
    Author sheet(std::string id) const {
        auto author = asking(std::move(id));
        author.sheet_typed = true;
        return author;
    }
    std::string boris_;
};

TEST_F(Alone, the_first_72_hours_arrange_everything) {
    now_ += hours(71);

    made(to_administrator(boris_, as(owner_)));
}

TEST_F(Alone, what_one_has_may_be_given_at_any_time) {
    now_ += hours(1000);

    made(to_lawyer(boris_, as(owner_)));
}

TEST_F(Alone, power_over_others_takes_the_sheet_and_72_hours) {
    now_ += hours(72);
    refused(to_administrator(boris_, as(owner_)), "nobody else can approve");
    refused(to_administrator(boris_, asking(owner_)), "nobody else can approve");
    const auto request = asked(to_administrator(boris_, sheet(owner_)));

    refused(to_administrator(boris_, with(owner_, request)), "72 hours");
    refused(carry_out(people_, request, as(owner_)), "72 hours");
    now_ += hours(72) - minutes(1);
    refused(to_administrator(boris_, with(owner_, request)), "72 hours");
    now_ += minutes(1);
    made(carry_out(people_, request, as(owner_)));

    EXPECT_EQ(people_.approvers(owner_, now_), 1u);
}

TEST_F(Alone, who_was_invited_and_never_came_is_no_second_person) {
    const auto boss = an_invited("boss", {{.role = Role::administrator}});
    now_ += hours(72);

    EXPECT_EQ(people_.approvers(owner_, now_), 0u);
    refused(to_administrator(boris_, as(owner_)), "nobody else can approve");
    made(to_lawyer(boris_, as(owner_)));
    joins(boss);
    EXPECT_EQ(people_.approvers(owner_, now_), 1u);
    refused(to_administrator(boris_, as(owner_)), "somebody else must approve");
}

// Of a lead who sees the correspondence of a team.
class TeamScope : public ApprovalsTest {
protected:
    TeamScope() {
        team_ = made(set_group({"Продажи", {}}));
        rita_ = employee("rita", {team_});
        vera_ = employee("vera", {});
        lead_ = a_user("lead", {{.role = Role::supervisor, .scope = {.groups = {team_}}}});
        boss_ = a_user("boss", {{.role = Role::administrator}});
    }
    std::string employee(const std::string& login, std::vector<std::string> groups) {
        return made(add_user(people_,
                             {.login = login,
                              .name = login,
                              .addresses = {login + "@firm.example"},
                              .groups = std::move(groups)},
                             as(owner_)));
    }
    Result<Change> set_group(
        std::pair<std::string, std::optional<std::vector<std::string>>> wanted) {
        GroupChange change{.group = {.id = team_, .name = wanted.first}};
        change.members = std::move(wanted.second);
        return change_group(people_, change, as(owner_));
    }
    std::vector<std::string> seen() const {
        const auto scopes = people_.effective_of(lead_, now_).scopes;
        return scopes.empty() ? std::vector<std::string>() : scopes.front().employees;
    }
    std::string team_, rita_, vera_, lead_, boss_;
};

TEST_F(TeamScope, whoever_leaves_the_team_is_not_seen_any_more) {
    EXPECT_EQ(seen(), std::vector<std::string>{"rita@firm.example"});
    made(set_group({"Продажи", std::vector<std::string>{}}));  // less: nobody needs to agree
    EXPECT_TRUE(seen().empty());
    made(remove_group(people_, team_, as(owner_)));
    EXPECT_TRUE(seen().empty());
}

TEST_F(TeamScope, a_wider_team_is_a_wider_scope_for_whoever_sees_it) {
    refused(set_group({"Продажи", std::vector{rita_, vera_}}), "somebody else must approve");
    refused(describe_user(people_,
                          rita_,
                          {.name = "rita",
                           .locale = "ru",
                           .addresses = {"rita@firm.example", "director@firm.example"}},
                          as(owner_)),
            "somebody else must approve");
    auto asking_for = as(owner_);
    asking_for.ask = "Вера пришла в команду";
    const auto request = asked(change_group(
        people_,
        {.group = {.id = team_, .name = "Продажи"}, .members = std::vector{rita_, vera_}},
        asking_for));
    made(decide_approval(people_, request, true, as(boss_)));
    made(carry_out(people_, request, as(owner_)));
    EXPECT_EQ(seen().size(), 2u);
}

TEST_F(TeamScope, a_narrower_scope_needs_nobody) {
    const Scope narrower = {.employees = {"rita@firm.example"}, .channels = {"email"}};
    made(set_grants(people_, lead_, {{.role = Role::supervisor, .scope = narrower}}, as(owner_)));
    // And back again it does.
    refused(
        set_grants(
            people_, lead_, {{.role = Role::supervisor, .scope = {.groups = {team_}}}}, as(owner_)),
        "somebody else must approve");
}

TEST_F(TeamScope, a_team_that_is_not_there_is_refused_when_it_is_named) {
    const Grant grant = {.role = Role::supervisor, .scope = {.groups = {"g-0123456789"}}};
    EXPECT_EQ(set_grants(people_, vera_, {grant}, as(owner_)).error().code, Errc::not_found);
    made(remove_group(people_, team_, as(owner_)));
    made(set_grants(
        people_, lead_, {{.role = Role::supervisor, .scope = {.groups = {team_}}}}, as(owner_)));
}

TEST_F(Alone, a_request_with_the_sheet_expires_24_hours_after_the_72) {
    now_ += hours(72);
    const auto request = asked(to_administrator(boris_, sheet(owner_)));
    now_ += hours(96);

    refused(to_administrator(boris_, with(owner_, request)), "expired");
}

TEST_F(Alone, a_no_stops_what_waits) {
    now_ += hours(72);
    const auto request = asked(to_administrator(boris_, sheet(owner_)));
    made(decide_approval(people_, request, false, as(owner_)));
    now_ += hours(72);

    refused(to_administrator(boris_, with(owner_, request)), "refused");
}

TEST_F(Alone, an_administrator_does_not_give_content_that_they_do_not_have) {
    const auto boss = a_user("boss", {{.role = Role::administrator}});
    made(set_active(people_, owner_, false, as(boss)));
    now_ += hours(100);

    refused(to_lawyer(boris_, as(boss)), "nobody else can approve");
    refused(set_grants(people_,
                       boss,
                       {{.role = Role::administrator},
                        {.role = Role::lawyer, .scope = {.everything = true}}},
                       as(boss)),
            "nobody else can approve");
    asked(to_lawyer(boris_, sheet(boss)));
}

TEST_F(Alone, the_operator_holds_the_keys_and_need_not_type_the_sheet) {
    now_ += hours(100);
    made(set_active(people_, boris_, false, as(owner_)));
    made(set_active(people_, boris_, true, as(owner_)));
    People nobody;
    const auto first = add_user(
        nobody, {.login = "a", .name = "A", .grants = {{.role = Role::owner}}}, as("operator"));

    EXPECT_TRUE(first);
}

TEST_F(ApprovalsTest, a_change_of_a_person_is_one_document) {
    const auto boris = a_user("boris", {{.role = Role::auditor}});
    const UserChange wanted{
        .described =
            Description{
                .name = "Борис", .email = "", .locale = "en", .addresses = {"b@x"}, .external = {}},
        .grants = {{{.role = Role::reader, .scope = {.channels = {"email"}}}}},
        .active = false};

    made(change_user(people_, boris, wanted, as(owner_)));

    const auto& after = *people_.user(boris);
    EXPECT_EQ(after.name, "Борис");
    EXPECT_EQ(after.addresses, std::vector<std::string>{"b@x"});
    EXPECT_EQ(after.grants.front().role, Role::reader);
    EXPECT_EQ(after.grants.front().by, owner_);
    EXPECT_FALSE(after.active);
}

// Frozen: docs/formats/people.md.
TEST(PeopleFormat, reads_the_vectors_of_changes_of_a_person_and_of_a_team) {
    const std::string begin = R"({"v":1,"at":"2026-09-21T14:13:20Z","by":"operator","change":)";
    const std::string user =
        R"({"id":"u-0123456789","login":"rita","name":"Rita","locale":"ru","created":"2026-09-21T14:13:20Z"})";
    People people;

    ASSERT_TRUE(people.apply(begin + R"("user_added","new_user":)" + user + "}", 0));
    ASSERT_TRUE(people.apply(
        begin +
            R"("group_changed","group":{"id":"g-0123456789","name":"Sales","grants":[{"role":"reader","scope":{"clients":["anna@client.example"]},"by":"operator"}]},"members":["u-0123456789"]})",
        1));
    ASSERT_TRUE(people.apply(
        begin +
            R"("group_changed","group":{"id":"g-0123456780","name":"Leads","grants":[{"role":"supervisor","scope":{"groups":["g-0123456789"]},"by":"operator"}]}})",
        2));
    ASSERT_TRUE(people.apply(
        begin +
            R"("user_changed","user":"u-0123456789","described":{"name":"Rita O.","locale":"en","addresses":["rita@firm.example"]},"grants":[{"role":"auditor","by":"operator"}],"groups":[],"active":true})",
        3));

    const auto& rita = *people.user("u-0123456789");
    EXPECT_EQ(rita.name, "Rita O.");
    EXPECT_EQ(rita.addresses, std::vector<std::string>{"rita@firm.example"});
    EXPECT_EQ(rita.grants.front().role, Role::auditor);
    EXPECT_TRUE(rita.groups.empty());
    EXPECT_EQ(people.group("g-0123456789")->grants.front().scope.clients,
              std::vector<std::string>{"anna@client.example"});
    EXPECT_EQ(people.group("g-0123456780")->grants.front().scope.groups,
              std::vector<std::string>{"g-0123456789"});
}

TEST_F(ApprovalsTest, a_change_of_a_person_is_whole_or_not_at_all) {
    const auto boris = a_user("boris", {{.role = Role::auditor}});
    const auto before = people_;
    const auto change = change_user(
        people_,
        boris,
        {.described =
             Description{
                 .name = "Борис", .email = "", .locale = "en", .addresses = {}, .external = {}},
         .groups = {{"g-0123456789"}}},
        as(owner_));

    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().code, Errc::invalid);
    EXPECT_FALSE(people_.apply(R"({"v":1,"change":"user_changed","at":"2026-09-21T14:13:20Z",)"
                               R"("by":"operator","user":")" +
                                   boris + R"(","active":false,"groups":["g-0123456789"]})",
                               99));
    EXPECT_EQ(people_, before);
}

}  // namespace
}  // namespace letopis::access
