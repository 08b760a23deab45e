// SPDX-License-Identifier: AGPL-3.0-or-later
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/bytes.hpp"
#include "workers/feed.hpp"
#include "workers/process.hpp"
#include "workers/workers.hpp"

namespace letopis::workers {
namespace {

using Clock = std::chrono::steady_clock;

// The greatest item and its other fields (capture/frames.hpp).
constexpr std::uint32_t frame_bytes_max = (256u << 20) + (16u << 20);
constexpr std::size_t read_bytes = 256 * 1024;

}  // namespace

struct ReadWorker::State {
    std::optional<Feed> feed;  // behind the process, which asks it
    Process process;
    std::chrono::milliseconds wall;
    std::string buffer;
    std::size_t taken = 0;
    bool ended = false;

    ~State() { end_process(process, true); }

    // True when bytes came, false at the end of the stream.
    Result<bool> read_more() {
        pollfd fd{process.out.get(), POLLIN, 0};
        const auto until = Clock::now() + wall;
        while (true) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
            const int ready =
                poll(&fd, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
            if (ready > 0) break;
            if (ready < 0 && errno == EINTR) continue;
            end_process(process, true);
            return fail(Errc::unavailable, "reader stopped: time limit");
        }
        drop_taken();
        const auto before = buffer.size();
        buffer.resize(before + read_bytes);
        const auto size = recv(process.out.get(), buffer.data() + before, read_bytes, 0);
        buffer.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        if (size < 0 && errno != EINTR)
            return tl::unexpected<Error>(system_error("read from the reader", errno));
        return size != 0;
    }

    void drop_taken() {
        if (taken == 0) return;
        buffer.erase(0, taken);
        taken = 0;
    }

    // A buffer that doubles would hold a large frame three times over.
    void make_room(std::size_t size) {
        if (buffer.capacity() >= taken + size) return;
        drop_taken();
        buffer.reserve(size + read_bytes);
    }

    // A large frame leaves in the buffer that it came in.
    std::string take(std::size_t length) {
        const auto end = taken + 4 + length;
        if (length <= read_bytes) {
            taken = end;
            return buffer.substr(end - length, length);
        }
        auto next = buffer.substr(end);
        buffer.resize(end);
        buffer.erase(0, end - length);
        taken = 0;
        return std::exchange(buffer, std::move(next));
    }

    std::string_view rest() const { return std::string_view(buffer).substr(taken); }

    Result<std::optional<std::string>> end() {
        ended = true;
        const bool cut = !rest().empty();
        // The process closes its output only by ending, so this does not wait long.
        const auto how = end_process(process, false);
        if (!how.empty()) return fail(Errc::unavailable, "reader stopped: " + how);
        if (cut) return fail(Errc::corrupt, "the reader's last frame is cut");
        return std::optional<std::string>();
    }
};

ReadWorker::ReadWorker(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadWorker::~ReadWorker() = default;

Result<std::unique_ptr<ReadWorker>> ReadWorker::start(const Path& letopis_parse,
                                                      int input_fd,
                                                      std::string options_frame,
                                                      Limits limits) {
    auto state = std::make_unique<State>();
    state->wall = limits.wall;
    TRY(state->process, start_process(letopis_parse, {"letopis-parse", "read"}, input_fd));
    std::string_view left = options_frame;
    while (!left.empty()) {
        const auto size = send(state->process.in.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return tl::unexpected<Error>(system_error("write to the reader", errno));
        left.remove_prefix(static_cast<std::size_t>(size));
    }
    state->process.in.reset();
    return std::unique_ptr<ReadWorker>(new ReadWorker(std::move(state)));
}

Result<std::unique_ptr<ReadWorker>> ReadWorker::start(const Path& letopis_parse,
                                                      std::uint64_t input_size,
                                                      ReadAt read,
                                                      std::string options_frame,
                                                      Limits limits) {
    TRY(auto feed, Feed::start(input_size, std::move(read)));
    TRY(auto worker, start(letopis_parse, feed.worker_end(), std::move(options_frame), limits));
    feed.close_worker_end();
    worker->state_->feed.emplace(std::move(feed));
    return worker;
}

Result<std::optional<std::string>> ReadWorker::next_frame() {
    State& state = *state_;
    if (state.ended) return std::optional<std::string>();
    while (true) {
        const auto rest = state.rest();
        if (rest.size() >= 4) {
            const auto length = Reader(rest).u32();
            if (length == 0 || length > frame_bytes_max) {
                state.ended = true;
                end_process(state.process, true);
                return fail(Errc::corrupt, "the reader sent a frame over the limit");
            }
            if (rest.size() - 4 >= length) return std::optional(state.take(length));
            if (length > read_bytes) state.make_room(4 + std::size_t(length));
        }
        TRY(const bool more, state.read_more());
        if (!more) return state.end();
    }
}

}  // namespace letopis::workers
