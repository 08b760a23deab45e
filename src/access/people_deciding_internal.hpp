// SPDX-License-Identifier: AGPL-3.0-or-later
// Deciding: a change is tried on a copy, and what comes out is held against the rules. So a
// document that is returned can always be applied.
#pragma once

#include <string_view>

#include "access/people_internal.hpp"

namespace letopis::access {

constexpr auto invitation_time = std::chrono::hours(72);

inline boost::json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

// What every document begins with.
boost::json::object document(std::string_view change, const Author& author);

// `takes_over`: the author could become somebody who has more rights.
Result<Change> finish(const People& people,
                      boost::json::object object,
                      const Author& author,
                      Change made = {},
                      bool takes_over = false);

}  // namespace letopis::access
