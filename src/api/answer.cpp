// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/answer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "app/views.hpp"
#include "utf8/utf8.hpp"

namespace letopis::api {

http::Response json_answer(const json::value& value, int status) {
    return json_text_answer(json::serialize(value), status);
}

http::Response json_text_answer(std::string text, int status) {
    http::Response response;
    response.status = status;
    response.body = std::move(text);
    response.with("Content-Type", "application/json; charset=utf-8");
    return response;
}

http::Response empty_answer() {
    http::Response response;
    response.status = 204;
    return response;
}

Problem problem_of(const Error& error) {
    const auto made = [&](int status, std::string code) {
        return Problem{.status = status,
                       .code = std::move(code),
                       .detail = error.what,
                       .hint = error.hint,
                       .at = std::nullopt};
    };
    switch (error.code) {
        case Errc::invalid: return made(400, "invalid");
        case Errc::not_found: return made(404, "not_found");
        case Errc::forbidden: return made(403, "forbidden");
        case Errc::conflict: return made(409, "conflict");
        case Errc::too_large: return made(413, "too_large");
        case Errc::unavailable: return made(503, "unavailable");
        case Errc::no_space: return made(507, "no_space");
        case Errc::wrong_key: return made(403, "wrong_key");
        case Errc::unsupported: return made(400, "unsupported");
        case Errc::cancelled: return made(503, "unavailable");
        case Errc::io:
        case Errc::corrupt:
        case Errc::unfit: break;
    }
    return made(500, "internal");
}

http::Response problem_answer(const http::Request& request, const Problem& problem) {
    static const auto title = [](int status) -> std::string_view {
        switch (status) {
            case 400: return "Bad request";
            case 401: return "Not signed in";
            case 403: return "Not allowed";
            case 404: return "Not found";
            case 405: return "Method not allowed";
            case 408: return "Too slow";
            case 409: return "Conflict";
            case 413: return "Too large";
            case 429: return "Too many requests";
            case 431: return "Headers too large";
            case 503: return "Not available now";
            case 507: return "No space";
            default: return "Something went wrong";
        }
    };
    // What went wrong inside may name files; it is for whoever runs the server.
    const bool inner = problem.status == 500;
    if (inner)
        std::fputs(fmt::format("letopis: request {}: {}\n", request.id, problem.detail).c_str(),
                   stderr);
    json::object object{{"type", "about:blank"},
                        {"title", app::json_text(title(problem.status))},
                        {"status", problem.status},
                        {"code", app::json_text(problem.code)},
                        {"detail",
                         app::json_text(inner ? "something went wrong inside the server; who runs "
                                                "it finds the reason under this id"
                                              : problem.detail)},
                        {"id", app::json_text(request.id)}};
    if (!problem.hint.empty()) object["hint"] = app::json_text(problem.hint);
    if (problem.at) object["at"] = *problem.at;
    auto response = json_answer(object, problem.status);
    response.headers.clear();
    response.with("Content-Type", "application/problem+json; charset=utf-8");
    return response;
}

Result<Fields> Fields::of(const http::Request& request) {
    if (!request.header("content-type").starts_with("application/json"))
        return fail(Errc::invalid, "the body must be application/json");
    json::parse_options options;
    options.max_depth = 16;
    boost::system::error_code error;
    auto value = json::parse(request.body, error, {}, options);
    if (error || !value.is_object()) return fail(Errc::invalid, "the body is not a JSON object");
    return Fields(std::move(value.as_object()));
}

const json::value* Fields::find(std::string_view name) const {
    const auto* value = object_.if_contains(json::string_view(name.data(), name.size()));
    return value == nullptr || value->is_null() ? nullptr : value;
}

Result<std::string> Fields::text(std::string_view name, std::size_t max) const {
    TRY(auto value, optional_text(name, max));
    if (value.empty()) return fail(Errc::invalid, fmt::format("{} is missing", name));
    return value;
}

Result<std::string> Fields::optional_text(std::string_view name, std::size_t max) const {
    const auto* value = find(name);
    if (value == nullptr) return std::string();
    if (!value->is_string()) return fail(Errc::invalid, fmt::format("{} must be a text", name));
    const auto& text = value->get_string();
    if (text.size() > max)
        return fail(Errc::invalid, fmt::format("{} is longer than {} bytes", name, max));
    std::string out(text.data(), text.size());
    if (!utf8::valid(out)) return fail(Errc::invalid, fmt::format("{} is not UTF-8", name));
    return out;
}

Result<bool> Fields::flag(std::string_view name, bool otherwise) const {
    const auto* value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_bool())
        return fail(Errc::invalid, fmt::format("{} must be true or false", name));
    return value->get_bool();
}

std::string query_of(const http::Request& request, std::string_view name) {
    const auto found = request.query.find(std::string(name));
    return found == request.query.end() ? std::string() : found->second;
}

Result<std::uint64_t> number_of(const http::Request& request,
                                std::string_view name,
                                std::uint64_t otherwise,
                                std::uint64_t max) {
    const auto text = query_of(request, name);
    if (text.empty()) return otherwise;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > max)
        return fail(Errc::invalid, fmt::format("{} takes a number up to {}", name, max));
    return value;
}

json::value time_value(const std::optional<Instant>& at) {
    return at ? json::value(rfc3339(*at)) : json::value(nullptr);
}

}  // namespace letopis::api
