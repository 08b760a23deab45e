// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_clock.hpp"
#include "ledger/fake_disk.hpp"
#include "ledger/ledger.hpp"
#include "ledger/test_tree_internal.hpp"

namespace letopis::ledger {
namespace {

using testing::ElementsAre;

// A log on a fake disk, and the leaves of the journal behind it.
struct World {
    FakeDisk disk;
    FakeClock clock;
    std::vector<Digest> journal;
    Origin origin = *origin_of("archive.example", LogKind::archive);
    Signer signer{.name = origin.name, .seed = crypto::Key::from(std::string(32, 's'))};

    explicit World(std::size_t leaves) : journal(some_leaves(leaves)) {}
    LogOptions options() {
        return {.directory = "/log", .origin = origin, .key = verifier(signer), .disk = &disk};
    }
    Result<std::unique_ptr<Log>> open() { return Log::open(options()); }
    std::span<const Digest> leaves(std::size_t from, std::size_t to) const {
        return std::span(journal).subspan(from, to - from);
    }
    Digest root(std::size_t size) const { return slow_root(leaves(0, size)); }
    // Feeds the log up to `size` and publishes it.
    Result<std::string> publish(Log& log, std::size_t size) {
        log.append(leaves(log.size(), size));
        return log.publish(signer, clock.now());
    }
    // A world whose log was published at this size by an earlier process.
    void published(std::size_t size) {
        auto log = open();
        ASSERT_TRUE(log) << log.error().what;
        ASSERT_TRUE(publish(**log, size));
        disk.steps.clear();
    }
};

TEST(Tiles, have_the_paths_of_the_specification) {
    EXPECT_EQ(tile_path({.level = 0, .number = 0}), "tile/0/000");
    EXPECT_EQ(tile_path({.level = 3, .number = 999, .width = 17}), "tile/3/999.p/17");
    EXPECT_EQ(tile_path({.level = 1, .number = 1'234'067}), "tile/1/x001/x234/067");
    EXPECT_EQ(tile_path({.level = 0, .number = 1000, .width = 1}), "tile/0/x001/000.p/1");
}

TEST(Log, has_the_tiles_of_the_specification_at_70000_leaves) {
    World world(70'000);
    world.published(70'000);

    std::map<std::string, std::size_t> tiles;
    for (const auto& file : world.disk.files()) {
        if (file == "/log/checkpoint") continue;
        const auto level = file.substr(10, 1);
        ++tiles[level +
                (file.find(".p/") == std::string::npos ? " full" : file.substr(file.find(".p/")))];
    }
    EXPECT_THAT(tiles,
                ElementsAre(std::pair("0 full", 273U),
                            std::pair("0.p/112", 1U),
                            std::pair("1 full", 1U),
                            std::pair("1.p/17", 1U),
                            std::pair("2.p/1", 1U)));
    EXPECT_EQ(PublishedLog::open(world.options())->head().root, world.root(70'000));
}

TEST(Log, reopens_at_every_size_with_the_same_root) {
    World world(1100);
    auto writer = *world.open();
    for (std::size_t size = 0; size <= 1100; ++size) {
        const auto note = world.publish(*writer, size);
        ASSERT_TRUE(note) << note.error().what;

        auto reopened = world.open();

        ASSERT_TRUE(reopened) << size << ": " << reopened.error().what;
        ASSERT_EQ((*reopened)->size(), size);
        ASSERT_EQ((*reopened)->root(), world.root(size));
        ASSERT_EQ(verify_checkpoint(*note, verifier(world.signer))->root, world.root(size));
        if (size % 100 == 37) writer = *std::move(reopened);
    }
}

TEST(Log, grows_by_the_same_root_whatever_the_steps) {
    World world(3000);
    std::mt19937 random(5);
    for (int round = 0; round < 20; ++round) {
        world.disk = {};
        auto log = *world.open();
        while (log->size() < world.journal.size()) {
            const auto to =
                std::min<std::size_t>(world.journal.size(), log->size() + random() % 700);
            log->append(world.leaves(log->size(), to));
            EXPECT_EQ(log->root(), world.root(to));
            if (random() % 2 == 0) {
                ASSERT_TRUE(log->publish(world.signer, world.clock.now()));
            }
            if (random() % 3 == 0) {
                ASSERT_TRUE(log->spill());
            }
            if (random() % 3 == 0) log = *world.open();
        }
    }
}

TEST(Log, states_its_head_only_after_publishing) {
    World world(300);
    auto log = *world.open();
    EXPECT_EQ(log->published(), std::nullopt);
    log->append(world.leaves(0, 300));
    EXPECT_EQ(log->published(), std::nullopt);
    EXPECT_EQ(PublishedLog::open(world.options()).error().code, Errc::not_found);

    ASSERT_TRUE(log->publish(world.signer, world.clock.now()));

    EXPECT_EQ(log->published()->size, 300U);
    EXPECT_EQ(log->published_at(), world.clock.now());
}

TEST(Log, writes_and_syncs_the_tiles_before_it_signs) {
    World world(300);
    auto log = *world.open();
    log->append(world.leaves(0, 257));

    ASSERT_TRUE(log->publish(world.signer, world.clock.now()));

    EXPECT_THAT(world.disk.steps,
                ElementsAre("write tile/0/000.tmp",
                            "write tile/0/001.p/1.tmp",
                            "write tile/1/000.p/1.tmp",
                            "sync tile/0/000.tmp",
                            "rename tile/0/000",
                            "sync tile/0/001.p/1.tmp",
                            "rename tile/0/001.p/1",
                            "sync tile/1/000.p/1.tmp",
                            "rename tile/1/000.p/1",
                            "sync_directory tile/0",
                            "sync_directory tile/0/001.p",
                            "sync_directory tile/1/000.p",
                            "write checkpoint.tmp",
                            "sync checkpoint.tmp",
                            "rename checkpoint",
                            "sync_directory .",
                            "remove_directory tile/0/000.p"));
}

TEST(Log, writes_a_tile_once) {
    World world(1000);
    auto log = *world.open();
    ASSERT_TRUE(world.publish(*log, 600));
    world.disk.steps.clear();

    ASSERT_TRUE(world.publish(*log, 601));

    for (const auto& step : world.disk.steps)
        EXPECT_TRUE(step.find("tile/0/002.p") != std::string::npos ||
                    step.find("tile") == std::string::npos)
            << step;
}

// The promise behind the order of the steps: whatever the moment of the power cut and whatever of
// the unsynced writes survived, the log opens with a head that was signed, at least the last one
// that was given out, and goes on.
TEST(Log, opens_after_a_power_cut_at_any_step) {
    std::size_t cuts = 0;
    for (std::size_t stop = 0;; ++stop) {
        bool finished = false;
        for (unsigned seed = 0; seed < 12; ++seed, ++cuts) {
            World world(1400);
            std::size_t given_out = 0;
            auto log = *world.open();
            world.disk.fail_from = stop;
            finished = true;
            for (const std::size_t size : {3U, 255U, 256U, 700U, 1300U}) {
                if (size == 700) log->append(world.leaves(256, 600));
                if (size == 700 && !log->spill()) finished = false;
                if (!finished || !world.publish(*log, size)) {
                    finished = false;
                    break;
                }
                given_out = size;
            }

            world.disk.power_cut(seed);

            auto again = world.open();
            ASSERT_TRUE(again) << "step " << stop << " seed " << seed << ": " << again.error().what;
            ASSERT_GE((*again)->size(), given_out);
            ASSERT_EQ((*again)->root(), world.root((*again)->size()));
            ASSERT_TRUE(world.publish(**again, 1400));
            auto reader = *PublishedLog::open(world.options());
            ASSERT_EQ(reader.head().root, world.root(1400));
            ASSERT_TRUE(reader.damaged_tiles()->empty());
        }
        if (finished) break;
    }
    EXPECT_GT(cuts, 500U);
}

TEST(Log, is_finished_after_a_failed_write) {
    World world(100);
    auto log = *world.open();
    world.disk.fail_from = 1;
    ASSERT_FALSE(world.publish(*log, 50));
    world.disk.fail_from = SIZE_MAX;

    EXPECT_EQ(log->publish(world.signer, world.clock.now()).error().code, Errc::io);
    EXPECT_EQ(log->spill().error().code, Errc::io);
    EXPECT_TRUE(world.open());
}

TEST(Log, notices_each_edge_tile_that_is_missing_cut_or_changed) {
    const std::vector<std::string> edges = {
        "/log/tile/0/273.p/112", "/log/tile/1/001.p/17", "/log/tile/2/000.p/1"};
    World world(70'000);
    world.published(70'000);
    for (const auto& edge : edges) {
        const auto good = world.disk.bytes(edge);
        world.disk.bytes(edge)[good.size() / 2] ^= 1;
        EXPECT_EQ(world.open().error().code, Errc::corrupt) << edge;
        world.disk.bytes(edge) = good.substr(1);
        EXPECT_EQ(world.open().error().code, Errc::corrupt) << edge;
        world.disk.lose(edge);
        EXPECT_EQ(world.open().error().code, Errc::corrupt) << edge;
        ASSERT_TRUE(world.disk.write(edge, good));
        EXPECT_TRUE(world.open());
    }
}

TEST(Log, notices_a_damaged_or_foreign_checkpoint) {
    World world(10);
    world.published(10);
    const auto good = world.disk.bytes("/log/checkpoint");
    const auto opens = [&](const std::string& bytes) {
        world.disk.bytes("/log/checkpoint") = bytes;
        return bool(world.open());
    };
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto changed = good;
        changed[at] ^= 1;
        EXPECT_FALSE(opens(changed)) << at;
    }
    const Checkpoint foreign{
        .origin = "other.example/archive/1", .size = 10, .root = world.root(10)};
    EXPECT_FALSE(opens(sign_note(write_checkpoint(foreign), world.signer)));
    EXPECT_FALSE(opens(""));
    EXPECT_TRUE(opens(good));
}

TEST(Log, is_made_again_from_the_leaves_with_the_same_head) {
    World world(3000);
    world.published(3000);
    const auto before = world.disk.bytes("/log/checkpoint");
    for (const auto& file : world.disk.files())
        if (file.find("/tile/") != std::string::npos) world.disk.lose(file);
    ASSERT_EQ(world.open().error().code, Errc::corrupt);

    auto log = *Log::rebuild(world.options());
    const auto note = world.publish(*log, 3000);

    EXPECT_EQ(*note, before);
    EXPECT_TRUE(world.open());
    EXPECT_TRUE(PublishedLog::open(world.options())->damaged_tiles()->empty());
}

TEST(Log, refuses_to_sign_a_journal_that_lost_its_tail) {
    World world(500);
    world.published(500);
    auto log = *Log::rebuild(world.options());

    EXPECT_EQ(world.publish(*log, 499).error().code, Errc::unfit);
    EXPECT_TRUE(world.publish(*log, 500));
}

TEST(Log, refuses_to_sign_a_journal_that_was_changed) {
    World world(600);
    world.published(500);
    world.journal[250][0] ^= 1;
    auto log = *Log::rebuild(world.options());

    EXPECT_EQ(world.publish(*log, 600).error().code, Errc::unfit);
}

TEST(Log, compares_itself_with_heads_that_others_know) {
    World world(600);
    world.published(500);
    const auto head = [&](std::size_t size) {
        return Checkpoint{.origin = world.origin.name, .size = size, .root = world.root(size)};
    };
    auto log = *world.open();

    for (const std::size_t size : {0U, 1U, 255U, 499U, 500U}) EXPECT_TRUE(log->expect(head(size)));
    EXPECT_TRUE(log->publish(world.signer, world.clock.now()));
    EXPECT_FALSE(log->expect({.origin = "other", .size = 0, .root = empty_root()}));

    EXPECT_TRUE(log->expect(head(550)));
    EXPECT_EQ(log->publish(world.signer, world.clock.now()).error().code, Errc::unfit);
    EXPECT_EQ(world.publish(*log, 549).error().code, Errc::unfit);
    EXPECT_TRUE(world.publish(*log, 551));

    auto forged = head(400);
    forged.root[5] ^= 1;
    EXPECT_EQ(log->expect(forged).error().code, Errc::unfit);
    EXPECT_EQ(log->publish(world.signer, world.clock.now()).error().code, Errc::unfit);
}

TEST(Log, notices_that_a_longer_head_outside_is_of_another_history) {
    World world(600);
    world.published(500);
    auto log = *world.open();
    EXPECT_TRUE(log->expect({.origin = world.origin.name, .size = 510, .root = empty_root()}));

    EXPECT_EQ(world.publish(*log, 600).error().code, Errc::unfit);
}

TEST(PublishedLog, proves_leaves_offline) {
    World world(2000);
    world.published(2000);
    const auto reader = *PublishedLog::open(world.options());
    for (std::size_t index = 0; index < 2000; index += 61) {
        const auto proof = reader.prove(index, std::string(32, '\x01'));
        ASSERT_TRUE(proof) << proof.error().what;
        const auto read = parse_proof(write_proof(*proof));
        ASSERT_TRUE(read);
        EXPECT_TRUE(verify_proof(*read, world.journal[index], verifier(world.signer)));
        EXPECT_FALSE(verify_proof(*read, world.journal[index ^ 1], verifier(world.signer)));
        EXPECT_EQ(*reader.leaf(index), world.journal[index]);
    }
    EXPECT_EQ(reader.prove(2000).error().code, Errc::invalid);
}

TEST(PublishedLog, proves_that_it_grew_out_of_its_earlier_heads) {
    World world(1000);
    world.published(1000);
    const auto reader = *PublishedLog::open(world.options());
    for (const std::size_t size : {0U, 1U, 255U, 256U, 257U, 768U, 999U, 1000U}) {
        EXPECT_EQ(*reader.root_at(size), world.root(size));
        const auto proof = reader.consistency(size);
        ASSERT_TRUE(proof);
        EXPECT_TRUE(verify_consistency(size, world.root(size), 1000, world.root(1000), *proof));
    }
    EXPECT_FALSE(reader.consistency(1001));
}

TEST(PublishedLog, goes_on_reading_when_the_log_grows_beneath_it) {
    World world(1000);
    world.published(300);
    const auto reader = *PublishedLog::open(world.options());

    world.published(1000);

    EXPECT_EQ(reader.head().size, 300U);
    EXPECT_TRUE(reader.prove(299));
    EXPECT_TRUE(reader.damaged_tiles()->empty());
}

TEST(PublishedLog, gives_no_proof_out_of_a_damaged_tile) {
    World world(2000);
    world.published(2000);
    world.disk.bytes("/log/tile/0/003")[32 * 10] ^= 1;
    const auto reader = *PublishedLog::open(world.options());

    EXPECT_EQ(reader.prove(3 * 256 + 10).error().code, Errc::corrupt);
    EXPECT_EQ(reader.prove(3 * 256 + 11).error().code, Errc::corrupt);
    EXPECT_TRUE(reader.prove(4 * 256));
}

TEST(PublishedLog, names_each_damaged_tile_and_no_other) {
    World world(70'000);
    world.published(70'000);
    const auto reader = *PublishedLog::open(world.options());
    ASSERT_TRUE(reader.damaged_tiles()->empty());
    std::mt19937 random(3);
    auto files = world.disk.files();
    std::erase(files, "/log/checkpoint");
    std::shuffle(files.begin(), files.end(), random);
    files.resize(60);
    for (const auto* edge : {"/log/tile/0/273.p/112",
                             "/log/tile/1/000",
                             "/log/tile/1/001.p/17",
                             "/log/tile/2/000.p/1"})
        files.push_back(edge);
    for (const auto& file : files) {
        const auto good = world.disk.bytes(file);
        world.disk.bytes(file)[random() % good.size()] ^= 4;
        EXPECT_THAT(*reader.damaged_tiles(), ElementsAre(file.substr(5)));
        world.disk.bytes(file) = good.substr(1);
        EXPECT_THAT(*reader.damaged_tiles(), ElementsAre(file.substr(5)));
        world.disk.bytes(file) = good;
    }
}

TEST(Log, works_on_a_real_disk) {
    const Path directory = Path(testing::TempDir()) / ("ledger-" + hex(random_bytes(8)));
    World world(70'000);
    auto options = world.options();
    options.directory = log_directory(directory, world.origin);
    options.disk = nullptr;
    auto log = *Log::open(options);
    ASSERT_TRUE(world.publish(*log, 300));
    ASSERT_TRUE(world.publish(*log, 70'000));

    EXPECT_EQ((*Log::open(options))->root(), world.root(70'000));
    EXPECT_TRUE(PublishedLog::open(options)->prove(69'999));
    EXPECT_TRUE(PublishedLog::open(options)->damaged_tiles()->empty());
    EXPECT_TRUE(std::filesystem::exists(directory / "log/archive-1/tile/1/000"));
    EXPECT_FALSE(std::filesystem::exists(directory / "log/archive-1/tile/0/001.p"));
    std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace letopis::ledger
