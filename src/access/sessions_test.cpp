// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/bytes.hpp"
#include "base/fake_clock.hpp"

namespace letopis::access {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

class SessionsTest : public testing::Test {
protected:
    SessionsTest()
        : dir_(std::filesystem::temp_directory_path() / ("letopis-state-" + hex(random_bytes(8)))) {
        std::filesystem::create_directories(dir_);
        open();
    }
    ~SessionsTest() override {
        sessions_.reset();
        std::filesystem::remove_all(dir_);
    }
    void open(std::string_view key = std::string_view()) {
        sessions_.reset();
        auto opened = Sessions::open(file(), key.empty() ? key_ : std::string(key), clock_);
        ASSERT_TRUE(opened) << opened.error().what;
        sessions_ = *std::move(opened);
    }
    Path file() const { return dir_ / "state.db"; }
    NewSession started(std::string_view user = "u-anna") {
        auto session = sessions_->start(user, "192.0.2.7", "Firefox", clock_.now());
        EXPECT_TRUE(session);
        return *std::move(session);
    }
    // true: may try
    bool tried(std::string_view login, std::string_view peer) {
        const auto wait = sessions_->login_attempt(login, peer);
        EXPECT_TRUE(wait);
        return wait && !*wait;
    }

    Path dir_;
    std::string key_ = std::string(32, 'k');
    FakeClock clock_;
    std::unique_ptr<Sessions> sessions_;
};

TEST_F(SessionsTest, a_cookie_leads_to_its_session_and_is_not_kept) {
    const auto anna = started();

    EXPECT_THAT(anna.secret, SizeIs(64));
    EXPECT_EQ(*sessions_->use(anna.secret), anna.session);
    EXPECT_EQ(sessions_->use(std::string(64, '0')).error().code, Errc::not_found);
    EXPECT_FALSE(sessions_->use(""));
    EXPECT_FALSE(sessions_->use("' OR 1=1 --"));
    EXPECT_FALSE(sessions_->use(anna.session.id));
    auto db = sql::Database::open(file(), key_, {.mode = sql::Mode::read});
    auto row = db->prepare("SELECT secret FROM session");
    ASSERT_TRUE(*row->step());
    EXPECT_NE(hex(row->blob(0)), anna.secret);
}

TEST_F(SessionsTest, an_idle_session_ends_after_thirty_minutes) {
    const auto anna = started();

    for (int i = 0; i < 10; ++i) {
        clock_.advance(minutes(29));
        ASSERT_TRUE(sessions_->use(anna.secret)) << i;
    }
    clock_.advance(minutes(30));
    EXPECT_EQ(sessions_->use(anna.secret).error().code, Errc::not_found);
}

TEST_F(SessionsTest, no_session_is_older_than_twelve_hours) {
    const auto anna = started();

    auto secret = anna.secret;
    for (int i = 0; i < 25; ++i) {
        clock_.advance(minutes(28));
        ASSERT_TRUE(sessions_->use(secret));
        secret = sessions_->step_up(secret)->secret;
    }
    clock_.advance(minutes(20));
    EXPECT_FALSE(sessions_->use(secret));
}

TEST_F(SessionsTest, a_step_up_changes_the_secret_and_the_time_of_the_factor) {
    const auto anna = started();
    clock_.advance(minutes(7));

    const auto after = sessions_->step_up(anna.secret);

    ASSERT_TRUE(after);
    EXPECT_NE(after->secret, anna.secret);
    EXPECT_EQ(after->session.id, anna.session.id);
    EXPECT_EQ(sessions_->use(after->secret)->second_factor, clock_.now());
    EXPECT_FALSE(sessions_->use(anna.secret));
}

TEST_F(SessionsTest, sessions_are_listed_and_ended_by_their_user_only) {
    const auto first = started(), second = started(), other = started("u-boris");

    EXPECT_THAT(*sessions_->list("u-anna"), SizeIs(2));
    EXPECT_EQ(sessions_->end("u-boris", first.session.id).error().code, Errc::not_found);
    EXPECT_TRUE(sessions_->end("u-anna", first.session.id));
    EXPECT_FALSE(sessions_->use(first.secret));
    EXPECT_TRUE(sessions_->use(second.secret));
    EXPECT_TRUE(sessions_->end_all("u-anna"));
    EXPECT_FALSE(sessions_->use(second.secret));
    EXPECT_TRUE(sessions_->use(other.secret));
}

TEST_F(SessionsTest, all_but_this_one_can_be_ended) {
    const auto first = started(), second = started();
    const auto waiting = sessions_->begin(Purpose::second_factor, "u-anna");

    ASSERT_TRUE(sessions_->end_all("u-anna", second.session.id));

    EXPECT_FALSE(sessions_->use(first.secret));
    EXPECT_TRUE(sessions_->use(second.secret));
    EXPECT_FALSE(sessions_->attempt(Purpose::second_factor, *waiting));
}

TEST_F(SessionsTest, sessions_outlive_the_program) {
    const auto anna = started();

    open();

    EXPECT_TRUE(sessions_->use(anna.secret));
}

TEST_F(SessionsTest, a_file_of_another_key_or_a_damaged_one_is_begun_anew) {
    const auto anna = started();

    open(std::string(32, 'x'));
    EXPECT_FALSE(sessions_->use(anna.secret));
    EXPECT_TRUE(sessions_->use(started().secret));

    sessions_.reset();
    std::ofstream(file(), std::ios::binary | std::ios::in) << std::string(4096, '\7');
    open(std::string(32, 'x'));
    EXPECT_TRUE(sessions_->use(started().secret));
}

TEST_F(SessionsTest, the_second_factor_has_five_tries_and_five_minutes) {
    const auto secret = sessions_->begin(Purpose::second_factor, "u-anna");
    for (int left = 4; left >= 0; --left) {
        const auto pending = sessions_->attempt(Purpose::second_factor, *secret);
        ASSERT_TRUE(pending);
        EXPECT_EQ(pending->user, "u-anna");
        EXPECT_EQ(pending->tries_left, left);
    }
    EXPECT_FALSE(sessions_->attempt(Purpose::second_factor, *secret));

    const auto late = sessions_->begin(Purpose::second_factor, "u-anna");
    clock_.advance(minutes(5));
    EXPECT_FALSE(sessions_->attempt(Purpose::second_factor, *late));
    EXPECT_FALSE(sessions_->finish(Purpose::second_factor, *late));
}

TEST_F(SessionsTest, who_knows_the_password_does_not_get_tries_without_end) {
    int tries = 0;
    for (int i = 0; i < 20; ++i) {
        const auto secret = sessions_->begin(Purpose::second_factor, "u-anna");
        while (sessions_->attempt(Purpose::second_factor, *secret)) ++tries;
    }

    EXPECT_EQ(tries, 30);
    clock_.advance(hours(1));
    EXPECT_TRUE(sessions_->attempt(Purpose::second_factor,
                                   *sessions_->begin(Purpose::second_factor, "u-anna")));
}

TEST_F(SessionsTest, a_pending_state_is_for_its_purpose_and_ends_once) {
    const auto secret = sessions_->begin(Purpose::redirect, "", "state and nonce");

    EXPECT_FALSE(sessions_->attempt(Purpose::second_factor, *secret));
    EXPECT_FALSE(sessions_->use(*secret));
    EXPECT_EQ(sessions_->attempt(Purpose::redirect, *secret)->data, "state and nonce");
    EXPECT_TRUE(sessions_->finish(Purpose::redirect, *secret));
    EXPECT_FALSE(sessions_->finish(Purpose::redirect, *secret));
    EXPECT_FALSE(sessions_->attempt(Purpose::redirect, *secret));
}

TEST_F(SessionsTest, there_is_one_set_up_token_at_a_time) {
    const auto first = sessions_->begin(Purpose::set_up, "");
    const auto second = sessions_->begin(Purpose::set_up, "");

    EXPECT_FALSE(sessions_->attempt(Purpose::set_up, *first));
    EXPECT_TRUE(sessions_->attempt(Purpose::set_up, *second));
    EXPECT_TRUE(sessions_->finish(Purpose::set_up, *second));
}

TEST_F(SessionsTest, of_many_who_use_one_step_at_once_one_gets_it) {
    std::atomic<int> got = 0;
    {
        std::vector<std::jthread> crowd;
        for (int i = 0; i < 8; ++i)
            crowd.emplace_back(
                [&] { got += *sessions_->use_totp_step("u-anna", 59'666'667) ? 1 : 0; });
    }

    EXPECT_EQ(got, 1);
    EXPECT_EQ(*sessions_->last_totp_step("u-anna"), 59'666'667);
    EXPECT_EQ(*sessions_->last_totp_step("u-boris"), 0);
    EXPECT_FALSE(*sessions_->use_totp_step("u-anna", 59'666'666));
    EXPECT_TRUE(*sessions_->use_totp_step("u-anna", 59'666'668));
}

TEST_F(SessionsTest, the_counter_of_a_passkey_only_grows) {
    EXPECT_FALSE(*sessions_->use_passkey_counter("copied", 7, 7));
    EXPECT_TRUE(*sessions_->use_passkey_counter("key", 7, 8));
    EXPECT_FALSE(*sessions_->use_passkey_counter("key", 7, 8));
    EXPECT_FALSE(*sessions_->use_passkey_counter("key", 7, 0));
    EXPECT_TRUE(*sessions_->use_passkey_counter("key", 7, 9));
    EXPECT_TRUE(*sessions_->use_passkey_counter("phone", 0, 0));
    EXPECT_TRUE(*sessions_->use_passkey_counter("phone", 0, 0));
    EXPECT_TRUE(*sessions_->use_passkey_counter("phone", 0, 1));
    EXPECT_FALSE(*sessions_->use_passkey_counter("phone", 0, 0));
}

TEST_F(SessionsTest, a_login_has_five_tries_in_fifteen_minutes_with_growing_pauses) {
    std::vector<long> pauses;
    for (int i = 0; i < 5; ++i) {
        long waited = 0;
        for (;;) {
            const auto wait = *sessions_->login_attempt("anna", "192.0.2.7");
            if (!wait) break;
            waited += wait->count();
            clock_.advance(*wait);
        }
        pauses.push_back(waited);
    }

    EXPECT_THAT(pauses, testing::ElementsAre(0, 0, 0, 2, 4));
    const auto wait = *sessions_->login_attempt("anna", "192.0.2.7");
    ASSERT_TRUE(wait);
    EXPECT_GT(*wait, minutes(14));
    clock_.advance(*wait);
    EXPECT_TRUE(tried("anna", "192.0.2.7"));
}

TEST_F(SessionsTest, nobody_else_is_locked_out) {
    for (int i = 0; i < 100; ++i) tried("anna", "198.51.100.9");

    EXPECT_FALSE(tried("anna", "198.51.100.9"));
    EXPECT_FALSE(tried("anna", "198.51.100.10"));  // the same /24
    EXPECT_TRUE(tried("anna", "192.0.2.7"));
    EXPECT_TRUE(tried("boris", "198.51.100.9"));
}

TEST_F(SessionsTest, an_address_has_thirty_failures_in_an_hour) {
    int allowed = 0;
    for (int i = 0; i < 60; ++i) allowed += tried("login" + std::to_string(i), "192.0.2.7") ? 1 : 0;

    EXPECT_EQ(allowed, 30);
    EXPECT_TRUE(tried("anna", "192.0.2.8"));
    clock_.advance(hours(1));
    EXPECT_TRUE(tried("anna", "192.0.2.7"));
}

TEST_F(SessionsTest, an_office_behind_one_address_signs_in) {
    for (int i = 0; i < 200; ++i) {
        const auto login = "login" + std::to_string(i);
        ASSERT_TRUE(tried(login, "192.0.2.7")) << i;
        ASSERT_TRUE(sessions_->login_succeeded(login, "192.0.2.7"));
    }
}

TEST_F(SessionsTest, many_addresses_together_are_slowed_down_but_not_where_the_user_works) {
    tried("anna", "192.0.2.7");
    ASSERT_TRUE(sessions_->login_succeeded("anna", "192.0.2.7"));
    int allowed = 0;
    for (int i = 0; i < 250; ++i)
        allowed += tried("anna", "10.0." + std::to_string(i) + ".1") ? 1 : 0;

    EXPECT_EQ(allowed, 50);
    EXPECT_TRUE(tried("anna", "192.0.2.7"));
    clock_.advance(seconds(10));
    EXPECT_TRUE(tried("anna", "10.1.0.1"));
    EXPECT_FALSE(tried("anna", "10.1.1.1"));
}

TEST_F(SessionsTest, a_success_forgives_the_failures_of_this_login_here) {
    for (int i = 0; i < 3; ++i) tried("anna", "192.0.2.7");

    ASSERT_TRUE(sessions_->login_succeeded("anna", "192.0.2.7"));

    for (int i = 0; i < 3; ++i) EXPECT_TRUE(tried("anna", "192.0.2.7"));
}

TEST_F(SessionsTest, what_was_typed_as_a_login_is_not_kept) {
    tried("my secret password by mistake", "192.0.2.7");
    auto db = sql::Database::open(file(), key_, {.mode = sql::Mode::read});
    auto row = db->prepare("SELECT count(*) FROM attempt WHERE key LIKE '%secret%'");

    ASSERT_TRUE(*row->step());
    EXPECT_EQ(row->integer(0), 0);
}

TEST(Networks, are_told_from_addresses) {
    EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.0/24");
    EXPECT_EQ(network_of("::ffff:192.0.2.7"), "192.0.2.0/24");
    EXPECT_EQ(network_of("2001:db8:0:1:aaaa:bbbb:cccc:dddd"), "2001:db8:0:1::/64");
    EXPECT_EQ(network_of("unix"), "unix");
    EXPECT_THAT(network_of(std::string(1000, 'x')), SizeIs(64));
}

}  // namespace
}  // namespace letopis::access
