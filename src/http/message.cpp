// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/message.hpp"

#include "http/text_internal.hpp"

namespace letopis::http {

std::string_view name(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
    }
    return {};
}

std::string_view Request::header(std::string_view header_name) const {
    for (const auto& header : headers)
        if (same_ignoring_case(header.name, header_name)) return header.value;
    return {};
}

std::string_view Request::cookie(std::string_view cookie_name) const {
    for (const auto& header : headers) {
        if (!same_ignoring_case(header.name, "Cookie")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const auto pair = trim(take_until(rest, ';'));
            if (pair.size() > cookie_name.size() && pair[cookie_name.size()] == '=' &&
                pair.starts_with(cookie_name))
                return pair.substr(cookie_name.size() + 1);
        }
    }
    return {};
}

std::string_view Request::parameter(std::string_view parameter_name) const {
    const auto found = parameters.find(std::string(parameter_name));
    return found == parameters.end() ? std::string_view() : found->second;
}

Response& Response::with(std::string header_name, std::string value) & {
    headers.push_back({std::move(header_name), std::move(value)});
    return *this;
}

Response&& Response::with(std::string header_name, std::string value) && {
    headers.push_back({std::move(header_name), std::move(value)});
    return std::move(*this);
}

}  // namespace letopis::http
