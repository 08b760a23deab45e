// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "base/fake_clock.hpp"
#include "journal/crash/truth.hpp"
#include "journal/shard.hpp"
#include "sql/sqlite.hpp"

namespace letopis::journal {

using crash::Dice;
using crash::Disk;
using crypto::Keyring;
using crypto::Purpose;

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

namespace {

// A run of everything that writes, in an order that the seed chooses.
class Scenario {
public:
    Scenario(Path archive, Path key_file, std::uint64_t seed)
        : archive_(std::move(archive)), key_file_(std::move(key_file)), dice_(seed) {
        crash::seed_randomness(seed);
    }

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

}  // namespace

Result<std::unique_ptr<Disk>> recorded_run(const Path& archive,
                                           const Path& key_file,
                                           std::uint64_t seed,
                                           Truth& truth) {
    return Scenario(archive, key_file, seed).run(truth);
}

}  // namespace letopis::journal
