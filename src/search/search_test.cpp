// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/search.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "search/evaluate.hpp"
#include "search/naive_search.hpp"
#include "search/testing_corpus.hpp"

namespace letopis::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

const Instant now = *from_civil(2024, 5, 15);

class Folder {
public:
    Folder()
        : path_(std::filesystem::temp_directory_path() /
                ("letopis-search-" + hex(random_bytes(8)))) {}
    ~Folder() { std::filesystem::remove_all(path_); }
    const Path& path() const { return path_; }

private:
    Path path_;
};

Result<std::string> test_key(const std::string& label) {
    std::string key(32, 'k');
    for (std::size_t i = 0; i < label.size(); ++i)
        key[i % 32] = static_cast<char>(key[i % 32] ^ label[i]);
    return key;
}

std::unique_ptr<Engine> open(const Path& path, Options options = {.writable = true}) {
    auto engine = Engine::open(path, test_key, options);
    EXPECT_TRUE(engine) << engine.error().what;
    return engine ? std::move(*engine) : nullptr;
}

template <class T>
T ok(Result<T> result) {
    EXPECT_TRUE(result) << result.error().what;
    return result ? std::move(*result) : T();
}
void ok(Result<void> result) { EXPECT_TRUE(result) << result.error().what; }

Doc a_doc(std::uint64_t seq, std::string body, std::uint64_t group = 1) {
    Doc doc;
    doc.seq = Seq(seq);
    doc.sort_date = *from_civil(2024, 1, 1) + std::chrono::hours(seq);
    doc.body = std::move(body);
    doc.group = group;
    doc.channel = 1;
    doc.terms = {"channel:email", "lang:ru"};
    doc.sender = "anna@client.example";
    doc.size_bytes = 1000;
    return doc;
}

// An engine, the same in plain words, and the texts.
struct Bench {
    Folder folder;
    std::unique_ptr<Engine> engine;
    NaiveSearch naive;
    std::map<std::uint64_t, Doc> texts;

    explicit Bench(Options options = {.writable = true}) { engine = open(folder.path(), options); }

    TextSource source() {
        return [this](Seq seq) -> Result<Doc> {
            const auto found = texts.find(seq.value());
            if (found == texts.end()) return fail(Errc::not_found, "no such message");
            return found->second;
        };
    }
    void know(const Doc& doc) {
        naive.put(doc);
        texts[doc.seq.value()] = doc;
    }
    void forget(Seq seq) {
        naive.remove(seq);
        texts.erase(seq.value());
    }
    void bulk(std::vector<Doc> docs, std::uint64_t position) {
        std::sort(docs.begin(), docs.end(), [](const Doc& a, const Doc& b) {
            return std::pair(a.sort_date, a.seq) < std::pair(b.sort_date, b.seq);
        });
        std::size_t i = 0;
        ok(engine->bulk(
            [&](Doc& doc) -> Result<bool> {
                if (i == docs.size()) return false;
                doc = docs[i++];
                return true;
            },
            position));
        for (const auto& doc : docs) know(doc);
    }
    void live(const std::vector<Doc>& docs, std::uint64_t position) {
        for (const auto& doc : docs) {
            ok(engine->add(doc));
            know(doc);
        }
        ok(engine->commit(position));
    }

    std::vector<std::uint64_t> find(std::string_view query, Scope scope = {}) {
        const auto parsed = text::parse_query(query, now);
        EXPECT_FALSE(parsed.error) << query;
        const Request request{.query = *parsed.root, .scope = scope, .texts = source()};
        std::vector<std::uint64_t> seqs;
        for (const auto& hit : ok(engine->search(request)).hits) seqs.push_back(hit.seq.value());
        return seqs;
    }
};

// GCC 12 takes a Request that is made inside a call for one that is used uninitialised.
Answer ask(const Bench& bench,
           const text::ParsedQuery& query,
           const std::function<void(Request&)>& more = {}) {
    Request request{.query = *query.root};
    if (more) more(request);
    return ok(bench.engine->search(request));
}

TEST(Search, finds_any_form_of_a_word_newest_first) {
    Bench bench;
    bench.bulk({a_doc(1, "Проект договора готов"),
                a_doc(2, "Счёт оплачен"),
                a_doc(3, "Подпишите договоры")},
               10);

    EXPECT_THAT(bench.find("договор"), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("счета"), ElementsAre(2));
    EXPECT_THAT(bench.find("договор -проект"), ElementsAre(3));
    EXPECT_THAT(bench.find("\"проект договор\""), ElementsAre(1));
    EXPECT_THAT(bench.find("\"договор проект\""), IsEmpty());
    EXPECT_THAT(bench.find(""), ElementsAre(3, 2, 1));
    EXPECT_THAT(bench.find("-договор"), ElementsAre(2));
    EXPECT_EQ(bench.engine->position(), 10u);
    EXPECT_EQ(bench.engine->docs(), 3u);
}

TEST(Search, finds_exactly_what_was_written) {
    Bench bench;
    bench.bulk({a_doc(1, "согласно «договору поставки» от мая"),
                a_doc(2, "договоры\nпоставки"),
                a_doc(3, "договору   поставки"),
                a_doc(4, "передоговору поставки")},
               10);

    EXPECT_THAT(bench.find("=\"договору поставки\""), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("\"договору поставки\""), ElementsAre(3, 2, 1));
}

TEST(Search, says_that_exact_text_was_not_compared_when_it_may_not_read) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 30; ++i)
        docs.push_back(a_doc(i, i % 2 ? "договору" : "договоры"));
    bench.bulk(docs, 10);
    const auto query = text::parse_query("=договору", now);

    const auto all = ask(bench, query, [&](Request& r) { r.texts = bench.source(); });
    const auto few = ask(bench, query, [&](Request& r) {
        r.texts = bench.source();
        r.exact_checks_max = 10;
    });
    const auto none = ask(bench, query);

    EXPECT_TRUE(all.exact);
    EXPECT_EQ(all.total, 15u);
    EXPECT_FALSE(few.exact);
    EXPECT_EQ(few.total, 5u + 20u);
    EXPECT_FALSE(few.note.empty());
    EXPECT_FALSE(none.exact);
}

TEST(Search, finds_people_and_files_by_any_part_of_their_names) {
    Bench bench;
    text::Analyser analyser;
    auto doc = a_doc(1, "см. вложение");
    add_party_terms(analyser, "from", "anna@client.example", "Анна Петрова", doc.terms);
    add_party_terms(analyser, "to", "+79161234567", "Олег", doc.terms);
    add_filename_terms(analyser, "Счёт-17.pdf", doc.terms);
    doc.terms.push_back("has:attachment");
    doc.terms.push_back("has:unparsed");
    bench.bulk({doc, a_doc(2, "без вложений")}, 10);

    for (const auto* query : {"from:anna@client.example",
                              "from:client.example",
                              "от:Анна",
                              "от:\"Анна Петрова\"",
                              "from:петрова",
                              "to:олег",
                              "кому:89161234567",
                              "filename:счёт",
                              "вложение:Счёт-17.pdf",
                              "has:attachment",
                              "has:unparsed",
                              "from:петр*"})
        EXPECT_THAT(bench.find(query), ElementsAre(1)) << query;
    EXPECT_THAT(bench.find("from:олег"), IsEmpty());
    EXPECT_THAT(bench.find("петрова"), IsEmpty());  // filter terms are no words of the text
}

TEST(Search, sees_nothing_outside_the_scope) {
    Bench bench;
    bench.bulk({a_doc(1, "договор", 1), a_doc(2, "договор", 2), a_doc(3, "счёт", 1)}, 10);

    EXPECT_THAT(bench.find("договор", Scope::groups({1})), ElementsAre(1));
    EXPECT_THAT(bench.find("-договор", Scope::groups({1})), ElementsAre(3));
    EXPECT_THAT(bench.find("", Scope::groups({1}, 7)), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("", Scope::groups({1}, 7)), ElementsAre(3, 1));
    EXPECT_THAT(bench.find("", Scope::groups({})), IsEmpty());
}

TEST(Search, asks_the_catalogue_for_what_may_change) {
    Bench bench;
    bench.bulk({a_doc(1, "договор"), a_doc(2, "договор"), a_doc(3, "счёт")}, 10);
    bench.live({a_doc(4, "договор")}, 11);
    const auto query = text::parse_query("tag:важное договор", now);

    const auto answer = ask(bench, query, [](Request& r) {
        r.resolve = [](text::Field field,
                       std::string_view value) -> Result<std::optional<std::vector<Seq>>> {
            EXPECT_EQ(field, text::Field::tag);
            EXPECT_EQ(value, "важное");
            return std::vector<Seq>{Seq(4), Seq(2), Seq(3)};
        };
    });

    ASSERT_EQ(answer.total, 2u);
    EXPECT_EQ(answer.hits[0].seq, Seq(4));
    EXPECT_EQ(answer.hits[1].seq, Seq(2));
}

TEST(Search, shows_live_messages_after_the_commit_and_not_before) {
    Bench bench;
    ok(bench.engine->add(a_doc(1, "договор")));
    EXPECT_THAT(bench.find("договор"), IsEmpty());

    ok(bench.engine->commit(5));

    EXPECT_THAT(bench.find("договор"), ElementsAre(1));
    EXPECT_EQ(bench.engine->position(), 5u);
}

TEST(Search, sorts_late_messages_in_by_date) {
    Bench bench;
    auto late = a_doc(9, "договор");
    late.sort_date = *from_civil(2023, 1, 1);
    bench.bulk({a_doc(1, "договор"), a_doc(2, "договор")}, 5);
    bench.live({a_doc(3, "договор"), late}, 6);

    EXPECT_THAT(bench.find("договор"), ElementsAre(3, 2, 1, 9));
    EXPECT_THAT(bench.find("договор before:2024"), ElementsAre(9));
}

TEST(Search, replaces_and_removes_messages_wherever_they_are) {
    Bench bench;
    bench.bulk({a_doc(1, "договор"), a_doc(2, "договор")}, 5);
    bench.live({a_doc(3, "договор")}, 6);

    bench.live({a_doc(2, "счёт"), a_doc(3, "счёт")}, 7);
    EXPECT_THAT(bench.find("договор"), ElementsAre(1));
    EXPECT_THAT(bench.find("счёт"), ElementsAre(3, 2));
    EXPECT_EQ(bench.engine->docs(), 3u);

    ok(bench.engine->remove({Seq(1), Seq(3)}));
    ok(bench.engine->commit(8));
    EXPECT_THAT(bench.find(""), ElementsAre(2));
    bench.engine = nullptr;
    bench.engine = open(bench.folder.path());
    EXPECT_THAT(bench.find(""), ElementsAre(2));
    EXPECT_EQ(bench.engine->position(), 8u);
}

TEST(Search, refuses_a_shard_out_of_order) {
    Bench bench;
    auto builder = ok(bench.engine->new_shard());
    ok(builder->add(a_doc(2, "б")));
    EXPECT_EQ(builder->add(a_doc(1, "а")).error().code, Errc::invalid);
}

TEST(Search, ranks_by_words_and_gives_every_page_once) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 200; ++i)
        docs.push_back(a_doc(
            i,
            i == 77 ? "договор договор договор" : "текст и договор " + std::string(i % 40, 'x')));
    bench.bulk(docs, 10);
    const auto query = text::parse_query("договор", now);
    Request request{.query = *query.root, .order = Order::relevance, .limit = 30};

    std::set<std::uint64_t> seen;
    auto answer = ok(bench.engine->search(request));
    ASSERT_FALSE(answer.hits.empty());
    EXPECT_EQ(answer.hits[0].seq, Seq(77));
    for (;;) {
        for (const auto& hit : answer.hits) EXPECT_TRUE(seen.insert(hit.seq.value()).second);
        if (answer.cursor.empty()) break;
        request.cursor = answer.cursor;
        answer = ok(bench.engine->search(request));
    }
    EXPECT_EQ(seen.size(), 200u);
}

TEST(Search, refuses_a_cursor_that_it_did_not_make) {
    Bench bench;
    bench.bulk({a_doc(1, "договор")}, 2);
    const auto query = text::parse_query("договор", now);
    for (const auto* cursor : {"x", "n", "nzz", "r5", "n00"}) {
        Request request{.query = *query.root};
        request.cursor = cursor;
        EXPECT_FALSE(bench.engine->search(request)) << cursor;
    }
}

TEST(Search, counts_facets_of_what_is_found) {
    Bench bench;
    auto other = a_doc(2, "договор");
    other.channel = 3;
    other.sender = "boris@client.example";
    other.has_attachment = true;
    other.terms = {"channel:whatsapp", "lang:en"};
    other.sort_date = *from_civil(2024, 3, 1);
    bench.bulk({a_doc(1, "договор"), other, a_doc(3, "счёт")}, 10);
    bench.live({a_doc(4, "договор")}, 11);
    const auto query = text::parse_query("договор", now);

    const Request request{.query = *query.root};
    const auto facets = ok(bench.engine->facets(request));

    EXPECT_EQ(facets.total, 3u);
    EXPECT_EQ(facets.with_attachment, 1u);
    EXPECT_THAT(facets.channels, ElementsAre(std::pair(1, 2u), std::pair(3, 1u)));
    EXPECT_THAT(
        facets.senders,
        ElementsAre(std::pair("anna@client.example", 2u), std::pair("boris@client.example", 1u)));
    EXPECT_THAT(facets.languages, ElementsAre(std::pair("ru", 2u), std::pair("en", 1u)));
    ASSERT_EQ(facets.months.size(), 2u);
    EXPECT_EQ(facets.months[0].month, 1);
    EXPECT_EQ(facets.months[0].count, 2u);
    EXPECT_EQ(facets.months[1].month, 3);
}

TEST(Search, suggests_a_near_word_that_is_in_scope) {
    Bench bench;
    std::vector<Doc> docs;
    for (std::uint64_t i = 1; i <= 400; ++i)
        docs.push_back(a_doc(i, i % 2 ? "договор поставки" : "предоплата сегодня", i % 2));
    bench.bulk(docs, 10);
    const auto mean = [&](const char* word, Scope scope = {}) {
        return ok(bench.engine->did_you_mean(word, scope)).value_or("");
    };

    EXPECT_EQ(mean("догвоор"), "договор");
    EXPECT_EQ(mean("договр"), "договор");
    EXPECT_EQ(mean("ljujdjh"), "договор");
    EXPECT_EQ(mean("придоплота"), "предоплата");
    EXPECT_EQ(mean("договр", Scope::groups({0})), "");
    EXPECT_EQ(mean("совсемдругое"), "");
    EXPECT_EQ(mean("договор"), "");
    EXPECT_EQ(mean("поставка"), "");  // which is a word, however near others are
}

TEST(Search, suggests_words_of_a_small_archive_that_grows) {
    Bench bench;
    const auto mean = [&](const char* word, Scope scope = {}) {
        return ok(bench.engine->did_you_mean(word, scope)).value_or("");
    };
    bench.live({a_doc(1, "договор поставки", 1), a_doc(2, "один раз", 1)}, 10);
    EXPECT_EQ(mean("договар"), "");  // one message is not enough

    bench.live({a_doc(3, "Договор и invoice", 1)}, 11);
    EXPECT_EQ(mean("договар"), "договор");
    EXPECT_EQ(mean("invoise"), "");
    for (std::uint64_t i = 4; i < 30; ++i) bench.live({a_doc(i, "invoice", 1)}, 8 + i);
    EXPECT_EQ(mean("invoise"), "invoice");
    EXPECT_EQ(mean("договар"), "договор");
    EXPECT_EQ(mean("договар", Scope::groups({2})), "");
    ok(bench.engine->remove({Seq(1), Seq(3)}));
    ok(bench.engine->commit(40));
    EXPECT_EQ(mean("договар"), "");
}

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

TEST(Search, takes_no_filter_term_for_the_beginning_of_a_word) {
    Bench bench;
    auto doc = a_doc(1, "без слов");
    doc.terms.push_back("source:mbox");
    bench.bulk({doc, a_doc(2, "sources of income")}, 10);

    EXPECT_THAT(bench.find("sour*"), ElementsAre(2));
}

TEST(Search, stays_right_through_replacing_freezing_merging_and_compacting) {
    Bench bench({.writable = true, .overlay_docs_max = 150});
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

TEST(SaysExactly, compares_words_without_case_yo_and_white_space) {
    EXPECT_TRUE(says_exactly("По «Договору\n поставки».", "договору поставки"));
    EXPECT_TRUE(says_exactly("Счёт", "счет"));
    EXPECT_FALSE(says_exactly("передоговору поставки", "договору поставки"));
    EXPECT_FALSE(says_exactly("договору поставкину", "договору поставки"));
}

}  // namespace
}  // namespace letopis::search
