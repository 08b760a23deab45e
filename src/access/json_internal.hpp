// SPDX-License-Identifier: AGPL-3.0-or-later
// JSON that a stranger wrote: keys, tokens, answers of passkeys and of identity providers. What is
// missing or of another type is empty, and empty is refused where it matters.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "access/base64url_internal.hpp"

namespace letopis::access {

// Nothing: over the limit, not JSON, too deep, or no object.
inline std::optional<boost::json::object> object_in(std::string_view text,
                                                    std::size_t bytes_max,
                                                    std::size_t depth_max) {
    if (text.size() > bytes_max) return std::nullopt;
    boost::system::error_code problem;
    boost::json::parse_options options;
    options.max_depth = depth_max;
    auto value = boost::json::parse(
        boost::json::string_view(text.data(), text.size()), problem, {}, options);
    if (problem || !value.is_object()) return std::nullopt;
    return std::move(value).as_object();
}

inline std::string text_at(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
    if (value == nullptr || !value->is_string()) return {};
    return std::string(value->get_string());
}

// Of base64url.
inline std::string bytes_at(const boost::json::object& object,
                            std::string_view name,
                            std::size_t bytes_max) {
    const auto text = text_at(object, name);
    if (text.size() > bytes_max * 4 / 3 + 4) return {};
    return unbase64url(text).value_or("");
}

}  // namespace letopis::access
