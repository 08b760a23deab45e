// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/server.hpp"

#include <gtest/gtest.h>

namespace letopis::http {
namespace {

TEST(Server, refuses_a_port_that_is_in_use) {
    const auto first = Server::start({}, {});
    ASSERT_TRUE(first);

    const auto second = Server::start({.port = (*first)->port()}, {});

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
}

}  // namespace
}  // namespace letopis::http
