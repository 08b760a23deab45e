// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/passwords.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <leaked_passwords.hpp>
#include <thread>
#include <vector>

namespace letopis::access {
namespace {

constexpr PasswordCost cheap = {.memory_kib = 8, .passes = 1};
constexpr PasswordOwner anna = {.login = "anna", .company = "Ромашка"};

TEST(Passwords, a_long_enough_one_is_accepted_whatever_it_is_made_of) {
    for (const auto* good : {"correct horse battery staple",
                             "тихий берег и семь чаек",
                             "jfkwpvmzqrnd",
                             "904715283660",
                             "    spaces, too    "})
        EXPECT_TRUE(acceptable(good, anna)) << good;
    EXPECT_TRUE(acceptable("пвшгтсцылрмь", anna));                      // 12 code points, 24 bytes
    EXPECT_TRUE(acceptable("w7" + std::string(125, '.') + "k", anna));  // 128
}

TEST(Passwords, length_is_counted_in_code_points) {
    EXPECT_FALSE(acceptable("jfkwpvmzqrn", anna));
    EXPECT_FALSE(acceptable("пвшгтсцылрм", anna));
    EXPECT_FALSE(acceptable("w7" + std::string(126, '.') + "k", anna));
    EXPECT_FALSE(acceptable("", anna));
    EXPECT_FALSE(acceptable(std::string(100'000, 'x'), anna));
    EXPECT_FALSE(acceptable("\xff\xfe and no text at all", anna));
}

TEST(Passwords, what_everybody_tries_first_is_refused) {
    for (const auto* bad : {"1qaz2wsx3edc",
                            "123qweASDZXC",
                            "Administrator",
                            "Password123!",
                            "password2026!",
                            "!!football2026",
                            "aaaaaaaaaaaaaa",
                            "abcabcabcabc",
                            "123456789012",
                            "098765432109",
                            "abcdefghijklm"})
        EXPECT_FALSE(acceptable(bad, anna)) << bad;
    EXPECT_GT(leaked_password_hashes().size(), 30'000u);
}

TEST(Passwords, the_login_and_the_company_with_little_else_are_refused) {
    EXPECT_FALSE(acceptable("Anna.1990-12", {.login = "anna.1990", .company = ""}));
    EXPECT_FALSE(acceptable("РОМАШКА-2026!", anna));
    EXPECT_TRUE(acceptable("ромашка вяжет носки", anna));
}

TEST(Passwords, a_refusal_tells_why_and_not_what) {
    const auto refused = acceptable("password123!", anna);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_EQ(refused.error().what.find("password123"), std::string::npos);
    EXPECT_FALSE(refused.error().hint.empty());
}

TEST(Passwords, the_cost_is_the_one_that_is_promised) {
    Passwords passwords;

    const auto kept = passwords.hash("correct horse battery staple");

    ASSERT_TRUE(kept);
    EXPECT_TRUE(kept->starts_with("$argon2id$v=19$m=65536,t=3,p=1$")) << *kept;
    EXPECT_TRUE(passwords.verify(*kept, "correct horse battery staple")->right);
}

TEST(Passwords, only_the_same_password_is_right) {
    Passwords passwords(cheap);
    const auto kept = passwords.hash("correct horse battery staple");
    ASSERT_TRUE(kept);

    EXPECT_TRUE(passwords.verify(*kept, "correct horse battery staple")->right);
    EXPECT_FALSE(passwords.verify(*kept, "correct horse battery stapl")->right);
    EXPECT_FALSE(passwords.verify(*kept, "Correct horse battery staple")->right);
    EXPECT_FALSE(passwords.verify(*kept, "")->right);
    EXPECT_FALSE(passwords.verify(*kept, std::string(100'000, 'x'))->right);
    EXPECT_NE(*kept, *passwords.hash("correct horse battery staple"));
}

TEST(Passwords, the_same_letters_in_another_normal_form_are_the_same_password) {
    Passwords passwords(cheap);
    const auto kept = passwords.hash("чай и чайки \xd0\xb9");  // й

    EXPECT_TRUE(passwords.verify(*kept, "чаи\xcc\x86 и чаи\xcc\x86ки \xd0\xb8\xcc\x86")->right);
}

TEST(Passwords, nothing_is_right_for_an_unknown_login_and_it_costs_the_same_work) {
    Passwords passwords({.memory_kib = 16384, .passes = 3});
    const auto kept = passwords.hash("correct horse battery staple");
    const auto seconds = [&](std::string_view stored, std::string_view password) {
        timespec before{}, after{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        EXPECT_FALSE(passwords.verify(stored, password)->right);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        return static_cast<double>(after.tv_sec - before.tv_sec) +
               static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e9;
    };
    seconds(*kept, "warm the allocator up");

    const auto known = seconds(*kept, "a wrong password");
    for (const auto other : {seconds("", "a wrong password"),
                             seconds(*kept, std::string(5000, 'x')),
                             seconds(*kept, "\xff\xff")}) {
        EXPECT_GT(other, known / 3);
        EXPECT_LT(other, known * 3);
    }
}

TEST(Passwords, damaged_texts_are_never_right) {
    Passwords passwords(cheap);

    for (const auto& kept : {std::string("x"),
                             std::string("$argon2id$"),
                             std::string("$argon2id$v=19$m=4294967295,t=3,p=1$AAAA$AAAA"),
                             std::string(500, '$')})
        EXPECT_FALSE(passwords.verify(kept, "correct horse battery staple")->right);
}

TEST(Passwords, a_lower_cost_is_outdated) {
    Passwords before(cheap), today({.memory_kib = 16, .passes = 2});
    const auto kept = before.hash("correct horse battery staple");

    const auto answer = today.verify(*kept, "correct horse battery staple");

    EXPECT_TRUE(answer->right);
    EXPECT_TRUE(answer->outdated);
    EXPECT_FALSE(before.verify(*kept, "correct horse battery staple")->outdated);
    EXPECT_FALSE(today.verify(*kept, "another password altogether")->outdated);
}

TEST(Passwords, a_flood_is_turned_away_and_then_all_goes_on) {
    Passwords passwords({.memory_kib = 32768, .passes = 3});
    std::atomic<int> done = 0, away = 0;
    {
        std::vector<std::jthread> crowd;
        for (int i = 0; i < 60; ++i)
            crowd.emplace_back([&] {
                const auto answer = passwords.verify("", "a wrong password");
                ++(answer ? done : away);
                if (!answer) {
                    EXPECT_EQ(answer.error().code, Errc::unavailable);
                }
            });
    }

    EXPECT_GE(done, password_queue_max + password_runs_max);
    EXPECT_GT(away, 0);
    EXPECT_TRUE(passwords.verify("", "a wrong password"));
}

}  // namespace
}  // namespace letopis::access
