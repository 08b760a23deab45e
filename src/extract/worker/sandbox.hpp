// SPDX-License-Identifier: AGPL-3.0-or-later
// The walls of a worker: no files, no network, no other programs, bounded memory and time. To be
// called once everything is loaded and before the first byte of input is read.
#pragma once

#include "base/result.hpp"

namespace letopis::extract {

enum class Profile {
    parse,  // standard input and output only
    read,   // also descriptor 3, which may be sought in
};

// no_new_privs, not dumpable, no core, limits on memory, files and descriptors, every other
// descriptor closed, then the system-call filter: anything not on the list kills the process;
// opening files is refused with EPERM, so that libraries that look for optional files go on.
Result<void> close_sandbox(Profile profile);

constexpr int cpu_seconds_a_message = 20;

// That much processor time from now, for one message; then SIGPROF ends the process.
void start_cpu_clock(int seconds = cpu_seconds_a_message);

}  // namespace letopis::extract
