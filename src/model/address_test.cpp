// SPDX-License-Identifier: AGPL-3.0-or-later
#include "model/address.hpp"

#include <gtest/gtest.h>

namespace letopis::model {
namespace {

TEST(Address, russian_telephone_numbers_have_one_form) {
    for (const char* given : {"+7 916 123-45-67",
                              "8 (916) 123-45-67",
                              "89161234567",
                              "79161234567",
                              "9161234567",
                              "8-10-7-916-123-45-67",
                              "007 916 123 45 67",
                              "tel:+7-916-123-45-67",
                              "\u202a+7\u00a0916\u00a0123\u201145\u201167\u202c",
                              " +7.916.123.45.67 "})
        EXPECT_EQ(normalise_phone(given), "+79161234567") << given;
}

TEST(Address, an_extension_is_not_part_of_the_number) {
    for (const char* given : {"8 495 123-45-67 доб. 123",
                              "+7 495 123-45-67 ext 12",
                              "+7 495 123-45-67,123",
                              "tel:+74951234567;ext=12",
                              "8 (495) 1234567 вн.5",
                              "+74951234567 x9",
                              "+74951234567#9"})
        EXPECT_EQ(normalise_phone(given), "+74951234567") << given;
}

TEST(Address, foreign_numbers_keep_their_country) {
    EXPECT_EQ(normalise_phone("+44 20 7946 0958"), "+442079460958");
    EXPECT_EQ(normalise_phone("00442079460958"), "+442079460958");
    EXPECT_EQ(normalise_phone("8 10 44 20 7946 0958"), "+442079460958");
    EXPECT_EQ(normalise_phone("+372 5555 1234"), "+37255551234");
    EXPECT_EQ(normalise_phone("380501234567"), "+380501234567");
}

TEST(Address, what_is_not_a_telephone_number_is_refused) {
    for (const char* given : {"",
                              "+",
                              "Иван",
                              "123",
                              "4951234567",
                              "+7 916 123-45",
                              "+7916123456789",
                              "anna@corp.example",
                              "+1 ++2 3456789",
                              "12345678901234567890",
                              "доб. 12",
                              "0123456789012"})
        EXPECT_EQ(normalise_phone(given), std::nullopt) << given;
}

TEST(Address, email_addresses_have_one_form) {
    for (const char* given : {"anna@corp.example",
                              "Anna@Corp.Example",
                              " <ANNA@corp.example> ",
                              "mailto:anna@corp.example",
                              "\"anna\"@corp.example",
                              "anna@corp.example."})
        EXPECT_EQ(normalise_email(given), "anna@corp.example") << given;
    EXPECT_EQ(normalise_email("\"a b\"@x.example"), "\"a b\"@x.example");
    EXPECT_EQ(normalise_email("почта@кто.рф"), "почта@кто.рф");
    EXPECT_EQ(normalise_email("a+tag@x.example"), "a+tag@x.example");
    EXPECT_EQ(normalise_email("a@[192.0.2.1]"), "a@[192.0.2.1]");
}

TEST(Address, what_is_not_an_email_address_is_refused) {
    for (const char* given : {"",
                              "@",
                              "anna",
                              "anna@",
                              "@corp.example",
                              "an na@corp.example",
                              "anna@corp example",
                              "anna@.example",
                              "anna@a..b",
                              "anna at corp.example",
                              "a\nb@x.example",
                              "a,b@x.example",
                              "a@b@c.example",
                              "\xff@x.example"})
        EXPECT_EQ(normalise_email(given), std::nullopt) << given;
    EXPECT_EQ(normalise_email(std::string(400, 'a') + "@x.example"), std::nullopt);
}

}  // namespace
}  // namespace letopis::model
