// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace letopis::workers {
namespace {

// Sockets, not pipes: a write to a child that died must be an error, not a signal to the caller.
Result<std::pair<Fd, Fd>> channel() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return tl::unexpected<Error>(system_error("socketpair", errno));
    return std::pair(Fd(ends[0]), Fd(ends[1]));
}

// The child gets no environment, so no secret of it either; the exceptions exist in test builds.
std::vector<std::string> environment() {
    std::vector<std::string> out;
#if defined(LETOPIS_MUTANTS) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    for (const char* name : {"LETOPIS_MUTANT", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
        if (const char* value = std::getenv(name)) out.push_back(std::string(name) + "=" + value);
#endif
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    for (auto& text : strings) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

struct Actions {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    Actions() {
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
};

std::string how_it_ended(int status) {
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == 0 ? std::string()
                                        : "exit " + std::to_string(WEXITSTATUS(status));
    if (!WIFSIGNALED(status)) return "stopped";
    const int signal = WTERMSIG(status);
    if (signal == SIGPROF || signal == SIGXCPU) return "CPU limit";
    const char* name = sigabbrev_np(signal);
    return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace

Result<Process> start_process(const Path& program,
                              const std::vector<std::string>& arguments,
                              int third) {
    TRY(auto input, channel());
    TRY(auto output, channel());
    // dup2 onto the same number would keep close-on-exec, so the source stands above the targets.
    Fd source;
    if (third >= 0) {
        source = Fd(fcntl(third, F_DUPFD_CLOEXEC, 10));
        if (!source) return tl::unexpected<Error>(system_error("dup", errno));
    }
    Actions actions;
    posix_spawn_file_actions_adddup2(&actions.files, input.second.get(), 0);
    posix_spawn_file_actions_adddup2(&actions.files, output.second.get(), 1);
    if (source) posix_spawn_file_actions_adddup2(&actions.files, source.get(), 3);
    posix_spawn_file_actions_addclosefrom_np(&actions.files, source ? 4 : 3);
    auto words = arguments;
    auto variables = environment();
    Process process;
    const int error = posix_spawn(&process.pid,
                                  program.c_str(),
                                  &actions.files,
                                  &actions.attributes,
                                  pointers(words).data(),
                                  pointers(variables).data());
    if (error != 0)
        return fail(Errc::unavailable,
                    program.string() + " cannot be started: " + std::strerror(error));
    process.in = std::move(input.first);
    process.out = std::move(output.first);
    return process;
}

std::string end_process(Process& process, bool kill_first) {
    if (process.pid < 0) return {};
    process.in.reset();
    process.out.reset();
    if (kill_first) kill(process.pid, SIGKILL);
    int status = 0;
    while (waitpid(process.pid, &status, 0) < 0)
        if (errno != EINTR) break;
    process.pid = -1;
    return how_it_ended(status);
}

}  // namespace letopis::workers
