// SPDX-License-Identifier: AGPL-3.0-or-later
// What does another server say? One request over libcurl, for what an administrator set up and
// nothing else: https with a verified certificate (in clear to 127.0.0.1 itself), no redirect, no
// proxy, no cookies, ten seconds, 256 KiB, and no way to this machine or its link by a name.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace letopis::fetch {

struct Request {
    std::string url;
    std::string form = {};           // empty: GET; else POST application/x-www-form-urlencoded
    std::string authorization = {};  // the header's value; may be empty
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    std::size_t body_max = 256 * 1024;
    std::string ca_file = {};  // PEM; empty: the system's
};
struct Answer {
    int status = 0;
    std::string body;
};

// Any thread may call; it blocks. Errors: invalid (an address that is not asked), unavailable (no
// answer, no trust, a forbidden address behind the name), too_large.
Result<Answer> fetch(const Request& request);

// Is an IP address one that a name of the net may lead to? Not this machine, not its link (where
// clouds keep their secrets), not many at once. Companies' own networks are.
bool may_connect(const std::string& address);

}  // namespace letopis::fetch
