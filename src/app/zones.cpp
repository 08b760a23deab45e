// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/zones.hpp"

#include "capture/chat/chat.hpp"

namespace letopis::app {

Result<std::string> zone_option(std::string_view zone) {
    if (zone.empty()) return std::string();
    if (const auto fixed = capture::chat::fixed_zone(zone))
        return capture::chat::zone_option(*fixed);
    auto named = capture::chat::load_zone(zone);
    if (!named)
        return fail(Errc::invalid,
                    "there is no time zone " + std::string(zone),
                    "Name one like Europe/Moscow or +03:00.");
    return capture::chat::zone_option(*named);
}

}  // namespace letopis::app
