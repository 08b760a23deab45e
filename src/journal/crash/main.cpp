// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: what a power cut leaves of an appending run, at every call and in every combination
// that src/journal/crash/disk.hpp allows, is opened and must keep the promise: the journal opens by
// itself, every acknowledged record is there byte for byte, verify finds nothing, appending goes
// on. Never installed; tests/durability/crash_states_test.py drives it.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include "journal/crash/states.hpp"

namespace letopis::journal {
namespace {

struct Options {
    std::uint64_t seed = 1, states = 1000, jobs = 2, per_run = 20'000, stop_after = 3;
    std::optional<std::uint64_t> state;
    std::optional<std::uint64_t> moment;  // only the states of this one
    bool list = false;                    // print the calls of the run instead
    std::vector<std::string> forget;
    Path folder;
    std::optional<Path> progress;  // a file with a line for each run that is over
};

// Shared by the processes.
struct Progress : Counts {
    std::array<std::atomic<std::uint64_t>, 64> at;
};

struct Totals {
    std::uint64_t done = 0, distinct = 0, again = 0, twice = 0, failed = 0, runs = 0;
    double seconds = 0;
};

// A run of the calls of one seed, and the states of it.
class Exploration {
public:
    Exploration(const Options& options, std::uint64_t seed, std::uint64_t states, Progress& shared)
        : options_(options), seed_(seed), states_(states), shared_(shared) {}

    // An error is one of the explorer itself.
    Result<void> go() {
        std::filesystem::remove_all(options_.folder);
        std::filesystem::create_directories(options_.folder);
        const auto base = std::filesystem::canonical(options_.folder);
        TRY(disk_, recorded_run(base / "a", base / "key", seed_, truth_));
        for (const auto& part : options_.forget) disk_->forget_syncs(part);
        fmt::print("seed {}: {} calls, {} records, {} promises\n",
                   seed_,
                   disk_->events().size(),
                   truth_.records.size(),
                   truth_.promises.size());
        std::fflush(stdout);
        if (options_.list) {
            for (std::size_t i = 0; i < disk_->events().size(); ++i)
                fmt::print("{:5} {}\n", i, text_of(disk_->events()[i]));
            return {};
        }
        if (options_.state) {
            work(0, 1, *options_.state, *options_.state + 1);
            return {};
        }
        return share_out();
    }

private:
    void work(std::uint64_t job, std::uint64_t jobs, std::uint64_t from, std::uint64_t end) {
        const auto base = std::filesystem::canonical(options_.folder);
        const Run run{seed_, truth_, *disk_, base / "key", options_.forget};
        States states(run, base / fmt::format("job{}", job), shared_);
        for (auto number = from; number < end; ++number) {
            const auto moment = states.moment_of(number);
            // Neighbours go to the same process: their states are alike.
            if (moment / 32 % jobs != job) continue;
            if (options_.moment && moment != *options_.moment) continue;
            if (shared_.failed >= options_.stop_after) return;
            shared_.at[job] = number;
            std::string story;
            const auto bad = states.look_at(number, story);
            if (bad.empty()) continue;
            ++shared_.failed;
            fmt::print("VIOLATION seed {} state {}: {}\n{}", seed_, number, bad, story);
            std::fflush(stdout);
        }
    }

    pid_t start(std::uint64_t job, std::uint64_t from) {
        const auto child = ::fork();
        if (child != 0) return child;
        work(job, options_.jobs, from, states_);
        std::fflush(stdout);
        ::_exit(0);
    }

    Result<void> share_out() {
        std::map<pid_t, std::uint64_t> running;
        for (std::uint64_t job = 0; job < options_.jobs; ++job) running[start(job, 0)] = job;
        while (!running.empty()) {
            int status = 0;
            const auto ended = ::wait(&status);
            if (ended < 0) return fail(Errc::io, "lost a process");
            const auto job = running.at(ended);
            running.erase(ended);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
            const auto number = shared_.at[job].load();
            ++shared_.failed;
            fmt::print("VIOLATION seed {} state {}: the program died (status {:#x})\n",
                       seed_,
                       number,
                       static_cast<unsigned>(status));
            std::fflush(stdout);
            running[start(job, number + 1)] = job;
        }
        return {};
    }

    const Options& options_;
    const std::uint64_t seed_, states_;
    Progress& shared_;
    Truth truth_;
    std::unique_ptr<crash::Disk> disk_;
};

std::optional<Options> options_of(const std::vector<std::string>& words) {
    Options options;
    options.folder = fmt::format("/dev/shm/letopis-crash-{}", ::getpid());
    if (words.size() % 2 != 0) return std::nullopt;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const auto number = [&] { return std::stoull(words[i + 1]); };
        if (words[i] == "--seed")
            options.seed = number();
        else if (words[i] == "--states")
            options.states = number();
        else if (words[i] == "--jobs")
            options.jobs = std::clamp<std::uint64_t>(number(), 1, 64);
        else if (words[i] == "--per-run")
            options.per_run = number();
        else if (words[i] == "--stop-after")
            options.stop_after = number();
        else if (words[i] == "--moment")
            options.moment = number();
        else if (words[i] == "--list")
            options.list = number() != 0;
        else if (words[i] == "--state")
            options.state = number();
        else if (words[i] == "--forget")
            options.forget.push_back(words[i + 1]);
        else if (words[i] == "--progress")
            options.progress = words[i + 1];
        else
            return std::nullopt;
    }
    return options;
}

// The runs that a progress file tells of: seed -> what they came to.
std::map<std::uint64_t, Totals> finished(const Path& file) {
    std::map<std::uint64_t, Totals> out;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream in(line);
        std::string word;
        std::uint64_t seed = 0;
        Totals one{.runs = 1};
        if (in >> word >> seed >> word >> one.done >> word >> one.distinct >> word >> one.again >>
            word >> one.twice >> word >> one.failed >> word >> one.seconds)
            out[seed] = one;
    }
    return out;
}

void add(Totals& all, const Totals& one) {
    all.done += one.done;
    all.distinct += one.distinct;
    all.again += one.again;
    all.twice += one.twice;
    all.failed += one.failed;
    all.runs += one.runs;
    all.seconds += one.seconds;
}

Result<Totals> explore(const Options& options, Progress& shared) {
    const auto known =
        options.progress ? finished(*options.progress) : std::map<std::uint64_t, Totals>();
    Totals all;
    auto seed = options.seed;
    for (std::uint64_t first = 0; first < options.states && all.failed < options.stop_after;
         first += options.per_run, ++seed) {
        if (const auto found = known.find(seed); found != known.end()) {
            add(all, found->second);
            continue;
        }
        new (&shared) Progress{};
        const auto started = std::chrono::steady_clock::now();
        Exploration exploration(
            options, seed, std::min(options.per_run, options.states - first), shared);
        TRY_DO(exploration.go());
        const auto took = std::chrono::steady_clock::now() - started;
        const Totals one{.done = shared.done,
                         .distinct = shared.distinct,
                         .again = shared.again,
                         .twice = shared.twice,
                         .failed = shared.failed,
                         .runs = 1,
                         .seconds = std::chrono::duration<double>(took).count()};
        add(all, one);
        if (options.state || options.list) break;
        if (options.progress)
            std::ofstream(*options.progress, std::ios::app) << fmt::format(
                "seed {} states {} distinct {} alike {} twice {} violations {} seconds {:.1f}\n",
                seed,
                one.done,
                one.distinct,
                one.again,
                one.twice,
                one.failed,
                one.seconds);
    }
    return all;
}

int run(const std::vector<std::string>& words) {
    const auto options = options_of(words);
    if (!options) {
        fmt::print(stderr,
                   "usage: journal_crash [--seed N] [--states N] [--per-run N] [--jobs N] [--state "
                   "N] [--moment N] [--forget PART]… [--progress FILE]\n");
        return 2;
    }
    // Memory that is given back costs a page fault each time it is wanted again.
    ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
    ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
    auto* memory = ::mmap(
        nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto& shared = *new (memory) Progress{};
    const auto all = explore(*options, shared);
    std::filesystem::remove_all(options->folder);
    if (!all) {
        fmt::print(stderr, "error: {}\n", all.error().what);
        return 3;
    }
    fmt::print(
        "explored {} states of {} runs ({} of them distinct, {} of these like one that was looked "
        "at to the end), and {} after a second cut, in {:.1f} s: {} violations\n",
        all->done,
        all->runs,
        all->distinct,
        all->again,
        all->twice,
        all->seconds,
        all->failed);
    return all->failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace letopis::journal

int main(int count, char** words) {
    return letopis::journal::run(std::vector<std::string>(words + 1, words + count));
}
