// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/archive.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/descriptor.hpp"
#include "app/importer.hpp"
#include "app/verifier.hpp"
#include "base/fake_clock.hpp"

namespace letopis::app {
namespace {

class ArchiveTest : public testing::Test {
protected:
    ArchiveTest()
        : dir_(std::filesystem::temp_directory_path() / ("letopis-app-" + hex(random_bytes(8)))) {
        std::filesystem::create_directories(dir_);
        ::setenv("LETOPIS_PARSE", LETOPIS_BINARY_DIR "/letopis-parse", 1);
        EXPECT_TRUE(crypto::create_key_file(dir_ / "key"));
    }
    ~ArchiveTest() override {
        archive_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(dir_, ignored);
    }
    Path home() const { return dir_ / "archive"; }
    crypto::Unlock unlock() const { return {.key_file = dir_ / "key", .passphrase = std::nullopt}; }
    void create() {
        const auto made = Archive::create(
            home(), unlock(), {.host = "golden.example", .disk_reserve_bytes = 0}, clock_, nullptr);
        ASSERT_TRUE(made) << made.error().what;
    }
    Archive& open() {
        archive_.reset();
        auto lock = Lock::take(home());
        EXPECT_TRUE(lock);
        auto opened = Archive::open(home(), unlock(), clock_, std::move(*lock));
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
        archive_ = std::move(*opened);
        return *archive_;
    }
    // One line a record: what it is and what it holds.
    std::string listing() {
        std::string lines;
        const auto read = archive_->journal().feed(Seq(0),
                                                   ~std::uint64_t(0),
                                                   journal::Contents::with,
                                                   [&](journal::Record&& record) -> Result<bool> {
                                                       lines += fmt::format(
                                                           "{} {} {} {} {}\n",
                                                           record.seq.value(),
                                                           static_cast<int>(record.origin),
                                                           journal::name(record.kind),
                                                           hex(crypto::sha256(record.descriptor)),
                                                           hex(crypto::sha256(record.content)));
                                                       return true;
                                                   });
        EXPECT_TRUE(read) << (read ? "" : read.error().what);
        return lines;
    }

    Path dir_;
    FakeClock clock_;
    std::unique_ptr<Archive> archive_;
};

TEST_F(ArchiveTest, is_made_once_and_leaves_a_directory_that_is_in_use_alone) {
    create();
    EXPECT_EQ(Archive::create(home(), unlock(), {}, clock_, nullptr).error().code, Errc::conflict);
    std::filesystem::create_directories(dir_ / "other");
    ASSERT_TRUE(write_file(dir_ / "other" / "mine", "x"));

    EXPECT_EQ(Archive::create(dir_ / "other", unlock(), {}, clock_, nullptr).error().code,
              Errc::conflict);
    EXPECT_TRUE(std::filesystem::exists(dir_ / "other" / "mine"));
}

TEST_F(ArchiveTest, is_open_in_one_process_at_a_time) {
    create();
    open();

    EXPECT_EQ(Lock::take(home()).error().code, Errc::unavailable);
}

TEST_F(ArchiveTest, refuses_an_identity_of_a_newer_format_by_name) {
    create();
    auto text = *read_file(home() / "archive.toml");
    text.replace(text.find("format = 1"), 10, "format = 9");
    ASSERT_TRUE(write_file(home() / "archive.toml", text));

    const auto identity = read_identity(home());

    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().code, Errc::unsupported);
}

TEST_F(ArchiveTest, does_not_write_over_a_journal_that_lost_its_end) {
    create();
    open();
    archive_.reset();
    std::filesystem::copy(home(), dir_ / "old", std::filesystem::copy_options::recursive);
    open();
    ASSERT_TRUE(
        archive_->record_access(journal::Kind::search, search_descriptor("test", "query", 0)));
    const journal::Draft draft{.type = journal::LeafType::state_change,
                               .kind = journal::Kind::tag,
                               .descriptor = R"({"v":1,"message":0,"tag":"x","on":true})"};
    ASSERT_TRUE(archive_->journal().append(std::span(&draft, 1), journal::Class::live));
    ASSERT_TRUE(archive_->sign(false));
    archive_.reset();
    std::filesystem::copy_file(dir_ / "old" / "live.db",
                               home() / "live.db",
                               std::filesystem::copy_options::overwrite_existing);

    auto lock = Lock::take(home());
    const auto opened = Archive::open(home(), unlock(), clock_, std::move(*lock));

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(ArchiveTest, writes_descriptors_that_it_reads_back) {
    const ItemDescriptor item{.context = Seq(7),
                              .key = "ключ \"5\"",
                              .dialect = model::Dialect::telegram_json,
                              .position = 1234567890123,
                              .raw_size = 77,
                              .raw_sha256 = crypto::sha256("x"),
                              .member = "a/b.eml",
                              .folder = "Входящие",
                              .flags = "RS",
                              .envelope = "From a",
                              .received = from_unix(1'700'000'000),
                              .captured = from_unix(1'790'000'000),
                              .of = Seq(3)};

    const auto back = read_item(write(item));

    ASSERT_TRUE(back);
    EXPECT_EQ(write(*back), write(item));
    EXPECT_EQ(back->folder, "Входящие");
    EXPECT_FALSE(read_item("{\"v\":1}"));
    EXPECT_FALSE(read_item("nonsense"));
}

// The archive in tests/golden/archive-1 was made by version 0.1.0 and must open for ever. To make
// one of a new format, run this program with LETOPIS_MAKE_GOLDEN=DIR; an old one is never made
// anew.
TEST_F(ArchiveTest, opens_the_golden_archive_of_format_1) {
    const Path golden = Path(LETOPIS_SOURCE_DIR) / "tests" / "golden";
    if (const char* target = std::getenv("LETOPIS_MAKE_GOLDEN")) {
        create();
        open();
        const std::atomic<bool> stop = false;
        ImportOptions options{.paths = {Path(LETOPIS_SOURCE_DIR) / "tests" / "sample"},
                              .source = {},
                              .zone = "Europe/Moscow",
                              .owner = {},
                              .date_order = {}};
        const auto imported = import(*archive_, options, stop, {});
        ASSERT_TRUE(imported) << imported.error().what;
        Seq context;
        ASSERT_TRUE(archive_->journal().feed(
            Seq(0), 1000, journal::Contents::skip, [&](journal::Record&& record) -> Result<bool> {
                context = record.seq;
                return record.kind != journal::Kind::context;
            }));
        std::string large;
        for (int i = 0; i < 9000; ++i) large += hex(crypto::sha256(std::to_string(i)));
        const auto anna =
            *archive_->keyring().ensure(crypto::Purpose::client, "anna", clock_.now());
        const auto boris =
            *archive_->keyring().ensure(crypto::Purpose::client, "boris", clock_.now());
        const auto descriptor = write(FileDescriptor{.context = context,
                                                     .path = "large.txt",
                                                     .size = large.size(),
                                                     .sha256 = crypto::sha256(large),
                                                     .captured = clock_.now()});
        const journal::Draft file{.type = journal::LeafType::object,
                                  .kind = journal::Kind::file,
                                  .descriptor = descriptor,
                                  .content = large,
                                  .owners = {anna, boris}};
        ASSERT_TRUE(archive_->journal().append(std::span(&file, 1), journal::Class::job));
        ASSERT_TRUE(archive_->journal().close_shard());
        ASSERT_TRUE(import(*archive_, options, stop, {}));
        ASSERT_TRUE(archive_->record_access(journal::Kind::search,
                                            search_descriptor("uid 0 root", "договор", 1)));
        ASSERT_TRUE(archive_->sign(false));
        ASSERT_TRUE(write_file(Path(target) / "archive-1.records", listing(), 0644));
        archive_.reset();
        std::filesystem::copy(
            home(), Path(target) / "archive-1", std::filesystem::copy_options::recursive);
        std::filesystem::copy_file(dir_ / "key", Path(target) / "archive-1.key");
        return;
    }
    std::filesystem::copy(golden / "archive-1", home(), std::filesystem::copy_options::recursive);
    std::filesystem::copy_file(
        golden / "archive-1.key", dir_ / "key", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(
        dir_ / "key", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home()))
        std::filesystem::permissions(
            entry.path(), std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
    open();

    EXPECT_EQ(listing(), *read_file(golden / "archive-1.records"));
    const auto verified = verify(*archive_, true, {});
    ASSERT_TRUE(verified);
    for (const auto& problem : verified->problems)
        ADD_FAILURE() << problem.where << ": " << problem.what;
    ASSERT_TRUE(rebuild(*archive_, "", catalog::ThreadingRule::standard, {}));
    EXPECT_TRUE(verify(*archive_, true, {})->problems.empty());
}

}  // namespace
}  // namespace letopis::app
