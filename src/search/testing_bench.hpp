// SPDX-License-Identifier: AGPL-3.0-or-later
// What the tests of the index share: a folder, an engine in it, and the same messages searched in
// the simplest way.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "search/naive_search.hpp"
#include "search/search.hpp"

namespace letopis::search {

inline const Instant now = *from_civil(2024, 5, 15);

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

inline Result<std::string> test_key(const std::string& label) {
    std::string key(32, 'k');
    for (std::size_t i = 0; i < label.size(); ++i)
        key[i % 32] = static_cast<char>(key[i % 32] ^ label[i]);
    return key;
}

inline std::unique_ptr<Engine> open(const Path& path, Options options = {.writable = true}) {
    auto engine = Engine::open(path, test_key, options);
    EXPECT_TRUE(engine) << engine.error().what;
    return engine ? std::move(*engine) : nullptr;
}

template <class T>
T ok(Result<T> result) {
    EXPECT_TRUE(result) << result.error().what;
    return result ? std::move(*result) : T();
}
inline void ok(Result<void> result) { EXPECT_TRUE(result) << result.error().what; }

inline Doc a_doc(std::uint64_t seq, std::string body, std::uint64_t group = 1) {
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
inline Answer ask(const Bench& bench,
                  const text::ParsedQuery& query,
                  const std::function<void(Request&)>& more = {}) {
    Request request{.query = *query.root};
    if (more) more(request);
    return ok(bench.engine->search(request));
}

}  // namespace letopis::search
