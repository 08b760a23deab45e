// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace letopis::api {

// What somebody would call the browser and the machine, as far as a User-Agent says it: a claim, to
// tell one's own sessions apart. Each is at most 40 bytes of letters, digits and - . _ or a space,
// and empty where it is not known.
struct Device {
    std::string browser;  // "Firefox 133"
    std::string system;   // "Linux"
};
Device device_of(std::string_view user_agent);

}  // namespace letopis::api
