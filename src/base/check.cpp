// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace letopis {
void check_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr,
                 "letopis: internal error, please report: CHECK(%s) at %s:%d\n",
                 expression,
                 file,
                 line);
    std::abort();
}
}  // namespace letopis
