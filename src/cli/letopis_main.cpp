// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/main.hpp"

int main(int argc, char** argv) {
    return letopis::cli::run_main(std::vector<std::string>(argv + 1, argv + argc));
}
