// SPDX-License-Identifier: AGPL-3.0-or-later
// The shapes of bodies as JSON Schema 2020-12, in words short enough to stand beside a table of
// routes: *_shapes.cpp has one Shape for every route of *_routes.cpp, and a test holds them
// together.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace letopis::api::shape {

namespace json = boost::json;

// A name that ends in "?" may be absent: {"cursor?", text()}.
struct Field {
    std::string name;
    json::value schema;
};
using Fields = std::vector<Field>;

json::value text();
json::value time();  // RFC 3339
json::value flag();
json::value count();   // a whole number, not negative
json::value number();  // may have a fraction
json::value one_of(std::initializer_list<std::string_view> values);
json::value list(json::value of);
json::value object(const Fields& fields);
json::value ref(std::string_view name);  // of `Part::named`
json::value or_null(json::value schema);
json::value either(json::value one, json::value other);
json::value items(json::value of);  // {"items": [...]}
Fields joined(Fields some, const Fields& more);

struct Answer {
    int status = 200;
    json::value schema;                     // null: there is no body, or bytes of `type`
    std::string type = "application/json";  // empty: no body
};
Answer ok(json::value schema);
Answer created(json::value schema);
Answer accepted(json::value schema);
Answer done();   // 204
Answer empty();  // 200 without a body
Answer moved();  // 303, with Location
Answer bytes(std::string type);

struct Shape {
    http::Method method = http::Method::get;
    std::string path;  // as in the table of routes
    std::vector<Answer> answers;
    json::value asks;  // null: there is no body, or bytes
    Fields query;
    bool asks_always = true;  // false: the body may be left out
    bool asks_form = false;   // as a form of HTML, not JSON
};

// What one file describes.
struct Part {
    Fields named;
    std::vector<Shape> shapes;
};

}  // namespace letopis::api::shape

namespace letopis::api {

shape::Part archive_shapes();
shape::Part import_shapes();
shape::Part message_shapes();
shape::Part people_shapes();
shape::Part session_shapes();

}  // namespace letopis::api
