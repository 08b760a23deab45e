// SPDX-License-Identifier: AGPL-3.0-or-later
// Builds an index of made-up correspondence and measures it: build rate, size, latency by class of
// query for a user who sees everything and for one who sees 5 % of the conversations.
//
//   search_bench FOLDER [MESSAGES]     builds when FOLDER is empty, then measures
//   search_bench FOLDER one QUERY      opens the index, answers one query, as the command line does
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>

#include "search/search.hpp"
#include "search/snippet.hpp"
#include "search/testing_corpus.hpp"

using namespace letopis;
using namespace letopis::search;

namespace {

// Processor time of this thread: other work on the machine does not count. What is measured here
// waits for nothing but pages that are in memory already.
struct ThreadClock {
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<ThreadClock, duration>;
    static time_point now() {
        timespec t{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return time_point(duration(t.tv_sec * 1'000'000'000 + t.tv_nsec));
    }
};

double ms_since(ThreadClock::time_point start) {
    return std::chrono::duration<double, std::milli>(ThreadClock::now() - start).count();
}

Result<std::string> key(const std::string& label) {
    std::string bytes(32, 'b');
    for (std::size_t i = 0; i < label.size(); ++i) bytes[i % 32] = label[i];
    return bytes;
}

template <class T>
T must(Result<T> result) {
    if (result) return std::move(*result);
    fmt::print(stderr, "{}\n", result.error().what);
    std::exit(1);
}
void must(Result<void> result) {
    if (result) return;
    fmt::print(stderr, "{}\n", result.error().what);
    std::exit(1);
}

std::uint64_t folder_bytes(const Path& folder) {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        bytes += entry.file_size();
    return bytes;
}

long resident_kib() {
    std::ifstream in("/proc/self/statm");
    long pages = 0;
    in >> pages >> pages;
    return pages * 4;
}

const TestingCorpus::Shape shape{.seed = 42, .words = 60'000, .groups = 20'000, .body_words = 11};

void build(const Path& folder, std::uint64_t count) {
    {
        TestingCorpus corpus(shape);
        text::Analyser analyser;
        std::vector<Doc> docs;
        std::uint64_t bytes = 0;
        for (int i = 0; i < 50'000; ++i) docs.push_back(corpus.next());
        std::uint64_t terms = 0;
        const auto start = ThreadClock::now();
        for (const auto& doc : docs) {
            bytes += doc.body.size();
            analyser.analyse(doc.body, text::Use::document, [&](const text::Token&) {
                ++terms;
                return true;
            });
        }
        const auto seconds = ms_since(start) / 1000;
        fmt::print(
            "analyser: {:.0f} messages/s, {:.1f} MB/s, {:.1f} terms a message, {} bytes a "
            "message\n",
            50'000 / seconds,
            static_cast<double>(bytes) / 1e6 / seconds,
            static_cast<double>(terms) / 50'000,
            bytes / 50'000);
    }
    TestingCorpus corpus(shape);
    auto engine = must(Engine::open(folder, key, {.writable = true}));
    std::uint64_t text_bytes = 0;
    double making = 0;
    auto builder = must(engine->new_shard());
    const auto start = ThreadClock::now();
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto before = ThreadClock::now();
        const auto doc = corpus.next();
        making += ms_since(before);
        text_bytes += doc.subject.size() + doc.body.size() + doc.attachments.size();
        must(builder->add(doc));
    }
    const auto added = ms_since(start) - making;
    must(builder->finish());
    const auto total = ms_since(start) - making;
    std::vector<std::unique_ptr<ShardBuilder>> built;
    built.push_back(std::move(builder));
    must(engine->adopt(std::move(built), count));
    const auto bytes = folder_bytes(folder);
    fmt::print("build: {:.0f} messages/s ({:.1f} s, of which optimise {:.1f} s)\n",
               static_cast<double>(count) / total * 1000,
               total / 1000,
               (total - added) / 1000);
    fmt::print("size: {:.1f} MB = {:.0f} bytes a message = {:.2f} of the text\n",
               static_cast<double>(bytes) / 1e6,
               static_cast<double>(bytes) / static_cast<double>(count),
               static_cast<double>(bytes) / static_cast<double>(text_bytes));
}

struct Class {
    std::string name;
    std::vector<std::string> queries;
    Order order = Order::newest;
};

std::vector<Class> classes() {
    const TestingCorpus corpus(shape);
    const auto many = [](auto make) {
        std::vector<std::string> queries;
        for (std::size_t i = 0; i < 40; ++i) queries.push_back(make(i));
        return queries;
    };
    const auto common = [&](std::size_t i) { return corpus.word(i % 20 * 3); };
    const auto rare = [&](std::size_t i) { return corpus.word(20'000 + i * 317); };
    return {
        {"rare word", many(rare)},
        {"common word", many(common)},
        {"AND of two common", many([&](std::size_t i) { return common(i) + " " + common(i + 7); })},
        {"phrase",
         many([&](std::size_t i) { return "\"" + common(i) + " " + common(i + 3) + "\""; })},
        {"prefix",
         many([&](std::size_t i) { return corpus.word(i * 11 + 5).substr(0, 10) + "*"; })},
        {"OR of two", many([&](std::size_t i) { return common(i) + " OR " + rare(i); })},
        {"with channel", many([&](std::size_t i) { return common(i) + " channel:telegram"; })},
        {"with dates", many([&](std::size_t i) {
             return common(i) + " on:2015-" + fmt::format("{:02}", 1 + i % 12);
         })},
        {"from a person", many([&](std::size_t i) {
             return "from:user" + std::to_string(i * 701) + " " + common(i);
         })},
        {"exact", many([&](std::size_t i) {
             return "=\"" + corpus.word(i * 3) + " " + corpus.word(i + 400) + "\"";
         })},
        {"negative only", many([&](std::size_t i) { return "-" + common(i); })},
        {"everything", {""}},
        {"relevance, common", many(common), Order::relevance},
        {"relevance, three words",
         many([&](std::size_t i) { return common(i) + " " + common(i + 1) + " OR " + rare(i); }),
         Order::relevance},
    };
}

struct Times {
    std::vector<double> ms;
    std::uint64_t hits = 0;
    double at(double part) {
        std::sort(ms.begin(), ms.end());
        return ms[std::min(ms.size() - 1,
                           static_cast<std::size_t>(part * static_cast<double>(ms.size())))];
    }
};

void measure(const Path& folder) {
    const auto engine = must(Engine::open(folder, key, {}));
    const TextSource texts = [](Seq seq) -> Result<Doc> {
        Doc doc;  // stands for reading one from the archive
        doc.seq = seq;
        doc.body = "текст одного сообщения";
        return doc;
    };
    const std::vector<std::pair<std::string, Scope>> scopes = [] {
        std::unordered_set<std::uint64_t> few;
        for (std::uint64_t g = 0; g < shape.groups; g += 20) few.insert(g);
        return std::vector<std::pair<std::string, Scope>>{{"all", Scope::everything()},
                                                          {"5 %", Scope::groups(few, 1)}};
    }();
    fmt::print("{:<24} {:>4} {:>8} {:>8} {:>8} {:>10}\n",
               "class",
               "sees",
               "p50 ms",
               "p99 ms",
               "max ms",
               "mean hits");
    for (const auto& kind : classes())
        for (const auto& [name, scope] : scopes) {
            Times times;
            for (int round = 0; round < 5; ++round)
                for (const auto& query : kind.queries) {
                    const auto start = ThreadClock::now();
                    const auto parsed = text::parse_query(query, from_unix(1'700'000'000));
                    if (parsed.error) {
                        fmt::print("{}: {}\n", query, parsed.error->what);
                        break;
                    }
                    Request request{.query = *parsed.root};
                    request.scope = scope;
                    request.order = kind.order;
                    request.texts = texts;
                    const auto answer = must(engine->search(request));
                    times.ms.push_back(ms_since(start));
                    times.hits += answer.total;
                }
            fmt::print("{:<24} {:>4} {:>8.2f} {:>8.2f} {:>8.2f} {:>10}\n",
                       kind.name,
                       name,
                       times.at(0.5),
                       times.at(0.99),
                       times.at(1.0),
                       times.hits / std::max<std::size_t>(1, times.ms.size()));
        }
    const TestingCorpus corpus(shape);
    for (const auto& [name, scope] : scopes) {
        Times facets;
        Times means;
        for (std::size_t i = 0; i < 40; ++i) {
            const auto parsed = text::parse_query(corpus.word(i * 3), from_unix(1'700'000'000));
            Request request{.query = *parsed.root};
            request.scope = scope;
            auto start = ThreadClock::now();
            (void)must(engine->facets(request));
            facets.ms.push_back(ms_since(start));
            auto wrong = corpus.word(i * 3 + 100);
            std::swap_ranges(wrong.begin() + 2, wrong.begin() + 4, wrong.begin() + 4);
            start = ThreadClock::now();
            (void)must(engine->did_you_mean(wrong, scope));
            means.ms.push_back(ms_since(start));
        }
        fmt::print("{:<24} {:>4} {:>8.2f} {:>8.2f} {:>8.2f}\n",
                   "facets",
                   name,
                   facets.at(0.5),
                   facets.at(0.99),
                   facets.at(1.0));
        fmt::print("{:<24} {:>4} {:>8.2f} {:>8.2f} {:>8.2f}\n",
                   "did you mean",
                   name,
                   means.at(0.5),
                   means.at(0.99),
                   means.at(1.0));
    }
    fmt::print("resident: {} MiB\n", resident_kib() / 1024);
    auto start = ThreadClock::now();
    (void)must(engine->digest());
    fmt::print("digest: {:.1f} s\n", ms_since(start) / 1000);
    start = ThreadClock::now();
    fmt::print("verify: {} faults, ", must(engine->verify()).faults.size());
    fmt::print("{:.1f} s\n", ms_since(start) / 1000);
}

void one(const Path& folder, const std::string& query) {
    const auto start = ThreadClock::now();
    const auto engine = must(Engine::open(folder, key, {}));
    const auto opened = ms_since(start);
    const auto parsed = text::parse_query(query, from_unix(1'700'000'000));
    const Request request{.query = *parsed.root};
    const auto answer = must(engine->search(request));
    fmt::print("{} found, open {:.2f} ms, open and answer {:.2f} ms\n",
               answer.total,
               opened,
               ms_since(start));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    std::setvbuf(stdout, nullptr, _IOLBF, 4096);
    const Path folder = argv[1];
    if (argc == 4 && std::string_view(argv[2]) == "one") {
        one(folder, argv[3]);
        return 0;
    }
    if (!std::filesystem::exists(folder / "manifest.db"))
        build(folder, argc > 2 ? std::stoull(argv[2]) : 1'000'000);
    measure(folder);
    return 0;
}
