// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/people.hpp"
#include "access/totp.hpp"

namespace letopis::access {
namespace {

using std::chrono::hours;
using testing::IsEmpty;

const std::string kept = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA";
const std::string seed(totp_seed_size, 's');
const std::pair<std::string, std::string> identity{"https://login.firm.example", "s-1"};

class SignInTest : public testing::Test {
protected:
    SignInTest() {
        user_ = made(add_user(people_,
                              {.login = "anna", .name = "Anna", .grants = {{.role = Role::owner}}},
                              operator_now()));
    }
    Author operator_now() const { return {.id = std::string(operator_id), .now = now_}; }
    Author herself() const { return {.id = user_, .now = now_}; }
    std::string made(const Result<Change>& change) {
        EXPECT_TRUE(change) << (change ? "" : change.error().what);
        if (!change) return {};
        const auto applied = people_.apply(change->json, ++seq_);
        EXPECT_TRUE(applied) << applied.error().what;
        return change->id;
    }
    static void refused(const Result<Change>& change, Errc code) {
        ASSERT_FALSE(change) << change->json;
        EXPECT_EQ(change.error().code, code) << change.error().what;
    }

    People people_;
    std::string user_;
    std::uint64_t seq_ = 0;
    Instant now_ = from_unix(1'790'000'000);
};

TEST_F(SignInTest, a_first_sign_in_is_one_document) {
    const auto invitation = made(invite(people_, user_, true, operator_now()));

    made(enrol(people_,
               user_,
               {.invitation = invitation,
                .password = kept,
                .external = identity,
                .totp = seed,
                .recovery = {"digest"}},
               now_));

    const auto& user = *people_.user(user_);
    EXPECT_EQ(user.password, kept);
    EXPECT_EQ(user.totp, seed);
    EXPECT_EQ(user.recovery.size(), 1u);
    EXPECT_EQ(people_.user_by_external(identity.first, identity.second), &user);
    EXPECT_THAT(people_.invitations(), IsEmpty());
}

TEST_F(SignInTest, who_was_not_invited_sets_a_new_phone_and_nothing_else) {
    refused(enrol(people_, user_, {.password = kept, .totp = seed}, now_), Errc::invalid);
    refused(enrol(people_, user_, {.external = identity, .totp = seed}, now_), Errc::invalid);
    refused(enrol(people_, user_, {.totp = "short"}, now_), Errc::invalid);
    refused(enrol(people_, "u-0000000000", {.totp = seed}, now_), Errc::not_found);

    made(enrol(people_, user_, {.totp = seed}, now_));

    EXPECT_EQ(people_.user(user_)->totp, seed);
    EXPECT_TRUE(people_.user(user_)->password.empty());
}

TEST_F(SignInTest, an_invitation_of_somebody_else_or_of_the_past_is_none) {
    const auto other = made(add_user(people_, {.login = "boris", .name = "Boris"}, operator_now()));
    const auto invitation = made(invite(people_, other, true, operator_now()));

    refused(enrol(people_, user_, {.invitation = invitation, .totp = seed}, now_), Errc::not_found);
    EXPECT_NE(people_.invitation_of(other, now_), nullptr);
    now_ += hours(72);
    EXPECT_EQ(people_.invitation_of(other, now_), nullptr);
    refused(enrol(people_, other, {.invitation = invitation, .totp = seed}, now_), Errc::not_found);
}

TEST_F(SignInTest, an_identity_belongs_to_one) {
    const auto other = made(add_user(people_, {.login = "boris", .name = "Boris"}, operator_now()));
    const auto first = made(invite(people_, user_, true, operator_now()));
    const auto second = made(invite(people_, other, true, operator_now()));
    made(enrol(people_, user_, {.invitation = first, .external = identity, .totp = seed}, now_));

    refused(enrol(people_, other, {.invitation = second, .external = identity, .totp = seed}, now_),
            Errc::invalid);
}

TEST_F(SignInTest, one_second_factor_stays) {
    const Passkey key{.id = "id", .public_key = "key", .name = "n", .added = now_};
    refused(remove_totp(people_, herself()), Errc::not_found);
    made(enrol(people_, user_, {.totp = seed}, now_));
    refused(remove_totp(people_, herself()), Errc::conflict);

    made(add_passkey(people_, key, herself()));
    made(remove_totp(people_, herself()));

    refused(remove_passkey(people_, key.id, herself()), Errc::conflict);
}

TEST_F(SignInTest, settings_are_kept_as_they_were_set) {
    const SignIn wanted{
        .address = "https://archive.firm.example",
        .oidc = OidcSignIn{.name = "Firm",
                           .issuer = "https://login.firm.example",
                           .client_id = "letopis",
                           .sealed_secret = "sealed",
                           .amr_values = {"mfa"}},
        .ldap = LdapSignIn{.name = "Directory",
                           .settings = {.url = "ldaps://dc.firm.example", .base = "dc=firm"},
                           .certificates = "-----BEGIN CERTIFICATE-----\n"}};
    made(set_sign_in(people_, wanted, herself()));
    EXPECT_EQ(people_.sign_in(), wanted);

    made(set_sign_in(people_, {}, herself()));
    EXPECT_EQ(people_.sign_in(), SignIn());
}

TEST_F(SignInTest, settings_that_are_not_safe_are_refused) {
    const OidcSignIn oidc{.name = "F", .issuer = "https://login.firm.example", .client_id = "l"};
    refused(set_sign_in(people_, {.oidc = oidc}, herself()), Errc::invalid);  // no way back
    auto plain = oidc;
    plain.issuer = "http://login.firm.example";
    refused(set_sign_in(people_, {.address = "https://a.example", .oidc = plain}, herself()),
            Errc::invalid);
    for (const auto* address : {"http://archive.firm.example",
                                "https://",
                                "https://a.example/path",
                                "https://user@a.example",
                                "https://A.example",
                                "http://localhost.evil.example",
                                "x"}) {
        EXPECT_FALSE(is_public_address(address)) << address;
        refused(set_sign_in(people_, {.address = address}, herself()), Errc::invalid);
    }
    for (const auto* address : {"https://a.example",
                                "https://a.example:8443",
                                "http://localhost",
                                "http://localhost:8470"})
        EXPECT_TRUE(is_public_address(address)) << address;
}

}  // namespace
}  // namespace letopis::access
