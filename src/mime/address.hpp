// SPDX-License-Identifier: AGPL-3.0-or-later
// Address lists of mail headers, as they are and not as they should be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/message.hpp"

namespace letopis::mime {

constexpr std::size_t addresses_max = 10'000;  // in one mail; the rest is in the raw bytes

// Appends a party for each address or bare name in a raw header value: lists, groups, comments,
// encoded words, semicolons, quotes that never end, routes. `charset` is for raw 8-bit names.
void parse_addresses(std::string_view raw,
                     model::Role role,
                     std::string_view charset,
                     std::vector<model::Party>& out);

// "anna@xn--...": lower case, the domain as A-label (IDNA through ICU); empty when `text` is no
// e-mail address.
std::string normal_address(std::string_view text);

}  // namespace letopis::mime
