// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/serve/remote_calls.hpp"

#include <fmt/format.h>

namespace letopis::cli {

namespace json = boost::json;
using http::Method;

namespace {
constexpr std::string_view api = "/api/v1";
}  // namespace

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

const json::object& inner(const json::object& object, std::string_view name) {
    static const json::object none;
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_object() ? value->get_object() : none;
}

const json::array& items(const json::object& object, std::string_view name) {
    static const json::array none;
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::string shown(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || value->is_null()) return {};
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

std::string RemoteCalls::word(std::size_t at) const {
    return at < arguments_.positional.size() ? arguments_.positional[at] : std::string();
}

Result<http::Answer> RemoteCalls::ask(Method method,
                                      const std::string& path,
                                      const std::string& type,
                                      std::string body) {
    TRY(auto answer, client_->send(method, std::string(api) + path, type, std::move(body)));
    if (answer.status < 400) return answer;
    boost::system::error_code error;
    const auto value = json::parse(answer.body, error);
    const auto& problem =
        !error && value.is_object() ? value.get_object() : inner(json::object(), "");
    auto what = text_in(problem, "detail");
    if (what.empty()) what = fmt::format("the server answers {}", answer.status);
    const auto code = answer.status == 400   ? Errc::invalid
                      : answer.status == 404 ? Errc::not_found
                      : answer.status == 409 ? Errc::conflict
                      : answer.status >= 500 ? Errc::unavailable
                                             : Errc::forbidden;
    return fail(code, what, text_in(problem, "hint"));
}

Result<json::object> RemoteCalls::object(Method method,
                                         const std::string& path,
                                         const json::value& body) {
    TRY(const auto answer,
        ask(method,
            path,
            body.is_null() ? "" : "application/json",
            body.is_null() ? "" : json::serialize(body)));
    if (answer.body.empty()) return json::object();
    boost::system::error_code error;
    auto value = json::parse(answer.body, error);
    if (error || !value.is_object())
        return fail(Errc::unavailable, "this is no answer of a Letopis server");
    return std::move(value.get_object());
}

void RemoteCalls::print(const json::object& object) {
    output_.print(json::serialize(object) + "\n");
}

Result<void> RemoteCalls::list(const std::string& path, std::string_view form) {
    TRY(const auto answer, object(Method::get, path));
    if (arguments_.has("--json")) return print(answer), Result<void>();
    for (const auto& item : items(answer)) {
        if (!item.is_object()) continue;
        std::string line(form);
        for (auto at = line.find('{'); at != std::string::npos; at = line.find('{', at + 1)) {
            const auto end = line.find('}', at);
            line.replace(
                at, end - at + 1, shown(item.get_object(), line.substr(at + 1, end - at - 1)));
        }
        output_.print(line + "\n");
    }
    return {};
}

}  // namespace letopis::cli
