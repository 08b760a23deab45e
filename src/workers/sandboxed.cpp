// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/sandboxed.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace letopis::workers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t output_bytes_max = std::size_t(16) << 20;
constexpr std::size_t error_bytes_max = 16 * 1024;
constexpr rlim_t memory_bytes_max = rlim_t(512) << 20;
constexpr rlim_t address_bytes_max = rlim_t(2) << 30;  // mapped fonts and tables are no memory
constexpr rlim_t document_bytes_max = rlim_t(300) << 20;

constexpr const char* bubblewrap = "/usr/bin/bwrap";
constexpr int document_fd = 9;
constexpr int filter_fd = 10;

Result<Fd> memory_file(const char* name, std::string_view bytes) {
    Fd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return tl::unexpected<Error>(system_error("memfd_create", errno));
    TRY_DO(write_all(fd.get(), bytes));
    fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

// What no reader of documents needs: network, other processes, mounts, kernel machinery.
constexpr int forbidden[] = {SCMP_SYS(socket),
                             SCMP_SYS(socketpair),
                             SCMP_SYS(connect),
                             SCMP_SYS(ptrace),
                             SCMP_SYS(process_vm_readv),
                             SCMP_SYS(process_vm_writev),
                             SCMP_SYS(mount),
                             SCMP_SYS(umount2),
                             SCMP_SYS(pivot_root),
                             SCMP_SYS(unshare),
                             SCMP_SYS(setns),
                             SCMP_SYS(bpf),
                             SCMP_SYS(keyctl),
                             SCMP_SYS(add_key),
                             SCMP_SYS(request_key),
                             SCMP_SYS(userfaultfd),
                             SCMP_SYS(perf_event_open),
                             SCMP_SYS(io_uring_setup),
                             SCMP_SYS(kexec_load),
                             SCMP_SYS(init_module),
                             SCMP_SYS(finit_module)};

struct Release {
    void operator()(void* rules) const { seccomp_release(rules); }
};

// The filter as bytes, made before the fork: afterwards only plain system calls are safe.
Result<std::string> filter_bytes() {
    const std::unique_ptr<void, Release> rules(seccomp_init(SCMP_ACT_ALLOW));
    if (!rules) return fail(Errc::unavailable, "seccomp_init failed");
    for (const int call : forbidden)
        if (seccomp_rule_add(rules.get(), SCMP_ACT_ERRNO(EPERM), call, 0) != 0)
            return fail(Errc::unavailable, "a system-call filter cannot be made");
    Fd fd(memfd_create("filter", MFD_CLOEXEC));
    if (!fd || seccomp_export_bpf(rules.get(), fd.get()) != 0)
        return fail(Errc::unavailable, "a system-call filter cannot be made");
    const auto size = lseek(fd.get(), 0, SEEK_CUR);
    lseek(fd.get(), 0, SEEK_SET);
    return read_exactly(fd.get(), static_cast<std::size_t>(size));
}

// Everything the child needs, in memory that exists before the fork.
struct Plan {
    std::vector<std::string> words;
    std::vector<char*> argv;
    std::vector<sock_filter> filter;  // empty: bubblewrap sets it
    Fd document, filter_file;
    ToolOptions options;
    bool degraded = false;
};

void set_limit(int resource, rlim_t value) {
    const rlimit both{value, value};
    setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

// After fork(), before exec(): plain system calls only.
[[noreturn]] void become(const Plan& plan, int out, int err) {
    static char path[] = "PATH=/usr/bin";
    static char language[] = "LANG=C.UTF-8";
    static char threads[] = "OMP_THREAD_LIMIT=1";
    char* environment[] = {path, language, threads, nullptr};
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = open("/dev/null", O_RDONLY);
    // The numbers below are above all that this process uses for its own ends here.
    const int document = fcntl(plan.document.get(), F_DUPFD, 20);
    const int filter = plan.filter_file ? fcntl(plan.filter_file.get(), F_DUPFD, 20) : -1;
    const int out_copy = fcntl(out, F_DUPFD, 20), err_copy = fcntl(err, F_DUPFD, 20);
    dup2(nothing, 0);
    dup2(out_copy, 1);
    dup2(err_copy, 2);
    dup2(document, document_fd);
    if (filter >= 0) dup2(filter, filter_fd);
    syscall(SYS_close_range, 3, document_fd - 1, 0);
    syscall(SYS_close_range, filter >= 0 ? filter_fd + 1 : document_fd + 1, ~0u, 0);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_CPU, static_cast<rlim_t>(plan.options.cpu_seconds));
    set_limit(RLIMIT_DATA, memory_bytes_max);
    set_limit(RLIMIT_AS, address_bytes_max);
    set_limit(RLIMIT_NOFILE, 64);
    // bubblewrap copies the document into a file of its own, in memory.
    set_limit(RLIMIT_FSIZE, plan.degraded ? 0 : document_bytes_max);
    if (plan.degraded) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        const sock_fprog program{static_cast<unsigned short>(plan.filter.size()),
                                 const_cast<sock_filter*>(plan.filter.data())};
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(126);
    }
    execve(plan.argv[0], plan.argv.data(), environment);
    _exit(127);
}

std::string how_it_ended(int status, int& exit_code) {
    if (WIFEXITED(status)) {
        exit_code = WEXITSTATUS(status);
        // bubblewrap reports the signal of its child as 128 + number.
        if (exit_code <= 128 || exit_code > 128 + 64) return {};
        const int number = exit_code - 128;
        if (number == SIGXCPU || number == SIGKILL) return "CPU limit";
        const char* name = sigabbrev_np(number);
        return name ? std::string("SIG") + name : std::string();
    }
    const int number = WTERMSIG(status);
    if (number == SIGXCPU) return "CPU limit";
    const char* name = sigabbrev_np(number);
    return name ? std::string("SIG") + name : "a signal";
}

// Appends what is there; false at the end of the stream.
bool drain(int fd, std::string& into, std::size_t limit, bool& cut) {
    std::array<char, 65536> buffer;
    const auto size = read(fd, buffer.data(), buffer.size());
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    if (size == 0) return false;
    const auto room = limit - std::min(limit, into.size());
    const auto taken = std::min(room, static_cast<std::size_t>(size));
    into.append(buffer.data(), taken);
    if (taken < static_cast<std::size_t>(size)) cut = true;
    return true;
}

Result<ToolRun> run(const Plan& plan) {
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0) return tl::unexpected<Error>(system_error("pipe", errno));
    Fd out_read(out[0]), out_write(out[1]);
    if (pipe2(err, O_CLOEXEC) != 0) return tl::unexpected<Error>(system_error("pipe", errno));
    Fd err_read(err[0]), err_write(err[1]);
    const pid_t pid = fork();
    if (pid < 0) return tl::unexpected<Error>(system_error("fork", errno));
    if (pid == 0) become(plan, out_write.get(), err_write.get());
    out_write.reset();
    err_write.reset();
    ToolRun result;
    result.degraded = plan.degraded;
    const auto until = Clock::now() + std::chrono::seconds(plan.options.wall_seconds);
    bool out_open = true, err_open = true, ignored = false;
    while ((out_open || err_open) && !result.cut) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
        std::array<pollfd, 2> fds{{{out_open ? out_read.get() : -1, POLLIN, 0},
                                   {err_open ? err_read.get() : -1, POLLIN, 0}}};
        const int ready =
            left.count() <= 0 ? 0 : poll(fds.data(), fds.size(), static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            result.stopped = "time limit";
            break;
        }
        if (fds[0].revents != 0)
            out_open = drain(out_read.get(), result.output, output_bytes_max, result.cut);
        if (fds[1].revents != 0)
            err_open = drain(err_read.get(), result.errors, error_bytes_max, ignored);
    }
    if (result.cut || !result.stopped.empty()) kill(-pid, SIGKILL), kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    const auto ended = how_it_ended(status, result.exit_code);
    if (result.stopped.empty() && !result.cut) result.stopped = ended;
    return result;
}

void finish_argv(Plan& plan) {
    for (auto& word : plan.words) plan.argv.push_back(word.data());
    plan.argv.push_back(nullptr);
}

Result<Plan> plan_bubblewrap(const std::string& program,
                             const std::vector<std::string>& arguments,
                             std::string_view document,
                             const ToolOptions& options) {
    Plan plan;
    plan.options = options;
    TRY(plan.document, memory_file("document", document));
    TRY(const auto filter, filter_bytes());
    TRY(plan.filter_file, memory_file("filter", filter));
    plan.words = {bubblewrap,
                  "--unshare-all",
                  "--die-with-parent",
                  "--new-session",
                  "--ro-bind",
                  "/usr",
                  "/usr",
                  "--symlink",
                  "usr/lib",
                  "/lib",
                  "--symlink",
                  "usr/lib64",
                  "/lib64",
                  "--symlink",
                  "usr/bin",
                  "/bin",
                  "--tmpfs",
                  "/tmp",
                  "--ro-bind-data",
                  std::to_string(document_fd),
                  "/in",
                  "--cap-drop",
                  "ALL",
                  "--uid",
                  "65534",
                  "--gid",
                  "65534",
                  "--chdir",
                  "/tmp",
                  "--seccomp",
                  std::to_string(filter_fd)};
    if (options.fonts)
        for (const char* folder : {"/etc/fonts", "/var/cache/fontconfig"})
            plan.words.insert(plan.words.end(), {"--ro-bind-try", folder, folder});
    plan.words.insert(plan.words.end(), {"--", program});
    for (const auto& argument : arguments)
        plan.words.push_back(argument == "{in}" ? "/in" : argument);
    finish_argv(plan);
    return plan;
}

Result<Plan> plan_degraded(const std::string& program,
                           const std::vector<std::string>& arguments,
                           std::string_view document,
                           const ToolOptions& options) {
    Plan plan;
    plan.options = options;
    plan.degraded = true;
    TRY(plan.document, memory_file("document", document));
    TRY(const auto filter, filter_bytes());
    plan.filter.resize(filter.size() / sizeof(sock_filter));
    std::memcpy(plan.filter.data(), filter.data(), plan.filter.size() * sizeof(sock_filter));
    plan.words = {program};
    for (const auto& argument : arguments)
        plan.words.push_back(argument == "{in}" ? "/proc/self/fd/" + std::to_string(document_fd)
                                                : argument);
    finish_argv(plan);
    return plan;
}

}  // namespace

bool namespaces_work() {
    static const bool works = [] {
        if (access(bubblewrap, X_OK) != 0) return false;
        const auto plan = plan_bubblewrap("/usr/bin/true", {}, "x", {});
        if (!plan) return false;
        const auto tried = run(*plan);
        return tried && tried->exit_code == 0;
    }();
    return works;
}

Result<ToolRun> run_tool(const std::string& program,
                         const std::vector<std::string>& arguments,
                         std::string_view document,
                         const ToolOptions& options) {
    if (!namespaces_work()) return run_tool_degraded(program, arguments, document, options);
    TRY(const auto plan, plan_bubblewrap(program, arguments, document, options));
    return run(plan);
}

Result<ToolRun> run_tool_degraded(const std::string& program,
                                  const std::vector<std::string>& arguments,
                                  std::string_view document,
                                  const ToolOptions& options) {
    TRY(const auto plan, plan_degraded(program, arguments, document, options));
    return run(plan);
}

}  // namespace letopis::workers
