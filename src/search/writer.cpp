// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/writer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "search/frequent.hpp"

namespace letopis::search {

namespace {

constexpr std::size_t term_bytes_max = 200;
constexpr std::size_t terms_max = 2000;
constexpr std::size_t text_bytes_max = std::size_t(64) << 20;

// Text for the analyser: never the mark of verbatim terms in front.
std::string_view plain(std::string_view text) {
    while (!text.empty() && text[0] == verbatim) text.remove_prefix(1);
    return text.substr(0, text_bytes_max);
}

// The value of the first term of this name.
std::string_view value_of(const Doc& doc, std::string_view name) {
    for (const auto& term : doc.terms)
        if (term.starts_with(name)) return std::string_view(term).substr(name.size());
    return {};
}

// What every message has one of is a column, not a term: a query then looks only at the rows that
// the rest of it finds.
bool is_column(std::string_view term) {
    return term.starts_with("channel:") || term.starts_with("lang:") || term == "has:attachment";
}

}  // namespace

ShardWriter::ShardWriter(std::uint64_t block_rows)
    : full_(std::make_unique<FullText>()), columns_(block_rows) {}

Result<std::unique_ptr<ShardWriter>> ShardWriter::create(const Path& file,
                                                         std::string_view key,
                                                         WriterKind kind) {
    const bool bulk = kind == WriterKind::bulk;
    auto writer = std::unique_ptr<ShardWriter>(new ShardWriter(bulk ? 65536 : 1024));
    const sql::Options options{
        .mode = sql::Mode::create,
        .durability = bulk ? sql::Durability::file : sql::Durability::ordered,
        .cache_kib = bulk ? 32768 : 8192};
    TRY(auto db, sql::Database::open(file, key, options));
    writer->db_.emplace(std::move(db));
    TRY_DO(writer->full_->attach(*writer->db_));
    auto schema = std::string("BEGIN;") + full_text_schema + columns_schema +
                  "CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
                  "CREATE TABLE words(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
                  "CREATE TABLE dead(row INTEGER PRIMARY KEY) STRICT;";
    if (bulk)
        schema += std::string(frequent_schema) +
                  "INSERT INTO ft(ft,rank) VALUES('hashsize',67108864);"
                  "INSERT INTO ft(ft,rank) VALUES('automerge',0);"
                  "INSERT INTO ft(ft,rank) VALUES('crisismerge',1999);";
    schema += "COMMIT;";
    TRY_DO(writer->db_->run(schema.c_str()));
    TRY_DO(writer->prepare());
    return writer;
}

Result<std::unique_ptr<ShardWriter>> ShardWriter::open(const Path& file, std::string_view key) {
    auto writer = std::unique_ptr<ShardWriter>(new ShardWriter(1024));
    TRY(auto db,
        sql::Database::open(
            file, key, {.mode = sql::Mode::write, .durability = sql::Durability::ordered}));
    writer->db_.emplace(std::move(db));
    TRY_DO(writer->full_->attach(*writer->db_));
    TRY_DO(writer->prepare());
    TRY_DO(writer->load());
    return writer;
}

Result<void> ShardWriter::prepare() {
    TRY(insert_,
        db_->prepare("INSERT INTO ft(rowid,body,subject,attach,m) VALUES(?1,?2,?3,?4,?5)"));
    return {};
}

Result<void> ShardWriter::load() {
    TRY_DO(columns_.load(*db_));
    docs_ = columns_.size(Column::seq);
    ColumnReader reader;
    TRY_DO(reader.open(*db_));
    for (std::uint64_t i = 0; i < reader.size(Column::group_values); ++i) {
        TRY(const auto group, reader.number(*db_, Column::group_values, i));
        groups_.emplace(static_cast<std::uint64_t>(group), static_cast<std::uint32_t>(i));
    }
    for (std::uint64_t i = 0; i < reader.size(Column::sender_values); ++i) {
        TRY(auto sender, reader.text(*db_, Column::sender_values, i));
        senders_.emplace(std::move(sender), static_cast<std::uint32_t>(i));
    }
    for (std::uint64_t i = 0; i < reader.size(Column::language_values); ++i) {
        TRY(auto language, reader.text(*db_, Column::language_values, i));
        languages_.emplace(std::move(language), static_cast<std::uint32_t>(i));
    }
    for (std::uint64_t i = 0; i < reader.size(Column::channel_values); ++i) {
        TRY(auto channel, reader.text(*db_, Column::channel_values, i));
        channels_.emplace(std::move(channel), static_cast<std::uint32_t>(i));
    }
    return {};
}

Result<std::uint32_t> ShardWriter::group_code(std::uint64_t group) {
    const auto [found, fresh] = groups_.emplace(group, static_cast<std::uint32_t>(groups_.size()));
    if (fresh) TRY_DO(columns_.push(*db_, Column::group_values, static_cast<std::int64_t>(group)));
    return found->second;
}

Result<std::uint32_t> ShardWriter::text_code(std::unordered_map<std::string, std::uint32_t>& codes,
                                             Column column,
                                             std::string_view text) {
    const auto [found, fresh] =
        codes.emplace(std::string(text), static_cast<std::uint32_t>(codes.size()));
    if (fresh) TRY_DO(columns_.push(*db_, column, text));
    return found->second;
}

Result<void> ShardWriter::append_columns(const Doc& doc, std::uint64_t length) {
    TRY(const auto group, group_code(doc.group));
    TRY(const auto sender, text_code(senders_, Column::sender_values, doc.sender));
    TRY(const auto language,
        text_code(languages_, Column::language_values, value_of(doc, "lang:")));
    TRY(const auto channel,
        text_code(channels_, Column::channel_values, value_of(doc, "channel:")));
    if (language >= language_bits || channel >= channel_name_bits)
        return fail(Errc::too_large, "too many languages or channels");
    const bool attached =
        doc.has_attachment ||
        std::find(doc.terms.begin(), doc.terms.end(), "has:attachment") != doc.terms.end();
    const auto traits = doc.channel | (attached ? attachment_bit : 0) |
                        (channel << channel_name_shift) | (language << language_shift);
    const std::pair<Column, std::int64_t> values[] = {
        {Column::seq, static_cast<std::int64_t>(doc.seq.value())},
        {Column::date, to_micros(doc.sort_date)},
        {Column::length, static_cast<std::int64_t>(std::min<std::uint64_t>(length, 0xffffffff))},
        {Column::size, doc.size_bytes},
        {Column::group, group},
        {Column::sender, sender},
        {Column::traits, traits}};
    for (const auto& [column, value] : values) TRY_DO(columns_.push(*db_, column, value));
    return {};
}

Result<void> ShardWriter::append(const Doc& doc) {
    if (doc.terms.size() > terms_max) return fail(Errc::too_large, "more than 2,000 filter terms");
    terms_.clear();
    std::uint64_t filter_terms = 0;
    for (const auto& term : doc.terms) {
        if (term.empty() || is_column(term)) continue;
        terms_.push_back(verbatim);
        const auto at = terms_.size();
        terms_.append(term, 0, term_bytes_max);
        std::replace(terms_.begin() + static_cast<std::ptrdiff_t>(at), terms_.end(), verbatim, ' ');
        ++filter_terms;
    }
    full_->positions = 0;
    TRY_DO(insert_.run_with(
        rowid_of(docs_), plain(doc.body), plain(doc.subject), plain(doc.attachments), terms_));
    TRY_DO(append_columns(doc, full_->positions - filter_terms));
    ++docs_;
    return {};
}

}  // namespace letopis::search
