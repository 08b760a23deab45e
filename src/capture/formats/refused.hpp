// SPDX-License-Identifier: AGPL-3.0-or-later
// Formats that are known and not read: a person who brings one gets a sentence, not "unknown".
#pragma once

#include <span>

#include "capture/reader.hpp"

namespace letopis::capture {

// Those with a magic number: asked before any reader.
std::span<const Format> refused_by_magic();
// Those that are texts or that only a name tells: asked after the readers.
std::span<const Format> refused_by_content();

}  // namespace letopis::capture
