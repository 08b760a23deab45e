// SPDX-License-Identifier: AGPL-3.0-or-later
// Closing a shard: the live file becomes two files that do not change any more, and a new live file
// begins with their hashes. Order: (1) both files complete under temporary names, synced; (2)
// renamed into place; (3) uniqueness keys into once.db; (4) a new live file, complete, renamed over
// the old one. Until (4) the old live file is the truth and the rest is made again.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/mutant.hpp"
#include "journal/state.hpp"

namespace letopis::journal {

namespace {

Result<void> copy_rows(sql::Database& from,
                       sql::Database& to,
                       const char* select,
                       const char* insert,
                       const std::vector<bool>& blobs) {
    TRY(auto rows, from.prepare(select));
    TRY(auto put, to.prepare(insert));
    for (;;) {
        TRY(const bool more, rows.step());
        if (!more) return {};
        put.reset();
        for (int i = 0; i < static_cast<int>(blobs.size()); ++i)
            sqlite3_bind_value(put.handle(), i + 1, sqlite3_column_value(rows.handle(), i));
        TRY_DO(put.run());
    }
}

}  // namespace

Result<Digest> hash_file(const Path& file, std::uint64_t& bytes) {
    crypto::Sha256 hash;
    Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return tl::unexpected<Error>(
            system_error("cannot read " + file.filename().string(), errno));
    std::string buffer(128 << 10, '\0');
    for (;;) {
        const auto got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got < 0)
            return tl::unexpected<Error>(
                system_error("cannot read " + file.filename().string(), errno));
        if (got == 0) return hash.finish();
        bytes += static_cast<std::uint64_t>(got);
        hash.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
    }
}

Result<void> Journal::close_shard() {
    auto& state = *state_;
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return !state.leading; });
    if (state.broken) return tl::unexpected<Error>(*state.broken);
    if (state.head.records - state.live_first.value() <= 1) return {};
    state.leading = true;
    lock.unlock();
    auto done = state.close_shard();
    lock.lock();
    state.leading = false;
    if (!done && done.error().code != Errc::no_space) state.broken = done.error();
    state.durable = state.head;
    state.changed.notify_all();
    return done;
}

Result<void> Journal::State::close_shard() {
    const auto first = live_first;
    const std::pair<crypto::Purpose, std::string> wanted[] = {
        {crypto::Purpose::page, journal_label(first)},
        {crypto::Purpose::page, bodies_label(first)}};
    TRY_DO(keyring.ensure_all(wanted, clock.now()));
    const std::unique_lock alone(files);
    {
        const std::lock_guard pool(pool_mutex);
        idle_live.clear();
    }
    TRY_DO(checkpoint(true));
    const auto write_part =
        [&](const std::string& label, const char* schema, auto copy) -> Result<Digest> {
        const Path final_path = archive / label;
        const Path temporary = final_path.string() + ".new";
        TRY_DO(remove_file(temporary));
        TRY(const auto named, keyring.find(crypto::Purpose::page, label));
        {
            TRY(auto db,
                sql::Database::open(
                    temporary,
                    named.key.bytes(),
                    {.mode = sql::Mode::create, .durability = sql::Durability::file}));
            TRY_DO(db.run(schema));
            TRY(auto transaction, sql::Transaction::begin(db));
            TRY_DO(copy(db));
            TRY_DO(transaction.commit());
        }
        if (!mutant("skip_shard_sync")) TRY_DO(sync_file(temporary));
        if (::chmod(temporary.c_str(), 0440) != 0)
            return tl::unexpected<Error>(system_error("cannot protect " + label, errno));
        std::uint64_t ignored_bytes = 0;
        TRY(const auto digest, hash_file(temporary, ignored_bytes));
        TRY_DO(rename_durably(temporary, final_path));
        return digest;
    };
    TRY(const auto journal_hash,
        write_part(journal_label(first), journal_schema, [&](sql::Database& to) -> Result<void> {
            TRY_DO(copy_rows(*live,
                             to,
                             "SELECT * FROM record ORDER BY seq",
                             "INSERT INTO record VALUES(?,?,?,?,?,?)",
                             std::vector<bool>(6)));
            return copy_rows(*live,
                             to,
                             "SELECT * FROM hole ORDER BY seq",
                             "INSERT INTO hole VALUES(?,?)",
                             std::vector<bool>(2));
        }));
    TRY(const auto bodies_hash,
        write_part(bodies_label(first), bodies_schema, [&](sql::Database& to) -> Result<void> {
            TRY_DO(copy_rows(*live,
                             to,
                             "SELECT * FROM body ORDER BY seq",
                             "INSERT INTO body VALUES(?,?,?,?)",
                             std::vector<bool>(4)));
            TRY_DO(copy_rows(*live,
                             to,
                             "SELECT * FROM object ORDER BY seq",
                             "INSERT INTO object VALUES(?,?,?)",
                             std::vector<bool>(3)));
            return copy_rows(*live,
                             to,
                             "SELECT * FROM wrap ORDER BY ref, key_id",
                             "INSERT INTO wrap VALUES(?,?,?)",
                             std::vector<bool>(3));
        }));
    {
        TRY_DO(open_once_closed());
        TRY(auto transaction, sql::Transaction::begin(*once_closed));
        TRY_DO(copy_rows(*live,
                         *once_closed,
                         "SELECT * FROM once ORDER BY key",
                         "INSERT OR IGNORE INTO once VALUES(?,?)",
                         std::vector<bool>(2)));
        TRY_DO(transaction.commit());
        sqlite3_wal_checkpoint_v2(
            once_closed->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    }
    // The new live file with its first record, whole before it gets its name.
    const Path fresh = archive / "live.db.new";
    {
        for (const char* suffix : {"", "-wal", "-shm"})
            TRY_DO(remove_file(fresh.string() + suffix));
        TRY(const auto named, keyring.find(crypto::Purpose::page, live_label));
        TRY(auto db,
            sql::Database::open(fresh,
                                named.key.bytes(),
                                {.mode = sql::Mode::create, .durability = sql::Durability::file}));
        TRY_DO(db.run(live_schema));
        TRY_DO(copy_rows(*live,
                         db,
                         "SELECT * FROM stream",
                         "INSERT INTO stream VALUES(?,?)",
                         std::vector<bool>(2)));
        TRY_DO(copy_rows(*live,
                         db,
                         "SELECT * FROM dictionary",
                         "INSERT INTO dictionary VALUES(?,?)",
                         std::vector<bool>(2)));
        TRY_DO(copy_rows(*live,
                         db,
                         "SELECT * FROM dictionary_copy",
                         "INSERT INTO dictionary_copy VALUES(?,?)",
                         std::vector<bool>(2)));
        const auto descriptor = fmt::format(
            R"({{"v":1,"first":{},"records":{},"journal_sha256":"{}","bodies_sha256":"{}"}})",
            first.value(),
            head.records - first.value(),
            hex(journal_hash),
            hex(bodies_hash));
        const Draft draft{
            .type = LeafType::state_change, .kind = Kind::shard_closed, .descriptor = descriptor};
        TRY(const auto prepared, prepare(draft));
        const Seq seq(head.records);
        const auto salt = random_bytes(32);
        const auto encoded = ledger::encode({.type = static_cast<std::uint8_t>(draft.type),
                                             .commit = ledger::commitment(salt, descriptor),
                                             .object = {}});
        TRY(auto record, db.prepare("INSERT INTO record VALUES(?,?,?,?,?,?)"));
        const auto now = clock.now();
        TRY_DO(record.run_with(seq.value(),
                               Origin::archive,
                               head.leaves[1],
                               to_micros(now),
                               draft.type,
                               sql::Blob{ledger::as_bytes(encoded)}));
        TRY(auto body, db.prepare("INSERT INTO body VALUES(?,1,?,?)"));
        const auto sealed =
            seal_body(system_key.key,
                      {.seq = seq, .at = now, .origin = draft.origin, .leaf_index = head.leaves[1]},
                      salt,
                      prepared.frame);
        TRY_DO(body.run_with(seq.value(), as_integer(system_key.id), sql::Blob{sealed}));
        TRY(auto row, db.prepare("INSERT INTO head VALUES(1, ?, ?, ?, ?, ?)"));
        TRY_DO(row.run_with(
            format_version, seq.value(), seq.value() + 1, head.leaves[1] + 1, head.leaves[2]));
    }
    TRY_DO(sync_file(fresh));
    write = {};
    find_once_closed = {};
    once_closed.reset();
    live.reset();  // the last connection: its WAL is empty and goes with it
    for (const char* suffix : {"-wal", "-shm"})
        TRY_DO(remove_file(archive / (std::string(live_label) + suffix)));
    // The old log must be gone for good before the new file has the name: SQLite would replay it.
    TRY_DO(sync_directory(archive));
    TRY_DO(rename_durably(fresh, archive / live_label));
    if (std::ranges::find(closed, first) == closed.end()) closed.push_back(first);
    return open_writer();
}

Result<void> Journal::State::finish_interrupted_close() {
    for (const char* suffix : {"", "-wal", "-shm"})
        TRY_DO(remove_file(archive / (std::string("live.db.new") + suffix)));
    for (const char* directory : {"journal", "bodies"}) {
        TRY(const auto names, list_directory(archive / directory));
        for (const auto& name : names)
            if (name.ends_with(".new")) TRY_DO(remove_file(archive / directory / name));
    }
    // Closed files of the live range are the half-done work of a close that did not get to its end:
    // the live file is the truth.
    const auto half = std::ranges::find(closed, live_first);
    if (half == closed.end()) return {};
    closed.erase(half);
    for (const auto& label : {journal_label(live_first), bodies_label(live_first)})
        TRY_DO(remove_file(archive / label));
    return {};
}

}  // namespace letopis::journal
