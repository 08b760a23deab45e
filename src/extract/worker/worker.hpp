// SPDX-License-Identifier: AGPL-3.0-or-later
// The loop of `letopis-parse parse`.
#pragma once

namespace letopis::extract {

// Reads requests (extract/wire.hpp) from one descriptor and writes answers to the other until the
// input ends. Returns an exit code: 0 at the end of the input, 1 when a frame or a pipe is broken.
int run_worker(int in_fd, int out_fd);

}  // namespace letopis::extract
