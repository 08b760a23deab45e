// SPDX-License-Identifier: AGPL-3.0-or-later
// CHECK(x): the program is wrong if x is false. Kept in release; never on outside input.
#pragma once

namespace letopis {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define CHECK(x) ((x) ? void(0) : ::letopis::check_failed(#x, __FILE__, __LINE__))
