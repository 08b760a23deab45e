// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/shard.hpp"

#include <fmt/format.h>

namespace letopis::journal {

std::string journal_label(Seq first) { return fmt::format("journal/{:016x}.db", first.value()); }
std::string bodies_label(Seq first) { return fmt::format("bodies/{:016x}.db", first.value()); }

#define RECORD_TABLES                                                                         \
    "CREATE TABLE record(seq INTEGER PRIMARY KEY, origin INTEGER NOT NULL, leaf INTEGER NOT " \
    "NULL, at_us INTEGER NOT NULL, type INTEGER "                                             \
    "NOT NULL, entry BLOB NOT NULL) STRICT;"                                                  \
    "CREATE TABLE hole(seq INTEGER PRIMARY KEY, disposal_seq INTEGER NOT NULL) STRICT;"       \
    "CREATE INDEX audit_leaf ON record(leaf) WHERE origin = 2;"
#define DICTIONARY_COPY                                                                         \
    "CREATE TABLE IF NOT EXISTS dictionary_copy(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) " \
    "STRICT;"
#define BODY_TABLES                                                                               \
    "CREATE TABLE body(seq INTEGER PRIMARY KEY, form INTEGER NOT NULL, key_id INTEGER NOT NULL, " \
    "bytes BLOB NOT NULL) STRICT;"                                                                \
    "CREATE TABLE object(seq INTEGER PRIMARY KEY, id BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;" \
    "CREATE TABLE wrap(ref BLOB NOT NULL, key_id INTEGER NOT NULL, wrapped BLOB NOT NULL, "       \
    "PRIMARY KEY(ref, key_id)) STRICT, WITHOUT ROWID;"

const char* const live_schema = RECORD_TABLES BODY_TABLES
    "CREATE TABLE once(key BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE stream(name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE dictionary(seq INTEGER PRIMARY KEY, class INTEGER NOT NULL) "
    "STRICT;" DICTIONARY_COPY
    "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one=1), format INTEGER NOT NULL, first "
    "INTEGER NOT NULL, records INTEGER NOT NULL, leaf1 INTEGER "
    "NOT NULL, leaf2 INTEGER NOT NULL) STRICT;";
const char* const dictionary_copy_schema = DICTIONARY_COPY;
const char* const journal_schema = RECORD_TABLES;
const char* const bodies_schema = BODY_TABLES;
const char* const once_schema =
    "CREATE TABLE IF NOT EXISTS once(key BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT "
    "ROWID;";

Result<sql::Database> open_file(const Path& archive,
                                const std::string& label,
                                crypto::Keyring& keyring,
                                const sql::Options& options) {
    TRY(const auto named, keyring.find(crypto::Purpose::page, label));
    return sql::Database::open(archive / label, named.key.bytes(), options);
}

std::string body_reference(Seq seq) {
    std::string reference = "b";
    for (int shift = 56; shift >= 0; shift -= 8)
        reference.push_back(static_cast<char>(seq.value() >> shift));
    return reference;
}
std::string object_reference(std::string_view id) { return "o" + std::string(id); }

Result<std::unique_ptr<ShardReader>> ShardReader::open_closed(const Path& archive,
                                                              Seq first,
                                                              crypto::Keyring& keyring) {
    std::unique_ptr<ShardReader> reader(new ShardReader());
    constexpr sql::Options options{.mode = sql::Mode::immutable, .cache_kib = 2048};
    reader->records_label_ = journal_label(first);
    reader->bodies_label_ = bodies_label(first);
    TRY(auto records, open_file(archive, reader->records_label_, keyring, options));
    TRY(auto bodies, open_file(archive, reader->bodies_label_, keyring, options));
    reader->records_.emplace(std::move(records));
    reader->bodies_.emplace(std::move(bodies));
    return reader;
}

Result<std::unique_ptr<ShardReader>> ShardReader::open_live(const Path& archive,
                                                            crypto::Keyring& keyring) {
    std::unique_ptr<ShardReader> reader(new ShardReader());
    reader->records_label_ = live_label;
    TRY(auto live,
        open_file(archive, live_label, keyring, {.mode = sql::Mode::read, .cache_kib = 2048}));
    reader->records_.emplace(std::move(live));
    return reader;
}

std::unique_ptr<ShardReader> ShardReader::of_live(sql::Database& live) {
    std::unique_ptr<ShardReader> reader(new ShardReader());
    reader->records_label_ = live_label;
    reader->borrowed_ = &live;
    return reader;
}

Result<sql::Statement*> ShardReader::statement(bool in_bodies, const char* sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        TRY(auto made, (in_bodies ? bodies() : records()).prepare(sql));
        found = statements_.emplace(sql, std::move(made)).first;
    }
    return &found->second;
}

Result<std::vector<ShardReader::Row>> ShardReader::rows(Seq from,
                                                        std::uint64_t limit,
                                                        bool with_bodies) {
    std::vector<Row> out;
    TRY(auto* records,
        statement(false,
                  "SELECT seq, origin, leaf, at_us, entry, (SELECT disposal_seq FROM hole WHERE "
                  "hole.seq = record.seq) FROM record WHERE seq >= ? ORDER BY seq LIMIT ?"));
    records->bind(from.value(), limit);
    for (;;) {
        TRY(const bool more, records->step());
        if (!more) break;
        Row row;
        row.seq = Seq(records->number(0));
        row.origin = static_cast<Origin>(records->number(1));
        row.leaf_index = records->number(2);
        row.at = from_micros(records->integer(3));
        row.entry = records->blob(4);
        if (!records->is_null(5)) row.hole = Seq(records->number(5));
        out.push_back(std::move(row));
    }
    records->reset();
    if (!with_bodies || out.empty()) return out;
    TRY(auto* bodies,
        statement(
            true,
            "SELECT seq, form, key_id, bytes FROM body WHERE seq BETWEEN ? AND ? ORDER BY seq"));
    bodies->bind(out.front().seq.value(), out.back().seq.value());
    std::size_t at = 0;
    for (;;) {
        TRY(const bool more, bodies->step());
        if (!more) break;
        const Seq seq(bodies->number(0));
        while (at < out.size() && out[at].seq < seq) ++at;
        if (at == out.size() || out[at].seq != seq)
            return fail(Errc::corrupt, fmt::format("a body without a record: {}", seq.value()));
        out[at].form = static_cast<int>(bodies->integer(1));
        out[at].key_id = as_key_id(bodies->integer(2));
        out[at].sealed = bodies->blob(3);
    }
    bodies->reset();
    return out;
}

Result<std::optional<std::string>> ShardReader::object_row(Seq seq) {
    TRY(auto* found, statement(true, "SELECT bytes FROM object WHERE seq = ?"));
    TRY(const bool there, found->bind(seq.value()).step());
    std::optional<std::string> bytes;
    if (there) bytes = found->blob(0);
    found->reset();
    return bytes;
}

Result<std::vector<ShardReader::Wrap>> ShardReader::wraps(const std::string& reference) {
    std::vector<Wrap> out;
    TRY(auto* found, statement(true, "SELECT key_id, wrapped FROM wrap WHERE ref = ?"));
    found->bind(sql::Blob{reference});
    for (;;) {
        TRY(const bool more, found->step());
        if (!more) break;
        out.push_back(
            Wrap{.key_id = as_key_id(found->integer(0)), .wrapped = std::string(found->blob(1))});
    }
    found->reset();
    return out;
}

Result<std::optional<Seq>> ShardReader::once(const OnceKey& key) {
    TRY(auto* found, statement(false, "SELECT seq FROM once WHERE key = ?"));
    TRY(const bool there,
        found->bind(sql::Blob{{reinterpret_cast<const char*>(key.data()), key.size()}}).step());
    std::optional<Seq> seq;
    if (there) seq = Seq(found->number(0));
    found->reset();
    return seq;
}

Result<std::vector<Seq>> ShardReader::of_type(int type, Seq from, std::uint64_t limit) {
    TRY(auto* found,
        statement(false,
                  "SELECT seq FROM record WHERE seq >= ? AND type = ? ORDER BY seq LIMIT ?"));
    found->bind(from.value(), type, limit);
    std::vector<Seq> seqs;
    for (;;) {
        TRY(const bool more, found->step());
        if (!more) break;
        seqs.emplace_back(found->number(0));
    }
    found->reset();
    return seqs;
}

Result<bool> ShardReader::any_since(Origin origin, Seq from) {
    TRY(auto* found,
        statement(false, "SELECT 1 FROM record WHERE seq >= ? AND origin = ? LIMIT 1"));
    TRY(const bool there, found->bind(from.value(), origin).step());
    found->reset();
    return there;
}

Result<std::optional<Seq>> ShardReader::at_leaf(Origin origin, std::uint64_t leaf_index) {
    // Few records are of the audit origin: they have an index. The others stand close behind the
    // seq of equal number.
    TRY(auto* found,
        statement(
            false,
            origin == Origin::audit
                ? "SELECT seq FROM record WHERE origin = 2 AND leaf = ?"
                : "SELECT seq FROM record WHERE origin = 1 AND leaf = ?1 AND seq >= ?1 LIMIT 1"));
    TRY(const bool there, found->bind(leaf_index).step());
    std::optional<Seq> seq;
    if (there) seq = Seq(found->number(0));
    found->reset();
    return seq;
}

void ShardReader::read_every_page(std::vector<Problem>& problems, std::uint64_t& bytes) {
    const auto one = [&](sql::Database& db, const std::string& label) {
        const auto read = sql::read_every_page(db);
        if (read)
            bytes += *read;
        else
            problems.push_back({label, "a page is damaged: " + read.error().what});
    };
    one(records(), records_label_);
    if (bodies_) one(*bodies_, bodies_label_);
}

}  // namespace letopis::journal
