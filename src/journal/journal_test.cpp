// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/journal.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/fake_clock.hpp"
#include "journal/body.hpp"
#include "journal/end.hpp"
#include "journal/shard.hpp"

namespace letopis::journal {

void PrintTo(const Problem& problem, std::ostream* out) {
    *out << problem.where << ": " << problem.what;
}

namespace {

class JournalTest : public testing::Test {
protected:
    JournalTest()
        : dir_(std::filesystem::temp_directory_path() /
               ("letopis-journal-" + hex(random_bytes(8)))) {
        std::filesystem::create_directories(dir_);
        const std::vector<std::string> origins{"t/archive/1", "t/audit/1"};
        const crypto::Unlock unlock{.key_file = dir_ / "key", .passphrase = {}};
        EXPECT_TRUE(crypto::create_key_file(dir_ / "key"));
        auto made = crypto::Keyring::create(archive(), unlock, origins, clock_.now());
        EXPECT_TRUE(made) << (made ? "" : made.error().what);
        keyring_ = std::move(*made);
        const auto created = Journal::create(archive(), *keyring_, clock_, R"({"v":1})");
        EXPECT_TRUE(created) << (created ? "" : created.error().what);
    }
    ~JournalTest() override {
        journal_.reset();
        std::filesystem::remove_all(dir_);
    }
    Path archive() {
        std::filesystem::create_directories(dir_ / "archive");
        return dir_ / "archive";
    }
    Journal& open(Options options = {}) {
        journal_.reset();
        if (!options.disk_reserve_bytes) options.disk_reserve_bytes = 0;
        auto opened = Journal::open(archive(), *keyring_, clock_, options);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
        journal_ = std::move(*opened);
        return *journal_;
    }
    Result<std::vector<Appended>> add(std::string_view content, std::optional<OnceKey> once = {}) {
        const auto descriptor = describe(content);
        const Draft draft{
            .descriptor = descriptor, .content = content, .once = {once, std::nullopt}};
        return journal_->append(std::span(&draft, 1), Class::live);
    }
    static std::string describe(std::string_view content) {
        return fmt::format(R"({{"v":1,"raw":{{"size":{},"sha256":"{}"}}}})",
                           content.size(),
                           hex(crypto::sha256(content)));
    }
    static void flip(const Path& file, std::uint64_t at, unsigned char mask = 1) {
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(static_cast<std::streamoff>(at));
        const auto byte = static_cast<char>(stream.get() ^ mask);
        stream.seekp(static_cast<std::streamoff>(at));
        stream.put(byte);
    }

    Path dir_;
    FakeClock clock_;
    std::unique_ptr<crypto::Keyring> keyring_;
    std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, gives_back_what_was_appended_whatever_its_size) {
    auto& journal = open();
    std::vector<std::string> contents;
    for (const std::size_t size : {0u, 1u, 4095u, 4096u, 4097u, 70'000u, 300'000u, 3'000'000u})
        contents.push_back(random_bytes(size));

    std::vector<Seq> seqs;
    for (const auto& content : contents) {
        const auto appended = add(content);
        ASSERT_TRUE(appended) << appended.error().what;
        seqs.push_back(*appended->front().seq);
    }

    open();
    for (std::size_t i = 0; i < seqs.size(); ++i) {
        const auto record = journal_->read(seqs[i]);
        ASSERT_TRUE(record) << record.error().what;
        EXPECT_EQ(record->content, contents[i]);
        EXPECT_EQ(record->has_object, contents[i].size() > inline_bytes_max);
    }
    const auto checked = journal_->verify(true, {});
    ASSERT_TRUE(checked);
    EXPECT_TRUE(checked->problems.empty())
        << checked->problems.front().where << checked->problems.front().what;
    (void)journal;
}

TEST_F(JournalTest, leaves_a_small_log_behind_a_short_command_and_clears_a_larger_one_away) {
    const auto log = archive() / "live.db-wal";
    open({.brief = true});
    const auto appended = add("first");
    ASSERT_TRUE(appended) << appended.error().what;
    EXPECT_EQ(journal_->read(*appended->front().seq)->content, "first");
    journal_.reset();
    EXPECT_TRUE(std::filesystem::exists(log));
    EXPECT_FALSE(std::filesystem::exists(archive() / "live.db-shm"));

    open({.brief = true});
    EXPECT_EQ(journal_->read(*appended->front().seq)->content, "first");
    for (int i = 0; i < 80; ++i) ASSERT_TRUE(add(fmt::format("message {}", i)));
    journal_.reset();
    EXPECT_FALSE(std::filesystem::exists(log));

    open({.brief = true});
    ASSERT_TRUE(add("last"));
    open();  // whoever stays reads what waits, and puts it in its place
    EXPECT_EQ(journal_->head().records, 83u);
    const auto checked = journal_->verify(true, {});
    ASSERT_TRUE(checked);
    EXPECT_TRUE(checked->problems.empty());
    journal_.reset();
    EXPECT_FALSE(std::filesystem::exists(log));
}

TEST_F(JournalTest,
       misses_what_a_damaged_log_of_a_short_command_swallows_and_leaves_the_log_alone) {
    const auto log = archive() / "live.db-wal", end = archive() / "live.end";
    open({.brief = true});
    ASSERT_TRUE(add("first") && add("second"));
    journal_.reset();
    const auto bytes = std::filesystem::file_size(log);
    ASSERT_GT(bytes, 0u);
    const auto refused = [&] {
        for (const bool brief : {true, false}) {
            const auto opened = Journal::open(
                archive(), *keyring_, clock_, {.disk_reserve_bytes = 0, .brief = brief});
            EXPECT_FALSE(opened);
            if (opened) return false;
            EXPECT_EQ(opened.error().code, Errc::corrupt);
            EXPECT_NE(opened.error().what.find("live.db-wal"), std::string::npos);
        }
        return true;
    };
    for (std::uint64_t at = 0; at < bytes; at += bytes / 40) {
        flip(log, at, 4);
        ASSERT_TRUE(refused()) << "byte " << at;
        flip(log, at, 4);
    }
    std::filesystem::rename(log, dir_ / "aside");
    EXPECT_TRUE(refused());
    std::filesystem::remove(log);
    std::filesystem::rename(dir_ / "aside", log);

    flip(end, 5);  // says nothing any more
    EXPECT_THAT(open().verify(false, {})->problems,
                testing::ElementsAre(testing::Field(&Problem::where, "live.end")));
    open({.brief = true});
    ASSERT_TRUE(add("third"));
    EXPECT_TRUE(open().verify(false, {})->problems.empty());
}

TEST_F(JournalTest, writes_the_end_as_documented) {
    ASSERT_TRUE(write_end(archive(), 1'000'123));
    EXPECT_EQ(hex(*read_file(archive() / end_label)),
              "4c454e44bb420f0000000000a2cf3078fa344068d4593e3326d656871c10072b");
    EXPECT_EQ(read_end(archive())->value(), 1'000'123u);
}

TEST_F(JournalTest, leaves_no_log_behind_whose_end_it_did_not_write_down) {
    const auto log = archive() / "live.db-wal", end = archive() / "live.end";
    open({.brief = true});
    ASSERT_TRUE(add("first"));
    journal_.reset();
    std::filesystem::remove(end);  // as if the command had been killed before
    open({.brief = true});
    journal_.reset();
    EXPECT_FALSE(std::filesystem::exists(log));

    std::ofstream(end) << std::string(32, '\0');  // as a power cut may leave it
    EXPECT_TRUE(open().verify(false, {})->problems.empty());
    EXPECT_EQ(journal_->head().records, 2u);
}

TEST_F(JournalTest, numbers_records_without_gaps_and_leaves_without_gaps_in_each_origin) {
    auto& journal = open();
    for (int i = 0; i < 10; ++i) {
        const Draft draft{.type = i % 3 == 0 ? LeafType::access : LeafType::message_event,
                          .kind = i % 3 == 0 ? Kind::search : Kind::message,
                          .origin = i % 3 == 0 ? Origin::audit : Origin::archive,
                          .descriptor = "{}"};
        ASSERT_TRUE(journal.append(std::span(&draft, 1), Class::access));
    }

    std::vector<std::uint64_t> archive_leaves, audit_leaves;
    const auto end = journal.leaves(Seq(0), 100, [&](const Leaf& leaf) -> Result<bool> {
        (leaf.origin == Origin::audit ? audit_leaves : archive_leaves).push_back(leaf.leaf_index);
        return true;
    });

    ASSERT_TRUE(end);
    EXPECT_EQ(end->value(), 11u);
    EXPECT_THAT(archive_leaves, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6));
    EXPECT_THAT(audit_leaves, testing::ElementsAre(0, 1, 2, 3));
    EXPECT_EQ(journal.at_leaf(Origin::audit, 1)->value(), 4u);
    EXPECT_FALSE(journal.at_leaf(Origin::audit, 4));
}

TEST_F(JournalTest, keeps_one_record_a_once_key_even_across_closed_shards) {
    open();
    const auto key = journal_->once_key("source", "1", Kind::message, "hash");
    const auto first = add("a", key);
    const auto again = add("a", key);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(again->front().duplicate_of, first->front().seq);
    ASSERT_TRUE(journal_->close_shard());

    const auto later = add("a", key);
    open();
    const auto reopened = add("a", key);

    ASSERT_TRUE(later && reopened);
    EXPECT_EQ(later->front().duplicate_of, first->front().seq);
    EXPECT_EQ(reopened->front().duplicate_of, first->front().seq);
    EXPECT_EQ(journal_->find_once(key)->value(), *first->front().seq);
}

TEST_F(JournalTest, refuses_a_stale_expectation_and_changes_nothing) {
    open();
    const auto change = [&](std::uint64_t version) {
        const Draft draft{.type = LeafType::state_change,
                          .kind = Kind::tag,
                          .descriptor = "{}",
                          .expect = Expect{"client/1", version}};
        return journal_->append(std::span(&draft, 1), Class::live);
    };

    const auto first = change(0);
    const auto stale = change(0);
    const auto second = change(first->front().seq->value());

    ASSERT_TRUE(first && second);
    ASSERT_FALSE(stale);
    EXPECT_EQ(stale.error().code, Errc::conflict);
    EXPECT_EQ(second->front().seq->value(), first->front().seq->value() + 1);
}

TEST_F(JournalTest, closes_a_shard_into_two_files_and_reads_on_over_the_border) {
    open({.shard_records_max = 50});
    for (int i = 0; i < 120; ++i) ASSERT_TRUE(add(fmt::format("message {}", i)));
    open({.shard_records_max = 50});

    const auto shards = journal_->shards();
    std::uint64_t next = 0;
    int messages = 0;
    const auto end =
        journal_->feed(Seq(0), 1000, Contents::with, [&](Record&& record) -> Result<bool> {
            EXPECT_EQ(record.seq.value(), next++);
            if (record.kind == Kind::message) {
                EXPECT_EQ(record.content, fmt::format("message {}", messages++));
            }
            return true;
        });

    ASSERT_TRUE(end) << end.error().what;
    EXPECT_EQ(messages, 120);
    EXPECT_EQ(shards.size(), 3u);
    EXPECT_TRUE(std::filesystem::exists(archive() / "journal" / "0000000000000000.db"));
    const auto checked = journal_->verify(true, {});
    ASSERT_TRUE(checked);
    EXPECT_THAT(checked->problems, testing::IsEmpty());
}

TEST_F(JournalTest, finds_a_flipped_bit_in_every_file_of_a_closed_archive) {
    open();
    for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(add(fmt::format("message {} {}", i, std::string(300, 'x'))));
    ASSERT_TRUE(add(random_bytes(400'000)));
    ASSERT_TRUE(journal_->close_shard());
    ASSERT_TRUE(add("after"));
    journal_.reset();
    std::vector<Path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(archive()))
        if (entry.is_regular_file() && entry.path().filename().string().rfind("keyring", 0) != 0)
            files.push_back(entry.path());
    ASSERT_GE(files.size(), 5u);

    std::uint64_t state = 12345;
    for (const auto& file : files) {
        for (int round = 0; round < 12; ++round) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const auto at = (state >> 20) % std::filesystem::file_size(file);
            const auto mask = static_cast<unsigned char>(1u << (state >> 60 & 7));
            flip(file, at, mask);
            auto opened = Journal::open(archive(), *keyring_, clock_, {.disk_reserve_bytes = 0});
            bool noticed = !opened;
            if (opened) {
                const auto checked = (*opened)->verify(true, {});
                noticed = !checked || !checked->problems.empty();
            }
            EXPECT_TRUE(noticed) << file << " byte " << at << " mask " << int(mask);
            if (opened) opened->reset();
            flip(file, at, mask);
        }
    }
    open();
    EXPECT_THAT(journal_->verify(true, {})->problems, testing::IsEmpty());
}

TEST_F(JournalTest, refuses_to_write_below_the_reserve_but_still_takes_access_records) {
    const auto space = disk_space(archive());
    open({.disk_reserve_bytes = space->total_bytes * 2});

    const auto message = add("no room");
    const Draft access{.type = LeafType::access,
                       .kind = Kind::search,
                       .origin = Origin::audit,
                       .descriptor = "{}"};
    const auto read = journal_->append(std::span(&access, 1), Class::access);

    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, Errc::no_space);
    EXPECT_TRUE(read);
}

TEST_F(JournalTest, does_not_open_a_body_whose_row_tells_another_time_log_or_leaf) {
    for (const char* change : {"at_us = at_us - 86400000000", "origin = 2", "leaf = leaf + 7"}) {
        open();
        const auto seq = *add("captured on a certain day")->front().seq;
        ASSERT_TRUE(journal_->read(seq));
        journal_.reset();
        {
            auto live = open_file(archive(), live_label, *keyring_, {.mode = sql::Mode::write});
            const auto text =
                fmt::format("UPDATE record SET {} WHERE seq = {}", change, seq.value());
            ASSERT_TRUE(live->run(text.c_str()));
        }
        open();

        const auto read = journal_->read(seq);

        ASSERT_FALSE(read) << change;
        EXPECT_EQ(read.error().code, Errc::corrupt);
    }
}

TEST_F(JournalTest, takes_a_hole_without_a_disposal_for_a_loss) {
    open();
    const auto seq = *add("made away with")->front().seq;
    journal_.reset();
    {
        auto live = open_file(archive(), live_label, *keyring_, {.mode = sql::Mode::write});
        const auto text = fmt::format(
            "DELETE FROM body WHERE seq = {0}; INSERT INTO hole VALUES({0}, 0)", seq.value());
        ASSERT_TRUE(live->run(text.c_str()));
    }
    open();

    EXPECT_FALSE(journal_->verify(false, {})->problems.empty());
    EXPECT_FALSE(journal_->verify(true, {})->problems.empty());
}

TEST_F(JournalTest, opens_content_of_several_owners_with_any_of_their_keys) {
    open();
    const auto anna = *keyring_->ensure(crypto::Purpose::client, "anna", clock_.now());
    const auto boris = *keyring_->ensure(crypto::Purpose::client, "boris", clock_.now());
    const auto big = random_bytes(9000);
    const Draft small{.descriptor = "{}", .content = "shared", .owners = {anna, boris}};
    const Draft large{.descriptor = "{}", .content = big, .owners = {anna, boris}};
    const auto seq = *journal_->append(std::span(&small, 1), Class::live)->front().seq;
    const auto seq_large = *journal_->append(std::span(&large, 1), Class::live)->front().seq;

    ASSERT_TRUE(keyring_->destroy(std::span(&anna.id, 1), clock_.now()));

    EXPECT_EQ(journal_->read(seq)->content, "shared");
    EXPECT_EQ(journal_->read(seq_large)->content, big);
    ASSERT_TRUE(keyring_->destroy(std::span(&boris.id, 1), clock_.now()));
    EXPECT_FALSE(journal_->read(seq));
    EXPECT_FALSE(journal_->read(seq_large));
}

TEST_F(JournalTest, serves_many_threads_and_stores_each_record_once) {
    open({.shard_records_max = 300});
    std::vector<std::thread> threads;
    std::atomic<int> stored = 0, duplicates = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const auto key = journal_->once_key("s", std::to_string(i), Kind::message, "h");
                const auto text = fmt::format("message {}", i);
                const auto descriptor = describe(text);
                const Draft draft{
                    .descriptor = descriptor, .content = text, .once = {key, std::nullopt}};
                const auto done = journal_->append(std::span(&draft, 1), static_cast<Class>(t));
                ASSERT_TRUE(done) << done.error().what;
                ++(done->front().seq ? stored : duplicates);
                ASSERT_TRUE(journal_->read(done->front().seq ? *done->front().seq
                                                             : *done->front().duplicate_of));
            }
        });
    }
    for (auto& thread : threads) thread.join();

    EXPECT_EQ(stored, 200);
    EXPECT_EQ(duplicates, 600);
    EXPECT_THAT(journal_->verify(true, {})->problems, testing::IsEmpty());
}

TEST(Dictionary, leaves_rare_words_out_and_still_helps) {
    std::vector<std::string> samples;
    for (int i = 0; i < 2000; ++i)
        samples.push_back(fmt::format(
            R"({{"id":{},"type":"message","from":"Анна","text":"Добрый день, заказ {} готов","secret":"word{}word"}})",
            i,
            i * 7,
            i));

    const auto dictionary = train(samples);
    Dictionaries with, without;
    with.add(7, ContentClass::telegram, dictionary);
    const auto packed = with.compress(ContentClass::telegram, samples[5]);
    const auto plain = without.compress(ContentClass::telegram, samples[5]);

    ASSERT_FALSE(dictionary.empty());
    EXPECT_EQ(dictionary.find("word17word"), std::string::npos);
    EXPECT_LT(packed.size() * 2, plain.size());
    EXPECT_EQ(*with.decompress(packed), samples[5]);
    EXPECT_FALSE(without.decompress(packed));
}

}  // namespace
}  // namespace letopis::journal
