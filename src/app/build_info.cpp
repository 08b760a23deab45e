// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/build_info.hpp"

namespace letopis::app {
std::string_view build_name() { return "letopis " LETOPIS_VERSION; }
}  // namespace letopis::app
