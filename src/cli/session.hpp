// SPDX-License-Identifier: AGPL-3.0-or-later
// What a command works with: the archive, where to print, and who asks. The same command runs in
// its own process or, when another process holds the archive, inside that one on behalf of its
// caller.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "app/archive.hpp"
#include "cli/arguments.hpp"

namespace letopis::api {
class Directory;
}
namespace letopis::access {
class Sessions;
}

namespace letopis::cli {

// Exit codes of the command line; scripts rely on them.
enum class Exit : int { done = 0, refused = 1, usage = 2, unusable = 3, fault = 4 };

class Output {
public:
    Output(int out, int error) : out_(out), error_(error) {}
    void print(std::string_view text);  // buffered; false once the reader is gone
    void note(std::string_view text);   // to the error stream, at once
    void flush();
    bool terminal() const;  // of the error stream: progress bars make sense
    bool broken() const { return broken_; }
    int out() const { return out_; }

private:
    int out_, error_;
    std::string buffer_;
    bool broken_ = false;
};

struct Session;

// Commands that need more libraries than the others stand in the program `letopis-serve`, beside
// `letopis`, which becomes it.
struct Outside {
    Exit (*serve)(const Arguments& arguments, Output& output);
    Exit (*remote)(const Arguments& arguments, Output& output, const std::string& server);
    Exit (*people)(Session& session);  // user, role, group, token, own
};

struct Session {
    app::Archive& archive;
    const Arguments& arguments;
    Output& output;
    const std::atomic<bool>& stop;
    std::string who;                   // for access records: "uid 1000 anna"
    Path directory;                    // relative paths of the caller count from here
    bool served = false;               // runs inside another process
    std::function<void()> ready = {};  // `unlock`: the archive is open, whoever waits may go on
    const Outside* outside = nullptr;  // of this program
    // Of the server that this runs in; null where the command has the archive for itself.
    api::Directory* directory_of_people = nullptr;
    access::Sessions* sessions = nullptr;
    bool json() const { return arguments.has("--json"); }
    Path path(std::string_view given) const { return directory / Path(given); }
};

// Prints the error as one sentence (and the hint), or as JSON.
Exit report(Output& output, const Error& error, bool json);
Exit exit_of(const Error& error);

// The commands that need an open archive.
Exit run_import(Session& session);
Exit run_search(Session& session);
Exit run_show(Session& session);
Exit run_verify(Session& session);
Exit run_rebuild(Session& session);
Exit run_books(Session& session);
Exit run_proof(Session& session);
Exit run_export(Session& session);
Exit run_tag(Session& session);
Exit run_unlock(Session& session);
// Dispatches to one of the above.
Exit run(Session& session);

// Those that do not.
Exit run_init(const Arguments& arguments, Output& output);
Exit run_recover(const Arguments& arguments, Output& output);
Exit run_doctor(const Arguments& arguments, Output& output);
Exit run_bench_data(const Arguments& arguments, Output& output);

// Makes the projections current before something is read, unless another thread is at it; says so
// when they are behind.
Result<app::Projections> make_current(Session& session);

}  // namespace letopis::cli
