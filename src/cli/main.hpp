// SPDX-License-Identifier: AGPL-3.0-or-later
// From the words of a command line to its exit code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/socket.hpp"
#include "cli/session.hpp"

namespace letopis::cli {

// `outside`: what this program has of the commands that need more libraries; it outlives the call.
int run_main(const std::vector<std::string>& words, const Outside* outside = nullptr);

// Where the archive is, and how it is unlocked, as the options and the environment say.
Result<Path> archive_directory(const Arguments& arguments);
Result<crypto::Unlock> unlock_of(const Arguments& arguments, const Path& archive, bool may_ask);

// Ctrl-C, or the system wants an end.
bool stop_wanted();
// Answers a command that came over the archive's socket.
int serve_call(app::Archive& archive,
               app::Call& call,
               api::Directory* people = nullptr,
               access::Sessions* sessions = nullptr);

}  // namespace letopis::cli
