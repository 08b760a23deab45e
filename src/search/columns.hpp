// SPDX-License-Identifier: AGPL-3.0-or-later
// The flat arrays beside the full-text index: one value a message for dates, sizes, rights and
// facets, in compressed blocks that are read only when they are needed. Layout:
// docs/formats/index.md.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sql/sqlite.hpp"

namespace letopis::search {

// Stored numbers: add, never reuse.
enum class Column : std::uint8_t {
    seq = 0,
    date = 1,    // microseconds
    length = 2,  // words
    size = 3,    // bytes of the message
    group = 4,   // index into group_values
    sender = 5,  // index into sender_values
    traits = 6,  // channel | has_attachment << 8 | index into channel_values << 9 | index into
                 // language_values << 16
    group_values = 16,
    sender_values = 17,
    language_values = 18,
    channel_values = 19,
};
constexpr std::size_t column_count = 20;

// Parts of traits.
constexpr std::uint32_t channel_bits = 0xff;
constexpr std::uint32_t attachment_bit = 0x100;
constexpr int channel_name_shift = 9;
constexpr std::uint32_t channel_name_bits = 0x7f;
constexpr int language_shift = 16;
constexpr std::uint32_t language_bits = 0xffff;

constexpr const char* columns_schema =
    "CREATE TABLE block(id INTEGER PRIMARY KEY, count INTEGER NOT NULL, low INTEGER NOT NULL, "
    "high INTEGER NOT NULL, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE contents(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;";

// Values of one block; which vector is filled depends on the column.
struct Block {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::int64_t low = 0;  // smallest and largest value (numbers only)
    std::int64_t high = 0;
    std::vector<std::int64_t> wide;     // seq, date, group_values
    std::vector<std::uint32_t> narrow;  // the other numbers
    std::vector<std::string> texts;     // sender_values, language_values, channel_values
    bool loaded = false;
};

// Appends values; each column on its own. Blocks of `rows` values (of
// seq and date at most 1,024, as these are looked up one by one); a last block that is not full is
// written at flush and replaced when it grows.
class ColumnWriter {
public:
    explicit ColumnWriter(std::uint64_t rows) : rows_(rows) {}
    // Takes up what the file holds (only its last blocks are read).
    Result<void> load(sql::Database& db);
    Result<void> push(sql::Database& db, Column column, std::int64_t value);
    Result<void> push(sql::Database& db, Column column, std::string_view text);
    Result<void> flush(sql::Database& db);
    // flush, and the list of all blocks: nothing is written after it.
    Result<void> close(sql::Database& db);
    std::uint64_t size(Column column) const;

private:
    struct Tail {
        std::uint64_t first = 0;
        std::vector<std::int64_t> numbers;
        std::vector<std::string> texts;
        bool dirty = false;
        std::uint64_t count() const { return numbers.size() + texts.size(); }
    };
    Result<void> write(sql::Database& db, Column column);
    std::uint64_t rows_of(Column column) const;
    Tail& tail(Column column) { return tails_[static_cast<std::size_t>(column)]; }
    std::uint64_t rows_;
    std::array<Tail, column_count> tails_;
};

// A connection that blocks are read through; the statement is compiled at the first block. Made of
// a Database where one block is all that is wanted.
class BlockSource {
public:
    BlockSource(sql::Database& db) : db_(&db) {}  // NOLINT: meant to convert
    Result<void> read(std::int64_t id, std::string& out) const;

private:
    sql::Database* db_;
    mutable sql::Statement select_;
};

// Reads blocks when they are asked for and keeps them. May be shared by threads; each passes its
// own connection to the same file.
class ColumnReader {
public:
    Result<void> open(sql::Database& db);
    std::uint64_t size(Column column) const;
    std::size_t blocks(Column column) const { return list(column).size(); }
    // The block without its values: only first, count, low and high.
    const Block& outline(Column column, std::size_t index) const { return list(column)[index]; }
    Result<const Block*> block(const BlockSource& db, Column column, std::size_t index) const;
    Result<std::int64_t> number(const BlockSource& db, Column column, std::uint64_t row) const;
    Result<std::string> text(const BlockSource& db, Column column, std::uint64_t row) const;
    // The block that holds the row.
    std::size_t block_of(Column column, std::uint64_t row) const;

private:
    Result<void> add(std::int64_t id, std::uint64_t count, std::int64_t low, std::int64_t high);
    Result<bool> open_contents(sql::Database& db);
    const std::vector<Block>& list(Column column) const {
        return blocks_[static_cast<std::size_t>(column)];
    }
    mutable std::mutex mutex_;  // guards the values of the blocks, which are filled once
    mutable std::array<std::vector<Block>, column_count> blocks_;
};

}  // namespace letopis::search
