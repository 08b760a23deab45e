// SPDX-License-Identifier: AGPL-3.0-or-later
// Just enough of Unicode for signed notes. Internal to this folder.
#pragma once

#include <string_view>

namespace letopis::ledger {

bool is_utf8(std::string_view text);
// Any code point that Unicode calls a white space; the text is UTF-8.
bool has_unicode_space(std::string_view text);

}  // namespace letopis::ledger
