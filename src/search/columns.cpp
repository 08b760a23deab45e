// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/columns.hpp"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace letopis::search {

namespace {

constexpr int first_bits = 40;
constexpr std::uint64_t looked_up_rows = 1024;
constexpr std::size_t block_bytes_max = std::size_t(1) << 28;

bool is_text(Column column) {
    return column == Column::sender_values || column == Column::language_values ||
           column == Column::channel_values;
}
bool is_wide(Column column) {
    return column == Column::seq || column == Column::date || column == Column::group_values;
}

std::int64_t block_id(Column column, std::uint64_t first) {
    return (static_cast<std::int64_t>(column) << first_bits) | static_cast<std::int64_t>(first);
}

std::string compressed(const std::string& raw) {
    std::string out(ZSTD_compressBound(raw.size()), '\0');
    const auto size = ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), 1);
    CHECK(!ZSTD_isError(size));
    out.resize(size);
    return out;
}

Result<std::string> expanded(std::string_view data) {
    const auto size = ZSTD_getFrameContentSize(data.data(), data.size());
    if (size > block_bytes_max) return fail(Errc::corrupt, "a block of the index has no size");
    std::string out(static_cast<std::size_t>(size), '\0');
    const auto got = ZSTD_decompress(out.data(), out.size(), data.data(), data.size());
    if (ZSTD_isError(got) || got != size)
        return fail(Errc::corrupt, "a block of the index cannot be expanded");
    return out;
}

// First byte of a block: bytes a value in the lower half, whether what follows is compressed.
constexpr std::uint8_t width_bits = 0x0f;
constexpr std::uint8_t compressed_bit = 0x10;

std::size_t width_of(std::uint64_t range) {
    std::size_t width = 0;
    while (width < 8 && range >> (8 * width) != 0) ++width;
    return width;
}

template <class Value>
Result<void> decode_numbers(std::string raw,
                            std::size_t width,
                            const Block& block,
                            std::vector<Value>& out) {
    if (width > 8 || raw.size() != width * block.count)
        return fail(Errc::corrupt, "a block of the index has the wrong length");
    raw.append(8, '\0');  // so that every value can be read as eight bytes
    const auto mask = width == 8 ? ~std::uint64_t(0) : (std::uint64_t(1) << (8 * width)) - 1;
    out.resize(block.count);
    for (std::uint64_t i = 0; i < block.count; ++i) {
        std::uint64_t value;
        std::memcpy(&value, raw.data() + i * width, 8);
        if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
        out[i] = static_cast<Value>(static_cast<std::uint64_t>(block.low) + (value & mask));
    }
    return {};
}

Result<void> decode(Column column, std::string_view data, Block& block) {
    if (data.empty()) return fail(Errc::corrupt, "a block of the index is empty");
    const auto form = static_cast<std::uint8_t>(data[0]);
    data.remove_prefix(1);
    std::string raw;
    if (form & compressed_bit) {
        TRY(raw, expanded(data));
    } else {
        raw = data;
    }
    if (is_text(column)) {
        Reader in(raw);
        for (std::uint64_t i = 0; i < block.count && in.ok(); ++i)
            block.texts.emplace_back(in.text());
        if (!in.done()) return fail(Errc::corrupt, "a block of the index has the wrong length");
    } else if (is_wide(column)) {
        TRY_DO(decode_numbers(std::move(raw), form & width_bits, block, block.wide));
    } else {
        TRY_DO(decode_numbers(std::move(raw), form & width_bits, block, block.narrow));
    }
    block.loaded = true;
    return {};
}

// Values as their distance to the smallest one, all in the same number of bytes. What is looked up
// one by one (seq and date of a hit) is not compressed, so that little has to be read for it.
std::string encode_numbers(Column column,
                           const std::vector<std::int64_t>& numbers,
                           std::int64_t low,
                           std::int64_t high) {
    const auto base = static_cast<std::uint64_t>(low);
    const auto width = width_of(static_cast<std::uint64_t>(high) - base);
    std::string raw;
    raw.reserve(numbers.size() * width);
    for (const auto number : numbers) {
        const auto value = static_cast<std::uint64_t>(number) - base;
        for (std::size_t i = 0; i < width; ++i) raw.push_back(static_cast<char>(value >> (8 * i)));
    }
    const bool plain = column == Column::seq || column == Column::date;
    std::string data(1, static_cast<char>(width | (plain ? 0 : compressed_bit)));
    return data + (plain ? raw : compressed(raw));
}

std::string encode_texts(const std::vector<std::string>& texts) {
    std::string raw;
    Writer out(raw);
    for (const auto& text : texts) out.text(text);
    return std::string(1, static_cast<char>(compressed_bit)) + compressed(raw);
}

}  // namespace

Result<void> ColumnWriter::load(sql::Database& db) {
    ColumnReader reader;
    TRY_DO(reader.open(db));
    for (std::size_t c = 0; c < column_count; ++c) {
        const auto column = static_cast<Column>(c);
        auto& t = tails_[c];
        t.first = reader.size(column);
        const auto count = reader.blocks(column);
        if (count == 0 || reader.outline(column, count - 1).count >= rows_of(column)) continue;
        TRY(const auto* last, reader.block(db, column, count - 1));
        t.first = last->first;
        t.numbers = last->wide;
        t.numbers.insert(t.numbers.end(), last->narrow.begin(), last->narrow.end());
        t.texts = last->texts;
    }
    return {};
}

std::uint64_t ColumnWriter::rows_of(Column column) const {
    return column == Column::seq || column == Column::date ? std::min(rows_, looked_up_rows)
                                                           : rows_;
}

std::uint64_t ColumnWriter::size(Column column) const {
    const auto& t = tails_[static_cast<std::size_t>(column)];
    return t.first + t.count();
}

Result<void> ColumnWriter::push(sql::Database& db, Column column, std::int64_t value) {
    auto& t = tail(column);
    t.numbers.push_back(value);
    t.dirty = true;
    if (t.count() < rows_of(column)) return {};
    return write(db, column);
}

Result<void> ColumnWriter::push(sql::Database& db, Column column, std::string_view text) {
    auto& t = tail(column);
    t.texts.emplace_back(text);
    t.dirty = true;
    if (t.count() < rows_of(column)) return {};
    return write(db, column);
}

Result<void> ColumnWriter::write(sql::Database& db, Column column) {
    auto& t = tail(column);
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (!t.numbers.empty()) {
        low = *std::min_element(t.numbers.begin(), t.numbers.end());
        high = *std::max_element(t.numbers.begin(), t.numbers.end());
    }
    const auto data =
        is_text(column) ? encode_texts(t.texts) : encode_numbers(column, t.numbers, low, high);
    TRY(auto insert, db.prepare("INSERT OR REPLACE INTO block VALUES(?1,?2,?3,?4,?5)"));
    TRY_DO(insert.run_with(block_id(column, t.first), t.count(), low, high, sql::Blob{data}));
    t.dirty = false;
    if (t.count() >= rows_of(column)) {
        t.first += t.count();
        t.numbers.clear();
        t.texts.clear();
    }
    return {};
}

Result<void> ColumnWriter::flush(sql::Database& db) {
    for (std::size_t c = 0; c < column_count; ++c)
        if (tails_[c].dirty) TRY_DO(write(db, static_cast<Column>(c)));
    return {};
}

Result<void> ColumnReader::add(std::int64_t id,
                               std::uint64_t count,
                               std::int64_t low,
                               std::int64_t high) {
    const auto column = static_cast<std::uint64_t>(id) >> first_bits;
    if (column >= column_count) return fail(Errc::corrupt, "a block of an unknown column");
    Block block;
    block.first = static_cast<std::uint64_t>(id) & ((std::uint64_t(1) << first_bits) - 1);
    block.count = count;
    block.low = low;
    block.high = high;
    auto& blocks = blocks_[column];
    const auto expected = blocks.empty() ? 0 : blocks.back().first + blocks.back().count;
    if (block.first != expected || block.count > (std::uint64_t(1) << 24))
        return fail(Errc::corrupt, "the blocks of the index do not join");
    blocks.push_back(std::move(block));
    return {};
}

// A closed shard has the list of its blocks in one row, so that the blocks need not be visited.
Result<bool> ColumnReader::open_contents(sql::Database& db) {
    TRY(auto row, db.prepare("SELECT data FROM contents"));
    TRY(const bool there, row.step());
    if (!there) return false;
    TRY(const auto raw, expanded(row.blob(0)));
    Reader in(raw);
    while (in.left() > 0 && in.ok()) {
        const auto id = static_cast<std::int64_t>(in.varint());
        const auto count = in.varint();
        const auto low = in.zigzag();
        const auto high = in.zigzag();
        if (in.ok()) TRY_DO(add(id, count, low, high));
    }
    if (!in.ok()) return fail(Errc::corrupt, "the list of the blocks is damaged");
    return true;
}

Result<void> ColumnReader::open(sql::Database& db) {
    for (auto& blocks : blocks_) blocks.clear();
    TRY(const bool listed, open_contents(db));
    if (listed) return {};
    TRY(auto rows, db.prepare("SELECT id,count,low,high FROM block ORDER BY id"));
    for (;;) {
        TRY(const bool more, rows.step());
        if (!more) return {};
        TRY_DO(add(rows.integer(0), rows.number(1), rows.integer(2), rows.integer(3)));
    }
}

Result<void> ColumnWriter::close(sql::Database& db) {
    TRY_DO(flush(db));
    ColumnReader reader;
    TRY_DO(reader.open(db));
    std::string raw;
    Writer out(raw);
    for (std::size_t c = 0; c < column_count; ++c) {
        const auto column = static_cast<Column>(c);
        for (std::size_t i = 0; i < reader.blocks(column); ++i) {
            const auto& block = reader.outline(column, i);
            out.varint(static_cast<std::uint64_t>(block_id(column, block.first)));
            out.varint(block.count);
            out.zigzag(block.low);
            out.zigzag(block.high);
        }
    }
    const auto data = compressed(raw);
    TRY(auto insert, db.prepare("INSERT INTO contents(data) VALUES(?1)"));
    return insert.run_with(sql::Blob{data});
}

std::uint64_t ColumnReader::size(Column column) const {
    const auto& blocks = list(column);
    return blocks.empty() ? 0 : blocks.back().first + blocks.back().count;
}

Result<void> BlockSource::read(std::int64_t id, std::string& out) const {
    if (!select_) {
        TRY(select_, db_->prepare("SELECT data FROM block WHERE id=?1"));
    }
    select_.bind(id);
    TRY(const bool there, select_.step());
    if (!there) return fail(Errc::corrupt, "a block of the index is missing");
    out = select_.blob(0);
    select_.reset();
    return {};
}

Result<const Block*> ColumnReader::block(const BlockSource& db,
                                         Column column,
                                         std::size_t index) const {
    const std::lock_guard lock(mutex_);
    auto& block = blocks_[static_cast<std::size_t>(column)][index];
    if (block.loaded) return &block;
    std::string data;
    TRY_DO(db.read(block_id(column, block.first), data));
    TRY_DO(decode(column, data, block));
    return &block;
}

std::size_t ColumnReader::block_of(Column column, std::uint64_t row) const {
    const auto& blocks = list(column);
    const auto after =
        std::upper_bound(blocks.begin(), blocks.end(), row, [](std::uint64_t r, const Block& b) {
            return r < b.first;
        });
    CHECK(after != blocks.begin());
    return static_cast<std::size_t>(after - blocks.begin()) - 1;
}

Result<std::int64_t> ColumnReader::number(const BlockSource& db,
                                          Column column,
                                          std::uint64_t row) const {
    if (row >= size(column)) return fail(Errc::corrupt, "a row of the index has no values");
    TRY(const auto* found, block(db, column, block_of(column, row)));
    const auto at = row - found->first;
    return is_wide(column) ? found->wide[at] : static_cast<std::int64_t>(found->narrow[at]);
}

Result<std::string> ColumnReader::text(const BlockSource& db,
                                       Column column,
                                       std::uint64_t row) const {
    if (row >= size(column)) return fail(Errc::corrupt, "a row of the index has no values");
    TRY(const auto* found, block(db, column, block_of(column, row)));
    return found->texts[row - found->first];
}

}  // namespace letopis::search
