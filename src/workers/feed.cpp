// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/feed.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.hpp"

namespace letopis::workers {
namespace {

constexpr std::size_t request_bytes = 12;  // u64 offset, u32 size
constexpr std::uint32_t answer_bytes_max = 1 << 20;
constexpr std::uint32_t cannot_be_read = ~std::uint32_t(0);

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

std::string answer_to(std::uint64_t offset, std::uint32_t size, const ReadAt& read) {
    std::string answer(4 + std::size_t(std::min(size, answer_bytes_max)), '\0');
    const auto got = read(offset, answer.data() + 4, answer.size() - 4);
    answer.resize(4 + got.value_or(0));
    std::string length;
    Writer(length).u32(got ? static_cast<std::uint32_t>(*got) : cannot_be_read);
    answer.replace(0, 4, length);
    return answer;
}

void serve(int fd, std::uint64_t size, const ReadAt& read) {
    std::string hello;
    Writer(hello).u64(size);
    if (!send_all(fd, hello)) return;
    for (;;) {
        const auto asked = read_exactly(fd, request_bytes);
        if (!asked) return;
        Reader request(*asked);
        const auto offset = request.u64();
        if (!send_all(fd, answer_to(offset, request.u32(), read))) return;
    }
}

}  // namespace

Result<Feed> Feed::start(std::uint64_t size, ReadAt read) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return tl::unexpected<Error>(system_error("socketpair", errno));
    Feed feed;
    feed.ours_ = Fd(ends[0]);
    feed.theirs_ = Fd(ends[1]);
    feed.thread_ =
        std::thread([fd = ends[0], size, read = std::move(read)] { serve(fd, size, read); });
    return feed;
}

Feed::~Feed() {
    if (!thread_.joinable()) return;
    ::shutdown(ours_.get(), SHUT_RDWR);
    thread_.join();
}

}  // namespace letopis::workers
