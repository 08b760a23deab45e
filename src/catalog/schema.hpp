// SPDX-License-Identifier: AGPL-3.0-or-later
// The tables (docs/formats/catalog.md says why they are as they are).
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "sql/sqlite.hpp"

namespace letopis::catalog {

// Makes the tables in an empty file, or checks that they are ours. A read-only catalogue that was
// never written is not_found.
Result<void> prepare_schema(sql::Database& db, const Options& options);

}  // namespace letopis::catalog
