// SPDX-License-Identifier: AGPL-3.0-or-later
// Profile `tool` of docs/formats/limits.md: one foreign program over one document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"

namespace letopis::workers {

struct ToolRun {
    std::string output;   // standard output, cut at the limit
    std::string errors;   // standard error, cut; never shown: it may quote the document
    int exit_code = -1;   // -1: ended by a signal
    std::string stopped;  // "SIGSEGV", "CPU limit", "time limit"; empty when it ended by itself
    bool cut = false;     // there was more output than the limit
    bool degraded = false;
};

struct ToolOptions {
    int cpu_seconds = 20;
    int wall_seconds = 60;
    bool fonts = false;  // the program draws: it sees which fonts the system has
};

// Runs program with arguments; an argument "{in}" stands for the path under which the program
// sees the document. Errors: unavailable.
Result<ToolRun> run_tool(const std::string& program,
                         const std::vector<std::string>& arguments,
                         std::string_view document,
                         const ToolOptions& options = {});

// Whether bubblewrap can make its namespaces on this host; found out once.
bool namespaces_work();

// The same without namespaces, whatever the host can; for tests.
Result<ToolRun> run_tool_degraded(const std::string& program,
                                  const std::vector<std::string>& arguments,
                                  std::string_view document,
                                  const ToolOptions& options = {});

}  // namespace letopis::workers
