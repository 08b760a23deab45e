// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace letopis {

// RFC 3986 section 2.1: every byte but the unreserved letters, digits and -._~ as %XX. Also right
// for form fields and for the extended parameters of headers (RFC 8187).
std::string percent_encoded(std::string_view bytes);

}  // namespace letopis
