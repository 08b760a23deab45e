// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/description.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "app/views.hpp"

namespace letopis::api {

using app::json_text;
using shape::Shape;

namespace {

std::string key_of(http::Method method, std::string_view path) {
    return fmt::format("{} {}", http::name(method), path);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& letter : out) letter = static_cast<char>(letter | 0x20);
    return out;
}

json::object parameter(std::string_view where, std::string_view name, const json::value& schema) {
    const bool optional = name.ends_with('?');
    if (optional) name.remove_suffix(1);
    return json::object{{"name", json_text(name)},
                        {"in", json_text(where)},
                        {"required", !optional},
                        {"schema", schema}};
}

json::array parameters_of(const Entry& entry, const Shape* shape) {
    json::array parameters;
    const auto& path = entry.path;
    for (auto at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
        const auto name = path.substr(at + 1, path.find('}', at) - at - 1);
        parameters.push_back(parameter("path", name, shape::text()));
    }
    if (shape != nullptr)
        for (const auto& field : shape->query)
            parameters.push_back(parameter("query", field.name, field.schema));
    if (takes_idempotency_key(entry))
        parameters.push_back(parameter("header", "Idempotency-Key?", shape::text()));
    return parameters;
}

json::object content(const std::string& type, const json::value& schema) {
    json::object media;
    if (!schema.is_null()) media["schema"] = schema;
    return json::object{{json::string_view(type.data(), type.size()), std::move(media)}};
}

json::object responses_of(const Shape* shape) {
    json::object responses;
    const auto problem = content("application/problem+json", shape::ref("Problem"));
    responses["default"] =
        json::object{{"description", "A problem (RFC 9457)"}, {"content", problem}};
    if (shape == nullptr) return responses;
    for (const auto& answer : shape->answers) {
        // One status may have answers of several types.
        auto& known = responses[std::to_string(answer.status)];
        if (known.is_null())
            known = json::object{{"description", answer.status < 400 ? "Done" : "Not done"}};
        auto& response = known.get_object();
        if (answer.type.empty()) continue;
        if (!response.contains("content")) response["content"] = json::object();
        auto& bodies = response.at("content").get_object();
        for (auto& [type, body] : content(answer.type, answer.schema)) bodies[type] = body;
        if (answer.status >= 400)
            bodies["application/problem+json"] = problem.at("application/problem+json");
    }
    return responses;
}

json::object operation(const Entry& entry, const Shape* shape) {
    json::object made{{"summary", json_text(entry.summary)},
                      {"operationId", json_text(key_of(entry.method, entry.path))}};
    if (auto parameters = parameters_of(entry, shape); !parameters.empty())
        made["parameters"] = std::move(parameters);
    if (entry.right) {
        made["x-right"] = json_text(access::name(*entry.right));
        made["security"] = json::array{json::object{{"session", json::array{}}},
                                       json::object{{"token", json::array{}}}};
    } else {
        made["security"] = json::array{};
    }
    if (entry.body == http::Body::stream)
        made["requestBody"] = json::object{
            {"required", true}, {"content", content("application/octet-stream", nullptr)}};
    else if (shape != nullptr && !shape->asks.is_null())
        made["requestBody"] = json::object{
            {"required", shape->asks_always},
            {"content",
             content(shape->asks_form ? "application/x-www-form-urlencoded" : "application/json",
                     shape->asks)}};
    made["responses"] = responses_of(shape);
    return made;
}

std::map<std::string, const Shape*> by_route(const std::vector<shape::Part>& parts) {
    std::map<std::string, const Shape*> found;
    for (const auto& part : parts)
        for (const auto& one : part.shapes) found[key_of(one.method, one.path)] = &one;
    return found;
}

json::object security_schemes() {
    return json::object{
        {"session", json::object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-letopis"}}},
        {"token", json::object{{"type", "http"}, {"scheme", "bearer"}}}};
}

void collect_refs(const json::value& value, std::set<std::string>& names) {
    if (value.is_array())
        for (const auto& one : value.get_array()) collect_refs(one, names);
    if (!value.is_object()) return;
    for (const auto& [key, one] : value.get_object()) {
        if (key == "$ref" && one.is_string()) {
            const std::string_view path(one.get_string().data(), one.get_string().size());
            names.emplace(path.substr(path.rfind('/') + 1));
        } else {
            collect_refs(one, names);
        }
    }
}

}  // namespace

std::vector<shape::Part> all_shapes() {
    return {session_shapes(), message_shapes(), import_shapes(), people_shapes(), archive_shapes()};
}

bool takes_idempotency_key(const Entry& entry) {
    return entry.method == http::Method::post && entry.right && entry.run;
}

json::object describe(const Table& table, const std::vector<shape::Part>& parts) {
    const auto shapes = by_route(parts);
    json::object paths, schemas;
    for (const auto& entry : table) {
        const auto found = shapes.find(key_of(entry->method, entry->path));
        auto& path = paths["/api/v1" + entry->path];
        if (!path.is_object()) path = json::object();
        path.get_object()[lower(http::name(entry->method))] =
            operation(*entry, found == shapes.end() ? nullptr : found->second);
    }
    for (const auto& part : parts)
        for (const auto& [name, schema] : part.named) schemas[name] = schema;
    return json::object{
        {"openapi", "3.1.0"},
        {"info",
         json::object{
             {"title", "Letopis"},
             {"version", "1"},
             {"license",
              json::object{{"name", "AGPL-3.0-or-later"}, {"identifier", "AGPL-3.0-or-later"}}}}},
        {"servers", json::array{json::object{{"url", "/"}}}},
        {"paths", std::move(paths)},
        {"components",
         json::object{{"schemas", std::move(schemas)}, {"securitySchemes", security_schemes()}}}};
}

std::vector<std::string> missing_in(const Table& table, const std::vector<shape::Part>& parts) {
    std::vector<std::string> missing;
    auto shapes = by_route(parts);
    for (const auto& entry : table) {
        const auto key = key_of(entry->method, entry->path);
        const auto found = shapes.find(key);
        if (found == shapes.end()) {
            missing.push_back(key +
                              " has no shape: describe its body and its answers in "
                              "src/api/*_shapes.cpp");
            continue;
        }
        if (found->second->answers.empty()) missing.push_back(key + ": its shape has no answer");
        shapes.erase(found);
    }
    for (const auto& [key, shape] : shapes)
        missing.push_back(key +
                          " has a shape and is no route: take it out of src/api/*_shapes.cpp");
    std::set<std::string> names, used{"Problem"};
    for (const auto& part : parts) {
        for (const auto& [name, schema] : part.named) {
            if (!names.insert(name).second) missing.push_back("two schemas are called " + name);
            collect_refs(schema, used);
        }
        for (const auto& one : part.shapes) {
            collect_refs(one.asks, used);
            for (const auto& answer : one.answers) collect_refs(answer.schema, used);
        }
    }
    for (const auto& name : used)
        if (!names.contains(name)) missing.push_back("there is no schema " + name);
    for (const auto& name : names)
        if (!used.contains(name)) missing.push_back("nothing uses the schema " + name);
    return missing;
}

}  // namespace letopis::api
