// SPDX-License-Identifier: AGPL-3.0-or-later
// Starting and ending the helper processes.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/files.hpp"

namespace letopis::workers {

// A child with its standard input and output on one socket each way.
struct Process {
    pid_t pid = -1;
    Fd in;   // to its standard input
    Fd out;  // from its standard output
};

// Starts program with arguments (the first is its name) and an empty environment; `third` becomes
// its descriptor 3 when it is >= 0. Nothing else is inherited but standard error. Errors:
// unavailable.
Result<Process> start_process(const Path& program,
                              const std::vector<std::string>& arguments,
                              int third = -1);

// Kills it if it still runs, and waits. Says how it ended: empty for exit code 0, "SIGSEGV",
// "CPU limit" (SIGPROF), "exit 3".
std::string end_process(Process& process, bool kill_first);

}  // namespace letopis::workers
