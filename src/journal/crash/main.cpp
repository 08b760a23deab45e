// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: what a power cut leaves of an appending run, at every call and in every combination
// that src/journal/crash/disk.hpp allows, is opened and must keep the promise: the journal opens by
// itself, every acknowledged record is there byte for byte, verify finds nothing, appending goes
// on. Never installed; tests/durability/crash_states_test.py drives it.
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/fake_clock.hpp"
#include "journal/crash/disk.hpp"
#include "journal/journal.hpp"
#include "journal/shard.hpp"
#include "sql/sqlite.hpp"

namespace letopis::journal {
namespace {

using crash::Dice;
using crash::Disk;
using crypto::Keyring;
using crypto::Purpose;

constexpr auto crash_kind = static_cast<Kind>(0x7f02);  // a kind that no version knows
constexpr std::uint64_t shard_records = 24;
constexpr std::uint64_t variants = 8;  // of Disk::cut; half of them by chance

struct Wrap {
    std::string reference;
    crypto::KeyId key_id;
    std::string wrapped;
    auto operator<=>(const Wrap&) const = default;
};

// What had been promised when a mark was set: so many of each list below.
struct Promise {
    std::uint64_t records = 0;
    std::size_t once = 0, wraps = 0, keys = 0, destroyed = 0;
};

// The run as it was meant: what must be found again.
struct Truth {
    std::vector<Record> records;
    std::vector<std::pair<OnceKey, Seq>> once;
    std::vector<Wrap> wraps;
    std::vector<crypto::KeyId> keys, destroyed;
    std::vector<Promise> promises;  // by mark; the first stands for "no mark yet"
    std::vector<std::pair<std::uint64_t, std::uint64_t>> groups;  // [first, end) of one commit
};

// First complaint of a check; empty: none.
using Complaint = std::string;

std::string noise(Dice& dice, std::size_t size) {
    std::string out(size, '\0');
    for (auto& c : out) c = static_cast<char>(dice.next() >> 24);
    return out;
}

Result<std::set<Wrap>> all_wraps(const Path& archive, Keyring& keyring, const Journal& journal) {
    std::set<Wrap> out;
    for (const auto& shard : journal.shards()) {
        TRY(auto db,
            open_file(archive,
                      shard.closed ? bodies_label(shard.first) : live_label,
                      keyring,
                      {.mode = shard.closed ? sql::Mode::immutable : sql::Mode::read}));
        TRY(auto rows, db.prepare("SELECT ref, key_id, wrapped FROM wrap"));
        for (;;) {
            TRY(const bool more, rows.step());
            if (!more) break;
            out.insert(
                {std::string(rows.blob(0)), as_key_id(rows.integer(1)), std::string(rows.blob(2))});
        }
    }
    return out;
}

// A run of everything that writes, in an order that the seed chooses.
class Scenario {
public:
    Scenario(Path archive, Path key_file, std::uint64_t seed)
        : archive_(std::move(archive)), key_file_(std::move(key_file)), dice_(seed) {
        crash::seed_randomness(seed);
    }

    // The calls of the run, from the first append on a new archive to the journal's end.
    Result<std::unique_ptr<Disk>> run(Truth& truth) {
        truth_ = &truth;
        std::filesystem::create_directories(archive_);
        TRY_DO(crypto::create_key_file(key_file_));
        const std::vector<std::string> origins{"t/archive/1", "t/audit/1"};
        TRY(keyring_,
            Keyring::create(archive_,
                            {.key_file = key_file_, .passphrase = std::nullopt},
                            origins,
                            clock_.now()));
        TRY_DO(Journal::create(archive_, *keyring_, clock_, R"({"v":1})"));
        // It only takes room; empty it is as good, and quicker to copy.
        TRY_DO(write_file(archive_ / "reserve", ""));
        truth.promises.push_back({.records = 1});
        auto disk = std::make_unique<Disk>(archive_);
        disk_ = disk.get();
        TRY_DO(open());
        // Each at least once, then as the dice fall.
        std::vector<int> steps;
        for (int i = 0; i < step_count * 3; ++i)
            steps.push_back(i < step_count ? i : static_cast<int>(dice_.below(step_count)));
        for (std::size_t i = steps.size(); i-- > 1;) std::swap(steps[i], steps[dice_.below(i + 1)]);
        for (const int one : steps) {
            clock_.advance(std::chrono::microseconds(dice_.below(90'000'000)));
            TRY_DO(step(one));
        }
        TRY_DO(journal_->feed(
            Seq(0), UINT64_MAX, Contents::with, [&](Record&& record) -> Result<bool> {
                truth.records.push_back(std::move(record));
                return true;
            }));
        journal_.reset();
        disk->stop();
        keyring_.reset();
        if (auto missed = disk->compare(); !missed.empty())
            return fail(Errc::invalid, "the recording is not what happened: " + missed);
        return disk;
    }

private:
    static constexpr int step_count = 12;

    Result<void> open() {
        TRY(journal_,
            Journal::open(archive_,
                          *keyring_,
                          clock_,
                          {.disk_reserve_bytes = 0, .shard_records_max = shard_records}));
        return {};
    }

    Result<void> promise() {
        const std::lock_guard lock(mutex_);
        TRY(const auto wraps, all_wraps(archive_, *keyring_, *journal_));
        for (const auto& wrap : wraps)
            if (known_wraps_.insert(wrap).second) truth_->wraps.push_back(wrap);
        mark();
        return {};
    }
    void mark() {
        const auto records = journal_->head().records;
        truth_->promises.push_back({.records = records,
                                    .once = truth_->once.size(),
                                    .wraps = truth_->wraps.size(),
                                    .keys = truth_->keys.size(),
                                    .destroyed = truth_->destroyed.size()});
        disk_->mark(truth_->promises.size() - 1);
    }

    struct Item {
        std::string descriptor, content;
        std::vector<Keyring::Named> owners;
        std::optional<OnceKey> once;
        Origin origin = Origin::archive;
        LeafType type = LeafType::state_change;
        ContentClass content_class = ContentClass::plain;
        std::optional<Expect> expect;
    };
    Item item(std::size_t size) {
        Item one;
        one.descriptor = fmt::format(R"({{"v":1,"crash":{}}})", ++items_);
        one.content = noise(dice_, size);
        one.once = journal_->once_key("crash", one.descriptor, crash_kind, "");
        return one;
    }
    Result<void> append(std::vector<Item> items,
                        Class cls = Class::live,
                        const Journal::Then& then = {}) {
        std::vector<Draft> drafts;
        for (const auto& one : items)
            drafts.push_back({.type = one.type,
                              .kind = crash_kind,
                              .origin = one.origin,
                              .content_class = one.content_class,
                              .descriptor = one.descriptor,
                              .content = one.content,
                              .owners = one.owners,
                              .once = {one.once, std::nullopt},
                              .expect = one.expect});
        TRY(const auto done, journal_->append(drafts, cls, then));
        const std::lock_guard lock(mutex_);
        std::uint64_t first = UINT64_MAX, end = 0;
        for (std::size_t i = 0; i < done.size(); ++i) {
            if (!done[i].seq) continue;
            first = std::min(first, done[i].seq->value());
            end = std::max(end, done[i].seq->value() + 1);
            if (i < items.size() && items[i].once)
                truth_->once.emplace_back(*items[i].once, *done[i].seq);
        }
        if (first < end) truth_->groups.emplace_back(first, end);
        mark();
        return {};
    }
    Result<Keyring::Named> key(Purpose purpose, const std::string& label) {
        TRY(auto named, keyring_->ensure(purpose, label, clock_.now()));
        truth_->keys.push_back(named.id);
        mark();
        return named;
    }

    Result<void> step(int which) {
        switch (which) {
            case 0: TRY_DO(append({item(dice_.below(300))})); break;
            case 1: TRY_DO(append(batch(3 + dice_.below(6), 3000))); break;
            case 2: {  // two owners, inline and as an object in a row
                TRY(const auto one, key(Purpose::client, fmt::format("c{}", dice_.below(4))));
                TRY(const auto two, key(Purpose::intake, fmt::format("d{}", dice_.below(6))));
                auto small = item(200), large = item(5000 + dice_.below(20'000));
                small.owners = large.owners = {one, two};
                TRY_DO(append({small, large}));
                break;
            }
            case 3: TRY_DO(append({item(4097 + dice_.below(50'000))}, Class::bulk)); break;
            case 4:  // an object file, if there are not enough: they are slow to look at
                if (++object_files_ > 3) return {};
                TRY_DO(append({item(263'000 + dice_.below(40'000)), item(50)}));
                break;
            case 5: {
                TRY(const auto named, journal_->intake_key());
                auto one = item(700);
                one.owners = {named};
                one.type = LeafType::message_event;
                TRY_DO(append({one}));
                break;
            }
            case 6: TRY_DO(group()); break;
            case 7: {
                auto one = item(100), two = item(80);
                one.origin = two.origin = Origin::audit;
                one.type = two.type = LeafType::access;
                TRY_DO(append({one, two}, Class::access));
                break;
            }
            case 8:
                TRY_DO(journal_->close_shard());
                mark();
                break;
            case 9:  // the journal's end moves the write-ahead log into live.db
                journal_.reset();
                TRY_DO(open());
                break;
            case 10: TRY_DO(move_log()); break;
            case 11: TRY_DO(keys_and_dictionary()); break;
            default: break;
        }
        return promise();
    }

    std::vector<Item> batch(std::size_t count, std::size_t size) {
        std::vector<Item> items;
        for (std::size_t i = 0; i < count; ++i) items.push_back(item(dice_.below(size)));
        return items;
    }

    // Two requests wait while a third is written, and become one commit.
    Result<void> group() {
        auto first = batch(1, 500), second = batch(2, 4000), third = batch(1, 9000);
        std::vector<std::thread> threads;
        std::array<Result<void>, 2> others;
        const auto later = item(60);
        const Journal::Then then = [&](std::span<const Appended>) {
            if (threads.empty())
                for (std::size_t i = 0; i < others.size(); ++i) {
                    threads.emplace_back(
                        [&, i] { others[i] = append(i == 0 ? second : third, Class::job); });
                    std::this_thread::sleep_for(std::chrono::milliseconds(5));
                }
            return std::vector<Draft>{{.type = LeafType::state_change,
                                       .kind = crash_kind,
                                       .descriptor = later.descriptor,
                                       .content = later.content}};
        };
        const auto done = append(first, Class::live, then);
        for (auto& thread : threads) thread.join();
        TRY_DO(done);
        for (auto& other : others) TRY_DO(other);
        return {};
    }

    // As the writer does by itself after 16 MiB: the log starts again over its old frames.
    Result<void> move_log() {
        TRY(auto db, open_file(archive_, live_label, *keyring_, {.mode = sql::Mode::write}));
        const int code = sqlite3_wal_checkpoint_v2(
            db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        if (code != SQLITE_OK)
            return tl::unexpected<Error>(sql::error_of(db.handle(), code, "no checkpoint"));
        return {};
    }

    Result<void> keys_and_dictionary() {
        if (!journal_->has_dictionary(ContentClass::mail)) {
            std::vector<std::string> samples;
            for (int i = 0; i < 240; ++i) {
                std::string text;
                for (int j = 0; j < 30; ++j)
                    text += fmt::format("word{} of many ", dice_.below(60));
                samples.push_back(std::move(text));
            }
            TRY_DO(journal_->learn(ContentClass::mail, samples));
            mark();
        }
        auto one = item(0);
        one.content = "word1 of many word2 of many word3 of many word4 of many";
        one.content_class = ContentClass::mail;
        one.expect = Expect{.stream = "s", .version = stream_};
        stream_ = journal_->head().records;
        TRY_DO(append({one}));
        // A key nobody used is destroyed: it must not come back.
        TRY(const auto gone, key(Purpose::client, fmt::format("gone{}", items_)));
        truth_->keys.pop_back();
        for (auto& earlier : truth_->promises)
            earlier.keys = std::min(earlier.keys, truth_->keys.size());
        TRY_DO(keyring_->destroy(std::span(&gone.id, 1), clock_.now()));
        truth_->destroyed.push_back(gone.id);
        mark();
        return {};
    }

    Path archive_, key_file_;
    Dice dice_;
    FakeClock clock_;
    std::unique_ptr<Keyring> keyring_;
    std::unique_ptr<Journal> journal_;
    Truth* truth_ = nullptr;
    Disk* disk_ = nullptr;
    std::mutex mutex_;
    std::set<Wrap> known_wraps_;
    std::uint64_t items_ = 0, stream_ = 0;
    int object_files_ = 0;
};

// --- What must hold in a state.

Complaint complain(std::string_view doing, const Error& error) {
    return fmt::format("{}: {} ({})", doing, error.what, name(error.code));
}

bool same(const Record& a, const Record& b) {
    return a.seq == b.seq && a.origin == b.origin && a.leaf_index == b.leaf_index && a.at == b.at &&
           a.type == b.type && a.kind == b.kind && a.version == b.version && a.entry == b.entry &&
           a.salt == b.salt && a.descriptor == b.descriptor && a.content == b.content &&
           a.erased_by == b.erased_by;
}

class Check {
public:
    Check(const Truth& truth, Path archive, Path key_file)
        : truth_(truth), archive_(std::move(archive)), key_file_(std::move(key_file)) {}

    Complaint open() {
        auto keyring = Keyring::open(archive_, {.key_file = key_file_, .passphrase = std::nullopt});
        if (!keyring) return complain("the keyring does not open", keyring.error());
        keyring_ = std::move(*keyring);
        auto journal = Journal::open(archive_,
                                     *keyring_,
                                     clock_,
                                     {.disk_reserve_bytes = 0, .shard_records_max = shard_records});
        if (!journal) return complain("the journal does not open", journal.error());
        journal_ = std::move(*journal);
        return {};
    }

    // `after`: contents that were appended behind the cut, at their numbers.
    Complaint promised(const Promise& promise, const std::map<std::uint64_t, std::string>& after) {
        for (std::size_t i = 0; i < promise.keys; ++i)
            if (!keyring_->key(truth_.keys[i])) return fmt::format("key {} is lost", i);
        for (std::size_t i = 0; i < promise.destroyed; ++i)
            if (keyring_->key(truth_.destroyed[i])) return fmt::format("key {} came back", i);
        const auto head = journal_->head().records;
        if (head < promise.records)
            return fmt::format("{} records are there, {} were acknowledged", head, promise.records);
        const auto end = after.empty() ? head : after.begin()->first;
        for (const auto& [first, stop] : truth_.groups)
            if (first < end && end < stop)
                return fmt::format("records {} to {} are there in part: {}", first, stop - 1, end);
        Complaint complaint;
        std::uint64_t next = 0;
        const auto fed = journal_->feed(
            Seq(0), UINT64_MAX, Contents::with, [&](Record&& record) -> Result<bool> {
                const auto seq = record.seq.value();
                const auto added = after.find(seq);
                const bool fine =
                    added != after.end() ? record.content == added->second
                    : seq >= end         ? record.kind == Kind::shard_closed
                                 : seq < truth_.records.size() && same(record, truth_.records[seq]);
                if (seq != next++ || !fine)
                    complaint = fmt::format("record {} is not what was stored", seq);
                return complaint.empty();
            });
        if (!fed) return complain("the records cannot be read", fed.error());
        if (!complaint.empty()) return complaint;
        if (next != head) return fmt::format("{} records instead of {} were read", next, head);
        const auto wraps = all_wraps(archive_, *keyring_, *journal_);
        if (!wraps) return complain("the owners' wraps cannot be read", wraps.error());
        for (std::size_t i = 0; i < promise.wraps; ++i)
            if (!wraps->contains(truth_.wraps[i])) return fmt::format("wrap {} is lost", i);
        for (const auto& wrap : *wraps) {
            const auto owner = keyring_->key(wrap.key_id);
            if (!owner || !crypto::unwrap(*owner,
                                          wrap.wrapped,
                                          wrap.reference[0] == 'b' ? "body" : "object",
                                          std::string_view(wrap.reference).substr(1)))
                return "an owner's wrap does not open";
        }
        return {};
    }

    Complaint verified() {
        const auto checked = journal_->verify(true, {});
        if (!checked) return complain("verify cannot go on", checked.error());
        if (!checked->problems.empty())
            return fmt::format(
                "verify: {}: {}", checked->problems.front().where, checked->problems.front().what);
        return {};
    }

    // One new record beside those that must turn out to be there already.
    Complaint append(const Promise& promise,
                     const std::string& content,
                     std::map<std::uint64_t, std::string>& after) {
        std::vector<Draft> drafts;
        for (std::size_t i = 0; i < promise.once; ++i)
            drafts.push_back({.kind = crash_kind,
                              .descriptor = "again",
                              .once = {truth_.once[i].first, std::nullopt}});
        drafts.push_back({.kind = crash_kind, .descriptor = "behind the cut", .content = content});
        const auto done = journal_->append(drafts, Class::live);
        if (!done) return complain("appending does not go on", done.error());
        for (std::size_t i = 0; i < promise.once; ++i)
            if ((*done)[i].duplicate_of != truth_.once[i].second)
                return fmt::format("record {} is stored twice", truth_.once[i].second.value());
        if (!done->back().seq) return "the new record is not there";
        after[done->back().seq->value()] = content;
        const auto read = journal_->read(*done->back().seq);
        if (!read) return complain("the new record cannot be read", read.error());
        return read->content == content ? "" : "the new record has other bytes";
    }

    Complaint close_shard() {
        const auto closed = journal_->close_shard();
        return closed ? "" : complain("the shard cannot be closed", closed.error());
    }
    std::uint64_t head() const { return journal_->head().records; }
    void close() {
        journal_.reset();
        keyring_.reset();
    }

private:
    const Truth& truth_;
    Path archive_, key_file_;
    FakeClock clock_{from_unix(1'800'000'000)};
    std::unique_ptr<Keyring> keyring_;
    std::unique_ptr<Journal> journal_;
};

// --- Going through the states.

struct Options {
    std::uint64_t seed = 1, states = 1000, jobs = 2, per_run = 20'000, stop_after = 3;
    std::optional<std::uint64_t> state;
    std::optional<std::uint64_t> moment;  // only the states of this one
    bool list = false;                    // print the calls of the run instead
    std::vector<std::string> forget;
    Path folder;
};

// Shared by the processes that work on one run.
struct Progress {
    std::atomic<std::uint64_t> done, twice, failed;
    std::array<std::atomic<std::uint64_t>, 64> at;
};

struct Run {
    const Options& options;
    std::uint64_t seed;
    const Truth& truth;
    Disk& disk;
    Path key_file;
    Progress& progress;
};

Complaint state_holds(const Run& run,
                      std::uint64_t number,
                      const Path& folder,
                      std::string& story) {
    const auto moments = run.disk.events().size() + 1;
    const auto moment = number % moments;
    // Every moment comes once in a round, and each time with another variant.
    const auto variant = (number / moments + moment) % variants;
    Dice dice(run.seed * 0x100000001b3u + number);
    const auto second = folder / "2", archive = folder / "1", store = folder / "store";
    const auto& promise = run.truth.promises[run.disk.marked(moment)];
    std::filesystem::remove_all(archive);
    const auto remains = run.disk.cut(moment, variant, Dice(dice.next()));
    story = fmt::format("cut before call {} of {} ({}), variant {}, {} records acknowledged\n{}",
                        moment,
                        moments - 1,
                        moment < moments - 1 ? text_of(run.disk.events()[moment]) : "the end",
                        variant,
                        promise.records,
                        remains.story);
    if (auto laid = crash::lay_out(remains, archive, store); !laid)
        return complain("the state cannot be laid out", laid.error());
    // Of some states also what comes later: a second cut while the first is mended, a shard closed.
    const bool long_way = dice.one_in(8);
    std::unique_ptr<Disk> mending;
    if (long_way) mending = std::make_unique<Disk>(archive);
    std::map<std::uint64_t, std::string> after;
    Check check(run.truth, archive, run.key_file);
    Complaint bad = check.open();
    if (bad.empty() && !long_way) bad = check.promised(promise, after);
    if (bad.empty() && !long_way) bad = check.verified();
    if (bad.empty())
        bad = check.append(promise, noise(dice, dice.below(dice.one_in(4) ? 9000 : 200)), after);
    if (!bad.empty() || !long_way) return bad;
    mending->mark(1);
    bad = check.close_shard();
    mending->mark(2);
    if (bad.empty()) bad = check.promised(promise, after);
    if (bad.empty()) bad = check.verified();
    check.close();
    mending->stop();
    if (!bad.empty()) return bad;

    ++run.progress.twice;
    for (const auto& part : run.options.forget) mending->forget_syncs(part);
    const auto later = dice.below(mending->events().size() + 1);
    const auto how = dice.below(variants);
    std::filesystem::remove_all(second);
    const auto twice = mending->cut(later, how, Dice(dice.next()));
    story += fmt::format(
        "second cut before call {} of {} ({}), variant {}\n{}",
        later,
        mending->events().size(),
        later < mending->events().size() ? text_of(mending->events()[later]) : "the end",
        how,
        twice.story);
    const auto second_store = folder / "store2";
    std::filesystem::remove_all(second_store);
    std::filesystem::create_directories(second_store);
    if (auto laid = crash::lay_out(twice, second, second_store); !laid)
        return complain("the state cannot be laid out", laid.error());
    Check again(run.truth, second, run.key_file);
    bad = again.open();
    if (!bad.empty()) return bad;
    // The record behind the first cut is promised once its append had returned.
    if (mending->marked(later) >= 1 && again.head() <= after.begin()->first)
        return "the record that was appended behind the first cut is lost";
    bad = again.promised(promise, after);
    if (bad.empty()) bad = again.verified();
    return bad;
}

void work(const Run& run, std::uint64_t job, std::uint64_t from, std::uint64_t states) {
    const auto folder = run.options.folder / fmt::format("job{}", job);
    std::filesystem::create_directories(folder / "store");
    for (auto number = from; number < states; ++number) {
        if (number % run.options.jobs != job) continue;
        if (run.options.moment && number % (run.disk.events().size() + 1) != *run.options.moment)
            continue;
        if (run.progress.failed >= run.options.stop_after) return;
        run.progress.at[job] = number;
        std::string story;
        const auto bad = state_holds(run, number, folder, story);
        ++run.progress.done;
        if (bad.empty()) continue;
        ++run.progress.failed;
        fmt::print("VIOLATION seed {} state {}: {}\n{}", run.seed, number, bad, story);
        std::fflush(stdout);
    }
}

// Explores one run; returns what went wrong with the explorer itself.
Result<void> explore(const Options& options,
                     std::uint64_t seed,
                     std::uint64_t states,
                     Progress& progress) {
    std::filesystem::remove_all(options.folder);
    std::filesystem::create_directories(options.folder);
    const auto base = std::filesystem::canonical(options.folder);
    Truth truth;
    const auto key_file = base / "key";
    Scenario scenario(base / "a", key_file, seed);
    TRY(const auto disk, scenario.run(truth));
    for (const auto& part : options.forget) disk->forget_syncs(part);
    fmt::print("seed {}: {} calls, {} records, {} promises\n",
               seed,
               disk->events().size(),
               truth.records.size(),
               truth.promises.size());
    std::fflush(stdout);
    if (options.list) {
        for (std::size_t i = 0; i < disk->events().size(); ++i)
            fmt::print("{:5} {}\n", i, text_of(disk->events()[i]));
        return {};
    }
    const Run run{options, seed, truth, *disk, key_file, progress};
    if (options.state) {
        auto one = options;
        one.jobs = 1;
        const Run single{one, seed, truth, *disk, key_file, progress};
        work(single, 0, *options.state, *options.state + 1);
        return {};
    }
    const auto start = [&](std::uint64_t job, std::uint64_t from) {
        const auto child = ::fork();
        if (child != 0) return child;
        work(run, job, from, states);
        std::fflush(stdout);
        ::_exit(0);
    };
    std::map<pid_t, std::uint64_t> running;
    for (std::uint64_t job = 0; job < options.jobs; ++job) running[start(job, 0)] = job;
    while (!running.empty()) {
        int status = 0;
        const auto ended = ::wait(&status);
        if (ended < 0) return fail(Errc::io, "lost a process");
        const auto job = running.at(ended);
        running.erase(ended);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
        const auto number = progress.at[job].load();
        ++progress.failed;
        fmt::print("VIOLATION seed {} state {}: the program died (status {:#x})\n",
                   seed,
                   number,
                   static_cast<unsigned>(status));
        std::fflush(stdout);
        running[start(job, number + 1)] = job;
    }
    return {};
}

int run(const std::vector<std::string>& words) {
    Options options;
    options.folder = fmt::format("/dev/shm/letopis-crash-{}", ::getpid());
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
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
        else
            return 2;
    }
    if (words.size() % 2 != 0) {
        fmt::print(stderr,
                   "usage: journal_crash [--seed N] [--states N] [--per-run N] [--jobs N] [--state "
                   "N] [--forget PART]…\n");
        return 2;
    }
    auto* memory = ::mmap(
        nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto& progress = *new (memory) Progress{};
    const auto started = std::chrono::steady_clock::now();
    std::uint64_t runs = 0;
    for (std::uint64_t first = 0; first < options.states && progress.failed < options.stop_after;
         first += options.per_run, ++runs) {
        const auto done = explore(options,
                                  options.seed + runs,
                                  std::min(options.per_run, options.states - first),
                                  progress);
        if (!done) {
            fmt::print(stderr, "error: {}\n", done.error().what);
            std::filesystem::remove_all(options.folder);
            return 3;
        }
        if (options.state || options.list) break;
    }
    std::filesystem::remove_all(options.folder);
    fmt::print("explored {} states of {} runs, {} of them cut twice, in {:.1f} s: {} violations\n",
               progress.done.load(),
               runs,
               progress.twice.load(),
               std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(),
               progress.failed.load());
    return progress.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace letopis::journal

int main(int count, char** words) {
    return letopis::journal::run(std::vector<std::string>(words + 1, words + count));
}
