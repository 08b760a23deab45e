// SPDX-License-Identifier: AGPL-3.0-or-later
// People in requests and answers, and who it is that changes them.
#pragma once

#include <variant>

#include "api/directory.hpp"
#include "api/handlers.hpp"

namespace letopis::api {

json::array texts_json(const std::vector<std::string>& list);
json::array grants_json(const std::vector<access::Grant>& grants);
json::object user_json(const access::User& user);
json::object group_json(const access::People& people, const access::Group& group);
// Errors: invalid. A field of a scope that is not known is one, as it would be passed over and give
// more than was meant.
Result<std::vector<std::string>> texts_of(const json::object& object, std::string_view name);
Result<std::vector<access::Grant>> grants_of(const json::value* value);

// The caller as who makes a change, with `approval` (the id of a yes) or `reason` (asks for one).
// Where nobody else could say yes, `sheet` is the recovery sheet, typed in: it must open the
// archive, and the second factor must be of just now. Errors: forbidden, wrong_key, invalid.
Result<access::Author> author_of(Service& service, const Call& call, const Fields& fields);
// Without any of these.
access::Author author_of(Service& service, const Call& call);
// Was the second factor shown within the last five minutes?
bool shown_just_now(Service& service, const access::Caller& caller);
http::Response step_up_required(const http::Request& request);

// A change; where it needs a yes, the problem that says which one: 403 approval_required or
// sheet_required.
Result<std::variant<access::Change, http::Response>> made_or_asked(Service& service,
                                                                   const Call& call,
                                                                   const Directory::Decide& decide);

// {"id":…}, and "asked": true where it is a request for approval now.
json::object changed(const access::Change& change);

std::vector<Entry> group_routes();
std::vector<Entry> token_routes();
std::vector<Entry> approval_routes();

}  // namespace letopis::api
