// SPDX-License-Identifier: AGPL-3.0-or-later
// The commands of `letopis-serve`, the program that `letopis` becomes for them: the libraries of
// network and sign-in take longer to load than a short command takes to run.
#pragma once

#include "cli/session.hpp"

namespace letopis::cli {

// The page and the API, and the other commands meanwhile.
Exit run_serve(const Arguments& arguments, Output& output);
// A command that a server answers instead of an archive.
Exit run_remote(const Arguments& arguments, Output& output, const std::string& server);
// user, role, group, token, own.
Exit run_people(Session& session);
Exit run_own(Session& session);

}  // namespace letopis::cli
