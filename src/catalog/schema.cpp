// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/schema.hpp"

#include <fmt/format.h>

namespace letopis::catalog {

namespace {

constexpr const char* tables = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE source(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    channel INTEGER NOT NULL, captured INTEGER NOT NULL, deliveries INTEGER NOT NULL,
    files INTEGER NOT NULL);
CREATE TABLE context(seq INTEGER PRIMARY KEY, source INTEGER NOT NULL, at INTEGER NOT NULL,
    title TEXT NOT NULL, channel INTEGER NOT NULL, facts TEXT NOT NULL, input TEXT NOT NULL);
CREATE INDEX context_source ON context(source);
CREATE TABLE word(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX word_hash ON word(hash);
CREATE TABLE address(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL,
    folded TEXT NOT NULL, messages INTEGER NOT NULL, first INTEGER NOT NULL);
CREATE UNIQUE INDEX address_text ON address(kind, text);
CREATE TABLE seen_name(id INTEGER PRIMARY KEY, address INTEGER NOT NULL, text TEXT NOT NULL,
    folded TEXT NOT NULL, count INTEGER NOT NULL);
CREATE UNIQUE INDEX seen_name_text ON seen_name(address, text);
CREATE TABLE external(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, text TEXT NOT NULL,
    conversation INTEGER NOT NULL, message INTEGER);
CREATE INDEX external_hash ON external(hash);
CREATE TABLE same_id(external INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY(external, seq)) WITHOUT ROWID;
CREATE TABLE twin(seq INTEGER PRIMARY KEY, of INTEGER NOT NULL);
CREATE TABLE conversation(id INTEGER PRIMARY KEY, source INTEGER, key TEXT, title TEXT,
    first INTEGER NOT NULL, messages INTEGER NOT NULL, merged INTEGER);
CREATE UNIQUE INDEX conversation_key ON conversation(source, key) WHERE source IS NOT NULL;
CREATE TABLE message(seq INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, sort INTEGER NOT NULL,
    main INTEGER, subject TEXT, body BLOB NOT NULL);
CREATE INDEX message_conversation ON message(conversation, sort) WHERE main IS NULL;
CREATE INDEX message_main ON message(main) WHERE main IS NOT NULL;
CREATE TABLE subject(hash INTEGER NOT NULL, sort INTEGER NOT NULL, seq INTEGER NOT NULL,
    flags INTEGER NOT NULL, PRIMARY KEY(hash, sort, seq)) WITHOUT ROWID;
CREATE TABLE chat_key(conversation INTEGER NOT NULL, native BLOB NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY(conversation, native)) WITHOUT ROWID;
CREATE TABLE tombstone(conversation INTEGER NOT NULL, native BLOB NOT NULL, seq INTEGER NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY(conversation, native, seq)) WITHOUT ROWID;
CREATE TABLE revised(message INTEGER PRIMARY KEY, current INTEGER NOT NULL, deleted_at INTEGER);
CREATE TABLE text(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE delivery(seq INTEGER PRIMARY KEY, message INTEGER NOT NULL, context INTEGER NOT NULL,
    at INTEGER NOT NULL, position INTEGER NOT NULL, folder INTEGER NOT NULL, flags INTEGER NOT NULL,
    member INTEGER NOT NULL);
CREATE INDEX delivery_message ON delivery(message);
CREATE TABLE file(seq INTEGER PRIMARY KEY, context INTEGER NOT NULL, hash INTEGER NOT NULL,
    at INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,
    type INTEGER NOT NULL);
CREATE INDEX file_path ON file(hash);
CREATE TABLE tag(word INTEGER NOT NULL, message INTEGER NOT NULL, seq INTEGER NOT NULL,
    by INTEGER NOT NULL, PRIMARY KEY(word, message)) WITHOUT ROWID;
CREATE INDEX tag_message ON tag(message);
CREATE TABLE derived(seq INTEGER PRIMARY KEY, of INTEGER NOT NULL, locator TEXT NOT NULL,
    bytes BLOB NOT NULL, tool INTEGER NOT NULL, version INTEGER NOT NULL);
CREATE INDEX derived_of ON derived(of);
CREATE TABLE run_books(source INTEGER NOT NULL, run INTEGER NOT NULL, seq INTEGER NOT NULL,
    at INTEGER NOT NULL, seen INTEGER NOT NULL, stored INTEGER NOT NULL, duplicates INTEGER NOT NULL,
    refused INTEGER NOT NULL, pending INTEGER NOT NULL, marked INTEGER NOT NULL,
    files INTEGER NOT NULL, finished INTEGER NOT NULL, PRIMARY KEY(source, run)) WITHOUT ROWID;
CREATE TABLE refusal(source INTEGER NOT NULL, seq INTEGER NOT NULL, number INTEGER NOT NULL,
    item TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(source, seq, number)) WITHOUT ROWID;
CREATE TABLE other(kind INTEGER NOT NULL, known INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(kind, known)) WITHOUT ROWID;
)";

Result<void> make(sql::Database& db, const Options& options) {
    TRY_DO(db.run("BEGIN IMMEDIATE"));
    TRY_DO(db.run(tables));
    TRY(auto meta, db.prepare("INSERT INTO meta(name, value) VALUES(?, ?)"));
    TRY_DO(meta.run_with("schema", schema_version));
    TRY_DO(meta.run_with("threading", threading_version));
    TRY_DO(meta.run_with("rule", options.threading));
    TRY_DO(meta.run_with("position", 0));
    // Hashes of names are keyed: a stranger must not be able to send a thousand ids of one hash.
    const auto key = random_bytes(16);
    TRY_DO(meta.run_with("hash_key", sql::Blob{key}));
    TRY_DO(db.run("COMMIT"));
    return {};
}

Result<std::int64_t> value(sql::Database& db, std::string_view name) {
    TRY(auto meta, db.prepare("SELECT value FROM meta WHERE name=?"));
    TRY(const bool there, meta.bind(name).step());
    if (!there) return fail(Errc::corrupt, fmt::format("the catalogue has no {}", name));
    return meta.integer(0);
}

Result<void> check(sql::Database& db, const Options& options) {
    TRY(const auto schema, value(db, "schema"));
    TRY(const auto threading, value(db, "threading"));
    if (schema != schema_version || threading != threading_version)
        return fail(Errc::unsupported,
                    fmt::format("the catalogue has schema {}.{}, this program reads {}.{}",
                                schema,
                                threading,
                                schema_version,
                                threading_version),
                    "run letopis rebuild catalog");
    TRY(const auto rule, value(db, "rule"));
    if (rule != static_cast<std::int64_t>(options.threading))
        return fail(Errc::conflict,
                    "the catalogue was built with another threading rule",
                    "run letopis rebuild catalog");
    return {};
}

}  // namespace

Result<void> prepare_schema(sql::Database& db, const Options& options) {
    bool empty = false;
    {
        TRY(auto count, db.prepare("SELECT count(*) FROM sqlite_schema"));
        TRY_DO(count.step());
        empty = count.integer(0) == 0;
    }
    if (!empty) return check(db, options);
    if (options.access == Access::read)
        return fail(Errc::not_found, "the catalogue is empty", "run letopis rebuild catalog");
    return make(db, options);
}

}  // namespace letopis::catalog
