// SPDX-License-Identifier: AGPL-3.0-or-later
// Telegram Desktop's machine-readable export (result.json): one chat or a whole account. What is
// read and how: docs/formats/telegram-export.md.
#pragma once

#include <string_view>

#include "capture/reader.hpp"

namespace letopis::capture::telegram {

// Streams: one Context per chat, one Item per entry of its `messages` (service events and
// "unsupported" entries too). raw is the exact slice from '{' to '}'.
extern const Format format;

// One entry of `messages` -> what it says. `context_facts` is the Context's `facts` (may be empty).
// Never throws; an entry that is not JSON comes back with the mark "unparsed" and what could be
// picked out of it.
model::Message parse(std::string_view raw, std::string_view context_facts);

}  // namespace letopis::capture::telegram
