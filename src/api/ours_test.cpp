// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/ours.hpp"

#include <gtest/gtest.h>

namespace letopis::api {
namespace {

TEST(Ours, an_entry_has_one_form) {
    EXPECT_EQ(own_entry(" @Firm.Example ").value(), "firm.example");
    EXPECT_EQ(own_entry("Sales@Firm.Example").value(), "sales@firm.example");
    EXPECT_EQ(own_entry("+7 (916) 123-45-67").value(), "+79161234567");
    EXPECT_EQ(own_entry("user4242").value(), "user4242");
    EXPECT_EQ(own_entry("Чат с Анной/Пётр").value(), "Чат с Анной/Пётр");
    for (const auto* wrong : {"",
                              "  ",
                              "firm",
                              "firm.",
                              ".example",
                              "-firm.example",
                              "a b@c.example",
                              "firm..example",
                              "фирма.рф",
                              "+12",
                              "@",
                              "user",
                              "/Пётр"})
        EXPECT_FALSE(own_entry(wrong)) << wrong;
    EXPECT_FALSE(own_entry(std::string(400, 'a') + ".example"));
}

TEST(Ours, entries_are_kept_once_and_not_without_end) {
    EXPECT_EQ(own_entries({"a.example", "", "A.example", "b.example"}).value(),
              (std::vector<std::string>{"a.example", "b.example"}));
    std::vector<std::string> many;
    for (std::size_t i = 0; i <= own_entries_max; ++i)
        many.push_back("a" + std::to_string(i) + ".ru");
    EXPECT_FALSE(own_entries(many));
    many.pop_back();
    EXPECT_TRUE(own_entries(many));
}

TEST(Ours, a_domain_stands_for_its_addresses_and_those_below_it) {
    Ours ours;
    EXPECT_FALSE(ours.has("anna@firm.example"));
    ours.add("firm.example");
    ours.add("+79161234567");
    ours.add("user4242");
    EXPECT_TRUE(ours.has("anna@firm.example"));
    EXPECT_TRUE(ours.has("anna@mail.firm.example"));
    EXPECT_TRUE(ours.has("+79161234567"));
    EXPECT_TRUE(ours.has("user4242"));
    EXPECT_FALSE(ours.has("anna@otherfirm.example"));
    EXPECT_FALSE(ours.has("firm.example@client.example"));
    EXPECT_FALSE(ours.has("anna@example"));
    EXPECT_FALSE(ours.has("user424"));
    EXPECT_FALSE(ours.has(""));
}

TEST(Ours, an_export_says_whose_account_it_is) {
    const auto owner = [](const char* facts) {
        catalog::ContextView context;
        context.facts = facts;
        return owner_of(context);
    };
    EXPECT_EQ(owner(R"({"format":"telegram","owner":"user4242"})"), "user4242");
    EXPECT_EQ(owner(R"({"format":"whatsapp","owner":"Пётр","title":"Анна"})"), "Анна/Пётр");
    EXPECT_EQ(owner(R"({"format":"whatsapp","owner":"Пётр","file":"chat.txt"})"), "chat.txt/Пётр");
    EXPECT_EQ(owner(R"({"format":"whatsapp","owner":"+7 916 123-45-67","title":"Анна"})"),
              "+79161234567");
    EXPECT_EQ(owner(R"({"format":"mbox"})"), "");
    EXPECT_EQ(owner("nonsense"), "");
}

TEST(Ours, the_domains_of_the_users_are_proposed_unless_anybody_may_have_a_mailbox_there) {
    access::People people;
    const access::Author author{.id = std::string(access::operator_id), .now = Instant{}};
    std::uint64_t seq = 0;
    for (const auto& [login, email] :
         {std::pair("rita", "Rita@Firm.example"), std::pair("boris", "boris.firm@gmail.com")}) {
        access::NewUser wanted{.login = login, .name = login, .email = email};
        wanted.addresses = {std::string(login) + "@sales.example"};
        const auto made = access::add_user(people, wanted, author);
        ASSERT_TRUE(made);
        ASSERT_TRUE(people.apply(made->json, ++seq));
    }
    EXPECT_EQ(proposed_domains(people),
              (std::vector<std::string>{"firm.example", "sales.example"}));
    EXPECT_EQ(staff_addresses(people).size(), 4U);
}

}  // namespace
}  // namespace letopis::api
