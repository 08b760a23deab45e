// SPDX-License-Identifier: AGPL-3.0-or-later
// Dates as people and programs write them into tables.
#pragma once

#include <optional>
#include <string_view>

#include "capture/chat/chat.hpp"

namespace letopis::capture::letopis {

struct Date {
    Instant at;
    bool local = false;  // written without a zone, so the reader's zone was used
};

// "2026-01-31T10:20:30Z", the same with an offset or without any zone, "2026-01-31 10:20",
// "2026-01-31", "31.01.2026 10:20:30", "31/01/2026" (month first when `order` is "mdy"), Unix
// seconds (9 to 11 digits) or milliseconds (13).
std::optional<Date> parse_date(std::string_view text,
                               const chat::Zone& zone,
                               std::string_view order);

}  // namespace letopis::capture::letopis
