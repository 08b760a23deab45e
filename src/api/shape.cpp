// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/shape.hpp"

#include "app/views.hpp"

namespace letopis::api::shape {

using app::json_text;

json::value text() { return json::object{{"type", "string"}}; }
json::value time() { return json::object{{"type", "string"}, {"format", "date-time"}}; }
json::value flag() { return json::object{{"type", "boolean"}}; }
json::value count() { return json::object{{"type", "integer"}, {"minimum", 0}}; }
json::value number() { return json::object{{"type", "number"}}; }

json::value one_of(std::initializer_list<std::string_view> values) {
    json::array array;
    for (const auto value : values) array.push_back(json_text(value));
    return json::object{{"type", "string"}, {"enum", std::move(array)}};
}

json::value list(json::value of) {
    return json::object{{"type", "array"}, {"items", std::move(of)}};
}

json::value object(const Fields& fields) {
    json::object properties;
    json::array required;
    for (const auto& field : fields) {
        const bool optional = field.name.ends_with('?');
        const std::string_view name(field.name.data(), field.name.size() - (optional ? 1 : 0));
        properties[json::string_view(name.data(), name.size())] = field.schema;
        if (!optional) required.push_back(json_text(name));
    }
    json::object made{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) made["required"] = std::move(required);
    return made;
}

json::value ref(std::string_view name) {
    return json::object{{"$ref", json_text("#/components/schemas/" + std::string(name))}};
}

json::value or_null(json::value schema) {
    return json::object{{"anyOf", json::array{std::move(schema), json::object{{"type", "null"}}}}};
}

json::value either(json::value one, json::value other) {
    return json::object{{"anyOf", json::array{std::move(one), std::move(other)}}};
}

json::value items(json::value of) { return object({{"items", list(std::move(of))}}); }

Fields joined(Fields some, const Fields& more) {
    some.insert(some.end(), more.begin(), more.end());
    return some;
}

Answer ok(json::value schema) { return {.status = 200, .schema = std::move(schema)}; }
Answer created(json::value schema) { return {.status = 201, .schema = std::move(schema)}; }
Answer accepted(json::value schema) { return {.status = 202, .schema = std::move(schema)}; }
Answer done() { return {.status = 204, .schema = {}, .type = {}}; }
Answer empty() { return {.status = 200, .schema = {}, .type = {}}; }
Answer moved() { return {.status = 303, .schema = {}, .type = {}}; }
Answer bytes(std::string type) { return {.status = 200, .schema = {}, .type = std::move(type)}; }

}  // namespace letopis::api::shape
