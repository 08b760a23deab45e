// SPDX-License-Identifier: AGPL-3.0-or-later
// From what Telegram Desktop writes to JSON: it writes control characters as \xHH, which no JSON
// reader takes.
#pragma once

#include <string>
#include <string_view>

namespace letopis::capture::telegram {

// The bytes of a string literal (between its quotes): escapes undone, also \xHH; an escape that
// nobody knows stays as written. Valid UTF-8.
std::string unescape(std::string_view inside);

// The same document with what strict readers refuse made right: invalid escapes, control characters
// and bad UTF-8 inside strings, half surrogate pairs. Brackets and commas are not touched.
std::string repair(std::string_view json);

}  // namespace letopis::capture::telegram
