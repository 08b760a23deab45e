// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/main.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "app/build_info.hpp"
#include "app/socket.hpp"

namespace letopis::cli {

namespace {

std::atomic<bool> stop_requested = false;
const Outside* outside = nullptr;  // what this program has of them; set once, before anything runs
Fd ready_pipe;  // open in the process that `unlock` leaves behind, until it is ready

void on_signal(int) {
    if (stop_requested.exchange(true))
        ::_exit(130);  // the second Ctrl-C does not wait; nothing acknowledged is lost
}

Result<std::string> first_line(const Path& file) {
    TRY(auto text, read_file(file, 64 * 1024));
    text.resize(std::min(text.find('\n'), text.size()));
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (text.empty())
        return fail(Errc::invalid, file.string() + " has no passphrase in its first line");
    return text;
}

Result<std::string> ask_passphrase() {
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0)
        return fail(
            Errc::wrong_key,
            "this archive needs its key",
            "Give --key-file FILE or --passphrase-file FILE, or run `letopis unlock` first.");
    Fd fd(terminal);
    termios before{};
    ::tcgetattr(terminal, &before);
    auto silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    (void)write_all(terminal, "Passphrase of the archive: ");
    ::tcsetattr(terminal, TCSAFLUSH, &silent);
    std::string text;
    char c = 0;
    while (::read(terminal, &c, 1) == 1 && c != '\n' && text.size() < 4096) text.push_back(c);
    ::tcsetattr(terminal, TCSAFLUSH, &before);
    (void)write_all(terminal, "\n");
    if (text.empty()) return fail(Errc::wrong_key, "no passphrase was given");
    return text;
}

// Commands that read go on where a log may not be signed, and say so; the others refuse or tell it
// themselves.
bool only_warns(const Arguments& arguments) {
    const auto name = arguments.command->name;
    if (name == "rebuild")
        return !arguments.positional.empty() && arguments.positional.front() != "ledger";
    constexpr std::string_view change[] = {
        "import", "tag", "proof", "verify", "user", "role", "group", "token", "own"};
    return std::ranges::find(change, name) == std::end(change);
}

Exit run_and_sign(Session& session) {
    if (only_warns(session.arguments)) {
        if (const auto whole = session.archive.check_logs(); !whole)
            session.output.note(
                fmt::format("letopis: warning: {}; see `letopis verify`\n", whole.error().what));
    }
    const auto code = run(session);
    // `verify` looks and leaves everything as it is.
    if (session.arguments.command->name == "verify" || !session.archive.check_logs()) return code;
    if (const auto signed_head = session.archive.sign(true); !signed_head)
        return report(session.output, signed_head.error(), session.json());
    return code;
}

// Commands that keep the archive for long answer other commands meanwhile.
bool serves(std::string_view command) {
    return command == "import" || command == "rebuild" || command == "verify" ||
           command == "export" || command == "unlock";
}

// The caller goes on; this process keeps neither its terminal nor its directory.
void stay_behind() {
    ::setsid();
    if (const Fd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC)); nowhere)
        for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::dup2(nowhere.get(), standard);
    (void)!::chdir("/");
    (void)write_all(ready_pipe.get(), "r");
    ready_pipe.reset();
}

}  // namespace

int serve_call(app::Archive& archive,
               app::Call& call,
               api::Directory* people,
               access::Sessions* sessions) {
    Output output(call.out.get(), call.error.get());
    const auto arguments = parse(call.words);
    if (!arguments) return static_cast<int>(report(output, arguments.error(), false));
    if (arguments->command->name == "lock") {
        ::kill(::getpid(), SIGTERM);
        return 0;
    }
    Session session{.archive = archive,
                    .arguments = *arguments,
                    .output = output,
                    .stop = call.gone,
                    .who = call.who,
                    .directory = call.directory,
                    .served = true,
                    .outside = outside,
                    .directory_of_people = people,
                    .sessions = sessions};
    const auto code = run_and_sign(session);
    output.flush();
    return static_cast<int>(code);
}

namespace {

// A command that only reads lives for some milliseconds, and every page of its heap would be a
// fault of its own: the heap begins at a boundary of huge pages, and the first of them is asked for
// at once. Where the kernel gives none, ordinary pages come instead.
void warm_heap() {
    constexpr std::size_t huge = 2 << 20;
    constexpr std::size_t ahead = 3 * huge;
    ::mallopt(M_TOP_PAD, ahead);
    ::mallopt(M_TRIM_THRESHOLD, 2 * ahead);
    ::mallopt(M_ARENA_MAX, 1);  // what a second thread allocates comes out of the same pages
    ::mallopt(M_MMAP_THRESHOLD, 2 * ahead);
    const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
    auto* const begin = reinterpret_cast<char*>((end + huge - 1) / huge * huge);
    if (::brk(begin) != 0) return;
    void* volatile block = ::malloc(huge / 4);  // the heap grows by it and by what is ahead
    ::free(block);
    ::madvise(begin, ahead, MADV_HUGEPAGE);
    ::madvise(begin, huge, MADV_POPULATE_WRITE);
}

Exit run_here(const Arguments& arguments, Output& output, const Path& directory, app::Lock lock) {
    const SystemClock clock;
    auto unlock = unlock_of(arguments, directory, true);
    if (!unlock) return report(output, unlock.error(), arguments.has("--json"));
    const auto& command = arguments.command->name;
    const bool will_read = command == "search" || command == "show";
    if (will_read) warm_heap();
    auto archive =
        app::Archive::open(directory,
                           *unlock,
                           clock,
                           std::move(lock),
                           will_read ? app::Archive::Stay::brief : app::Archive::Stay::long_);
    if (!archive) {
        const auto& error = archive.error();
        if (arguments.command->name == "verify" && arguments.has("--json") &&
            error.code == Errc::corrupt) {
            output.print(
                fmt::format("{{\"ok\":false,\"records\":0,\"objects\":0,\"root\":\"\",\"problems\":"
                            "[{{\"where\":\"archive\",\"what\":\"{}\"}}]}}\n",
                            error.what));
            output.flush();
            output.note(fmt::format("letopis: {}. {}\n", error.what, error.hint));
            return Exit::fault;
        }
        report(output, error, arguments.has("--json"));
        return error.code == Errc::corrupt && arguments.command->name == "verify" ? Exit::fault
                                                                                  : Exit::unusable;
    }
    std::unique_ptr<app::Server> server;
    if (serves(arguments.command->name)) {
        auto started = app::Server::start(
            directory, [&](app::Call& call) { return serve_call(**archive, call); });
        if (!started) return report(output, started.error(), arguments.has("--json"));
        server = std::move(*started);
    }
    Session session{.archive = **archive,
                    .arguments = arguments,
                    .output = output,
                    .stop = stop_requested,
                    .who = app::user_name(::geteuid()),
                    .directory = std::filesystem::current_path(),
                    .outside = outside};
    if (ready_pipe) session.ready = stay_behind;
    return run_and_sign(session);
}

Exit run_with_archive(const Arguments& arguments,
                      Output& output,
                      const std::vector<std::string>& words) {
    const auto directory = archive_directory(arguments);
    if (!directory)
        return report(output, directory.error(), arguments.has("--json")), Exit::unusable;
    if (const auto identity = app::read_identity(*directory); !identity)
        return report(output, identity.error(), arguments.has("--json")), Exit::unusable;
    // Whoever holds the lock does the work; a short command that holds it is gone in a moment.
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (;;) {
        auto lock = app::Lock::take(*directory);
        if (lock) {
            if (arguments.command->name == "lock")
                return report(output,
                              Error{Errc::not_found, "the archive is not unlocked", {}},
                              arguments.has("--json")),
                       Exit::done;
            return run_here(arguments, output, *directory, std::move(*lock));
        }
        if (lock.error().code != Errc::unavailable)
            return report(output, lock.error(), arguments.has("--json")), Exit::unusable;
        const auto code = app::call(*directory,
                                    words,
                                    std::filesystem::current_path().string(),
                                    STDOUT_FILENO,
                                    STDERR_FILENO);
        if (!code) return report(output, code.error(), arguments.has("--json")), Exit::unusable;
        if (*code) return static_cast<Exit>(**code);
        if (std::chrono::steady_clock::now() > patience || stop_requested)
            return report(output, lock.error(), arguments.has("--json")), Exit::unusable;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

// Forked before anything is opened: threads and locked memory do not follow a fork.
Exit unlock_behind(const Arguments& arguments,
                   Output& output,
                   const std::vector<std::string>& words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return report(output, system_error("cannot make a pipe", errno), arguments.has("--json"));
    Fd reading(ends[0]);
    ready_pipe = Fd(ends[1]);
    const auto child = ::fork();
    if (child < 0)
        return report(
            output, system_error("cannot start a process", errno), arguments.has("--json"));
    if (child == 0) {
        reading.reset();
        const auto code = run_with_archive(arguments, output, words);
        output.flush();
        ::_exit(static_cast<int>(code));
    }
    ready_pipe.reset();
    char byte = 0;
    ssize_t got = 0;
    do got = ::read(reading.get(), &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got == 1) return Exit::done;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? static_cast<Exit>(WEXITSTATUS(status)) : Exit::unusable;
}

Exit become_outside(const std::vector<std::string>& words, Output& output) {
    std::error_code error;
    const auto program =
        std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "letopis-serve";
    std::string name = "letopis";
    std::vector<std::string> copies(words);
    std::vector<char*> given{name.data()};
    for (auto& word : copies) given.push_back(word.data());
    given.push_back(nullptr);
    ::execv(program.c_str(), given.data());
    auto failed = system_error("cannot run " + program.string(), errno);
    failed.hint = "It belongs beside letopis: install both again.";
    return report(output, failed, false);
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

// The server that a command goes to instead of an archive; empty: none.
std::string server_of(const Arguments& arguments) {
    constexpr std::string_view known[] = {
        "search", "show", "import", "books", "user", "role", "token"};
    const char* variable = std::getenv("LETOPIS_SERVER");
    const bool meant =
        arguments.has("--server") ||
        (variable != nullptr && !arguments.has("--archive") &&
         std::getenv("LETOPIS_ARCHIVE") == nullptr && is_one_of(arguments.command->name, known));
    return meant ? arguments.get("--server", variable == nullptr ? "" : variable) : "";
}

Exit dispatch(const std::vector<std::string>& words, Output& output) {
    const auto arguments = parse(words);
    if (!arguments) return report(output, arguments.error(), false), Exit::usage;
    const auto name = arguments->command->name;
    if (name == "help") {
        const auto* topic =
            arguments->positional.empty() ? nullptr : find_command(arguments->positional.front());
        if (!arguments->positional.empty() && topic == nullptr)
            return report(
                output,
                Error{Errc::invalid,
                      fmt::format("there is no command '{}'", arguments->positional.front()),
                      "`letopis help` lists the commands."},
                false);
        output.print(topic == nullptr ? help() : help(*topic));
        return words.empty() ? Exit::usage : Exit::done;
    }
    if (name == "version") {
        output.print(fmt::format("{}\n", app::build_name()));
        return Exit::done;
    }
    if (name == "completion") {
        const auto text = completion(arguments->positional.front());
        if (text.empty())
            return report(
                output, Error{Errc::invalid, "completion takes bash, zsh or fish", {}}, false);
        output.print(text);
        return Exit::done;
    }
    constexpr std::string_view elsewhere[] = {
        "serve", "unlock", "user", "role", "group", "token", "own"};
    const auto server = server_of(*arguments);
    if (outside == nullptr && (!server.empty() || is_one_of(name, elsewhere)))
        return become_outside(words, output);
    if (!server.empty()) return outside->remote(*arguments, output, server);
    if (name == "init") return run_init(*arguments, output);
    if (name == "recover") return run_recover(*arguments, output);
    if (name == "serve") return outside->serve(*arguments, output);
    if (name == "doctor") return run_doctor(*arguments, output);
    if (name == "bench-data") return run_bench_data(*arguments, output);
    if (name == "unlock" && !arguments->has("--foreground"))
        return unlock_behind(*arguments, output, words);
    return run_with_archive(*arguments, output, words);
}

}  // namespace

bool stop_wanted() { return stop_requested; }

Result<Path> archive_directory(const Arguments& arguments) {
    const char* environment = std::getenv("LETOPIS_ARCHIVE");
    const auto given = arguments.get("--archive", environment == nullptr ? "" : environment);
    if (given.empty())
        return fail(
            Errc::not_found, "no archive was named", "Give --archive DIR or set LETOPIS_ARCHIVE.");
    return std::filesystem::absolute(given).lexically_normal();
}

Result<crypto::Unlock> unlock_of(const Arguments& arguments, const Path& archive, bool may_ask) {
    if (arguments.has("--passphrase-file")) {
        TRY(auto passphrase, first_line(arguments.get("--passphrase-file")));
        return crypto::Unlock{.key_file = std::nullopt, .passphrase = std::move(passphrase)};
    }
    const char* environment = std::getenv("LETOPIS_KEY_FILE");
    const auto given = arguments.get("--key-file", environment == nullptr ? "" : environment);
    if (!given.empty()) return crypto::Unlock{.key_file = Path(given), .passphrase = std::nullopt};
    auto beside = archive;
    if (beside.filename().empty()) beside = beside.parent_path();
    beside += ".key";
    if (std::filesystem::exists(beside))
        return crypto::Unlock{.key_file = beside, .passphrase = std::nullopt};
    if (!may_ask)
        return fail(Errc::wrong_key,
                    "this archive needs its key",
                    "Give --key-file FILE or --passphrase-file FILE.");
    TRY(auto passphrase, ask_passphrase());
    return crypto::Unlock{.key_file = std::nullopt, .passphrase = std::move(passphrase)};
}

int run_main(const std::vector<std::string>& words, const Outside* own) {
    outside = own;
    crypto::harden_process();
    ::umask(077);  // what we write is for its owner
    struct sigaction action {};
    action.sa_handler = on_signal;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    Output output(STDOUT_FILENO, STDERR_FILENO);
    const auto code = dispatch(words, output);
    output.flush();
    return static_cast<int>(code);
}

}  // namespace letopis::cli
