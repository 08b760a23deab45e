// SPDX-License-Identifier: AGPL-3.0-or-later
// One number for all that the catalogue says, whatever its internal ids are.
#pragma once

#include <string>

#include "catalog/answers.hpp"
#include "catalog/records.hpp"
#include "catalog/store.hpp"

namespace letopis::catalog {

Result<std::string> digest_of(Store& store, Answers& answers, Records& records);

}  // namespace letopis::catalog
