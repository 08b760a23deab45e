// SPDX-License-Identifier: AGPL-3.0-or-later
// Which Letopis this is: stands in every source context and in `letopis --version`.
#pragma once

#include <string_view>

namespace letopis::app {
std::string_view build_name();  // "letopis 0.1.0"
}
