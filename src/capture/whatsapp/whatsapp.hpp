// SPDX-License-Identifier: AGPL-3.0-or-later
// WhatsApp's exported chat (.txt): Android and iOS, 12 and 24 hours, the languages of
// docs/formats/whatsapp-export.md.
#pragma once

#include <string_view>

#include "capture/reader.hpp"

namespace letopis::capture::whatsapp {

// Streams: one Context, then one Item per header line with its continuation lines. The raws, one
// after the other, are the file byte for byte; what stands before the first header line is an item
// of its own. Item.key is "2024-03-22T14:36|author|<first 16 hex digits of SHA-256 of the body>";
// equal lines have equal keys, and the ordinal among them is the engine's.
extern const Format format;

// One such item -> what it says. `context_facts` is the Context's `facts` (may be empty: then the
// date order is guessed and the zone is UTC). Never throws.
model::Message parse(std::string_view raw, std::string_view context_facts);

}  // namespace letopis::capture::whatsapp
