// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/manifest.hpp"

#include <fmt/format.h>

#include "text/analyser.hpp"

namespace letopis::search {

namespace {

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS shard(label TEXT PRIMARY KEY, docs INTEGER NOT NULL, sorted "
    "INTEGER "
    "NOT NULL, overlay INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS dead(label TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY(label, "
    "row)) WITHOUT ROWID, STRICT;"
    "CREATE TABLE IF NOT EXISTS retired(label TEXT PRIMARY KEY) STRICT;"
    "INSERT OR IGNORE INTO meta VALUES('format',1),('position',0),('next',1);";

}  // namespace

std::string file_of(std::string_view label) {
    return std::string(label.substr(label.find('/') + 1));
}

Result<Manifest> Manifest::open(const Path& dir, const KeySource& keys, bool writable, bool alone) {
    const auto file = dir / file_of(manifest_label);
    const Error none{Errc::not_found,
                     "there is no search index yet",
                     "Run `letopis rebuild search` to make it."};
    if (!writable && !std::filesystem::exists(file)) return tl::unexpected<Error>(none);
    TRY(const auto key, keys(manifest_label));
    TRY(auto db,
        sql::Database::open(file,
                            key,
                            {.mode = writable ? sql::Mode::create : sql::Mode::read,
                             .durability = sql::Durability::full,
                             .cache_kib = 1024,
                             .alone = alone}));
    Manifest manifest(std::move(db));
    if (writable) {
        // One transaction: an index without its analyser's version looks like one of another.
        TRY(auto transaction, sql::Transaction::begin(manifest.db_));
        TRY_DO(manifest.db_.run(schema));
        TRY(auto insert, manifest.db_.prepare("INSERT OR IGNORE INTO meta VALUES('analyser',?1)"));
        TRY_DO(insert.run_with(text::analyser_version));
        TRY_DO(transaction.commit());
    }
    if (auto read = manifest.refresh(); !read) {
        TRY(const bool empty, manifest.is_empty());
        return tl::unexpected<Error>(empty ? none : std::move(read).error());
    }
    if (!writable && manifest.analyser_ != static_cast<std::uint64_t>(text::analyser_version))
        return fail(Errc::unfit,
                    "the search index was made by another version of Letopis",
                    "Run `letopis rebuild search`.");
    return manifest;
}

Result<bool> Manifest::is_empty() {
    TRY(auto tables, db_.prepare("SELECT count(*) FROM sqlite_schema"));
    TRY_DO(tables.step());
    return tables.integer(0) == 0;
}

Result<bool> Manifest::refresh() {
    if (!data_version_) {
        TRY(data_version_, db_.prepare("PRAGMA data_version"));
    }
    TRY_DO(data_version_.step());
    const auto now = data_version_.integer(0);
    data_version_.reset();
    if (now == version_) return false;
    TRY_DO(load());
    version_ = now;
    return true;
}

Result<void> Manifest::load() {
    // One read transaction, so that the list and the position belong together.
    TRY_DO(db_.begin());
    const auto read = [&]() -> Result<void> {
        TRY(auto meta, db_.prepare("SELECT key,value FROM meta"));
        for (;;) {
            TRY(const bool more, meta.step());
            if (!more) break;
            if (meta.text(0) == "position") position_ = meta.number(1);
            if (meta.text(0) == "overlay_from") overlay_from_ = meta.number(1);
            if (meta.text(0) == "analyser") analyser_ = meta.number(1);
            if (meta.text(0) == "format" && meta.integer(1) != 1)
                return fail(Errc::unsupported, "the search index was made by a newer version");
        }
        shards_.clear();
        TRY(auto rows,
            db_.prepare("SELECT label,docs,sorted,overlay,bytes FROM shard ORDER BY label"));
        for (;;) {
            TRY(const bool more, rows.step());
            if (!more) break;
            shards_.push_back({std::string(rows.text(0)),
                               rows.number(1),
                               rows.integer(2) != 0,
                               rows.integer(3) != 0,
                               rows.number(4)});
        }
        return {};
    }();
    TRY_DO(db_.commit());
    return read;
}

Result<void> Manifest::change(const ManifestChange& change) {
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY(auto drop, db_.prepare("DELETE FROM shard WHERE label=?1"));
    TRY(auto undead, db_.prepare("DELETE FROM dead WHERE label=?1"));
    TRY(auto retire, db_.prepare("INSERT OR IGNORE INTO retired VALUES(?1)"));
    TRY(auto put, db_.prepare("INSERT OR REPLACE INTO shard VALUES(?1,?2,?3,?4,?5)"));
    TRY(auto kill, db_.prepare("INSERT OR IGNORE INTO dead VALUES(?1,?2)"));
    TRY(auto position, db_.prepare("UPDATE meta SET value=?1 WHERE key='position'"));
    for (const auto& label : change.drop) {
        TRY_DO(drop.run_with(label));
        TRY_DO(undead.run_with(label));
        TRY_DO(retire.run_with(label));
    }
    for (const auto& row : change.put)
        TRY_DO(put.run_with(row.label, row.docs, row.sorted, row.overlay, row.bytes));
    for (const auto& [label, rows] : change.dead)
        for (const auto row : rows) TRY_DO(kill.run_with(label, row));
    if (change.position) TRY_DO(position.run_with(*change.position));
    if (change.overlay_from) {
        TRY(auto from, db_.prepare("INSERT OR REPLACE INTO meta VALUES('overlay_from',?1)"));
        TRY_DO(from.run_with(*change.overlay_from));
    }
    TRY_DO(transaction.commit());
    TRY_DO(db_.run("PRAGMA wal_checkpoint(PASSIVE)"));  // keeps the WAL short; readers may go on
    return load();
}

Result<void> Manifest::start_again() {
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY_DO(
        db_.run("INSERT OR IGNORE INTO retired SELECT label FROM shard;DELETE FROM shard;"
                "DELETE FROM dead;UPDATE meta SET value=0 WHERE key='position';"));
    TRY(auto version, db_.prepare("UPDATE meta SET value=?1 WHERE key='analyser'"));
    TRY_DO(version.run_with(text::analyser_version));
    TRY_DO(transaction.commit());
    return load();
}

Result<std::string> Manifest::new_label() {
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY(auto next, db_.prepare("UPDATE meta SET value=value+1 WHERE key='next' RETURNING value-1"));
    TRY(const bool there, next.step());
    if (!there) return fail(Errc::corrupt, "the manifest of the index has no counter");
    auto label = fmt::format("index/{:06}.db", next.integer(0));
    TRY_DO(next.run());
    TRY_DO(transaction.commit());
    return label;
}

Result<std::vector<std::string>> Manifest::retired() {
    TRY(auto rows, db_.prepare("SELECT label FROM retired ORDER BY label"));
    std::vector<std::string> labels;
    for (;;) {
        TRY(const bool more, rows.step());
        if (!more) return labels;
        labels.emplace_back(rows.text(0));
    }
}

Result<void> Manifest::forget_retired(const std::vector<std::string>& labels) {
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY(auto remove, db_.prepare("DELETE FROM retired WHERE label=?1"));
    for (const auto& label : labels) TRY_DO(remove.run_with(label));
    return transaction.commit();
}

Result<void> Manifest::retire(const std::vector<std::string>& labels) {
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY(auto insert, db_.prepare("INSERT OR IGNORE INTO retired VALUES(?1)"));
    for (const auto& label : labels) TRY_DO(insert.run_with(label));
    return transaction.commit();
}

Result<std::vector<std::uint64_t>> Manifest::dead(const std::string& label) {
    TRY(auto rows, db_.prepare("SELECT row FROM dead WHERE label=?1 ORDER BY row"));
    rows.bind(label);
    std::vector<std::uint64_t> out;
    for (;;) {
        TRY(const bool more, rows.step());
        if (!more) return out;
        out.push_back(rows.number(0));
    }
}

}  // namespace letopis::search
