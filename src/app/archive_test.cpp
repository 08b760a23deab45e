// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/archive.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/descriptor.hpp"
#include "app/importer.hpp"
#include "app/projector.hpp"
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

    Result<std::vector<journal::Appended>> tag() {
        const journal::Draft draft{.type = journal::LeafType::state_change,
                                   .kind = journal::Kind::tag,
                                   .descriptor = R"({"v":1,"message":0,"tag":"x","on":true})"};
        return archive_->journal().append(std::span(&draft, 1), journal::Class::live);
    }
    Result<Instant> look() {
        return archive_->record_access(journal::Kind::search, search_descriptor("test", "x", 0));
    }
    // Both logs have records and a head; closed.
    void create_signed() {
        create();
        open();
        ASSERT_TRUE(tag() && look() && tag());
        ASSERT_TRUE(archive_->sign(false));
        archive_.reset();
    }
    void copy_golden(const Path& golden) {
        std::filesystem::copy(
            golden / "archive-1", home(), std::filesystem::copy_options::recursive);
        std::filesystem::copy_file(golden / "archive-1.key",
                                   dir_ / "key",
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::permissions(
            dir_ / "key", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        for (const auto& entry : std::filesystem::recursive_directory_iterator(home()))
            std::filesystem::permissions(entry.path(),
                                         std::filesystem::perms::owner_write,
                                         std::filesystem::perm_options::add);
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

TEST_F(ArchiveTest, hands_projections_to_the_next_reader_until_they_are_made_again) {
    create();
    auto& archive = open();
    ASSERT_TRUE(rebuild(archive, "", catalog::ThreadingRule::standard, {}));
    auto first = archive.projections();
    ASSERT_TRUE(first) << first.error().what;
    const auto* catalog = first->catalog.get();
    const auto position = first->engine->position();
    archive.give_back(std::move(*first));

    ASSERT_TRUE(tag());
    auto projector = Projector::open(archive);
    ASSERT_TRUE(projector && (*projector)->catch_up({}));
    projector->reset();
    auto second = archive.projections();

    ASSERT_TRUE(second);
    EXPECT_EQ(second->catalog.get(), catalog);
    EXPECT_EQ(second->engine->position(), position + 1);
    const auto files = second->files;
    archive.give_back(std::move(*second));

    ASSERT_TRUE(rebuild(archive, "", catalog::ThreadingRule::standard, {}));
    auto third = archive.projections();

    ASSERT_TRUE(third);
    EXPECT_NE(third->files, files);  // an open file keeps its number
    EXPECT_EQ(third->engine->position(), position + 1);
}

TEST_F(ArchiveTest, wraps_its_keys_anew_after_thirty_days_and_opens_where_it_cannot) {
    create_signed();
    const auto generation = open().keyring().generation();
    clock_.advance(std::chrono::days(30));
    EXPECT_EQ(open().keyring().generation(), generation) << "not due before its time";
    clock_.advance(std::chrono::hours(1));
    EXPECT_EQ(open().keyring().generation(), generation + 1);
    EXPECT_EQ(open().keyring().generation(), generation + 1);
    ASSERT_TRUE(tag());
    EXPECT_TRUE(archive_->sign(false));

    clock_.advance(std::chrono::days(31));
    std::filesystem::create_directory(home() / fmt::format("keyring.{}.tmp", generation + 2));
    std::filesystem::create_directory(home() / fmt::format("keyring.{}.tmp", generation + 2) /
                                      "in the way");
    EXPECT_EQ(open().keyring().generation(), generation + 1);
    EXPECT_GT(clock_.now(), archive_->keyring().rotation_due());
    EXPECT_FALSE(listing().empty());
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

TEST_F(ArchiveTest, refuses_an_identity_whose_host_cannot_name_a_log) {
    create();
    const auto text = *read_file(home() / "archive.toml");
    for (const char* host :
         {"golden example", "golden\xef.example", "golden/example", "\x11olden"}) {
        auto damaged = text;
        damaged.replace(damaged.find("golden.example"), 14, host);
        ASSERT_TRUE(write_file(home() / "archive.toml", damaged));

        const auto identity = read_identity(home());

        ASSERT_FALSE(identity) << host;
        EXPECT_EQ(identity.error().code, Errc::corrupt);
    }
}

TEST_F(ArchiveTest, does_not_write_over_a_journal_that_lost_its_end) {
    create();
    open();
    archive_.reset();
    std::filesystem::copy(home(), dir_ / "old", std::filesystem::copy_options::recursive);
    open();
    ASSERT_TRUE(look() && tag());
    ASSERT_TRUE(archive_->sign(false));
    archive_.reset();
    std::filesystem::copy_file(dir_ / "old" / "live.db",
                               home() / "live.db",
                               std::filesystem::copy_options::overwrite_existing);

    auto lock = Lock::take(home());
    const auto opened = Archive::open(home(), unlock(), clock_, std::move(*lock));

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);

    // The signed head says it alone.
    std::filesystem::remove_all(home() / "log" / "archive-1" / "tile");
    lock = Lock::take(home());
    const auto without_tiles = Archive::open(home(), unlock(), clock_, std::move(*lock));
    ASSERT_FALSE(without_tiles);
    EXPECT_EQ(without_tiles.error().code, Errc::corrupt);
}

TEST_F(ArchiveTest, has_a_signed_head_of_both_logs_before_it_is_an_archive) {
    create();
    open();

    for (const auto origin : {journal::Origin::archive, journal::Origin::audit}) {
        const auto log = ledger::PublishedLog::open(archive_->log_options(origin));
        ASSERT_TRUE(log) << log.error().what;
        EXPECT_EQ(log->head().size, origin == journal::Origin::archive ? 1U : 0U);
        EXPECT_TRUE(log->damaged_tiles()->empty());
        EXPECT_FALSE(archive_->may_be_unsigned(origin));
    }
    EXPECT_TRUE(archive_->check_logs());
    EXPECT_TRUE(verify(*archive_, true, {})->problems.empty());
    archive_.reset();
    std::filesystem::remove_all(home() / "log" / "audit-1");
    EXPECT_EQ(open().check_logs().error().code, Errc::unfit);
}

// Everything that can stand in log/ and was not left there by a crash.
TEST_F(ArchiveTest, signs_nothing_where_there_is_no_valid_head_and_goes_on_being_read) {
    create_signed();
    const std::atomic<bool> stop = false;
    const ImportOptions options{.paths = {Path(LETOPIS_SOURCE_DIR) / "tests" / "sample"},
                                .source = {},
                                .zone = "Europe/Moscow",
                                .owner = {},
                                .date_order = {}};
    const auto change = [](const Path& file, std::size_t at) {
        auto bytes = *read_file(file);
        bytes[at] ^= 1;
        ASSERT_TRUE(write_file(file, bytes));
    };
    const std::pair<const char*, std::function<void(const Path&)>> harms[] = {
        {"log/ is gone", [](const Path& log) { std::filesystem::remove_all(log.parent_path()); }},
        {"one log is gone", [](const Path& log) { std::filesystem::remove_all(log); }},
        {"the head is gone", [](const Path& log) { ASSERT_TRUE(remove_file(log / "checkpoint")); }},
        {"the head is empty",
         [](const Path& log) { ASSERT_TRUE(write_file(log / "checkpoint", "")); }},
        {"the head is too large",
         [](const Path& log) {
             ASSERT_TRUE(
                 write_file(log / "checkpoint", std::string(ledger::note_bytes_max + 1, 'x')));
         }},
        {"the head says another size",
         [&](const Path& log) {
             const auto note = *read_file(log / "checkpoint");
             change(log / "checkpoint", note.find('\n') + 1);
         }},
        {"another key signed the head",
         [](const Path& log) {
             const auto note = *read_file(log / "checkpoint");
             const ledger::Signer stranger{.name = note.substr(0, note.find('\n')),
                                           .seed = crypto::Key::random()};
             ASSERT_TRUE(
                 write_file(log / "checkpoint",
                            ledger::sign_note(note.substr(0, note.find("\n\n") + 1), stranger)));
         }},
        {"the tiles are gone", [](const Path& log) { std::filesystem::remove_all(log / "tile"); }},
    };
    for (const auto& [harm, harmed] : harms)
        for (const std::string slug : {"archive-1", "audit-1"}) {
            SCOPED_TRACE(std::string(harm) + ", " + slug);
            std::filesystem::copy(home(), dir_ / "whole", std::filesystem::copy_options::recursive);
            harmed(home() / "log" / slug);
            const auto files = [&] {
                std::string text;
                for (const auto& entry :
                     std::filesystem::recursive_directory_iterator(home() / "log"))
                    text += entry.path().string() + "\n";
                return text + read_file(home() / "log" / slug / "checkpoint").value_or("");
            };
            std::filesystem::create_directories(home() / "log");
            const auto before = files();

            open();
            EXPECT_EQ(archive_->check_logs().error().code, Errc::unfit);
            EXPECT_TRUE(look());
            EXPECT_EQ(archive_->sign(false).error().code, Errc::unfit);
            const auto records = archive_->journal().head().records;
            EXPECT_EQ(import(*archive_, options, stop, {}).error().code, Errc::unfit);
            EXPECT_EQ(archive_->journal().head().records, records);
            EXPECT_EQ(rebuild(*archive_, "", catalog::ThreadingRule::standard, {}).error().code,
                      Errc::unfit);
            EXPECT_FALSE(verify(*archive_, true, {})->problems.empty());
            archive_.reset();
            EXPECT_EQ(open().check_logs().error().code, Errc::unfit);
            EXPECT_EQ(files(), before);

            const auto rebuilt = rebuild_ledger(*archive_, "test");
            ASSERT_TRUE(rebuilt) << rebuilt.error().what;
            const bool headless =
                std::ranges::any_of(*rebuilt, [](const auto& log) { return !log.before; });
            EXPECT_EQ(archive_->journal().head().records, records + (headless ? 1 : 0));
            EXPECT_EQ(headless, std::string_view(harm) != "the tiles are gone");
            if (headless) {
                const auto trace = archive_->journal().read(Seq(records));
                EXPECT_EQ(trace->kind, journal::Kind::log_rebuilt);
                EXPECT_EQ(trace->origin, journal::Origin::audit);
                EXPECT_EQ(trace->descriptor, write("test", *rebuilt));
            }
            EXPECT_TRUE(archive_->check_logs());
            EXPECT_TRUE(verify(*archive_, true, {})->problems.empty());
            EXPECT_TRUE(tag() && archive_->sign(false));
            archive_.reset();
            std::filesystem::remove_all(home());
            std::filesystem::rename(dir_ / "whole", home());
        }
}

// Between the commit of the journal, the tiles and the head: the next signature covers the rest.
TEST_F(ArchiveTest, goes_on_by_itself_from_what_a_crash_leaves_of_a_signature) {
    create_signed();
    open();
    ASSERT_TRUE(tag() && look());
    archive_.reset();
    ASSERT_TRUE(open().check_logs());  // nothing of it was written
    archive_.reset();
    for (const std::string slug : {"archive-1", "audit-1"}) {
        const auto head = home() / "log" / slug / "checkpoint";
        const auto older = *read_file(head);
        ASSERT_TRUE(open().sign(false));
        archive_.reset();
        const auto newer = *read_file(head);
        ASSERT_NE(newer, older);
        ASSERT_TRUE(write_file(head, older));  // the tiles were written, the head was not
        ASSERT_TRUE(write_file(head.string() + ".tmp", newer.substr(0, newer.size() / 2)));
        ASSERT_TRUE(write_file(head.parent_path() / "tile" / "0" / "000.p" / "99.tmp", "cut"));

        ASSERT_TRUE(open().check_logs());
        ASSERT_TRUE(archive_->sign(false));

        EXPECT_EQ(*read_file(head), newer);
        EXPECT_TRUE(verify(*archive_, true, {})->problems.empty());
        ASSERT_TRUE(tag() && look());
        archive_.reset();
    }
}

// The vector of docs/formats/descriptors.md.
TEST_F(ArchiveTest, writes_who_had_the_logs_rebuilt_as_the_format_says) {
    const RebuiltLog logs[] = {
        {.name = "t/archive/1",
         .records = 67,
         .before =
             ledger::Checkpoint{.origin = "t/archive/1", .size = 3, .root = crypto::sha256("")}},
        {.name = "t/audit/1", .records = 4, .before = {}, .damaged = true},
        {.name = "t/audit/2", .records = 0, .before = {}}};

    EXPECT_EQ(
        write("uid 0 root", logs),
        R"({"v":1,"who":"uid 0 root","logs":[{"log":"t/archive/1","records":67,"before":"valid","size":3,)"
        R"("root":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},)"
        R"({"log":"t/audit/1","records":4,"before":"damaged"},{"log":"t/audit/2","records":0,"before":"missing"}]})");
    EXPECT_EQ(static_cast<int>(journal::Kind::log_rebuilt), 84);
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
    copy_golden(golden);
    open();

    EXPECT_EQ(listing(), *read_file(golden / "archive-1.records"));
    const auto verified = verify(*archive_, true, {});
    ASSERT_TRUE(verified);
    for (const auto& problem : verified->problems)
        ADD_FAILURE() << problem.where << ": " << problem.what;
    ASSERT_TRUE(rebuild(*archive_, "", catalog::ThreadingRule::standard, {}));
    EXPECT_TRUE(verify(*archive_, true, {})->problems.empty());
}

// Archives were once made without a head of the access log; theirs came when it was due.
TEST_F(ArchiveTest, tolerates_an_older_access_log_that_was_never_signed) {
    copy_golden(Path(LETOPIS_SOURCE_DIR) / "tests" / "golden");
    std::filesystem::remove_all(home() / "log" / "audit-1");
    open();

    EXPECT_TRUE(archive_->check_logs());
    const auto verified = verify(*archive_, true, {});
    EXPECT_TRUE(verified->problems.empty());
    EXPECT_THAT(verified->notes, testing::Contains(testing::HasSubstr("has not been signed yet")));
    ASSERT_TRUE(archive_->sign(false));
    EXPECT_TRUE(
        ledger::PublishedLog::open(archive_->log_options(journal::Origin::audit)).has_value());
    archive_.reset();
    std::filesystem::remove_all(home() / "log");
    EXPECT_EQ(open().check_logs().error().code, Errc::unfit);  // of the archive log it never was so
}

}  // namespace
}  // namespace letopis::app
