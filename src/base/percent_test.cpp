// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/percent.hpp"

#include <gtest/gtest.h>

namespace letopis {

TEST(Percent, LeavesTheUnreservedAlone) { EXPECT_EQ(percent_encoded("AZaz09-._~"), "AZaz09-._~"); }

TEST(Percent, EncodesEveryOtherByte) {
    EXPECT_EQ(percent_encoded("a b+c/д%"), "a%20b%2Bc%2F%D0%B4%25");
    EXPECT_EQ(percent_encoded(std::string_view("\0\xff", 2)), "%00%FF");
    EXPECT_EQ(percent_encoded("'()*!"), "%27%28%29%2A%21");
}

}  // namespace letopis
