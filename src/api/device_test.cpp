// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/device.hpp"

#include <gtest/gtest.h>

namespace letopis::api {
namespace {

std::string of(std::string_view agent) {
    const auto device = device_of(agent);
    return device.browser + "|" + device.system;
}

TEST(Device, is_called_as_people_call_it) {
    EXPECT_EQ(of("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/131.0.0.0 Safari/537.36"),
              "Chrome 131|Linux");
    EXPECT_EQ(of("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu "
                 "Chromium/131.0.0.0 Chrome/131.0.0.0 Safari/537.36"),
              "Chromium 131|Linux");
    EXPECT_EQ(of("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "HeadlessChrome/120.0.6099.224 Safari/537.36"),
              "Chrome 120|Linux");
    EXPECT_EQ(of("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"),
              "Edge 130|Windows");
    EXPECT_EQ(of("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/128.0.0.0 YaBrowser/24.10.0.0 Safari/537.36"),
              "Yandex Browser 24|Windows");
    EXPECT_EQ(
        of("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
           "Gecko) Version/18.1 Safari/605.1.15"),
        "Safari 18|macOS");
    EXPECT_EQ(of("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
                 "(KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1"),
              "Chrome 131|iPhone");
    EXPECT_EQ(of("Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0"),
              "Firefox 133|Android");
    EXPECT_EQ(of("curl/8.5.0"), "curl 8|");
}

TEST(Device, says_nothing_that_it_does_not_know) {
    EXPECT_EQ(of(""), "|");
    EXPECT_EQ(of("Mozilla/5.0"), "|");
    EXPECT_EQ(of("<script>alert(1)</script>"), "|");
    EXPECT_EQ(of("Очень/1"), "|");
    EXPECT_EQ(of("Chrome/99999999999999"), "Chrome|");
    EXPECT_EQ(of("Chrome/"), "Chrome|");
    EXPECT_EQ(of(std::string(1000, 'a')), "|");
    EXPECT_EQ(of(std::string(300, ' ') + "Firefox/133.0"), "|");
}

TEST(Device, is_never_long_whatever_is_sent) {
    for (const auto* agent :
         {"SamsungBrowser/99999 Windows", "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/1"}) {
        EXPECT_LE(device_of(agent).browser.size(), 40u);
        EXPECT_LE(device_of(agent).system.size(), 40u);
    }
}

}  // namespace
}  // namespace letopis::api
