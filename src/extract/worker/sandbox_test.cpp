// SPDX-License-Identifier: AGPL-3.0-or-later
#include "extract/worker/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>

namespace letopis::extract {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// What becomes of a process that closes the sandbox and then does this: exit code, or 1000 +
// signal.
int inside(Profile profile,
           const std::function<int()>& work,
           const std::function<void()>& before = {}) {
    const pid_t pid = fork();
    if (pid == 0) {
        if (before) before();
        if (!close_sandbox(profile)) _exit(99);
        _exit(work());
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(Sandbox, ordinary_work_goes_on) {
    EXPECT_EQ(inside(Profile::parse,
                     [] {
                         std::string text(10'000'000, 'x');
                         return text.find('y') == text.npos && write(1, "", 0) == 0 ? 7 : 8;
                     }),
              7);
}

TEST(Sandbox, files_cannot_be_opened) {
    if (sanitized)
        GTEST_SKIP() << "sanitizer builds leave files open to their own run-time library";
    EXPECT_EQ(inside(Profile::parse,
                     [] { return open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM ? 7 : 8; }),
              7);
}

TEST(Sandbox, the_network_and_other_programs_end_the_process) {
    EXPECT_EQ(inside(Profile::parse, [] { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 7 : 8; }),
              1000 + SIGSYS);
    EXPECT_EQ(inside(Profile::read,
                     [] {
                         char* const nothing[] = {nullptr};
                         execve("/bin/true", nothing, nothing);
                         return 8;
                     }),
              1000 + SIGSYS);
    if (sanitized) return;
    EXPECT_EQ(inside(Profile::parse, [] { return fork() < 0 ? 7 : 8; }), 1000 + SIGSYS);
}

TEST(Sandbox, inherited_descriptors_are_closed) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const int high = fcntl(ends[1], F_DUPFD, 50);

    EXPECT_EQ(inside(Profile::parse,
                     [high] { return write(high, "x", 1) < 0 && errno == EBADF ? 7 : 8; }),
              7);
    for (const int fd : {ends[0], ends[1], high}) close(fd);
}

TEST(Sandbox, memory_is_limited) {
    if (sanitized) GTEST_SKIP() << "sanitizer builds have no memory limit";
    EXPECT_EQ(inside(Profile::parse,
                     [] {
                         const bool some = std::malloc(100u << 20) != nullptr;
                         const bool much = std::malloc(700u << 20) != nullptr;
                         return some && !much ? 7 : 8;
                     }),
              7);
}

TEST(Sandbox, nothing_can_be_written_to_files) {
    if (sanitized) GTEST_SKIP() << "the signal is caught by the sanitizer";
    char name[] = "/tmp/letopis-sandbox-XXXXXX";
    const int file = mkstemp(name);
    const auto as_input = [file] { dup2(file, 3); };
    EXPECT_EQ(inside(
                  Profile::read, [] { return write(3, "x", 1) < 0 ? 7 : 8; }, as_input),
              1000 + SIGXFSZ);
    close(file);
    unlink(name);
}

TEST(Sandbox, the_clock_of_one_message_ends_a_process_that_spins) {
    EXPECT_EQ(inside(Profile::parse,
                     [] {
                         start_cpu_clock(1);
                         for (volatile bool forever = true; forever;) continue;
                         return 8;
                     }),
              1000 + SIGPROF);
}

}  // namespace
}  // namespace letopis::extract
