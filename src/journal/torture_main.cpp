// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: appends to the journal of an archive and says what was acknowledged, so that a test
// may kill it and ask afterwards; and changes the files of an archive as an insider would who has
// the page keys but not the key that signs. Never installed.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <thread>

#include "journal/journal.hpp"
#include "journal/shard.hpp"
#include "sql/sqlite.hpp"

namespace letopis::journal {
namespace {

// A kind that no version knows: kept, counted and skipped by everything but the journal.
constexpr auto torture_kind = static_cast<Kind>(0x7f01);

struct Arguments {
    Path archive, key_file;
    std::map<std::string, std::string> options;
    std::vector<std::string> words;
    std::uint64_t number(const std::string& name, std::uint64_t otherwise) const {
        const auto found = options.find(name);
        return found == options.end() ? otherwise : std::stoull(found->second);
    }
};

// Contents follow from their name, so that whoever reads them back knows what they should be.
std::string content_of(std::uint64_t seed, std::uint64_t number, std::uint64_t bytes_max) {
    std::uint64_t x = seed * 0x9e3779b97f4a7c15u + number + 1;
    const auto next = [&] {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        return x;
    };
    for (int i = 0; i < 8; ++i) next();
    // Most are small; some become an object in a row, a few an object file.
    const auto pick = next() % 100;
    const std::uint64_t size = pick < 80   ? next() % 3000
                               : pick < 96 ? 4096 + next() % 60'000
                                           : 280'000 + next() % 200'000;
    std::string out(static_cast<std::size_t>(std::min(size, bytes_max)), '\0');
    for (auto& c : out) c = static_cast<char>(next() >> 24);
    return out;
}

int complain(const Error& error) {
    const auto line = fmt::format("error {}: {}\n", name(error.code), error.what);
    (void)write_all(STDERR_FILENO, line);
    return 3;
}

struct Opened {
    std::unique_ptr<crypto::Keyring> keyring;
    SystemClock clock;
    std::unique_ptr<Journal> journal;
    double seconds = 0;
};

Result<std::unique_ptr<Opened>> open(const Arguments& arguments) {
    auto opened = std::make_unique<Opened>();
    TRY(opened->keyring,
        crypto::Keyring::open(arguments.archive,
                              {.key_file = arguments.key_file, .passphrase = std::nullopt}));
    const auto started = std::chrono::steady_clock::now();
    TRY(opened->journal,
        Journal::open(arguments.archive,
                      *opened->keyring,
                      opened->clock,
                      {.disk_reserve_bytes = arguments.number("--reserve", 0),
                       .shard_records_max = arguments.number("--shard", 1'000'000)}));
    opened->seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return opened;
}

int append(const Arguments& arguments) {
    std::signal(SIGXFSZ, SIG_IGN);
    auto opened = open(arguments);
    if (!opened) return complain(opened.error());
    auto& journal = *(*opened)->journal;
    // A reader that stays keeps the write-ahead log from being moved into live.db.
    std::optional<sql::Database> reader;
    if (arguments.number("--hold-reader", 0) != 0) {
        auto held = open_file(
            arguments.archive, live_label, *(*opened)->keyring, {.mode = sql::Mode::read});
        if (!held) return complain(held.error());
        reader = std::move(*held);
        if (auto begun = reader->run("BEGIN; SELECT count(*) FROM record"); !begun)
            return complain(begun.error());
    }
    const auto seed = arguments.number("--seed", 1);
    const auto count = arguments.number("--count", 100);
    const auto bytes_max = arguments.number("--bytes-max", UINT64_MAX);
    const auto batch = arguments.number("--batch", 3);
    const bool go_on = arguments.number("--go-on", 0) != 0;
    std::atomic<std::uint64_t> taken = 0;
    std::atomic<bool> failed = false;
    const auto work = [&] {
        while (!failed || go_on) {
            const auto first = taken.fetch_add(batch);
            if (first >= count) return;
            std::vector<std::string> contents, descriptors;
            for (auto i = first; i < std::min(first + batch, count); ++i) {
                contents.push_back(content_of(seed, i, bytes_max));
                descriptors.push_back(fmt::format(R"({{"v":1,"torture":[{},{}]}})", seed, i));
            }
            std::vector<Draft> drafts;
            for (std::size_t i = 0; i < contents.size(); ++i)
                drafts.push_back(
                    {.type = LeafType::state_change,
                     .kind = torture_kind,
                     .descriptor = descriptors[i],
                     .content = contents[i],
                     .once = {journal.once_key("torture", descriptors[i], torture_kind, ""),
                              std::nullopt}});
            const auto done = journal.append(drafts, Class::live);
            std::string lines;
            if (!done) {
                failed = true;
                lines = fmt::format("failed {}\n", name(done.error().code));
                complain(done.error());
            } else {
                for (std::size_t i = 0; i < done->size(); ++i)
                    lines +=
                        fmt::format("ack {} {} {}\n", seed, first + i, (*done)[i].seq->value());
            }
            // One write, so that a line is whole or not there.
            if (::write(STDOUT_FILENO, lines.data(), lines.size()) !=
                static_cast<ssize_t>(lines.size()))
                failed = true;
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i < arguments.number("--threads", 1); ++i) threads.emplace_back(work);
    work();
    for (auto& thread : threads) thread.join();
    if (arguments.number("--kill", 0) != 0) ::kill(::getpid(), SIGKILL);
    return failed ? 3 : 0;
}

// Reads "ack SEED NUMBER SEQ" lines and compares each with what is stored; then checks everything.
int check(const Arguments& arguments) {
    auto opened = open(arguments);
    if (!opened) return complain(opened.error());
    auto& journal = *(*opened)->journal;
    const auto bytes_max = arguments.number("--bytes-max", UINT64_MAX);
    std::uint64_t lost = 0, checked = 0;
    std::string word;
    while (std::cin >> word) {
        std::uint64_t seed = 0, number = 0, seq = 0;
        if (word != "ack" || !(std::cin >> seed >> number >> seq)) {
            std::getline(std::cin, word);
            continue;
        }
        ++checked;
        const auto record = journal.read(Seq(seq));
        if (record && record->content == content_of(seed, number, bytes_max) &&
            record->descriptor == fmt::format(R"({{"v":1,"torture":[{},{}]}})", seed, number))
            continue;
        ++lost;
        fmt::print(
            "lost {} {} {}: {}\n", seed, number, seq, record ? "other bytes" : record.error().what);
    }
    std::uint64_t problems = 0;
    if (arguments.number("--verify", 1) != 0) {
        const auto verified = journal.verify(true, {});
        if (!verified) return complain(verified.error());
        for (const auto& problem : verified->problems)
            fmt::print("problem {}: {}\n", problem.where, problem.what);
        problems = verified->problems.size();
    }
    fmt::print("checked {} lost {} problems {} records {} shards {} opened {:.3f}\n",
               checked,
               lost,
               problems,
               journal.head().records,
               journal.shards().size(),
               (*opened)->seconds);
    return lost + problems == 0 ? 0 : 1;
}

int close_shard(const Arguments& arguments) {
    auto opened = open(arguments);
    if (!opened) return complain(opened.error());
    if (auto closed = (*opened)->journal->close_shard(); !closed) return complain(closed.error());
    return 0;
}

// sql LABEL TEXT: runs SQL on one file of the archive with its page key; rows are printed, blobs in
// hex.
int run_sql(const Arguments& arguments) {
    auto keyring = crypto::Keyring::open(
        arguments.archive, {.key_file = arguments.key_file, .passphrase = std::nullopt});
    if (!keyring) return complain(keyring.error());
    const auto& label = arguments.words.at(0);
    auto named = (*keyring)->find(crypto::Purpose::page, label);
    if (!named) named = (*keyring)->find(crypto::Purpose::index_page, label);
    if (!named) return complain(named.error());
    auto db = sql::Database::open(
        arguments.archive / label, named->key.bytes(), {.mode = sql::Mode::write});
    if (!db) return complain(db.error());
    const auto ran = sqlite3_exec(
        db->handle(),
        arguments.words.at(1).c_str(),
        [](void*, int columns, char** values, char**) {
            for (int i = 0; i < columns; ++i)
                fmt::print("{}{}", i == 0 ? "" : "|", values[i] == nullptr ? "" : values[i]);
            fmt::print("\n");
            return 0;
        },
        nullptr,
        nullptr);
    if (ran != SQLITE_OK) return complain(sql::error_of(db->handle(), ran, "SQL failed"));
    return 0;
}

int run(const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t i = 3; i < words.size(); ++i) {
        if (words[i].starts_with("--") && i + 1 < words.size()) {
            arguments.options[words[i]] = words[i + 1];
            ++i;
        } else {
            arguments.words.push_back(words[i]);
        }
    }
    if (words.size() < 3) {
        fmt::print(stderr, "usage: journal_torture append|check|close|sql ARCHIVE KEY_FILE …\n");
        return 2;
    }
    arguments.archive = words[1];
    arguments.key_file = words[2];
    if (words[0] == "append") return append(arguments);
    if (words[0] == "check") return check(arguments);
    if (words[0] == "close") return close_shard(arguments);
    if (words[0] == "sql" && arguments.words.size() == 2) return run_sql(arguments);
    return 2;
}

}  // namespace
}  // namespace letopis::journal

int main(int count, char** words) {
    return letopis::journal::run(std::vector<std::string>(words + 1, words + count));
}
