// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/engine_state.hpp"

namespace letopis::search {

namespace {

constexpr std::uint64_t docs_a_transaction = 50'000;
constexpr std::uint64_t words_of_all_docs = 4'000;
constexpr std::uint64_t shard_docs_max = 5'000'000;
constexpr std::uint64_t shard_bytes_max = std::uint64_t(2) << 30;

std::uint64_t file_bytes(const Path& file) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    return error ? 0 : size;
}

}  // namespace

Result<void> ShardBuilder::State::begin() { return writer->database().run("BEGIN"); }

Result<void> ShardBuilder::State::commit() {
    TRY_DO(writer->database().run("COMMIT"));
    in_transaction = 0;
    bytes = file_bytes(file);
    return {};
}

ShardBuilder::ShardBuilder(std::unique_ptr<State> state) : state_(std::move(state)) {}

ShardBuilder::~ShardBuilder() {
    if (state_->adopted) return;
    state_->writer.reset();
    (void)remove_file(state_->file);
}

Result<void> ShardBuilder::add(const Doc& doc) {
    auto& s = *state_;
    if (s.finished) return fail(Errc::invalid, "this shard is finished");
    const std::pair now(doc.sort_date, doc.seq);
    if (s.last && now <= *s.last)
        return fail(Errc::invalid, "messages of a shard must come in the order of date and seq");
    if (s.in_transaction == 0) TRY_DO(s.begin());
    TRY_DO(s.writer->append(doc));
    // Samples, but not in step with anything that comes in turns.
    const auto turn = s.writer->docs() * 0x9e3779b97f4a7c15u >> 32;
    if (turn % FrequentTerms::sample_every == 0)
        s.frequent.add(s.writer->full_text().analyser, doc);
    const bool all = s.writer->docs() <= words_of_all_docs;
    if (all || turn % Vocabulary::sample_every == 0)
        s.vocabulary.add(s.writer->full_text().analyser,
                         doc.subject,
                         doc.body,
                         all ? 1 : Vocabulary::sample_every);
    s.last = now;
    s.docs = s.writer->docs();
    if (++s.in_transaction >= docs_a_transaction) return s.commit();
    return {};
}

Result<void> ShardBuilder::State::keep_frequent() {
    // In a large shard fewer sets, so that they stay a small part of it.
    auto keys = frequent.keys(std::max(frequent_docs_min, docs / 32));
    // The places of two words are compared for longer than postings are read.
    for (auto& pair : frequent.pairs(std::max(frequent_docs_min / 8, docs / 128)))
        keys.push_back(std::move(pair));
    frequent = {};
    if (keys.empty()) return {};
    auto& db = writer->database();
    auto& full = writer->full_text();
    TRY(auto collect, db.prepare("SELECT letopis_collect(ft) FROM ft WHERE ft MATCH ?1 LIMIT 1"));
    TRY(auto insert, db.prepare("INSERT INTO frequent(term,docs,data) VALUES(?1,?2,?3)"));
    TRY_DO(begin());
    for (const auto& key : keys) {
        Bitmap rows(docs);
        full.rows = &rows;
        full.first = 0;
        full.last = docs;
        const auto expression = expression_of(key);
        collect.bind(expression);
        TRY_DO(collect.step());
        collect.reset();
        const auto blob = encode_rows(rows);
        TRY_DO(insert.run_with(key, rows.count(), sql::Blob{blob}));
    }
    return commit();
}

Result<void> ShardBuilder::finish() {
    auto& s = *state_;
    if (s.finished) return {};
    auto& db = s.writer->database();
    if (s.in_transaction == 0) TRY_DO(s.begin());
    TRY_DO(s.writer->close());
    TRY(auto words, db.prepare("INSERT INTO words(data) VALUES(?1)"));
    const auto blob = s.vocabulary.encode(docs_to_be_a_word(s.docs));
    TRY_DO(words.run_with(sql::Blob{blob}));
    words = {};
    TRY_DO(s.commit());
    TRY_DO(
        db.run("INSERT INTO ft(ft) VALUES('optimize');"
               // Later changes (only a compaction makes any) go in ordinary steps.
               "INSERT INTO ft(ft,rank) VALUES('hashsize',1048576);"));
    s.vocabulary = {};
    TRY_DO(s.keep_frequent());
    s.writer.reset();
    TRY_DO(sync_file(s.file));
    s.bytes = file_bytes(s.file);
    s.finished = true;
    return {};
}

std::uint64_t ShardBuilder::docs() const { return state_->docs; }

bool ShardBuilder::full() const {
    // Optimising at the end needs room for the same once more, and gives it back.
    return state_->docs >= shard_docs_max || state_->bytes >= shard_bytes_max;
}

}  // namespace letopis::search
