// SPDX-License-Identifier: AGPL-3.0-or-later
// The API as a document: OpenAPI 3.1, out of the table of routes and the shapes beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/handlers.hpp"
#include "api/shape.hpp"

namespace letopis::api {

using Table = std::vector<std::shared_ptr<const Entry>>;

std::vector<shape::Part> all_shapes();
json::object describe(const Table& table, const std::vector<shape::Part>& parts);
// Routes without a shape, shapes without a route, names that are used and not there or there and
// not used; each says what to do. Empty: the document is whole.
std::vector<std::string> missing_in(const Table& table, const std::vector<shape::Part>& parts);

// Does a repeated request of this route get the stored answer of the first? Those that create, and
// that are not of a person at the door.
bool takes_idempotency_key(const Entry& entry);

}  // namespace letopis::api
