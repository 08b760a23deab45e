// SPDX-License-Identifier: AGPL-3.0-or-later
// RFC 4648 section 5 without padding, as WebAuthn and JOSE write bytes. Strict: one text for each
// string of bytes.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace letopis::access {

inline std::string base64url(std::string_view bytes) {
    auto text = base64(bytes);
    text.erase(std::find(text.begin(), text.end(), '='), text.end());
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

inline std::optional<std::string> unbase64url(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
    std::string padded(text);
    std::replace(padded.begin(), padded.end(), '-', '+');
    std::replace(padded.begin(), padded.end(), '_', '/');
    padded.append((4 - padded.size() % 4) % 4, '=');
    auto bytes = unbase64(padded);
    if (!bytes || base64url(*bytes) != text) return std::nullopt;
    return bytes;
}

}  // namespace letopis::access
