// SPDX-License-Identifier: AGPL-3.0-or-later
#include "crypto/keyring.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "crypto/key_text_internal.hpp"

namespace letopis::crypto {
namespace {

const Instant start = from_unix(1'790'000'000);

// A keyring under a key file in a directory of its own.
class KeyringTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/keyring_test_XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        base_ = pattern;
        directory_ = base_ / "archive";
        unlock_ = {.key_file = base_ / "key", .passphrase = std::nullopt};
        ASSERT_TRUE(create_key_file(*unlock_.key_file));
    }
    void TearDown() override { std::filesystem::remove_all(base_); }

    std::unique_ptr<Keyring> made() {
        auto keyring = Keyring::create(directory_, unlock_, origins_, start);
        EXPECT_TRUE(keyring) << keyring.error().what;
        return *std::move(keyring);
    }
    std::unique_ptr<Keyring> opened() {
        auto keyring = Keyring::open(directory_, unlock_);
        EXPECT_TRUE(keyring) << keyring.error().what;
        return *std::move(keyring);
    }
    Error open_error() {
        auto keyring = Keyring::open(directory_, unlock_);
        EXPECT_FALSE(keyring);
        return keyring ? Error{} : keyring.error();
    }
    std::vector<std::string> files() { return list_directory(directory_).value(); }
    Path file(std::uint64_t generation) {
        return directory_ / ("keyring." + std::to_string(generation));
    }

    Path base_, directory_;
    Unlock unlock_;
    std::vector<std::string> origins_{"mail.example/archive/1", "mail.example/audit/1"};
};

std::string secret(const Result<Keyring::Named>& named) {
    return named ? std::string(named->key.bytes()) : "none: " + named.error().what;
}

TEST_F(KeyringTest, begins_with_one_key_of_each_purpose_that_every_archive_needs) {
    const auto keyring = made();

    EXPECT_EQ(keyring->generation(), 1u);
    EXPECT_FALSE(keyring->passphrase_protected());
    EXPECT_EQ(files(), std::vector<std::string>{"keyring.1"});
    std::multiset<std::pair<Purpose, std::string>> labels;
    for (const auto& info : keyring->list()) {
        labels.emplace(info.purpose, info.label);
        EXPECT_EQ(info.made, start);
    }
    EXPECT_EQ(labels,
              (std::multiset<std::pair<Purpose, std::string>>{{Purpose::epoch, ""},
                                                              {Purpose::log, origins_[0]},
                                                              {Purpose::log, origins_[1]},
                                                              {Purpose::dedup, ""},
                                                              {Purpose::audit, ""},
                                                              {Purpose::system, ""}}));
}

TEST_F(KeyringTest, gives_the_same_keys_after_it_was_opened_again) {
    const auto first = made();
    const auto intake = first->ensure(Purpose::intake, "2026-11-21", start);
    ASSERT_TRUE(intake);

    const auto second = opened();

    EXPECT_EQ(second->generation(), 2u);
    EXPECT_EQ(secret(second->find(Purpose::intake, "2026-11-21")), secret(intake));
    EXPECT_EQ(second->key(intake->id).value().bytes(), intake->key.bytes());
    EXPECT_EQ(secret(second->find(Purpose::dedup, "")), secret(first->find(Purpose::dedup, "")));
    EXPECT_NE(secret(second->find(Purpose::audit, "")), secret(second->find(Purpose::dedup, "")));
    EXPECT_EQ(second->find(Purpose::intake, "2026-11-22").error().code, Errc::not_found);
    EXPECT_EQ(second->key(KeyId{1}).error().code, Errc::not_found);
}

TEST_F(KeyringTest, makes_a_key_once_and_keeps_only_the_newest_generation) {
    const auto keyring = made();
    const auto first = keyring->ensure(Purpose::page, "journal/0.db", start);
    const auto again = keyring->ensure(Purpose::page, "journal/0.db", start);
    const auto other = keyring->ensure(Purpose::index_page, "journal/0.db", start);

    EXPECT_EQ(secret(first), secret(again));
    EXPECT_NE(secret(first), secret(other));
    EXPECT_EQ(keyring->generation(), 3u);
    EXPECT_EQ(files(), std::vector<std::string>{"keyring.3"});
    struct stat status {};
    ASSERT_EQ(::stat(file(3).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(KeyringTest, makes_many_keys_in_one_generation_and_asks_for_none_twice) {
    const auto keyring = made();
    const std::vector<std::pair<Purpose, std::string>> wanted = {{Purpose::client, "a"},
                                                                 {Purpose::client, "b"},
                                                                 {Purpose::client, "a"},
                                                                 {Purpose::page, "a"}};
    ASSERT_TRUE(keyring->ensure_all(wanted, start));
    ASSERT_TRUE(keyring->ensure_all(wanted, start));

    EXPECT_EQ(keyring->generation(), 2u);
    EXPECT_EQ(keyring->list().size(), 6u + 3u);
}

TEST_F(KeyringTest, refuses_labels_and_purposes_that_have_no_place_in_the_file) {
    const auto keyring = made();
    EXPECT_EQ(keyring->ensure(Purpose::epoch, "x", start).error().code, Errc::invalid);
    EXPECT_EQ(keyring->ensure(Purpose::client, std::string(1025, 'x'), start).error().code,
              Errc::too_large);
    EXPECT_TRUE(keyring->ensure(Purpose::client, std::string(1024, 'x'), start));
    EXPECT_TRUE(keyring->ensure(Purpose::client, std::string("\0\xff\n", 3), start));
    EXPECT_EQ(secret(opened()->find(Purpose::client, std::string("\0\xff\n", 3))),
              secret(keyring->find(Purpose::client, std::string("\0\xff\n", 3))));
}

TEST_F(KeyringTest, never_overwrites_an_existing_keyring) {
    made();
    const auto again = Keyring::create(directory_, unlock_, origins_, start);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
}

TEST_F(KeyringTest, refuses_two_logs_of_the_same_origin) {
    origins_ = {"same", "same"};
    EXPECT_EQ(Keyring::create(directory_, unlock_, origins_, start).error().code, Errc::invalid);
    EXPECT_TRUE(files().empty());
}

TEST_F(KeyringTest, says_that_there_is_none) { EXPECT_EQ(open_error().code, Errc::not_found); }

TEST_F(KeyringTest, destroys_keys_for_good_and_changes_the_epoch_key) {
    const auto keyring = made();
    const auto doomed = keyring->ensure(Purpose::client, "doomed", start).value();
    const auto kept = keyring->ensure(Purpose::client, "kept", start).value();
    const auto epoch = keyring->list().front().id;
    const auto before = read_file(file(3)).value();

    const KeyId ids[] = {doomed.id, KeyId{7}};
    ASSERT_TRUE(keyring->destroy(ids, start + std::chrono::hours(1)));

    for (const auto& ring : {opened(), opened()}) {
        EXPECT_EQ(ring->key(doomed.id).error().code, Errc::not_found);
        EXPECT_EQ(ring->find(Purpose::client, "doomed").error().code, Errc::not_found);
        EXPECT_EQ(ring->key(kept.id).value().bytes(), kept.key.bytes());
    }
    EXPECT_EQ(keyring->key(doomed.id).error().code, Errc::not_found);
    EXPECT_EQ(keyring->key(kept.id).value().bytes(), kept.key.bytes());
    EXPECT_NE(keyring->list().front().id, epoch);
    EXPECT_EQ(std::ranges::count(keyring->list(), Purpose::epoch, &Keyring::Info::purpose), 1);
    EXPECT_EQ(files(), std::vector<std::string>{"keyring.4"});
    // Nothing of the old wraps is in the new file.
    const auto after = read_file(file(4)).value();
    EXPECT_LT(after.size(), before.size());
}

TEST_F(KeyringTest, does_nothing_when_the_keys_to_destroy_are_gone_already) {
    const auto keyring = made();
    const KeyId ids[] = {KeyId{7}};
    ASSERT_TRUE(keyring->destroy(ids, start));
    EXPECT_EQ(keyring->generation(), 1u);
}

TEST_F(KeyringTest, does_not_destroy_the_epoch_key) {
    const auto keyring = made();
    const KeyId ids[] = {keyring->list().front().id};
    EXPECT_EQ(keyring->destroy(ids, start).error().code, Errc::invalid);
}

TEST_F(KeyringTest, rotates_the_epoch_key_and_keeps_every_other) {
    const auto keyring = made();
    const auto client = keyring->ensure(Purpose::client, "c", start).value();
    const auto epoch = keyring->list().front().id;

    EXPECT_EQ(keyring->rotation_due(), start + std::chrono::days(30));
    const auto then = start + std::chrono::days(31);
    ASSERT_TRUE(keyring->rotate(then));
    EXPECT_EQ(keyring->generation(), 3u);
    EXPECT_EQ(keyring->rotation_due(), then + std::chrono::days(30));

    EXPECT_NE(keyring->list().front().id, epoch);
    EXPECT_EQ(opened()->key(client.id).value().bytes(), client.key.bytes());
    EXPECT_EQ(opened()->list().size(), keyring->list().size());
    const auto infos = keyring->list();
    const auto at = std::ranges::find(infos, client.id, &Keyring::Info::id);
    EXPECT_EQ(at->made, start);
}

TEST_F(KeyringTest, refuses_the_key_file_of_another_archive) {
    made();
    unlock_.key_file = base_ / "other";
    ASSERT_TRUE(create_key_file(*unlock_.key_file));

    const auto error = open_error();
    EXPECT_EQ(error.code, Errc::wrong_key);
    EXPECT_EQ(error.what, "the key file does not open this archive");
}

TEST_F(KeyringTest, wants_exactly_one_way_to_unlock) {
    made();
    EXPECT_EQ(Keyring::open(directory_, {}).error().code, Errc::invalid);
    EXPECT_EQ(Keyring::open(directory_, {.key_file = unlock_.key_file, .passphrase = "word"})
                  .error()
                  .code,
              Errc::invalid);
    EXPECT_EQ(
        Keyring::open(directory_, {.key_file = std::nullopt, .passphrase = "word"}).error().what,
        "this archive opens with a key file, not with a passphrase");
}

TEST_F(KeyringTest, opens_with_the_passphrase_and_says_when_it_is_the_wrong_one) {
    const auto key_file = unlock_;
    unlock_ = {.key_file = std::nullopt, .passphrase = "верная лошадь"};
    const auto keyring = made();
    EXPECT_TRUE(keyring->passphrase_protected());

    EXPECT_EQ(secret(opened()->find(Purpose::dedup, "")),
              secret(keyring->find(Purpose::dedup, "")));
    unlock_.passphrase = "верная лошадЬ";
    const auto error = open_error();
    EXPECT_EQ(error.code, Errc::wrong_key);
    EXPECT_EQ(error.what, "the passphrase does not open this archive");
    EXPECT_FALSE(error.hint.empty());
    EXPECT_EQ(Keyring::open(directory_, key_file).error().what,
              "this archive opens with a passphrase, not with a key file");
}

TEST_F(KeyringTest, changes_the_way_to_unlock_and_keeps_the_recovery_sheet) {
    const auto keyring = made();
    const auto client = keyring->ensure(Purpose::client, "c", start).value();
    const auto sheet = recovery_sheet(*keyring);
    const auto old = unlock_;

    unlock_ = {.key_file = std::nullopt, .passphrase = "new words"};
    ASSERT_TRUE(keyring->change_unlock(unlock_, start));

    EXPECT_TRUE(keyring->passphrase_protected());
    EXPECT_EQ(opened()->key(client.id).value().bytes(), client.key.bytes());
    EXPECT_EQ(Keyring::open(directory_, old).error().code, Errc::wrong_key);
    EXPECT_EQ(recovery_sheet(*opened()), sheet);
    EXPECT_TRUE(Keyring::open_with_recovery(directory_, sheet));
}

TEST_F(KeyringTest, opens_with_its_recovery_sheet_and_not_with_that_of_another_archive) {
    const auto keyring = made();
    const auto sheet = recovery_sheet(*keyring);

    const auto again = Keyring::open_with_recovery(directory_, sheet);
    ASSERT_TRUE(again);
    EXPECT_EQ(secret((*again)->find(Purpose::system, "")),
              secret(keyring->find(Purpose::system, "")));

    const auto error = Keyring::open_with_recovery(directory_, sheet_text(Key::random()));
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().code, Errc::wrong_key);
    EXPECT_EQ(error.error().what, "the recovery sheet does not open this archive");
}

TEST_F(KeyringTest, finds_every_flipped_bit) {
    made();
    const auto whole = read_file(file(1)).value();
    std::set<Errc> codes;
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        auto flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        ASSERT_TRUE(write_file(file(1), flipped));
        const auto keyring = Keyring::open(directory_, unlock_);
        ASSERT_FALSE(keyring) << "bit " << bit;
        codes.insert(keyring.error().code);
    }
    EXPECT_EQ(codes, std::set<Errc>{Errc::corrupt});
}

// A person can make the checksum right again; then the seal must find it.
TEST_F(KeyringTest, finds_every_flipped_bit_even_when_the_checksum_was_made_to_fit) {
    made();
    const auto whole = read_file(file(1)).value();
    for (std::size_t bit = 0; bit < 8 * (whole.size() - 32); ++bit) {
        auto flipped = whole.substr(0, whole.size() - 32);
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        flipped += as_bytes(sha256(flipped));
        ASSERT_TRUE(write_file(file(1), flipped));
        ASSERT_FALSE(Keyring::open(directory_, unlock_)) << "bit " << bit;
    }
}

TEST_F(KeyringTest, refuses_every_truncation_and_anything_appended) {
    made();
    const auto whole = read_file(file(1)).value();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        ASSERT_TRUE(write_file(file(1), whole.substr(0, size)));
        ASSERT_EQ(open_error().code, Errc::corrupt) << size;
    }
    ASSERT_TRUE(write_file(file(1), whole + '\0'));
    EXPECT_EQ(open_error().code, Errc::corrupt);
    ASSERT_TRUE(write_file(file(1), whole));
    opened();
}

TEST_F(KeyringTest, says_that_a_newer_format_is_newer) {
    made();
    auto newer = read_file(file(1)).value();
    newer.resize(newer.size() - 32);
    newer[8] = 2;
    newer += as_bytes(sha256(newer));
    ASSERT_TRUE(write_file(file(1), newer));

    const auto error = open_error();
    EXPECT_EQ(error.code, Errc::unsupported);
    EXPECT_EQ(error.what, "keyring.1: this keyring has format 2, this Letopis knows format 1");
    EXPECT_FALSE(error.hint.empty());
}

TEST_F(KeyringTest, refuses_a_generation_under_the_name_of_another) {
    const auto keyring = made();
    const auto old = read_file(file(1)).value();
    ASSERT_TRUE(keyring->ensure(Purpose::client, "c", start));
    ASSERT_TRUE(write_file(file(9), old));

    const auto error = open_error();
    EXPECT_EQ(error.code, Errc::corrupt);
    EXPECT_NE(error.what.find("renamed"), std::string::npos) << error.what;
}

TEST_F(KeyringTest, does_not_fall_back_from_a_damaged_generation_to_an_older_whole_one) {
    const auto keyring = made();
    const auto old = read_file(file(1)).value();
    ASSERT_TRUE(keyring->ensure(Purpose::client, "c", start));
    auto damaged = read_file(file(2)).value();
    damaged[200] = static_cast<char>(damaged[200] ^ 1);
    ASSERT_TRUE(write_file(file(2), damaged));
    EXPECT_EQ(open_error().what.find("generation 1"), std::string::npos);

    ASSERT_TRUE(write_file(file(1), old));

    const auto error = open_error();
    EXPECT_EQ(error.code, Errc::corrupt);
    EXPECT_NE(error.what.find("generation 1 beside it is whole but is not used"), std::string::npos)
        << error.what;
    EXPECT_NE(error.hint.find("keyring.2"), std::string::npos) << error.hint;
}

// The states that a crash can leave during the change from generation 1 to 2.
TEST_F(KeyringTest, is_whole_after_a_crash_at_any_step_of_a_change) {
    const auto keyring = made();
    const auto old = read_file(file(1)).value();
    const auto doomed = keyring->ensure(Purpose::client, "c", start).value();
    const auto fresh = read_file(file(2)).value();
    const auto reset = [&] { std::filesystem::remove(file(1)), std::filesystem::remove(file(2)); };

    for (const std::size_t written : {std::size_t(0), fresh.size() / 2, fresh.size()}) {
        reset();
        ASSERT_TRUE(write_file(file(1), old));
        ASSERT_TRUE(write_file(directory_ / "keyring.2.tmp", fresh.substr(0, written)));
        const auto before = opened();
        EXPECT_EQ(before->generation(), 1u);
        ASSERT_TRUE(before->rotate(start));
        EXPECT_EQ(files(), std::vector<std::string>{"keyring.2"});
    }
    reset();
    ASSERT_TRUE(write_file(file(1), old));
    ASSERT_TRUE(write_file(file(2), fresh));
    const auto after = opened();
    EXPECT_EQ(after->generation(), 2u);
    EXPECT_TRUE(after->key(doomed.id));
    ASSERT_TRUE(after->rotate(start));
    EXPECT_EQ(files(), std::vector<std::string>{"keyring.3"}) << "the older one must not stay";
}

TEST_F(KeyringTest, loses_no_acknowledged_key_when_it_is_killed) {
    made();
    int made_so_far = 0;
    for (int round = 0; round < 12; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(ends[0]);
            auto keyring = Keyring::open(directory_, unlock_);
            for (int i = made_so_far; keyring && i < made_so_far + 1000; ++i)
                if (!(*keyring)->ensure(Purpose::client, std::to_string(i), start) ||
                    ::write(ends[1], "k", 1) != 1)
                    break;
            ::_exit(0);
        }
        ::close(ends[1]);
        char acknowledged = 0;
        for (int i = 0; i <= round % 5; ++i)
            if (::read(ends[0], &acknowledged, 1) == 1) ++made_so_far;
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (::read(ends[0], &acknowledged, 1) == 1) ++made_so_far;
        ::close(ends[0]);

        const auto keyring = opened();
        for (int i = 0; i < made_so_far; ++i)
            ASSERT_TRUE(keyring->find(Purpose::client, std::to_string(i))) << i;
        // One more may have become durable without its acknowledgement.
        if (keyring->find(Purpose::client, std::to_string(made_so_far))) ++made_so_far;
    }
    EXPECT_GE(made_so_far, 12);
}

TEST_F(KeyringTest, keeps_its_state_when_the_disk_refuses_the_new_generation) {
    const auto keyring = made();
    ASSERT_TRUE(keyring->ensure(Purpose::client, "first", start));
    ASSERT_TRUE(keyring->ensure(Purpose::client, "second", start));
    const auto doomed = keyring->find(Purpose::client, "first").value();
    // A directory in the place of the temporary file cannot be written over, not even by root.
    std::filesystem::create_directories(directory_ / "keyring.4.tmp" / "x");

    EXPECT_FALSE(keyring->ensure(Purpose::client, "third", start));
    const KeyId ids[] = {doomed.id};
    EXPECT_FALSE(keyring->destroy(ids, start));

    EXPECT_EQ(keyring->generation(), 3u);
    EXPECT_FALSE(keyring->find(Purpose::client, "third"));
    EXPECT_TRUE(keyring->key(doomed.id));
    std::filesystem::remove_all(directory_ / "keyring.4.tmp");
    EXPECT_TRUE(keyring->ensure(Purpose::client, "third", start));
    EXPECT_EQ(opened()->generation(), 4u);
}

TEST_F(KeyringTest, changes_nothing_when_another_process_has_changed_it) {
    const auto first = made();
    const auto second = opened();
    const auto key = first->ensure(Purpose::client, "first", start);
    ASSERT_TRUE(key);

    const auto refused = second->ensure(Purpose::client, "second", start);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_EQ(secret(opened()->find(Purpose::client, "first")), secret(key));
}

TEST_F(KeyringTest, is_read_by_many_threads_while_it_changes) {
    const auto keyring = made();
    const auto wanted = keyring->ensure(Purpose::client, "wanted", start).value();
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!stop) {
                const auto key = keyring->key(wanted.id);
                if (!key || key->bytes() != wanted.key.bytes()) ++wrong;
                if (!keyring->find(Purpose::dedup, "")) ++wrong;
            }
        });
    readers.emplace_back([&] {
        while (!stop)
            if (!Keyring::open(directory_, unlock_)) ++wrong;
    });
    for (int i = 0; i < 20; ++i) {
        const auto doomed = keyring->ensure(Purpose::client, std::to_string(i), start).value();
        const KeyId ids[] = {doomed.id};
        ASSERT_TRUE(keyring->destroy(ids, start));
    }
    stop = true;
    readers.clear();
    EXPECT_EQ(wrong, 0);
}

TEST_F(KeyringTest, makes_opens_and_rotates_a_hundred_thousand_client_keys_in_time) {
    using Timer = std::chrono::steady_clock;
    const auto seconds = [](Timer::time_point from) {
        return std::chrono::duration<double>(Timer::now() - from).count();
    };
    const auto keyring = made();
    std::vector<std::pair<Purpose, std::string>> wanted;
    for (int i = 0; i < 100'000; ++i)
        wanted.emplace_back(Purpose::client, "client/" + std::to_string(i));

    auto from = Timer::now();
    ASSERT_TRUE(keyring->ensure_all(wanted, start));
    const auto made_in = seconds(from);
    from = Timer::now();
    const auto again = opened();
    const auto opened_in = seconds(from);
    from = Timer::now();
    ASSERT_TRUE(again->rotate(start + std::chrono::days(40)));
    const auto rotated_in = seconds(from);

    EXPECT_EQ(again->list().size(), 100'006u);
    EXPECT_EQ(secret(opened()->find(Purpose::client, "client/99999")),
              secret(keyring->find(Purpose::client, "client/99999")));
    RecordProperty("made_ms", static_cast<int>(made_in * 1000));
    RecordProperty("opened_ms", static_cast<int>(opened_in * 1000));
    RecordProperty("rotated_ms", static_cast<int>(rotated_in * 1000));
    std::printf("100,000 clients: made %.2f s, opened %.2f s, rotated %.2f s, %.1f MB\n",
                made_in,
                opened_in,
                rotated_in,
                static_cast<double>(std::filesystem::file_size(file(3))) / 1e6);
    // Generous: the machine is shared, and the sanitizers take their part. The target is 2 s.
    EXPECT_LT(made_in, 20);
    EXPECT_LT(rotated_in, 60);
}

}  // namespace
}  // namespace letopis::crypto
