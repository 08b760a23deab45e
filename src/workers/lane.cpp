// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/lane.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "extract/wire.hpp"

namespace letopis::workers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t read_bytes = 256 * 1024;
constexpr int buffer_bytes = 1 << 20;

void wide(int fd) {
    for (const int option : {SO_SNDBUF, SO_RCVBUF})
        setsockopt(fd, SOL_SOCKET, option, &buffer_bytes, sizeof buffer_bytes);
}

}  // namespace

Lane::Lane(Path program, std::chrono::milliseconds wall)
    : program_(std::move(program)), wall_(wall) {}

Lane::~Lane() { end_process(process_, true); }

Result<void> Lane::start() {
    TRY(process_, start_process(program_, {"letopis-parse", "parse"}));
    pid_ = process_.pid;
    wide(process_.in.get());
    wide(process_.out.get());
    outgoing_.clear();
    incoming_.clear();
    sent_ = taken_ = 0;
    garbage_ = false;
    // An empty batch: the answer says that everything is loaded and the sandbox closed.
    auto hello = std::make_shared<Order>();
    give({hello, 0, 0, false});
    const auto happened = wait(-1);
    if (happened.finished) return {};
    return fail(Errc::unavailable, program_.string() + " does not run");
}

void Lane::give(Batch batch) {
    if (sent_ == outgoing_.size()) {
        outgoing_.clear();
        sent_ = 0;
    }
    if (batches_.empty()) since_ = Clock::now();
    outgoing_ += request_frame(batch);
    batches_.push_back(std::move(batch));
}

Lane::Happened Lane::death(const std::string& how) {
    Happened out;
    out.died = true;
    const auto ended = end_process(process_, true);
    pid_ = 0;
    auto reason = how.empty() ? ended : how;
    if (reason.empty()) reason = "it ended by itself";
    // The one being worked on is the suspect; alone it is guilty. The one behind it is unharmed.
    if (!batches_.empty()) {
        auto suspect = batches_.front();
        batches_.pop_front();
        // SIGKILL that is not ours is the system's or an operator's: worth one more try.
        const bool innocent = reason == "SIGKILL" && how.empty() && !suspect.retried;
        if (suspect.count == 1 && innocent) {
            suspect.retried = true;
            out.to_run_again.push_back(suspect);
        } else if (suspect.count == 1) {
            take_death(suspect, reason);
            out.finished = suspect;
        } else {
            out.to_run_again = singles(suspect);
        }
    }
    for (auto& batch : batches_) out.to_run_again.push_back(std::move(batch));
    batches_.clear();
    return out;
}

bool Lane::write_some() {
    const auto size = send(process_.in.get(),
                           outgoing_.data() + sent_,
                           outgoing_.size() - sent_,
                           MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) sent_ += static_cast<std::size_t>(size);
    return size > 0 || errno == EAGAIN || errno == EINTR;
}

bool Lane::read_some() {
    const auto before = incoming_.size();
    incoming_.resize(before + read_bytes);
    const auto size = recv(process_.out.get(), incoming_.data() + before, read_bytes, MSG_DONTWAIT);
    incoming_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

std::optional<std::string_view> Lane::whole_answer() {
    const auto rest = std::string_view(incoming_).substr(taken_);
    if (rest.size() < 4) return std::nullopt;
    const auto length = Reader(rest).u32();
    if (length == 0 || length > extract::answer_bytes_max || batches_.empty()) {
        garbage_ = true;
        return std::nullopt;
    }
    if (rest.size() - 4 < length) return std::nullopt;
    return rest.substr(4, length);
}

Lane::Happened Lane::wait(int wake_fd) {
    while (true) {
        if (const auto answer = whole_answer()) {
            const auto batch = batches_.front();
            if (!take_answer(batch, *answer)) return death("its answer made no sense");
            taken_ += 4 + answer->size();
            if (taken_ == incoming_.size()) {
                incoming_.clear();
                taken_ = 0;
            }
            batches_.pop_front();
            since_ = Clock::now();
            Happened out;
            out.finished = batch;
            return out;
        }
        if (garbage_) return death("its answer made no sense");
        const auto waited =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since_);
        if (!batches_.empty() && waited >= wall_) return death("time limit");
        const bool writes = sent_ < outgoing_.size();
        std::array<pollfd, 3> fds{{{process_.out.get(), POLLIN, 0},
                                   {writes ? process_.in.get() : -1, POLLOUT, 0},
                                   {wake_fd, POLLIN, 0}}};
        const auto left = batches_.empty() ? std::chrono::milliseconds(-1) : wall_ - waited;
        if (poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
            return death("poll failed");
        if (fds[0].revents != 0 && !read_some()) return death({});
        if (fds[1].revents != 0 && !write_some() && fds[0].revents == 0) return death({});
        if (fds[2].revents != 0) {
            Happened out;
            out.woken = true;
            return out;
        }
    }
}

}  // namespace letopis::workers
