// SPDX-License-Identifier: AGPL-3.0-or-later
// Gives a reading worker the bytes of an input that is no file: the worker asks through a socket
// (capture/source.hpp), a thread answers. The worker is hostile; what it can ask for is a place and
// a size.
#pragma once

#include <functional>
#include <thread>

#include "base/files.hpp"
#include "workers/workers.hpp"

namespace letopis::workers {

class Feed {
public:
    // `read` is called on a thread of its own, until the Feed is destroyed.
    static Result<Feed> start(std::uint64_t size, ReadAt read);
    Feed(Feed&&) = default;
    ~Feed();
    int worker_end() const { return theirs_.get(); }
    void close_worker_end() { theirs_.reset(); }  // once the worker has its own copy

private:
    Feed() = default;
    Fd ours_, theirs_;
    std::thread thread_;
};

}  // namespace letopis::workers
