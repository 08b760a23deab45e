// SPDX-License-Identifier: AGPL-3.0-or-later
// What is asked over the net is in tests/e2e/sign_in_provider_test.py, against servers that lie.
#include "fetch/fetch.hpp"

#include <gtest/gtest.h>

namespace letopis::fetch {
namespace {

TEST(Fetch, only_https_and_this_machine_by_its_number_are_asked) {
    for (const auto* url : {"",
                            "x",
                            "http://login.firm.example/",
                            "http://localhost:1/",
                            "http://127.0.0.1.firm.example/",
                            "ftp://127.0.0.1/",
                            "file:///etc/hostname",
                            "gopher://127.0.0.1/",
                            "https://user:word@login.firm.example/"}) {
        const auto answer = fetch({.url = url});
        ASSERT_FALSE(answer) << url;
        EXPECT_EQ(answer.error().code, Errc::invalid) << url;
    }
}

TEST(Fetch, names_do_not_lead_to_this_machine_or_its_link) {
    for (const auto* address : {"127.0.0.1",
                                "127.1.2.3",
                                "0.0.0.0",
                                "169.254.169.254",
                                "224.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "fe80::1",
                                "ff02::1",
                                "::ffff:127.0.0.1",
                                "::ffff:169.254.169.254",
                                "64:ff9b::7f00:1",
                                "2002:7f00:1::",
                                "not an address"})
        EXPECT_FALSE(may_connect(address)) << address;
    for (const auto* address :
         {"10.0.0.5", "192.168.1.2", "172.16.0.1", "203.0.113.5", "2a00:1450::1", "fd00::5"})
        EXPECT_TRUE(may_connect(address)) << address;
}

TEST(Fetch, a_name_of_this_machine_is_refused_before_a_connection) {
    const auto answer = fetch({.url = "https://localhost:1/"});

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
}

TEST(Fetch, a_server_that_is_not_there_is_unavailable) {
    const auto answer = fetch({.url = "http://127.0.0.1:1/", .timeout = std::chrono::seconds(2)});

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace letopis::fetch
