// SPDX-License-Identifier: AGPL-3.0-or-later
// What a request line asks for (RFC 9112 section 3.2).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace letopis::http {

struct Target {
    std::optional<std::string> authority;  // of the absolute form
    std::string path;
    std::map<std::string, std::string> query;
};

// Origin and absolute form. Nothing for others, for a bad escape, a NUL or anything that is not
// UTF-8 after decoding, and for a path with a ".." in it.
std::optional<Target> parse_target(std::string_view target);
// Percent-decoding; `form`: "+" is a space.
std::optional<std::string> decode_percent(std::string_view text, bool form);

}  // namespace letopis::http
