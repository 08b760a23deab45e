// SPDX-License-Identifier: AGPL-3.0-or-later
// Deliberate faults for the tests that must notice them. Only the test-only build (LETOPIS_MUTANTS)
// looks at the environment variable of the same name; in every other build mutant() is false and
// the branch is compiled away.
#pragma once

#ifdef LETOPIS_MUTANTS
#include <cstdlib>
#include <string_view>
#endif

namespace letopis {

#ifdef LETOPIS_MUTANTS
inline bool mutant(const char* name) {
    const char* chosen = std::getenv("LETOPIS_MUTANT");
    return chosen != nullptr && std::string_view(chosen) == name;
}
#else
constexpr bool mutant(const char*) { return false; }
#endif

}  // namespace letopis
