// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <list>

#include "base/bytes.hpp"

namespace letopis::app {

namespace {

constexpr std::uint32_t call_bytes_max = 1 << 20;

Path socket_path(const Path& archive) { return archive / "archive.sock"; }

// A Unix socket's path is short; through /proc/self/fd any directory can be reached.
struct Address {
    sockaddr_un value{};
    Fd directory;
};
Result<Address> address_of(const Path& archive) {
    Address address;
    address.value.sun_family = AF_UNIX;
    address.directory = Fd(::open(archive.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.directory)
        return tl::unexpected<Error>(system_error("cannot open " + archive.string(), errno));
    const auto path = fmt::format("/proc/self/fd/{}/archive.sock", address.directory.get());
    std::strncpy(address.value.sun_path, path.c_str(), sizeof address.value.sun_path - 1);
    return address;
}

std::string encode(const std::vector<std::string>& words, const std::string& directory) {
    std::string body;
    Writer out(body);
    out.text(directory);
    out.varint(words.size());
    for (const auto& word : words) out.text(word);
    return body;
}

bool decode(std::string_view body, Call& call) {
    Reader in(body);
    call.directory = in.text();
    const auto count = in.varint();
    if (count > 10'000) return false;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) call.words.emplace_back(in.text());
    return in.done();
}

Result<void> send_with_descriptors(int socket, std::string_view bytes, int out, int error) {
    const int descriptors[2] = {out, error};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)]{};
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptors);
    std::memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
        return tl::unexpected<Error>(system_error("cannot send the command", errno));
    return {};
}

bool receive_descriptors(int socket, std::uint32_t& length, Call& call) {
    int descriptors[2] = {-1, -1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)]{};
    iovec part{&length, sizeof length};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) !=
        static_cast<ssize_t>(sizeof length))
        return false;
    const auto* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof descriptors))
        return false;
    std::memcpy(descriptors, CMSG_DATA(header), sizeof descriptors);
    call.out = Fd(descriptors[0]);
    call.error = Fd(descriptors[1]);
    return length <= call_bytes_max;
}

}  // namespace

std::string user_name(unsigned uid) {
    passwd entry{};
    passwd* found = nullptr;
    char buffer[4096];
    if (::getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr)
        return fmt::format("uid {} {}", uid, found->pw_name);
    return fmt::format("uid {}", uid);
}

struct Server::State {
    Path path;
    Fd socket;
    Fd wake_read, wake_write;
    std::function<int(Call&)> handle;
    std::thread accepting;
    struct Served {
        std::thread thread;
        std::atomic<bool> done = false;
    };
    std::list<Served> served;  // the accepting thread's

    void serve(Fd peer, Served& entry) {
        Call call;
        std::uint32_t length = 0;
        ucred who{};
        socklen_t size = sizeof who;
        if (::getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
            (who.uid == ::geteuid() || who.uid == 0) &&
            receive_descriptors(peer.get(), length, call)) {
            auto body = read_exactly(peer.get(), length);
            if (body && decode(*body, call)) {
                call.who = user_name(who.uid);
                // The caller's end closing means that its user pressed Ctrl-C.
                std::thread watch([&] {
                    pollfd waiting{peer.get(), POLLIN | POLLRDHUP, 0};
                    while (!entry.done && !call.gone) {
                        if (::poll(&waiting, 1, 100) > 0 &&
                            (waiting.revents & (POLLRDHUP | POLLHUP)) != 0)
                            call.gone = true;
                    }
                });
                const std::int32_t code = handle(call);
                call.out.reset();
                call.error.reset();
                entry.done = true;
                (void)write_all(
                    peer.get(),
                    std::string_view(reinterpret_cast<const char*>(&code), sizeof code));
                watch.join();
            }
        }
        entry.done = true;
    }

    void run() {
        for (;;) {
            pollfd waiting[2] = {{socket.get(), POLLIN, 0}, {wake_read.get(), POLLIN, 0}};
            if (::poll(waiting, 2, 1000) < 0 && errno != EINTR) return;
            std::erase_if(served, [](Served& one) {
                if (one.done && one.thread.joinable()) {
                    one.thread.join();
                    return true;
                }
                return false;
            });
            if (waiting[1].revents != 0) break;
            if ((waiting[0].revents & POLLIN) == 0) continue;
            Fd peer(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!peer || served.size() >= 64) continue;
            auto& entry = served.emplace_back();
            entry.thread =
                std::thread([this, &entry, fd = peer.release()] { serve(Fd(fd), entry); });
        }
        for (auto& one : served) one.thread.join();
    }
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(const Path& archive,
                                              std::function<int(Call&)> handle) {
    auto state = std::make_unique<State>();
    state->path = socket_path(archive);
    state->handle = std::move(handle);
    TRY_DO(remove_file(state->path));  // left by a holder that was killed; we hold the lock now
    state->socket = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    TRY(const auto address, address_of(archive));
    const auto mask = ::umask(0177);
    const int bound = ::bind(state->socket.get(),
                             reinterpret_cast<const sockaddr*>(&address.value),
                             sizeof address.value);
    ::umask(mask);
    if (bound != 0 || ::listen(state->socket.get(), 64) != 0)
        return tl::unexpected<Error>(
            system_error("cannot listen on " + state->path.string(), errno));
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0)
        return tl::unexpected<Error>(system_error("cannot make a pipe", errno));
    state->wake_read = Fd(pipe[0]);
    state->wake_write = Fd(pipe[1]);
    auto* raw = state.get();
    state->accepting = std::thread([raw] { raw->run(); });
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
    (void)remove_file(state_->path);  // nobody new finds us
    (void)write_all(state_->wake_write.get(), "x");
    state_->accepting.join();
}

Result<std::optional<int>> call(const Path& archive,
                                const std::vector<std::string>& words,
                                const std::string& directory,
                                int out,
                                int error) {
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    TRY(const auto address, address_of(archive));
    if (::connect(socket.get(),
                  reinterpret_cast<const sockaddr*>(&address.value),
                  sizeof address.value) != 0) {
        if (errno == EACCES || errno == EPERM)
            return tl::unexpected<Error>(system_error(
                "the process that has the archive open belongs to another user", errno));
        return std::optional<int>();
    }
    const auto body = encode(words, directory);
    const auto length = static_cast<std::uint32_t>(body.size());
    if (!send_with_descriptors(
            socket.get(),
            std::string_view(reinterpret_cast<const char*>(&length), sizeof length),
            out,
            error))
        return std::optional<int>();
    if (!write_all(socket.get(), body)) return std::optional<int>();
    const auto reply = read_exactly(socket.get(), sizeof(std::int32_t));
    if (!reply) return std::optional<int>();
    std::int32_t code = 0;
    std::memcpy(&code, reply->data(), sizeof code);
    return std::optional<int>(code);
}

}  // namespace letopis::app
