// SPDX-License-Identifier: AGPL-3.0-or-later
// How a command runs inside the process that holds the archive: it sends its words, its directory
// and its output descriptors over archive.sock and waits for the exit code. The socket has mode
// 0600 and the peer must be the same user (or root).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/files.hpp"
#include "base/result.hpp"

namespace letopis::app {

struct Call {
    std::vector<std::string> words;
    std::string directory;           // the caller's working directory
    std::string who;                 // from the peer's credentials: "uid 1000 anna"
    Fd out, error;                   // the caller's own
    std::atomic<bool> gone = false;  // the caller has hung up: stop
};

class Server {
public:
    // Serves until destroyed; `handle` runs in a thread of its own for each call.
    static Result<std::unique_ptr<Server>> start(const Path& archive,
                                                 std::function<int(Call&)> handle);
    ~Server();  // takes no new calls and waits for those that run

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// nullopt: nobody listens (or the server went away before it took the call). Errors: forbidden, io.
Result<std::optional<int>> call(const Path& archive,
                                const std::vector<std::string>& words,
                                const std::string& directory,
                                int out,
                                int error);

std::string user_name(unsigned uid);  // "uid 1000 anna"

}  // namespace letopis::app
