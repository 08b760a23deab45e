// SPDX-License-Identifier: AGPL-3.0-or-later
#include "extract/worker/sandbox.hpp"

#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/files.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LETOPIS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LETOPIS_SANITIZED 1
#endif
#endif

namespace letopis::extract {
namespace {

// 512 MiB a parser. RLIMIT_DATA counts private writable memory, so libraries and
// ICU's read-only data stay out of it.
constexpr rlim_t data_bytes_max = rlim_t(512) << 20;

#ifdef LETOPIS_SANITIZED
// Shadow memory alone is terabytes of address space, and reports need more calls.
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

Result<void> limit(int resource, rlim_t value) {
    const rlimit both{value, value};
    if (setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0)
        return tl::unexpected<Error>(system_error("setrlimit", errno));
    return {};
}

Result<void> limits(Profile profile) {
    if (!sanitized) TRY_DO(limit(RLIMIT_DATA, data_bytes_max));
    TRY_DO(limit(RLIMIT_CORE, 0));
    TRY_DO(limit(RLIMIT_FSIZE, 0));
    TRY_DO(limit(RLIMIT_NOFILE, profile == Profile::read ? 8 : 4));
    TRY_DO(limit(RLIMIT_NPROC, 0));
    return {};
}

struct Release {
    void operator()(void* filter) const { seccomp_release(filter); }
};

constexpr int allowed[] = {
    SCMP_SYS(read),           SCMP_SYS(readv),          SCMP_SYS(write),
    SCMP_SYS(writev),         SCMP_SYS(pread64),        SCMP_SYS(lseek),
    SCMP_SYS(close),          SCMP_SYS(fstat),          SCMP_SYS(newfstatat),
    SCMP_SYS(poll),           SCMP_SYS(ppoll),          SCMP_SYS(brk),
    SCMP_SYS(mmap),           SCMP_SYS(munmap),         SCMP_SYS(mremap),
    SCMP_SYS(mprotect),       SCMP_SYS(madvise),        SCMP_SYS(futex),
    SCMP_SYS(exit),           SCMP_SYS(exit_group),     SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),   SCMP_SYS(rt_sigprocmask), SCMP_SYS(setitimer),
    SCMP_SYS(getpid),         SCMP_SYS(gettid),         SCMP_SYS(tgkill),
    SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday),   SCMP_SYS(time),
    SCMP_SYS(getrandom),      SCMP_SYS(sigaltstack),    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall)};

constexpr int refused[] = {SCMP_SYS(openat),
                           SCMP_SYS(open),
                           SCMP_SYS(access),
                           SCMP_SYS(faccessat),
                           SCMP_SYS(faccessat2),
                           SCMP_SYS(stat),
                           SCMP_SYS(readlink),
                           SCMP_SYS(readlinkat),
                           SCMP_SYS(getcwd),
                           SCMP_SYS(ioctl),
                           SCMP_SYS(fcntl),
                           SCMP_SYS(uname),
                           SCMP_SYS(sysinfo),
                           SCMP_SYS(prlimit64),
                           SCMP_SYS(getdents64)};

Result<void> filter() {
    const auto otherwise = sanitized ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS;
    const std::unique_ptr<void, Release> rules(seccomp_init(otherwise));
    if (!rules) return fail(Errc::unfit, "seccomp_init failed");
    int error = 0;
    if (!sanitized) {
        for (const int call : allowed)
            if (error == 0) error = seccomp_rule_add(rules.get(), SCMP_ACT_ALLOW, call, 0);
        for (const int call : refused)
            if (error == 0) error = seccomp_rule_add(rules.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
    } else {
        for (const int call : {SCMP_SYS(socket), SCMP_SYS(execve), SCMP_SYS(execveat)})
            if (error == 0) error = seccomp_rule_add(rules.get(), SCMP_ACT_KILL_PROCESS, call, 0);
    }
    if (error == 0) error = seccomp_load(rules.get());
    if (error != 0)
        return tl::unexpected<Error>(system_error("the system-call filter was refused", -error));
    return {};
}

}  // namespace

Result<void> close_sandbox(Profile profile) {
    const unsigned first = profile == Profile::read ? 4 : 3;
    if (close_range(first, ~0u, 0) != 0)
        return tl::unexpected<Error>(system_error("close_range", errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return tl::unexpected<Error>(system_error("prctl", errno));
    TRY_DO(limits(profile));
    return filter();
}

void start_cpu_clock(int seconds) {
    itimerval clock{};
    clock.it_value.tv_sec = seconds;
    setitimer(ITIMER_PROF, &clock, nullptr);
}

}  // namespace letopis::extract
