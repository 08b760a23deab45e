// SPDX-License-Identifier: AGPL-3.0-or-later
// What must hold between the people before a change and after it. Pure.
#pragma once

#include <string_view>

#include "access/people.hpp"

namespace letopis::access {

// There is an active owner or administrator for good, once there was one; no roles meet in one
// person that are not for one person. Errors: conflict.
Result<void> hold_rules(const People& before, const People& after, Instant now);

// Has anybody, now or later, a right or a scope that no grant gave before?
bool raises_rights(const People& before, const People& after, Instant now);

// With nobody else to approve: does it give what the author does not have, or the power to approve,
// and is the archive older than the 72 hours in which its first user arranges everything?
bool beyond_one_person(const People& before,
                       const People& after,
                       std::string_view author,
                       Instant now,
                       bool takes_over);

// Could the author get rights by becoming this user?
bool has_more_rights(const People& people, const User& user, std::string_view author, Instant now);

}  // namespace letopis::access
