// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace letopis::http {

// Fields of a query or of a body of application/x-www-form-urlencoded, decoded; of equal names the
// first. Nothing: a bad escape, a NUL, or what is not UTF-8.
std::optional<std::map<std::string, std::string>> form_fields(std::string_view text);

}  // namespace letopis::http
