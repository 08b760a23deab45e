// SPDX-License-Identifier: AGPL-3.0-or-later
// The header in which a proxy says for whom it opened a connection: the PROXY protocol of HAProxy,
// version 1 (a line) and 2 (binary). Only for connections from a proxy that is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace letopis::net {

struct ProxyHeader {
    // Empty: the proxy speaks for itself (a health check), or does not know.
    std::string address;
    std::uint16_t port = 0;
    bool secure = false;   // version 2: the caller came to the proxy over TLS
    std::size_t size = 0;  // bytes of the header
};

// Of the bytes that a connection begins with; nothing when they may become a header but are not one
// yet. Errors: invalid.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view bytes);

// After such a nothing: how many more bytes belong to the header for certain, at least one. What
// follows it is another protocol's, TLS perhaps, and must not be read with it.
std::size_t proxy_header_missing(std::string_view bytes);

}  // namespace letopis::net
