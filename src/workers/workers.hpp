// SPDX-License-Identifier: AGPL-3.0-or-later
// The client side of letopis-parse: hostile bytes go to processes without keys and without the
// right to open files, and what they say comes back checked. Links no parser. A worker that dies
// costs the guilty item one "unparsed" mark and nobody else anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "extract/parse.hpp"
#include "model/message.hpp"

namespace letopis::workers {

// $LETOPIS_PARSE when it is set, else letopis-parse beside the running program. Errors: not_found.
Result<Path> find_letopis_parse();

struct Limits {
    std::chrono::milliseconds wall{60'000};  // for one message, or one batch without any answer
};

class Workers {
public:
    // Starts `count` processes (at least one). Errors: not_found, unavailable.
    static Result<std::unique_ptr<Workers>> start(const Path& letopis_parse,
                                                  int count,
                                                  Limits limits = {});
    ~Workers();  // waits for nothing: the processes are ended

    // One message a job, in the order of the jobs. A job that kills its worker comes back with the
    // mark "unparsed" and mark_detail "parser stopped: SIGSEGV" (or "CPU limit", "time limit").
    // All text is valid UTF-8. Errors: unavailable, when no worker can be started any more.
    // May be called from several threads.
    Result<std::vector<model::Message>> parse(std::span<const extract::Job> jobs);

    // The same in two steps, so that the caller can work in between: submit() returns at once, the
    // jobs are parsed meanwhile by processes of their own. A ticket is collected once.
    using Ticket = Id<struct TicketTag>;
    Ticket submit(std::vector<extract::Job> jobs);
    // Errors: as parse(); not_found for a ticket that was never given or already collected.
    Result<std::vector<model::Message>> collect(Ticket ticket);

    // Decoded bytes of one attachment by its locator. Errors: not_found, too_large, unavailable
    // (the worker died over it).
    Result<std::string> part(const extract::Job& job, std::string_view locator);

    // The HTML form of a mail, safe to show. Errors: not_found (it has none), too_large,
    // unavailable (the worker died over it).
    Result<model::Display> display(const extract::Job& job);

    // How often a worker had to be started again; for the operator's screen.
    std::uint64_t restarts() const;
    // Process ids of the workers now running; for tests and for the operator's screen.
    std::vector<int> processes() const;

private:
    struct State;
    explicit Workers(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Bytes from any place of an input, as of pread: fewer than asked are fine, none is the end.
using ReadAt =
    std::function<Result<std::size_t>(std::uint64_t offset, char* buffer, std::size_t size)>;

// One sandboxed reader of an input (`letopis-parse read`). It knows nothing of what the frames say;
// capture/frames.hpp decodes them.
class ReadWorker {
public:
    // `input_fd` stays the caller's and may be closed after this returns; the child has its own
    // copy as descriptor 3. `options_frame` (a whole frame, length included, as
    // capture::encode_request makes it) is sent on its standard input.
    static Result<std::unique_ptr<ReadWorker>> start(const Path& letopis_parse,
                                                     int input_fd,
                                                     std::string options_frame,
                                                     Limits limits = {});
    // The same of an input that is no file. `read` is called on another thread as long as this
    // lives.
    static Result<std::unique_ptr<ReadWorker>> start(const Path& letopis_parse,
                                                     std::uint64_t input_size,
                                                     ReadAt read,
                                                     std::string options_frame,
                                                     Limits limits = {});
    ~ReadWorker();  // ends the process if it still runs

    // The next frame without its length; nullopt after the last one, when the process ended well.
    // Errors: unavailable, with the reason, when the process died or did not answer in time;
    // corrupt, when a frame is over the limit or cut.
    Result<std::optional<std::string>> next_frame();

private:
    struct State;
    explicit ReadWorker(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace letopis::workers
