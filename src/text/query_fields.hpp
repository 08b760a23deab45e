// SPDX-License-Identifier: AGPL-3.0-or-later
// Names and values of the fields of the query language. Used inside this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/query.hpp"

namespace letopis::text {

struct FieldName {
    std::string_view name;  // folded
    Field field;
};

// English and Russian names; nullptr when there is no such field.
const FieldName* field_named(std::string_view folded_name);
// The known name that is at most two changes away, or empty.
std::string nearest_field(std::string_view folded_name);

struct Period {
    Instant begin;
    Instant end;  // not included
};
// 2024, 2024-05, 2024-05-12, 12.05.2024, 05.2024, today, вчера, 7d, 2w, 3m, 1y (that day so long
// ago), RFC 3339, and A..B of these.
std::optional<Period> parse_period(std::string_view value, Instant now);
// 10MB, 500k, 1.5м, 2048.
std::optional<std::uint64_t> parse_size(std::string_view value);
// Russian and English words for one value: has:вложение -> attachment, channel:почта -> email.
std::string canonical_value(Field field, std::string_view value);

}  // namespace letopis::text
