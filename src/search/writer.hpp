// SPDX-License-Identifier: AGPL-3.0-or-later
// Writes messages into the file of one shard: full text and columns.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "search/columns.hpp"
#include "search/search.hpp"
#include "search/tokenizer.hpp"

namespace letopis::search {

enum class WriterKind : std::uint8_t {
    bulk,  // written whole, then closed: large hash, no merging until the end, no sync
    live,  // small transactions in WAL
};

class ShardWriter {
public:
    static Result<std::unique_ptr<ShardWriter>> create(const Path& file,
                                                       std::string_view key,
                                                       WriterKind kind);
    // A live shard that exists.
    static Result<std::unique_ptr<ShardWriter>> open(const Path& file, std::string_view key);

    Result<void> append(const Doc& doc);  // becomes row docs()
    std::uint64_t docs() const { return docs_; }
    sql::Database& database() { return *db_; }
    FullText& full_text() { return *full_; }
    Result<void> flush() { return columns_.flush(*db_); }
    Result<void> close() { return columns_.close(*db_); }

private:
    ShardWriter(std::uint64_t block_rows);
    Result<void> prepare();
    Result<void> load();
    Result<std::uint32_t> group_code(std::uint64_t group);
    Result<std::uint32_t> text_code(std::unordered_map<std::string, std::uint32_t>& codes,
                                    Column column,
                                    std::string_view text);
    Result<void> append_columns(const Doc& doc, std::uint64_t length);

    std::unique_ptr<FullText> full_;  // outlives db_
    std::optional<sql::Database> db_;
    sql::Statement insert_;
    ColumnWriter columns_;
    std::unordered_map<std::uint64_t, std::uint32_t> groups_;
    std::unordered_map<std::string, std::uint32_t> senders_;
    std::unordered_map<std::string, std::uint32_t> languages_;
    std::unordered_map<std::string, std::uint32_t> channels_;
    std::uint64_t docs_ = 0;
    std::string terms_;
};

// The FTS5 rowid of a row. Rows count from 0, rowids from 1.
constexpr std::int64_t rowid_of(std::uint64_t row) { return static_cast<std::int64_t>(row) + 1; }

}  // namespace letopis::search
