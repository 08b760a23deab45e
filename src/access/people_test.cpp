// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/people.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "access/totp.hpp"
#include "base/bytes.hpp"

namespace letopis::access {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::SizeIs;

const Instant start = from_unix(1'790'000'000);
const std::string kept = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaA";

const std::string joined_totp(totp_seed_size, 's');

// What the page does with a link.
Result<Change> join(const People& people,
                    std::string_view secret,
                    const std::string& password,
                    Instant now) {
    const auto* invitation = people.invitation_by_secret(secret, now);
    if (invitation == nullptr) return fail(Errc::not_found, "no such invitation");
    return enrol(people,
                 invitation->user,
                 {.invitation = invitation->id, .password = password, .totp = joined_totp},
                 now);
}

class PeopleTest : public testing::Test {
protected:
    PeopleTest() {
        owner_ = made(add_user(people_,
                               {.login = "anna", .name = "Анна", .grants = {{.role = Role::owner}}},
                               author(std::string(operator_id))));
        made(set_totp(people_, joined_totp, {}, owner()));
    }

    Author author(std::string id) const { return {.id = std::move(id), .now = now_}; }
    Author owner() const { return author(owner_); }

    // Stores and applies, as the caller of a decision does.
    std::string made(const Result<Change>& change) {
        EXPECT_TRUE(change) << change.error().what << ": " << change.error().hint;
        if (!change) return {};
        const auto done = people_.apply(change->json, documents_.size());
        EXPECT_TRUE(done) << done.error().what;
        documents_.push_back(change->json);
        return change->id;
    }
    void refused(const Result<Change>& change, Errc code) {
        ASSERT_FALSE(change) << change->json;
        EXPECT_EQ(change.error().code, code) << change.error().what;
    }
    // With a role they have come in, so that they may be a second person.
    std::string a_user(std::string login, std::vector<Grant> grants = {}) {
        const bool joins = !grants.empty();
        auto id = made(add_user(
            people_, {.login = login, .name = login, .grants = std::move(grants)}, owner()));
        if (joins) made(set_totp(people_, joined_totp, {}, author(id)));
        return id;
    }
    // Asks as the owner, lets `approver` say yes, and does it.
    template <class Decide>
    std::string with_a_yes(const std::string& approver, Decide decide) {
        auto asking = owner();
        asking.ask = "it is needed";
        const auto asked = decide(asking);
        EXPECT_TRUE(asked && asked->asked);
        auto doing = owner();
        doing.approval = made(asked);
        made(decide_approval(people_, doing.approval, true, author(approver)));
        return made(decide(doing));
    }

    People people_;
    std::vector<std::string> documents_;
    Instant now_ = start;
    std::string owner_;
};

TEST_F(PeopleTest, the_first_user_is_the_owner_and_may_everything) {
    const auto caller = people_.caller(owner_, now_);

    ASSERT_TRUE(caller);
    EXPECT_TRUE(caller->sees_all());
    EXPECT_EQ(caller->rights.size(), all_rights().size());
    EXPECT_EQ(people_.user_by_login("anna")->id, owner_);
}

TEST_F(PeopleTest, a_login_is_never_given_again) {
    const auto id = a_user("boris");
    made(set_active(people_, id, false, owner()));

    refused(add_user(people_, {.login = "boris", .name = "B"}, owner()), Errc::conflict);
}

TEST_F(PeopleTest, forms_and_limits_are_held) {
    for (const auto& login : {"", "Boris", "б", "a b", "-a", "a\nb"})
        refused(add_user(people_, {.login = login, .name = "B"}, owner()), Errc::invalid);
    refused(add_user(people_, {.login = std::string(65, 'a'), .name = "B"}, owner()),
            Errc::invalid);
    refused(add_user(people_, {.login = "b", .name = ""}, owner()), Errc::invalid);
    refused(add_user(people_, {.login = "b", .name = "\xff"}, owner()), Errc::invalid);
    refused(add_user(people_, {.login = "b", .name = "B", .email = "a\r\nBcc: x"}, owner()),
            Errc::invalid);
    refused(add_user(people_, {.login = "b", .name = "B", .groups = {"g-0000000000"}}, owner()),
            Errc::invalid);
    refused(set_password(people_, "plain", owner()), Errc::invalid);
    refused(set_grants(people_, "u-nobody0000", {}, owner()), Errc::not_found);
}

TEST_F(PeopleTest, a_time_boxed_grant_needs_a_reason) {
    const auto id = a_user("boris");
    Grant grant{
        .role = Role::lawyer, .scope = {.clients = {"c@d.example"}}, .until = now_ + hours(8)};

    refused(set_grants(people_, id, {grant}, owner()), Errc::invalid);
    grant.reason = "dispute 17";
    made(set_grants(people_, id, {grant}, owner()));

    EXPECT_EQ(people_.user(id)->grants[0].by, owner_);
    EXPECT_TRUE(people_.effective_of(id, now_).rights.contains(Right::read));
    EXPECT_FALSE(people_.effective_of(id, now_ + hours(8)).rights.contains(Right::read));
}

TEST_F(PeopleTest, the_last_one_who_runs_the_archive_stays) {
    refused(set_active(people_, owner_, false, owner()), Errc::conflict);
    refused(set_grants(people_, owner_, {}, owner()), Errc::conflict);
    refused(set_grants(people_,
                       owner_,
                       {{.role = Role::owner, .until = now_ + hours(1), .reason = "r"}},
                       owner()),
            Errc::conflict);

    const auto other = a_user("boris", {{.role = Role::administrator}});
    made(set_active(people_, owner_, false, author(other)));
    refused(set_active(people_, other, false, author(other)), Errc::conflict);
}

TEST_F(PeopleTest, a_group_that_makes_the_last_administrator_stays) {
    const auto group = made(change_group(
        people_, {.group = {.name = "IT", .grants = {{.role = Role::administrator}}}}, owner()));
    const auto boris = a_user("boris");
    made(set_groups(people_, boris, {group}, owner()));
    made(set_active(people_, owner_, false, author(boris)));

    refused(remove_group(people_, group, author(boris)), Errc::conflict);
    refused(set_groups(people_, boris, {}, author(boris)), Errc::conflict);
    refused(change_group(people_, {.group = {.id = group, .name = "IT"}}, author(boris)),
            Errc::conflict);
}

TEST_F(PeopleTest, roles_that_are_not_for_one_person_do_not_meet_in_one) {
    const auto group = made(change_group(
        people_, {.group = {.name = "privacy", .grants = {{.role = Role::dpo}}}}, owner()));

    refused(set_groups(people_, owner_, {group}, owner()), Errc::conflict);
    refused(add_user(people_,
                     {.login = "b",
                      .name = "B",
                      .grants = {{.role = Role::dpo}, {.role = Role::administrator}}},
                     owner()),
            Errc::conflict);
}

TEST_F(PeopleTest, raising_rights_needs_somebody_elses_yes_when_there_is_somebody) {
    const auto dpo = a_user("dina", {{.role = Role::dpo}});  // the owner was alone until now
    const std::vector<Grant> more = {{.role = Role::lawyer, .scope = {.everything = true}}};
    const auto boris = made(add_user(people_, {.login = "boris", .name = "B"}, owner()));
    refused(set_grants(people_, boris, more, owner()), Errc::forbidden);

    auto asking = owner();
    asking.ask = "dispute 17";
    const auto asked = set_grants(people_, boris, more, asking);
    ASSERT_TRUE(asked);
    EXPECT_TRUE(asked->asked);
    auto doing = owner();
    doing.approval = made(asked);
    EXPECT_TRUE(people_.user(boris)->grants.empty());
    EXPECT_THAT(people_.approval(doing.approval)->what, HasSubstr("lawyer"));

    refused(set_grants(people_, boris, more, doing), Errc::forbidden);  // not yet
    refused(decide_approval(people_, doing.approval, true, owner()), Errc::forbidden);
    refused(decide_approval(people_, doing.approval, true, author(boris)), Errc::forbidden);
    made(decide_approval(people_, doing.approval, true, author(dpo)));
    refused(set_grants(people_, boris, {{.role = Role::owner}}, doing), Errc::forbidden);
    made(set_grants(people_, boris, more, doing));
    EXPECT_TRUE(people_.effective_of(boris, now_).rights.contains(Right::take_out));

    made(set_grants(people_, boris, {}, owner()));                      // less needs nobody
    refused(set_grants(people_, boris, more, doing), Errc::forbidden);  // a yes is good once
}

TEST_F(PeopleTest, every_way_to_more_rights_needs_the_yes) {
    const auto dpo = a_user("dina", {{.role = Role::dpo}});
    const auto group = made(change_group(people_, {.group = {.name = "team"}}, owner()));
    const auto boris = made(add_user(people_, {.login = "boris", .name = "B"}, owner()));
    made(set_groups(people_, boris, {group}, owner()));
    Group stronger{.id = group,
                   .name = "team",
                   .grants = {{.role = Role::reader, .scope = {.everything = true}}}};

    refused(change_group(people_, {.group = stronger}, owner()), Errc::forbidden);
    refused(add_user(
                people_, {.login = "c", .name = "C", .grants = {{.role = Role::auditor}}}, owner()),
            Errc::forbidden);
    with_a_yes(dpo,
               [&](const Author& who) { return change_group(people_, {.group = stronger}, who); });
    with_a_yes(dpo, [&](const Author& who) {
        return add_user(people_,
                        {.login = "c",
                         .name = "C",
                         .addresses = {"c@firm.example"},
                         .grants = {{.role = Role::reader}}},
                        who);
    });

    const auto c = people_.user_by_login("c")->id;
    refused(describe_user(
                people_,
                c,
                {.name = "C", .locale = "ru", .addresses = {"c@firm.example", "boss@firm.example"}},
                owner()),
            Errc::forbidden);
    made(set_active(people_, c, false, owner()));
    refused(set_active(people_, c, true, owner()), Errc::forbidden);
}

TEST_F(PeopleTest, an_administrator_does_not_take_over_the_owners_account) {
    const auto admin = a_user("boris", {{.role = Role::administrator}});
    made(set_password(people_, kept, owner()));

    refused(invite(people_, owner_, true, author(admin)), Errc::forbidden);
    refused(describe_user(people_,
                          owner_,
                          {.name = "A", .locale = "ru", .external = {{"https://idp", "boris"}}},
                          author(admin)),
            Errc::forbidden);
    made(invite(people_, owner_, true, author(std::string(operator_id))));
    made(invite(people_, admin, false, owner()));
}

TEST_F(PeopleTest, an_approval_expires_after_a_day) {
    const auto dpo = a_user("dina", {{.role = Role::dpo}});
    const auto first = made(request_approval(
        people_, {.action = "export", .what = "case 1", .reason = "court"}, owner()));
    const auto second = made(request_approval(
        people_, {.action = "export", .what = "case 2", .reason = "court"}, owner()));
    made(decide_approval(people_, first, true, author(dpo)));

    now_ += hours(24);

    refused(use_approval(people_, first, "export", "case 1", owner()), Errc::forbidden);
    refused(decide_approval(people_, second, true, author(dpo)), Errc::conflict);
}

TEST_F(PeopleTest, a_yes_is_for_one_thing_one_person_and_one_time) {
    const auto dpo = a_user("dina", {{.role = Role::dpo}});
    const auto id = made(request_approval(
        people_, {.action = "export", .what = "case 1", .reason = "court"}, owner()));
    refused(use_approval(people_, id, "export", "case 1", owner()), Errc::forbidden);
    made(decide_approval(people_, id, true, author(dpo)));

    refused(use_approval(people_, id, "export", "case 2", owner()), Errc::forbidden);
    refused(use_approval(people_, id, "erase", "case 1", owner()), Errc::forbidden);
    refused(use_approval(people_, id, "export", "case 1", author(dpo)), Errc::forbidden);
    made(use_approval(people_, id, "export", "case 1", owner()));
    refused(use_approval(people_, id, "export", "case 1", owner()), Errc::forbidden);
}

TEST_F(PeopleTest, who_is_alone_types_the_recovery_sheet_and_waits_72_hours) {
    const Wanted without{.action = "erase", .what = "case 1", .reason = "asked to"};
    auto with = without;
    with.sheet_typed = true;

    refused(request_approval(people_, without, owner()), Errc::forbidden);
    const auto id = made(request_approval(people_, with, owner()));
    EXPECT_TRUE(people_.approval(id)->alone);

    now_ += hours(72) - std::chrono::seconds(1);
    refused(use_approval(people_, id, "erase", "case 1", owner()), Errc::forbidden);
    now_ += std::chrono::seconds(1);
    made(use_approval(people_, id, "erase", "case 1", owner()));
}

TEST_F(PeopleTest, what_waits_alone_can_be_stopped) {
    const auto id = made(request_approval(
        people_, {.action = "erase", .what = "x", .reason = "r", .sheet_typed = true}, owner()));
    made(decide_approval(people_, id, false, owner()));

    now_ += hours(73);

    refused(use_approval(people_, id, "erase", "x", owner()), Errc::forbidden);
}

TEST_F(PeopleTest, an_invitation_is_good_once_and_for_72_hours) {
    const auto boris = a_user("boris");
    const auto first = invite(people_, boris, false, owner());
    made(first);
    EXPECT_THAT(first->json, Not(HasSubstr(first->secret)));
    const auto second = invite(people_, boris, false, owner());
    made(second);

    refused(join(people_, first->secret, kept, now_), Errc::not_found);  // replaced
    refused(join(people_, second->secret, kept, now_ + hours(72)), Errc::not_found);
    refused(join(people_, "", kept, now_), Errc::not_found);
    made(join(people_, second->secret, kept, now_));
    EXPECT_EQ(people_.user(boris)->password, kept);
    refused(join(people_, second->secret, kept, now_), Errc::not_found);
}

TEST_F(PeopleTest, nobody_joins_who_is_switched_off) {
    const auto boris = a_user("boris");
    const auto invitation = invite(people_, boris, false, owner());
    made(invitation);
    made(set_active(people_, boris, false, owner()));

    refused(join(people_, invitation->secret, kept, now_), Errc::not_found);
    refused(invite(people_, boris, false, owner()), Errc::conflict);
    EXPECT_FALSE(people_.caller(boris, now_));
}

TEST_F(PeopleTest, an_invitation_may_take_the_second_factor_away) {
    const auto codes = new_recovery_codes();
    made(set_totp(people_, new_totp_seed(), codes.kept, owner()));
    made(add_passkey(
        people_, {.id = "id", .public_key = "key", .name = "n", .added = now_}, owner()));
    const auto invitation = invite(people_, owner_, true, author(std::string(operator_id)));
    made(invitation);
    EXPECT_FALSE(people_.user(owner_)->totp.empty());

    made(join(people_, invitation->secret, kept, now_));

    EXPECT_EQ(people_.user(owner_)->totp, joined_totp);
    EXPECT_TRUE(people_.user(owner_)->recovery.empty());
    EXPECT_TRUE(people_.user(owner_)->passkeys.empty());
}

TEST_F(PeopleTest, a_recovery_code_is_good_once) {
    const auto codes = new_recovery_codes();
    made(set_totp(people_, new_totp_seed(), codes.kept, owner()));
    const auto digest = recovery_digest(people_.user(owner_)->recovery, codes.shown[3]);
    ASSERT_TRUE(digest);

    made(use_recovery_code(people_, *digest, owner()));

    EXPECT_THAT(people_.user(owner_)->recovery, SizeIs(9));
    EXPECT_FALSE(recovery_digest(people_.user(owner_)->recovery, codes.shown[3]));
    refused(use_recovery_code(people_, *digest, owner()), Errc::invalid);
}

TEST_F(PeopleTest, a_passkey_belongs_to_one_user) {
    const Passkey key{
        .id = std::string("\0\xff id", 5), .public_key = "key", .name = "n", .added = now_};
    const auto boris = a_user("boris");
    made(set_totp(people_, new_totp_seed(), {}, owner()));
    made(add_passkey(people_, key, owner()));

    refused(add_passkey(people_, key, author(boris)), Errc::invalid);
    refused(remove_passkey(people_, key.id, author(boris)), Errc::invalid);
    EXPECT_EQ(people_.user_by_passkey(key.id)->id, owner_);
    made(remove_passkey(people_, key.id, owner()));
    EXPECT_EQ(people_.user_by_passkey(key.id), nullptr);
}

TEST_F(PeopleTest, a_token_has_at_most_the_rights_of_its_user_and_of_itself) {
    const auto boris = a_user("boris", {{.role = Role::lawyer, .scope = {.everything = true}}});
    refused(add_token(people_, {.name = "t", .rights = {Right::keys_manage}}, author(boris)),
            Errc::forbidden);
    const auto token = add_token(
        people_,
        {.name = "t", .rights = {Right::search, Right::take_out}, .until = now_ + hours(1)},
        author(boris));
    made(token);
    EXPECT_THAT(token->json, Not(HasSubstr(token->secret.substr(21))));

    const auto caller = people_.caller_by_token(token->secret, now_);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->rights, (std::set{Right::search, Right::take_out}));
    EXPECT_EQ(caller->token, token->id);
    EXPECT_FALSE(people_.caller_by_token(token->secret, now_ + hours(1)));
    auto wrong = token->secret;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    EXPECT_FALSE(people_.caller_by_token(wrong, now_));
    EXPECT_FALSE(people_.caller_by_token("letopis_", now_));

    made(set_grants(people_, boris, {}, owner()));
    EXPECT_TRUE(people_.caller_by_token(token->secret, now_)->rights.empty());
    made(revoke_token(people_, token->id, owner()));
    EXPECT_FALSE(people_.caller_by_token(token->secret, now_));
}

TEST_F(PeopleTest, a_saved_search_is_its_users) {
    const auto boris = a_user("boris");
    const auto id = made(save_search(people_, {.name = "долги", .query = "долг*"}, owner()));

    refused(save_search(people_, {.id = id, .name = "x", .query = "y"}, author(boris)),
            Errc::not_found);
    refused(remove_search(people_, id, author(boris)), Errc::not_found);
    made(save_search(people_, {.id = id, .name = "debts", .query = "долг*"}, owner()));
    EXPECT_EQ(people_.searches().at(id).name, "debts");
    made(remove_search(people_, id, owner()));
    EXPECT_TRUE(people_.searches().empty());
}

TEST_F(PeopleTest, documents_are_taken_in_order_and_whole_or_not_at_all) {
    const auto before = people_;
    const auto change = set_password(people_, kept, owner());

    EXPECT_EQ(people_.apply(change->json, *people_.last()).error().code, Errc::conflict);
    EXPECT_EQ(people_.apply(change->json.substr(1), 100).error().code, Errc::corrupt);
    EXPECT_EQ(people_.apply("{}", 100).error().code, Errc::corrupt);
    EXPECT_EQ(people_.apply(R"({"v":2})", 100).error().code, Errc::unsupported);
    EXPECT_EQ(people_.apply(std::string(1000, '['), 100).error().code, Errc::corrupt);
    EXPECT_EQ(people_.apply(std::string(1 << 20, ' '), 100).error().code, Errc::corrupt);
    EXPECT_EQ(
        people_
            .apply(
                R"({"v":1,"change":"brain_scanned","at":"2026-01-01T00:00:00Z","by":"operator"})",
                100)
            .error()
            .code,
        Errc::unsupported);
    EXPECT_TRUE(people_ == before);
}

TEST_F(PeopleTest, a_field_of_a_later_time_does_no_harm) {
    auto text = set_password(people_, kept, owner())->json;
    text.insert(1, R"("mood":["good",{"very":true}],)");

    EXPECT_TRUE(people_.apply(text, 100));
    EXPECT_EQ(people_.user(owner_)->password, kept);
}

// Frozen: what was once stored is read the same for ever.
TEST_F(PeopleTest, a_document_of_the_first_version_is_read) {
    People people;
    const std::string text =
        R"({"v":1,"change":"user_added","at":"2026-09-21T14:13:20Z","by":"operator","new_user":)"
        R"({"id":"u-0123456789","login":"anna","name":"Анна","email":"anna@firm.example","locale":"ru",)"
        R"("addresses":["anna@firm.example"],"grants":[{"role":"lawyer","scope":{"clients":["c@d.example"],)"
        R"("from":"2026-01-01T00:00:00Z"},"until":"2027-01-01T00:00:00Z","reason":"dispute","by":"operator"}],)"
        R"("external":[["https://idp.example","42"]],"created":"2026-09-21T14:13:20.000001Z"}})";

    ASSERT_TRUE(people.apply(text, 7));

    const auto* anna = people.user_by_external("https://idp.example", "42");
    ASSERT_NE(anna, nullptr);
    EXPECT_EQ(anna->id, "u-0123456789");
    EXPECT_EQ(
        anna->grants,
        (std::vector<Grant>{{.role = Role::lawyer,
                             .scope = {.clients = {"c@d.example"}, .from = from_unix(1767225600)},
                             .until = from_unix(1798761600),
                             .reason = "dispute",
                             .by = "operator"}}));
    EXPECT_EQ(anna->created, from_unix(1790000000) + std::chrono::microseconds(1));
    EXPECT_EQ(people.last(), 7u);
}

// Whatever is decided can be applied, and the documents alone lead to the same people.
TEST_F(PeopleTest, people_rebuilt_from_their_documents_are_the_same) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::size_t limit) { return random() % limit; };
        std::vector<std::string> users = {owner_}, groups;
        const auto somebody = [&] { return users[below(users.size())]; };
        const auto some_grants = [&] {
            std::vector<Grant> grants;
            for (auto count = below(3); count > 0; --count) {
                Grant grant{.role = all_roles()[below(9)]};
                if (below(2))
                    grant.scope = {.clients = {"c" + std::to_string(below(9)) + "@d.example"}};
                if (below(4) == 0) grant.scope = {.everything = true};
                if (below(4) == 0) {
                    grant.until = now_ + hours(below(99) + 1);
                    grant.reason = "r\"\\ ы";
                }
                grants.push_back(std::move(grant));
            }
            return grants;
        };
        int done = 0;
        for (int i = 0; i < 150; ++i) {
            now_ += std::chrono::microseconds(below(10'000'000'000));
            Author who = author(somebody());
            if (below(2)) who.ask = "please";
            const auto login = "l" + std::to_string(seed) + "-" + std::to_string(i);
            std::vector<std::string> ids;
            for (const auto& [id, approval] : people_.approvals()) ids.push_back(id);
            Result<Change> change = [&]() -> Result<Change> {
                switch (below(14)) {
                    case 0:
                        return add_user(people_,
                                        {.login = login,
                                         .name = "N",
                                         .addresses = {login + "@firm.example"},
                                         .grants = some_grants(),
                                         .external = {{"https://idp", login}}},
                                        who);
                    case 1:
                        return change_group(
                            people_, {.group = {.name = "g", .grants = some_grants()}}, who);
                    case 2: return set_grants(people_, somebody(), some_grants(), who);
                    case 3:
                        return set_groups(
                            people_,
                            somebody(),
                            groups.empty() ? groups : std::vector{groups[below(groups.size())]},
                            who);
                    case 4: return set_active(people_, somebody(), below(3) != 0, who);
                    case 5:
                        return set_totp(people_, new_totp_seed(), new_recovery_codes().kept, who);
                    case 6:
                        return add_passkey(people_,
                                           {.id = login + '\0',
                                            .public_key = new_totp_seed(),
                                            .counter = static_cast<std::uint32_t>(random()),
                                            .name = "k",
                                            .added = now_},
                                           who);
                    case 7: return invite(people_, somebody(), below(2) != 0, who);
                    case 8: return add_token(people_, {.name = "t", .rights = {Right::self}}, who);
                    case 9:
                        return save_search(
                            people_, {.name = "s", .query = "a\nb", .shared = true}, who);
                    case 10: return set_password(people_, kept, who);
                    case 11:
                    case 12:
                        if (ids.empty()) return fail(Errc::not_found, "none");
                        return decide_approval(people_, ids[below(ids.size())], below(3) != 0, who);
                    default:
                        return describe_user(
                            people_,
                            somebody(),
                            {.name = "Имя", .locale = "en", .addresses = {"x@y.example"}},
                            who);
                }
            }();
            if (!change) continue;
            ++done;
            made(change);
            if (change->asked) continue;
            if (people_.user(change->id)) users.push_back(change->id);
            if (change->id.starts_with("g-")) groups.push_back(change->id);
        }
        EXPECT_GT(done, 30);
        EXPECT_GT(people_.users().size(), 1u);
    }

    People rebuilt;
    for (std::size_t i = 0; i < documents_.size(); ++i)
        ASSERT_TRUE(rebuilt.apply(documents_[i], i)) << documents_[i];
    EXPECT_TRUE(rebuilt == people_);
}

}  // namespace
}  // namespace letopis::access
