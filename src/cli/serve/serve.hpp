// SPDX-License-Identifier: AGPL-3.0-or-later
// `letopis serve`: the page and the API, and the other commands meanwhile. A program of its own,
// `letopis-serve`, which `letopis` becomes: the libraries of network and sign-in take longer to
// load than a short command takes to run.
#pragma once

#include "cli/session.hpp"

namespace letopis::cli {

Exit run_serve(const Arguments& arguments, Output& output);

}  // namespace letopis::cli
