// SPDX-License-Identifier: AGPL-3.0-or-later
// From the words of a command line to its exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace letopis::cli {

int run_main(const std::vector<std::string>& words);

// Where the archive is, and how it is unlocked, as the options and the environment say.
Result<Path> archive_directory(const Arguments& arguments);
Result<crypto::Unlock> unlock_of(const Arguments& arguments, const Path& archive, bool may_ask);

}  // namespace letopis::cli
