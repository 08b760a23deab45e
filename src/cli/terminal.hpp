// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace letopis::cli {

// What goes to a terminal: no escape sequences, no other control characters than newline and tab.
std::string terminal_safe(std::string_view text);

}  // namespace letopis::cli
