// SPDX-License-Identifier: AGPL-3.0-or-later
// What one thread needs to answer queries: its own connections to every shard of the manifest,
// opened when a query first comes to them. Sessions are kept and used again.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "search/columns.hpp"
#include "search/manifest.hpp"
#include "search/tokenizer.hpp"

namespace letopis::search {

struct Word;

// Shared by all sessions of an engine; each member is thread-safe or guarded.
class Shared {
public:
    Shared(Path dir, KeySource keys, bool alone, std::uint64_t kept_rows_min)
        : dir_(std::move(dir)),
          keys_(std::move(keys)),
          alone_(alone),
          kept_rows_min_(kept_rows_min) {}
    bool alone() const { return alone_; }
    // Fewer rows are found again as quickly.
    std::uint64_t kept_rows_min() const { return kept_rows_min_; }
    const Path& dir() const { return dir_; }
    Result<std::string> key(const std::string& label) const { return keys_(label); }
    const KeySource& keys() const { return keys_; }

    // Columns of a closed shard never change, so every session reads the same copy.
    std::shared_ptr<ColumnReader> columns(const std::string& label);
    // Returns the copy that is kept: that of another session if it was quicker.
    std::shared_ptr<ColumnReader> keep_columns(const std::string& label,
                                               std::shared_ptr<ColumnReader> columns);
    // Rows of a closed shard that a scope of this version allows.
    std::shared_ptr<const Bitmap> scope(const std::string& label, std::uint64_t version);
    void keep_scope(const std::string& label,
                    std::uint64_t version,
                    std::shared_ptr<const Bitmap> rows);
    std::shared_ptr<const std::vector<std::uint32_t>> lengths(const std::string& label);
    void keep_lengths(const std::string& label,
                      std::shared_ptr<const std::vector<std::uint32_t>> lengths);
    std::shared_ptr<const std::vector<Word>> words(const std::string& label);
    void keep_words(const std::string& label, std::shared_ptr<const std::vector<Word>> words);
    // What a closed shard answered lately: it never changes.
    std::shared_ptr<const Bitmap> found(const std::string& label, const std::string& expression);
    void keep_found(const std::string& label,
                    const std::string& expression,
                    std::shared_ptr<const Bitmap> rows);
    void forget(const std::string& label);

private:
    struct FoundRows {
        std::string key;  // label, line feed, expression
        std::shared_ptr<const Bitmap> rows;
    };
    struct ScopeRows {
        std::string label;
        std::uint64_t version;
        std::shared_ptr<const Bitmap> rows;
    };
    Path dir_;
    KeySource keys_;
    bool alone_;
    std::uint64_t kept_rows_min_;
    std::mutex mutex_;  // guards all below
    std::map<std::string, std::shared_ptr<ColumnReader>> columns_;
    std::map<std::string, std::shared_ptr<const std::vector<std::uint32_t>>> lengths_;
    std::map<std::string, std::shared_ptr<const std::vector<Word>>> words_;
    std::vector<ScopeRows> scopes_;  // newest last
    std::list<FoundRows> found_;     // asked for last comes first
    std::unordered_map<std::string, std::list<FoundRows>::iterator> found_by_key_;
    std::uint64_t found_bits_ = 0;
};

class ShardView {
public:
    ShardView(Shared& shared, ShardRow row) : shared_(shared), row_(std::move(row)) {}
    const ShardRow& row() const { return row_; }
    // Opens what is not open and takes a snapshot that stands until end().
    Result<void> begin();
    void end();

    std::uint64_t rows() const { return rows_; }
    bool sorted() const { return row_.sorted; }
    sql::Database& db() { return *db_; }
    const BlockSource& source() const { return *source_; }
    // FTS5 on this connection, set up when a query first needs it: many are answered by sets of
    // rows that are kept ready.
    Result<FullText*> full_text();
    const ColumnReader& columns() const { return *columns_; }
    const std::vector<std::uint64_t>& dead() const { return dead_; }
    void set_dead(std::vector<std::uint64_t> rows);

    Result<std::int64_t> number(Column column, std::uint64_t row) {
        return columns_->number(*source_, column, row);
    }
    // Calls visit(row, value) for the rows of the set; stops at an error.
    template <class Visit>
    Result<void> each(Column column, const Bitmap& rows, Visit&& visit);
    // Of a sorted shard: the first row at or after the moment.
    Result<std::uint64_t> first_row_at(Instant moment);
    Result<std::shared_ptr<const std::vector<std::uint32_t>>> lengths();
    Result<std::shared_ptr<const std::vector<Word>>> words();

    // Does this process keep what the shard answered? Then found() has it, or not yet.
    bool keeps() const { return row_.sorted && !shared_.alone(); }
    std::shared_ptr<const Bitmap> found(const std::string& expression) {
        return shared_.found(row_.label, expression);
    }
    void keep_found(const std::string& expression, const Bitmap& rows);

    // A set of rows that is kept ready (frequent.hpp); nullopt: none is.
    Result<std::optional<Bitmap>> ready(const std::string& key);
    Result<bool> is_ready(const std::string& key);

    // Adds to `out` every row in [first, last) that the FTS5 expression matches. `phrases_only`:
    // the expression is phrases joined by OR.
    Result<void> match(const std::string& expression,
                       bool phrases_only,
                       std::uint64_t first,
                       std::uint64_t last,
                       Bitmap& out);

private:
    Result<void> open();
    Result<void> refresh_live();
    Result<std::optional<std::int64_t>> ready_id(const std::string& key);
    Shared& shared_;
    ShardRow row_;
    std::unique_ptr<FullText> full_;  // outlives db_
    bool attached_ = false;           // db_ knows full_
    std::optional<sql::Database> db_;
    std::optional<BlockSource> source_;  // and the statements are of db_
    sql::Statement collect_;
    sql::Statement match_;
    sql::Statement data_version_;
    sql::Statement ready_id_;
    sql::Statement ready_rows_;
    std::shared_ptr<ColumnReader> columns_;
    std::unordered_map<std::string, std::optional<std::int64_t>> ready_;  // keys asked for lately
    std::vector<std::uint64_t> manifest_dead_;
    std::vector<std::uint64_t> own_dead_;
    std::vector<std::uint64_t> dead_;
    std::uint64_t rows_ = 0;
    std::int64_t version_ = -1;                            // of a live shard
    std::shared_ptr<const std::vector<Word>> live_words_;  // of that version
    bool in_transaction_ = false;
};

class Session {
public:
    explicit Session(Shared& shared) : shared_(shared) {}
    // Takes a consistent view of the index; `shards` are newest first.
    Result<void> begin();
    void end();
    std::vector<std::unique_ptr<ShardView>>& shards() { return shards_; }
    text::Analyser& analyser() { return analyser_; }
    // The journal position of this view.
    Result<std::uint64_t> overlay_position();
    Shared& shared() { return shared_; }

private:
    Result<void> take_shards();
    Shared& shared_;
    std::optional<Manifest> manifest_;
    std::vector<std::unique_ptr<ShardView>> shards_;
    text::Analyser analyser_;
    bool fresh_ = true;
};

template <class Visit>
Result<void> ShardView::each(Column column, const Bitmap& rows, Visit&& visit) {
    const Block* block = nullptr;
    Result<void> result;
    bool failed = false;
    rows.each([&](std::uint64_t row) {
        if (failed) return;
        if (block == nullptr || row >= block->first + block->count) {
            auto next = columns_->block(*source_, column, columns_->block_of(column, row));
            if (!next) {
                failed = true;
                result = tl::unexpected<Error>(next.error());
                return;
            }
            block = *next;
        }
        const auto at = row - block->first;
        if (at >= block->count) {
            failed = true;
            result = fail(Errc::corrupt, "a row of the index has no values");
            return;
        }
        visit(row,
              block->wide.empty() ? static_cast<std::int64_t>(block->narrow[at]) : block->wide[at]);
    });
    return result;
}

}  // namespace letopis::search
