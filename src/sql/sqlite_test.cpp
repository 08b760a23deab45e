// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sql/sqlite.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/bytes.hpp"

namespace letopis::sql {
namespace {

class Sqlite : public testing::Test {
protected:
    Sqlite()
        : dir_(std::filesystem::temp_directory_path() / ("letopis-sql-" + hex(random_bytes(8)))) {
        std::filesystem::create_directories(dir_);
    }
    ~Sqlite() override { std::filesystem::remove_all(dir_); }
    Path file() const { return dir_ / "a.db"; }
    Path dir_;
    std::string key_ = std::string(32, 'k');
};

TEST_F(Sqlite, opens_only_with_the_key_that_made_the_file) {
    {
        auto db = Database::open(file(), key_);
        ASSERT_TRUE(db) << db.error().what;
        ASSERT_TRUE(
            db->run("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT) STRICT; INSERT INTO t "
                    "VALUES(1,'canary-word')"));
    }

    auto wrong = Database::open(file(), std::string(32, 'x'), {.mode = Mode::read});
    auto right = Database::open(file(), key_, {.mode = Mode::read});

    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Errc::wrong_key);
    ASSERT_TRUE(right);
    auto statement = right->prepare("SELECT b FROM t WHERE a=?");
    ASSERT_TRUE(statement);
    ASSERT_TRUE(*statement->bind(1).step());
    EXPECT_EQ(statement->text(0), "canary-word");
}

TEST_F(Sqlite, reads_alone_without_a_trace_and_sees_what_waits_in_the_log) {
    const auto beside = [&](const char* suffix) {
        return std::filesystem::exists(file().string() + suffix);
    };
    const auto read = [&] {
        auto db = Database::open(file(), key_, {.mode = Mode::read, .alone = true});
        EXPECT_TRUE(db) << (db ? "" : db.error().what);
        auto statement = db->prepare("SELECT max(a) FROM t");
        EXPECT_TRUE(statement && statement->step());
        return statement->integer(0);
    };
    ASSERT_TRUE(Database::open(file(), key_)->run("CREATE TABLE t(a); INSERT INTO t VALUES(1)"));

    EXPECT_EQ(read(), 1);
    EXPECT_FALSE(beside("-wal") || beside("-shm"));

    auto writer = Database::open(file(), key_, {.mode = Mode::write});
    ASSERT_TRUE(writer && writer->run("INSERT INTO t VALUES(2)"));
    EXPECT_EQ(read(), 2);
}

TEST_F(Sqlite, writes_alone_without_sharing_the_index_of_the_log) {
    ASSERT_TRUE(Database::open(file(), key_)->run("CREATE TABLE t(a)"));
    auto alone = Database::open(file(), key_, {.mode = Mode::write, .alone = true});
    ASSERT_TRUE(alone && alone->run("INSERT INTO t VALUES(1)"));

    EXPECT_TRUE(std::filesystem::exists(file().string() + "-wal"));
    EXPECT_FALSE(std::filesystem::exists(file().string() + "-shm"));
    const auto other = Database::open(
        file(), key_, {.mode = Mode::write, .busy_timeout = std::chrono::milliseconds(1)});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::unavailable);
}

TEST_F(Sqlite, notices_every_bit_of_the_bytes_that_no_seal_covers) {
    ASSERT_TRUE(Database::open(file(), key_)->run("CREATE TABLE t(a)"));
    const auto flip = [&](int at, int bit) {
        std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(at);
        const auto was = bytes.get();
        bytes.seekp(at);
        bytes.put(static_cast<char>(was ^ (1 << bit)));
    };
    const auto whole = [&] {
        auto db = Database::open(file(), key_, {.mode = Mode::read});
        return db && read_every_page(*db);
    };

    EXPECT_TRUE(whole());
    for (int at = 0; at < 16; ++at) {
        flip(at, at % 8);
        EXPECT_FALSE(whole()) << at;
        flip(at, at % 8);
    }
    for (int at = 0; at < 16; ++at)  // as older versions left them: any bytes
        for (int bit = at % 2; bit < 8; bit += 2) flip(at, bit);
    EXPECT_TRUE(whole());
}

TEST_F(Sqlite, reads_a_file_whose_pages_all_stand_in_the_log) {
    auto db = Database::open(file(), key_);
    ASSERT_TRUE(db && db->run("CREATE TABLE t(a)"));
    std::filesystem::resize_file(file(), 0);  // as after a failed move of the log into the file

    EXPECT_TRUE(read_every_page(*db));
}

TEST_F(Sqlite, an_error_names_the_file_and_what_to_do) {
    auto db = Database::open(file(), key_);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->run("CREATE TABLE t(a)"));
    auto reader = Database::open(file(), key_, {.mode = Mode::read});
    ASSERT_TRUE(reader);

    const auto refused = reader->run("INSERT INTO t VALUES(1)");
    const auto defect = db->run("INSERT INTO nothing VALUES(1)");
    const auto wrong = Database::open(file(), std::string(32, 'x'), {.mode = Mode::read});

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_TRUE(refused.error().what.starts_with("a.db cannot be used: ")) << refused.error().what;
    EXPECT_NE(refused.error().hint.find("you may read and write"), std::string::npos);
    ASSERT_FALSE(defect);
    EXPECT_NE(defect.error().hint.find("report it"), std::string::npos);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().hint.find("letopis verify"), std::string::npos);
}

TEST_F(Sqlite, keeps_no_readable_word_in_the_file_or_its_log) {
    auto db = Database::open(file(), key_);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->run("CREATE TABLE t(b TEXT); INSERT INTO t VALUES('canary-word')"));

    for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
        if (entry.path().extension() == ".db-shm") continue;
        const auto bytes = read_file(entry.path());
        ASSERT_TRUE(bytes);
        EXPECT_EQ(bytes->find("canary"), std::string::npos) << entry.path();
        EXPECT_EQ(bytes->find("CREATE TABLE"), std::string::npos) << entry.path();
    }
}

TEST_F(Sqlite, refuses_a_page_with_a_flipped_bit) {
    {
        auto db = Database::open(file(), key_, {.durability = Durability::file});
        ASSERT_TRUE(db);
        ASSERT_TRUE(
            db->run("CREATE TABLE t(b BLOB); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 "
                    "FROM n WHERE i<200) INSERT INTO t SELECT randomblob(500) FROM n"));
    }
    auto bytes = *read_file(file());
    bytes[bytes.size() - 4000] ^= 1;
    std::ofstream(file(), std::ios::binary) << bytes;

    auto db = Database::open(file(), key_, {.mode = Mode::immutable});
    ASSERT_TRUE(db);
    auto statement = db->prepare("SELECT sum(length(b)), max(b) FROM t");
    ASSERT_TRUE(statement);
    const auto read = statement->step();

    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().code == Errc::corrupt || read.error().code == Errc::wrong_key ||
                read.error().code == Errc::io)
        << read.error().what;
}

TEST_F(Sqlite, rolls_back_a_transaction_that_was_not_committed) {
    auto db = Database::open(file(), key_);
    ASSERT_TRUE(db && db->run("CREATE TABLE t(a INTEGER)"));
    {
        auto transaction = Transaction::begin(*db);
        ASSERT_TRUE(transaction && db->run("INSERT INTO t VALUES(1)"));
    }

    auto count = db->prepare("SELECT count(*) FROM t");
    ASSERT_TRUE(*count->bind().step());
    EXPECT_EQ(count->integer(0), 0);
}

TEST_F(Sqlite, removes_a_file_with_all_that_stands_beside_it) {
    auto db = Database::open(file(), key_, {.durability = Durability::ordered});
    ASSERT_TRUE(db && db->run("CREATE TABLE t(a)") && db->sync());
    ASSERT_TRUE(std::filesystem::exists(file().string() + "-wal"));

    EXPECT_TRUE(remove_database(file()));
    EXPECT_TRUE(remove_database(file()));  // fine when it is not there

    EXPECT_TRUE(std::filesystem::is_empty(dir_));
}

TEST_F(Sqlite, reads_a_file_that_a_crash_left_while_it_was_made) {
    auto db = Database::open(file(), key_);
    ASSERT_TRUE(db && db->run("PRAGMA journal_mode=DELETE; CREATE TABLE t(a); BEGIN;"
                              "INSERT INTO t VALUES(1)"));
    const auto left = dir_ / "left.db";
    for (const char* suffix : {"", "-journal"})
        std::filesystem::copy_file(file().string() + suffix, left.string() + suffix);

    for (const bool alone : {false, true}) {
        auto found = Database::open(left, key_, {.mode = Mode::read, .alone = alone});

        ASSERT_TRUE(found) << found.error().what;
        auto count = found->prepare("SELECT count(*) FROM t");
        ASSERT_TRUE(count && *count->step());
        EXPECT_EQ(count->integer(0), 0);
    }
}

TEST_F(Sqlite, says_that_a_missing_file_is_missing) {
    const auto db = Database::open(file(), key_, {.mode = Mode::read});

    ASSERT_FALSE(db);
    EXPECT_EQ(db.error().code, Errc::not_found);
}

}  // namespace
}  // namespace letopis::sql
