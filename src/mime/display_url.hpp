// SPDX-License-Identifier: AGPL-3.0-or-later
// Which addresses in an HTML letter may stay, and what the bytes of a picture really are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace letopis::mime {

constexpr std::size_t image_bytes_max = std::size_t(2) << 20;

// As a browser would read it, with the signs that do not belong into an address encoded; empty
// unless it is a whole http, https, mailto or tel address.
std::string safe_link(std::string_view href);

// The host of an address that a browser would fetch over the network; empty when it would not.
std::string remote_host(std::string_view source);

// The bytes of a data: address; empty when it is none or beyond image_bytes_max.
std::string data_bytes(std::string_view source);

// What follows "cid:"; empty when it is no such address.
std::string cid_of(std::string_view source);

// "image/png", "image/jpeg", "image/gif" or "image/webp" by the first bytes, or empty.
std::string_view image_type(std::string_view bytes);

}  // namespace letopis::mime
