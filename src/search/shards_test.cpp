// SPDX-License-Identifier: AGPL-3.0-or-later
// Answers that must not depend on how the messages came into which shards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "search/search.hpp"
#include "search/testing_bench.hpp"
#include "search/testing_corpus.hpp"
#include "sql/sqlite.hpp"

namespace letopis::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// Queries as people and scripts write them, from the words of the corpus.
class Queries {
public:
    Queries(const TestingCorpus& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}
    std::string next(const NaiveSearch& naive) { return part(naive, 0); }

private:
    unsigned roll(unsigned sides) { return static_cast<unsigned>(random_() % sides); }
    std::string word() {
        static const std::size_t ranks[] = {4, 30, 300, 3000, 40000};
        return corpus_.word(roll(static_cast<unsigned>(ranks[roll(5)])));
    }
    std::string phrase(const NaiveSearch& naive) {
        const auto& body = naive.doc(Seq(1 + roll(static_cast<unsigned>(naive.size())))).body;
        const auto begin = body.find(' ', roll(static_cast<unsigned>(body.size())));
        if (begin == std::string::npos) return word();
        auto end = body.find(' ', begin + 1);
        if (end != std::string::npos) end = body.find(' ', end + 1);
        const auto text = body.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
        if (text.find_first_of("\"\n.,!()") != std::string::npos || text.empty()) return word();
        return text;
    }
    std::string part(const NaiveSearch& naive, int depth) {
        switch (roll(depth > 2 ? 12 : 18)) {
            case 0: return "\"" + phrase(naive) + "\"";
            case 1: return "=\"" + phrase(naive) + "\"";
            case 2: {
                const auto w = word();
                return w.size() > 10 ? w.substr(0, 10) + "*" : w;
            }
            case 3: return "from:user" + std::to_string(roll(300)) + "*";
            case 4: return "channel:telegram";
            case 5: return "lang:en";
            case 6: return "has:attachment";
            case 7: return "after:2015-0" + std::to_string(1 + roll(9));
            case 8: return "on:2015-0" + std::to_string(1 + roll(9));
            case 9: return "larger:" + std::to_string(roll(1000));
            case 10: return roll(2) ? "tag:x" : "in:subject(" + word() + ")";
            case 11:
            case 12: return word();
            case 13: return "-" + part(naive, 3);
            case 14: return "(" + part(naive, depth + 1) + " OR " + part(naive, depth + 1) + ")";
            case 15: return "-(" + part(naive, depth + 1) + " " + part(naive, depth + 1) + ")";
            default: return "(" + part(naive, depth + 1) + " " + part(naive, depth + 1) + ")";
        }
    }
    const TestingCorpus& corpus_;
    std::mt19937 random_;
};

Result<std::optional<std::vector<Seq>>> tagged(text::Field field, std::string_view) {
    if (field != text::Field::tag) return std::nullopt;
    std::vector<Seq> seqs;
    for (std::uint64_t seq = 3; seq < 5000; seq += 7) seqs.emplace_back(seq);
    return seqs;
}

// All pages of a query.
std::vector<Seq> all_of(const Engine& engine, Request request) {
    std::vector<Seq> seqs;
    for (;;) {
        const auto answer = ok(engine.search(request));
        for (const auto& hit : answer.hits) seqs.push_back(hit.seq);
        if (answer.cursor.empty()) {
            EXPECT_EQ(answer.total, seqs.size());
            EXPECT_TRUE(answer.exact);
            return seqs;
        }
        request.cursor = answer.cursor;
    }
}

void compare(Bench& bench, Queries& queries, int rounds) {
    std::unordered_set<std::uint64_t> groups;
    for (std::uint64_t g = 0; g < 200; g += 20) groups.insert(g);
    int found = 0;
    for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
        const auto text = queries.next(bench.naive);
        SCOPED_TRACE(text);
        const auto parsed = text::parse_query(text, now);
        ASSERT_FALSE(parsed.error) << parsed.error->what;
        for (const auto& scope :
             {Scope::everything(), Scope::groups(groups), Scope::groups(groups, 3)}) {
            const Request request{.query = *parsed.root,
                                  .scope = scope,
                                  .limit = round % 3 == 0 ? 37u : 1000u,
                                  .resolve = tagged,
                                  .texts = bench.source(),
                                  .exact_checks_max = 1'000'000};
            const auto expected = bench.naive.find(request);
            EXPECT_EQ(all_of(*bench.engine, request), expected);
            found += !expected.empty();
        }
    }
    EXPECT_GT(found, rounds / 2);
}

std::vector<Doc> take(TestingCorpus& corpus, std::size_t count) {
    std::vector<Doc> docs;
    for (std::size_t i = 0; i < count; ++i) docs.push_back(corpus.next());
    return docs;
}

TEST(Search, answers_hundreds_of_random_queries_like_the_naive_reading) {
    Bench bench;
    TestingCorpus corpus({.seed = 3, .words = 2000, .groups = 200});
    bench.bulk(take(corpus, 1500), 1500);
    auto docs = take(corpus, 500);
    std::shuffle(docs.begin(), docs.end(), std::mt19937(1));
    bench.live(docs, 2000);
    Queries queries(corpus, 5);

    compare(bench, queries, 400);
}

TEST(Search, answers_alike_where_sets_of_rows_are_kept_ready) {
    Bench bench({.writable = true, .frequent_docs_min = 1});
    TestingCorpus corpus({.seed = 4, .words = 2000, .groups = 200});
    bench.bulk(take(corpus, 1500), 1500);
    bench.live(take(corpus, 100), 1600);
    Queries queries(corpus, 6);

    compare(bench, queries, 400);
    EXPECT_THAT(ok(bench.engine->verify()).faults, IsEmpty());
}

TEST(Search, stays_right_through_replacing_freezing_merging_and_compacting) {
    Bench bench({.writable = true, .overlay_docs_max = 150, .frequent_docs_min = 1});
    TestingCorpus corpus({.seed = 4, .words = 1500, .groups = 200});
    Queries queries(corpus, 6);
    std::mt19937 random(9);
    bench.bulk(take(corpus, 600), 600);
    std::uint64_t position = 600;
    for (int step = 0; step < 12 && !HasFailure(); ++step) {
        auto docs = take(corpus, 60);
        std::shuffle(docs.begin(), docs.end(), random);
        bench.live(docs, position += 60);
        // An edit of an old message, and the removal of another.
        auto edited = bench.texts.at(1 + random() % 400);
        edited.body = "исправлено " + edited.body;
        bench.live({edited}, ++position);
        while (ok(bench.engine->maintain(bench.source(), 1ms))) {
            if (random() % 4 != 0) continue;
            auto again = bench.texts.at(1 + random() % 400);
            again.body += " снова";
            bench.live({again}, ++position);
        }
        compare(bench, queries, 12);
        EXPECT_LE(bench.engine->shards().size(), 6u);
    }
    for (const auto& shard : bench.engine->shards())
        if (shard.dead > 0) ok(bench.engine->compact(shard.label, bench.source()));
    for (const auto& shard : bench.engine->shards()) EXPECT_EQ(shard.dead, 0u);
    compare(bench, queries, 100);
    EXPECT_THAT(ok(bench.engine->verify()).faults, IsEmpty());
}

TEST(Search, has_the_same_digest_when_it_is_built_again_in_another_layout) {
    TestingCorpus corpus({.seed = 5, .words = 1000, .groups = 50});
    const auto docs = take(corpus, 400);
    Bench bulk;
    bulk.bulk(docs, 400);
    Bench live({.writable = true, .overlay_docs_max = 100});
    live.live(docs, 400);
    const auto same = ok(bulk.engine->digest());

    EXPECT_EQ(ok(live.engine->digest()), same);
    while (ok(live.engine->maintain(live.source(), 1s))) continue;
    EXPECT_EQ(ok(live.engine->digest()), same);
    ok(live.engine->remove({docs[5].seq}));
    ok(live.engine->commit(401));
    EXPECT_NE(ok(live.engine->digest()), same);
    live.live({docs[5]}, 402);
    EXPECT_EQ(ok(live.engine->digest()), same);
    auto other = docs[6];
    other.body += " слово";
    live.live({other}, 403);
    EXPECT_NE(ok(live.engine->digest()), same);
}

TEST(Search, builds_two_shards_in_two_threads_and_shows_both_at_once) {
    Bench bench;
    TestingCorpus corpus({.seed = 6, .words = 1000, .groups = 50});
    const auto docs = take(corpus, 1000);
    std::vector<std::unique_ptr<ShardBuilder>> built;
    built.push_back(ok(bench.engine->new_shard()));
    built.push_back(ok(bench.engine->new_shard()));
    std::vector<std::thread> threads;
    for (std::size_t half = 0; half < 2; ++half)
        threads.emplace_back([&, half] {
            for (std::size_t i = half * 500; i < half * 500 + 500; ++i)
                ok(built[half]->add(docs[i]));
            ok(built[half]->finish());
        });
    for (auto& thread : threads) thread.join();
    EXPECT_THAT(bench.find(""), IsEmpty());

    ok(bench.engine->adopt(std::move(built), 1000));

    EXPECT_EQ(bench.engine->docs(), 1000u);
    EXPECT_EQ(bench.engine->position(), 1000u);
}

TEST(Search, answers_in_many_threads_beside_the_writer) {
    Bench bench({.writable = true, .overlay_docs_max = 200});
    TestingCorpus corpus({.seed = 7, .words = 500, .groups = 50});
    bench.bulk(take(corpus, 500), 500);
    const auto query = text::parse_query(corpus.word(0), now);
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> asked = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            std::uint64_t last = 0;
            while (!stop) {
                const auto answer = ask(bench, query);
                EXPECT_GE(answer.total, last);  // nothing is ever missing while shards change
                last = answer.total;
                ++asked;
            }
        });

    std::uint64_t position = 500;
    for (int step = 0; step < 15; ++step) {
        bench.live(take(corpus, 40), position += 40);
        while (ok(bench.engine->maintain(bench.source(), 5ms))) continue;
    }
    while (asked < 20) std::this_thread::yield();
    stop = true;
    for (auto& reader : readers) reader.join();

    EXPECT_EQ(bench.engine->docs(), 1100u);
}

TEST(Search, forgets_a_build_that_did_not_come_to_its_end) {
    Folder folder;
    auto engine = open(folder.path());
    auto builder = ok(engine->new_shard());
    ok(builder->add(a_doc(1, "договор")));
    // As after a crash: the file is there, the manifest does not know it.
    std::filesystem::copy_file(folder.path() / "000001.db", folder.path() / "000001.keep");
    builder = nullptr;
    engine = nullptr;
    std::filesystem::rename(folder.path() / "000001.keep", folder.path() / "000001.db");

    engine = open(folder.path());

    EXPECT_FALSE(std::filesystem::exists(folder.path() / "000001.db"));
    EXPECT_THAT(engine->retired_labels(), ElementsAre("index/000001.db"));
    ok(engine->forget_retired({"index/000001.db"}));
    EXPECT_THAT(engine->retired_labels(), IsEmpty());
    EXPECT_EQ(engine->position(), 0u);
}

TEST(Search, falls_back_to_the_closed_shards_when_the_overlay_is_damaged) {
    Bench bench;
    bench.bulk({a_doc(1, "договор")}, 5);
    bench.live({a_doc(2, "договор")}, 6);
    std::string overlay;
    for (const auto& shard : bench.engine->shards())
        if (shard.overlay) overlay = shard.label.substr(6);
    bench.engine = nullptr;
    for (const auto* suffix : {"", "-wal"})
        ok(write_file(bench.folder.path() / (overlay + suffix), std::string(65536, 'x')));

    bench.engine = open(bench.folder.path());

    EXPECT_EQ(bench.engine->position(), 5u);
    EXPECT_THAT(bench.find("договор"), ElementsAre(1));
    bench.live({a_doc(2, "договор")}, 6);
    EXPECT_THAT(bench.find("договор"), ElementsAre(2, 1));
}

TEST(Search, begins_again_when_a_damaged_overlay_may_have_held_older_messages) {
    Bench bench;
    bench.live({a_doc(1, "договор")}, 3);
    bench.bulk({a_doc(4, "договор")}, 5);
    std::string overlay;
    for (const auto& shard : bench.engine->shards())
        if (shard.overlay) overlay = shard.label.substr(6);
    bench.engine = nullptr;
    ok(write_file(bench.folder.path() / overlay, std::string(65536, 'x')));

    bench.engine = open(bench.folder.path());

    EXPECT_EQ(bench.engine->position(), 0u);
    EXPECT_EQ(bench.engine->docs(), 0u);
    bench.bulk({a_doc(1, "договор"), a_doc(4, "договор")}, 5);
    EXPECT_THAT(bench.find("договор"), ElementsAre(4, 1));
}

TEST(Search, an_index_that_was_begun_and_no_more_is_none) {
    Folder folder;
    std::filesystem::create_directories(folder.path());
    ASSERT_TRUE(sql::Database::open(folder.path() / "manifest.db", *test_key("index/manifest.db")));

    EXPECT_EQ(Engine::open(folder.path(), test_key, {}).error().code, Errc::not_found);
    EXPECT_EQ(open(folder.path())->position(), 0u);
}

TEST(Search, finds_a_flipped_bit_in_any_page) {
    Bench bench;
    TestingCorpus corpus({.seed = 8, .words = 500, .groups = 50});
    bench.bulk(take(corpus, 300), 300);
    EXPECT_THAT(ok(bench.engine->verify()).faults, IsEmpty());
    bench.engine = nullptr;
    const auto file = bench.folder.path() / "000001.db";
    const auto good = ok(read_file(file));
    std::mt19937 random(2);
    for (int round = 0; round < 20; ++round) {
        auto bad = good;
        bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
        ok(write_file(file, bad));
        const auto engine = Engine::open(bench.folder.path(), test_key, {});
        if (!engine) continue;  // found already at the first page
        const auto report = (*engine)->verify();
        EXPECT_TRUE(!report || !report->faults.empty());
    }
}

TEST(Search, keeps_no_word_readable_in_any_file) {
    Bench bench;
    bench.bulk({a_doc(1, "канарейка canarybird")}, 5);
    bench.live({a_doc(2, "канарейка canarybird")}, 6);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(bench.folder.path())) {
        const auto bytes = ok(read_file(entry.path()));
        EXPECT_EQ(bytes.find("canarybird"), std::string::npos) << entry.path();
        EXPECT_EQ(bytes.find("канарейк"), std::string::npos) << entry.path();
        ++files;
    }
    EXPECT_GE(files, 3u);
}

TEST(Search, tells_when_there_is_no_index_or_the_key_is_wrong) {
    Folder folder;
    EXPECT_EQ(Engine::open(folder.path(), test_key, {}).error().code, Errc::not_found);
    open(folder.path());
    const auto wrong = [](const std::string&) -> Result<std::string> {
        return std::string(32, 'x');
    };
    EXPECT_EQ(Engine::open(folder.path(), wrong, {}).error().code, Errc::wrong_key);
}

}  // namespace
}  // namespace letopis::search
