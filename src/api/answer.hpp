// SPDX-License-Identifier: AGPL-3.0-or-later
// JSON in and out of handlers, and errors as problem details (RFC 9457).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

namespace letopis::api {

namespace json = boost::json;

http::Response json_answer(const json::value& value, int status = 200);
http::Response json_text_answer(std::string text, int status = 200);
http::Response empty_answer();  // 204

// What is told of an error: `code` is stable and stands in the API's description.
struct Problem {
    int status = 500;
    std::string code;
    std::string detail;
    std::string hint;
    std::optional<std::size_t> at;  // in a query: characters before the place
};
Problem problem_of(const Error& error);
http::Response problem_answer(const http::Request& request, const Problem& problem);

// The body of a request: an object with known fields. Errors: invalid, saying which field.
class Fields {
public:
    static Result<Fields> of(const http::Request& request);
    Result<std::string> text(std::string_view name, std::size_t max = 1000) const;
    // Empty when it is missing or null.
    Result<std::string> optional_text(std::string_view name, std::size_t max = 1000) const;
    Result<bool> flag(std::string_view name, bool otherwise) const;
    const json::value* find(std::string_view name) const;
    const json::object& object() const { return object_; }
    // Of an object within another.
    static Fields within(const json::object& object) { return Fields(object); }

private:
    explicit Fields(json::object object) : object_(std::move(object)) {}
    json::object object_;
};

// "limit" and the like out of the query string. Errors: invalid.
Result<std::uint64_t> number_of(const http::Request& request,
                                std::string_view name,
                                std::uint64_t otherwise,
                                std::uint64_t max);
std::string query_of(const http::Request& request, std::string_view name);

json::value time_value(const std::optional<Instant>& at);

}  // namespace letopis::api
