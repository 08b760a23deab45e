// SPDX-License-Identifier: AGPL-3.0-or-later
// The bytes of a mail -> what it says. Pure functions without state: the same bytes give the same
// answer, limits count bytes, parts and depth (docs/formats/limits.md), any thread may call. Never
// fails: what cannot be understood is marked in Message::marks.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/display.hpp"
#include "model/message.hpp"

namespace letopis::mime {

// Opens everything that is loaded lazily (converters, type tables), so that afterwards no file is
// needed. Call once before the sandbox closes; harmless to leave out elsewhere.
void preload();

// `dialect` is one of the mail dialects; the mbox ones are unquoted first.
model::Message parse(std::string_view raw, model::Dialect dialect);

// Decoded bytes of the part that parse() listed under this locator. Errors: not_found, too_large.
Result<std::string> part(std::string_view raw, model::Dialect dialect, std::string_view locator);

// The HTML form of a mail, safe to show; its inline pictures stand in the document, nothing else
// that it names is loaded. Errors: not_found, when it has none.
Result<model::Display> display(std::string_view raw, model::Dialect dialect);

}  // namespace letopis::mime
