// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/main.hpp"
#include "cli/serve/serve.hpp"

int main(int argc, char** argv) {
    using namespace letopis::cli;
    const Outside own{.serve = run_serve, .remote = run_remote, .people = run_people};
    return run_main(std::vector<std::string>(argv + 1, argv + argc), &own);
}
