// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/proxy.hpp"

#include <gtest/gtest.h>

namespace letopis::net {
namespace {

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string binary(unsigned char command, unsigned char family, const std::string& rest) {
    std::string out = signature;
    out += static_cast<char>(command);
    out += static_cast<char>(family);
    out += static_cast<char>(rest.size() >> 8);
    out += static_cast<char>(rest.size() & 0xff);
    return out + rest;
}

const std::string addresses4("\xc0\x00\x02\x01\x0a\x00\x00\x01\x30\x39\x01\xbb", 12);

TEST(Proxy, reads_a_line_and_says_where_it_ends) {
    const std::string line = "PROXY TCP4 192.0.2.1 10.0.0.1 12345 443\r\n";

    const auto header = parse_proxy_header(line + "GET / HTTP/1.1\r\n");

    ASSERT_TRUE(header && *header);
    EXPECT_EQ((*header)->address, "192.0.2.1");
    EXPECT_EQ((*header)->port, 12345);
    EXPECT_EQ((*header)->size, line.size());
    EXPECT_FALSE((*header)->secure);
}

TEST(Proxy, reads_ipv6_and_unknown) {
    EXPECT_EQ((*parse_proxy_header("PROXY TCP6 2001:DB8::1 ::1 1 65535\r\n"))->address,
              "2001:db8::1");
    EXPECT_EQ((*parse_proxy_header("PROXY UNKNOWN ff ff 1 2\r\n"))->address, "");
}

TEST(Proxy, reads_the_binary_form_with_its_values) {
    const std::string tls("\x20\x00\x05\x01\x00\x00\x00\x00", 8);

    const auto header = parse_proxy_header(binary(0x21, 0x11, addresses4 + tls));

    ASSERT_TRUE(header && *header);
    EXPECT_EQ((*header)->address, "192.0.2.1");
    EXPECT_EQ((*header)->port, 12345);
    EXPECT_TRUE((*header)->secure);
    EXPECT_EQ((*header)->size, 16u + 20u);
    const auto six = binary(0x21, 0x21, std::string(15, '\0') + '\1' + std::string(20, '\0'));
    EXPECT_EQ((*parse_proxy_header(six))->address, "::1");
    EXPECT_EQ((*parse_proxy_header(binary(0x20, 0x00, "")))->address, "");
}

TEST(Proxy, refuses_everything_else) {
    for (const std::string& bad : {std::string("GET / HTTP/1.1\r\n"),
                                   std::string("PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3\r\n"),
                                   std::string("PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n"),
                                   std::string("PROXY TCP4 192.0.2.01 10.0.0.1 1 2\r\n"),
                                   std::string("PROXY TCP4 ::1 ::1 1 2\r\n"),
                                   std::string("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"),
                                   std::string("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"),
                                   std::string("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"),
                                   std::string("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"),
                                   "PROXY UNKNOWN " + std::string(120, 'x'),
                                   binary(0x31, 0x11, addresses4),
                                   binary(0x22, 0x11, addresses4),
                                   binary(0x21, 0x12, addresses4),
                                   binary(0x21, 0x31, std::string(216, '\0')),
                                   binary(0x21, 0x11, addresses4.substr(1)),
                                   binary(0x21, 0x11, addresses4 + std::string("\x20\x00\x09", 3)),
                                   binary(0x21, 0x11, addresses4 + "\x20"),
                                   binary(0x21, 0x11, std::string(5000, '\0'))})
        EXPECT_FALSE(parse_proxy_header(bad)) << bad;
}

TEST(Proxy, never_asks_for_bytes_behind_the_header) {
    for (const std::string& header : {std::string("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n"),
                                      std::string("PROXY UNKNOWN\r\n"),
                                      binary(0x21, 0x11, addresses4),
                                      binary(0x20, 0x00, "")}) {
        std::string read;
        for (;;) {
            const auto parsed = parse_proxy_header(read);
            ASSERT_TRUE(parsed);
            if (*parsed) break;
            const auto missing = proxy_header_missing(read);
            ASSERT_GT(missing, 0u);
            ASSERT_LE(read.size() + missing, header.size());
            read = header.substr(0, read.size() + missing);
        }
        EXPECT_EQ(read, header);
    }
}

}  // namespace
}  // namespace letopis::net
