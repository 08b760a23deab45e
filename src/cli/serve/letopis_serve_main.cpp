// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/main.hpp"
#include "cli/serve/serve.hpp"

int main(int argc, char** argv) {
    using namespace letopis::cli;
    const Outside commands[] = {{"serve", run_serve}};
    return run_main(std::vector<std::string>(argv + 1, argv + argc), commands);
}
