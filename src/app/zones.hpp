// SPDX-License-Identifier: AGPL-3.0-or-later
// Readers run where no file can be opened, so a time zone's name is looked up here and handed over
// with its transitions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace letopis::app {
// "" stays empty (unknown: UTC with a mark). invalid: no such zone.
Result<std::string> zone_option(std::string_view zone);
}  // namespace letopis::app
