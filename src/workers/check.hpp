// SPDX-License-Identifier: AGPL-3.0-or-later
// What a worker says is as hostile as what it read: checked before anybody uses it.
#pragma once

#include <string_view>

#include "model/message.hpp"

namespace letopis::workers {

// All text valid UTF-8 (repaired where it is not), zones in order and inside the text, the slice
// resolved into text (or dropped where it does not fit `raw`).
void check_message(model::Message& message, std::string_view raw);

}  // namespace letopis::workers
