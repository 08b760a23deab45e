// SPDX-License-Identifier: AGPL-3.0-or-later
// The date of a mail header in every form that programs have written.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace letopis::mime {

// RFC 5322 with its obsolete forms, RFC 850, asctime, ISO 8601, numeric dates; two-digit years,
// missing seconds, names of zones, comments, Russian month names. No zone: UTC. nullopt when no
// date between 1970 and 2199 can be read.
std::optional<Instant> parse_date(std::string_view text);

}  // namespace letopis::mime
