// SPDX-License-Identifier: AGPL-3.0-or-later
// letopis-parse: everything that reads what strangers wrote. Started by letopis only; speaks frames
// on its standard input and output. `parse` turns raw items into messages, `read` turns an input
// file (descriptor 3) into items.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>

#include "capture/frames.hpp"
#include "extract/worker/sandbox.hpp"
#include "extract/worker/worker.hpp"
#include "mime/mime.hpp"

namespace {

using namespace letopis;

int run(extract::Profile profile) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the program that started us
    if (profile == extract::Profile::parse) mime::preload();
    if (const auto closed = extract::close_sandbox(profile); !closed) {
        std::fprintf(stderr, "letopis-parse: %s\n", closed.error().what.c_str());
        return 3;
    }
    // Nothing is left to be done at the end: no destructor may hold up a worker that is not needed.
    _exit(profile == extract::Profile::read ? capture::run_reader(3, 0, 1)
                                            : extract::run_worker(0, 1));
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc == 2 ? argv[1] : "";
    if (mode == "parse") return run(extract::Profile::parse);
    if (mode == "read") return run(extract::Profile::read);
    std::fputs("letopis-parse is started by letopis and has no use of its own\n", stderr);
    return 2;
}
