// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sql/sqlite.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <bit>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/mutant.hpp"

namespace letopis::sql {

namespace {

constexpr auto damaged =
    "The file is damaged, or the key is of another archive. `letopis verify` tells what is wrong; "
    "`letopis rebuild` makes the catalogue and the index again.";

// What a person can look at: the name of the file, not the statement.
std::string use_of(sqlite3* db) {
    const char* file = db != nullptr ? sqlite3_db_filename(db, "main") : nullptr;
    if (file == nullptr || *file == '\0') return "the database cannot be used";
    return Path(file).filename().string() + " cannot be used";
}

}  // namespace

Error error_of(sqlite3* db, int code, std::string_view doing) {
    auto errc = Errc::io;
    std::string hint;
    // The shared-memory file of a WAL is only ever too small for lack of room.
    switch (code == SQLITE_IOERR_SHMSIZE ? SQLITE_FULL : code & 0xff) {
        case SQLITE_FULL:
            errc = Errc::no_space;
            hint = "Free some space on the disk and run the same command again.";
            break;
        case SQLITE_CORRUPT:
            errc = Errc::corrupt;
            hint = damaged;
            break;
        case SQLITE_NOTADB:
            errc = Errc::wrong_key;
            hint = damaged;
            break;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            errc = Errc::unavailable;
            hint = "Another command is at work; run this one again when it is done.";
            break;
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
            errc = Errc::forbidden;
            hint = "Look whether you may read and write the files of the archive.";
            break;
        case SQLITE_IOERR:
            hint = "Look at the disk and at the system's log, then run `letopis verify`.";
            break;
        case SQLITE_CONSTRAINT: errc = Errc::conflict; break;
        case SQLITE_TOOBIG: errc = Errc::too_large; break;
        case SQLITE_ERROR:
            errc = Errc::invalid;
            hint = "This is a defect of the program; please report it with this line.";
            break;
        case SQLITE_INTERRUPT: errc = Errc::cancelled; break;
        default: break;
    }
    const char* message = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    return Error{errc, fmt::format("{}: {} (SQLite {})", doing, message, code), std::move(hint)};
}

namespace {

int open_flags(Mode mode) {
    constexpr int common =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI | SQLITE_OPEN_PRIVATECACHE;
    switch (mode) {
        case Mode::create: return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case Mode::write: return common | SQLITE_OPEN_READWRITE;
        case Mode::read: return common | SQLITE_OPEN_READONLY;
        case Mode::immutable: return common | SQLITE_OPEN_READONLY;
    }
    std::abort();
}

std::string file_uri(const Path& file, Mode mode) {
    std::string uri = "file:";
    for (const char c : file.string()) {
        if (c == '?' || c == '#' || c == '%' || static_cast<unsigned char>(c) < 0x20)
            uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        else
            uri.push_back(c);
    }
    if (mode == Mode::immutable) uri += "?immutable=1";
    return uri;
}

// Is there anything in the write-ahead log beside the file?
bool has_log(const Path& file) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file.string() + "-wal", error);
    return !error && bytes != 0;
}

// Where a password would have its salt, which nothing reads beside a raw key: the one place of a
// file that no seal covers. Files of before November 2026 have any 16 bytes there.
constexpr std::string_view first_bytes = "Letopis database";

std::string setup(const Options& options) {
    // What the library's build sets for every file stands in third_party/sqlite3mc/CMakeLists.txt.
    auto text = fmt::format("PRAGMA cache_size=-{};PRAGMA cell_size_check=ON;", options.cache_kib);
    if (options.mode == Mode::create || options.mode == Mode::write) {
        text += "PRAGMA secure_delete=ON;PRAGMA auto_vacuum=NONE;";
        switch (options.durability) {
            case Durability::full:
                text += fmt::format(
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous={};PRAGMA wal_autocheckpoint=0;",
                    mutant("drop_wal_sync") ? "OFF" : "FULL");
                break;
            case Durability::ordered:
                text += fmt::format(
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous={};PRAGMA "
                    "secure_delete=FAST;PRAGMA wal_autocheckpoint=4000;",
                    mutant("skip_projection_sync") ? "OFF" : "NORMAL");
                break;
            case Durability::file: text += "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"; break;
        }
    }
    return text;
}

}  // namespace

Result<Database> Database::open(const Path& file, std::string_view key, const Options& given) {
    CHECK(key.size() == 32);
    auto options = given;
    // A crash while the file was made: what it left has to be undone, which a reader may not do.
    // Where nobody may, the reader says so.
    if (std::error_code error;
        options.mode == Mode::read && std::filesystem::exists(file.string() + "-journal", error))
        (void)open(file, key, {.mode = Mode::write});
    if (options.alone && options.mode == Mode::read) {
        options.alone = !has_log(file);
        if (options.alone) options.mode = Mode::immutable;
    }
    if (options.mode != Mode::create && !std::filesystem::exists(file))
        return fail(Errc::not_found, file.filename().string() + " is not there");
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(
        file_uri(file, options.mode).c_str(), &raw, open_flags(options.mode), nullptr);
    Database db(raw);
    const auto doing = "cannot open " + file.filename().string();
    if (opened != SQLITE_OK) {
        return tl::unexpected<Error>(error_of(raw, opened, doing));
    }
    sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
    sqlite3_busy_timeout(raw, static_cast<int>(options.busy_timeout.count()));
    // A short command compiles little: clearing memory for it ahead would cost more.
    if (options.alone) sqlite3_db_config(raw, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);
    // Before the first read: then the index of the write-ahead log is kept in memory of our own.
    if (options.alone && options.mode != Mode::immutable)
        if (auto locked = db.run("PRAGMA locking_mode=EXCLUSIVE"); !locked)
            return within(doing, std::move(locked).error());
    auto key_text = "PRAGMA cipher='aegis';PRAGMA page_size=8192;PRAGMA key='raw:" + hex(key) +
                    hex(first_bytes) + "';";
    const auto keyed = db.run(key_text.c_str());
    std::fill(key_text.begin(), key_text.end(), '\0');
    if (!keyed) return within(doing, keyed.error());
    // The first read of a page shows whether the key fits.
    if (auto fits = db.run("SELECT count(*) FROM sqlite_schema"); !fits)
        return within(doing, std::move(fits).error());
    if (auto ready = db.run(setup(options).c_str()); !ready)
        return within(doing, std::move(ready).error());
    // Last: it refuses journal_mode=OFF, too.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    return db;
}

Database::Database(Database&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)),
      begin_(std::exchange(other.begin_, nullptr)),
      commit_(std::exchange(other.commit_, nullptr)) {}
Database& Database::operator=(Database&& other) noexcept {
    if (this != &other) {
        close();
        db_ = std::exchange(other.db_, nullptr);
        begin_ = std::exchange(other.begin_, nullptr);
        commit_ = std::exchange(other.commit_, nullptr);
    }
    return *this;
}
Database::~Database() { close(); }

void Database::close() {
    sqlite3_finalize(begin_);
    sqlite3_finalize(commit_);
    sqlite3_close_v2(db_);
}

Result<void> Database::run_kept(sqlite3_stmt*& statement, const char* sql) {
    if (statement == nullptr) {
        const int code =
            sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return tl::unexpected<Error>(error_of(db_, code, use_of(db_)));
    }
    const int code = sqlite3_step(statement);
    auto error = code == SQLITE_DONE ? std::optional<Error>() : error_of(db_, code, use_of(db_));
    sqlite3_reset(statement);
    if (error) return tl::unexpected<Error>(std::move(*error));
    return {};
}

Result<void> Database::run(const char* sql) {
    const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return tl::unexpected<Error>(error_of(db_, code, use_of(db_)));
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_,
                                        sql.data(),
                                        static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT,
                                        &statement,
                                        nullptr);
    if (code != SQLITE_OK)
        return tl::unexpected<Error>(error_of(db_, code, fmt::format("cannot compile `{}`", sql)));
    return Statement(statement);
}

Result<void> Database::sync() {
    if (mutant("skip_projection_sync")) return {};
    const Path file = sqlite3_db_filename(db_, "main");
    // Not the file itself: what stands there was synced when it was moved, and closing it once more
    // would give up the locks of this process.
    auto log = file;
    log += "-wal";
    if (std::error_code error; std::filesystem::exists(log, error)) TRY_DO(sync_file(log));
    return sync_directory(file.parent_path());
}

std::int64_t Database::last_rowid() const { return sqlite3_last_insert_rowid(db_); }
std::int64_t Database::changes() const { return sqlite3_changes64(db_); }

Statement& Statement::operator=(Statement&& other) noexcept {
    if (this != &other) {
        sqlite3_finalize(statement_);
        statement_ = std::exchange(other.statement_, nullptr);
    }
    return *this;
}
Statement::~Statement() { sqlite3_finalize(statement_); }

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    auto* db = sqlite3_db_handle(statement_);
    auto error = error_of(db, code, use_of(db));
    sqlite3_reset(statement_);
    return tl::unexpected<Error>(std::move(error));
}

Result<void> Statement::run() {
    for (;;) {
        TRY(const bool row, step());
        if (!row) break;
    }
    reset();
    return {};
}

void Statement::reset() { sqlite3_reset(statement_); }

void Statement::bind_integer(int index, std::int64_t value) {
    CHECK(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK);
}
void Statement::bind_real(int index, double value) {
    CHECK(sqlite3_bind_double(statement_, index, value) == SQLITE_OK);
}
void Statement::bind_text(int index, std::string_view value) {
    CHECK(sqlite3_bind_text64(statement_,
                              index,
                              value.data() != nullptr ? value.data() : "",
                              value.size(),
                              SQLITE_STATIC,
                              SQLITE_UTF8) == SQLITE_OK);
}
void Statement::bind_blob(int index, std::string_view value) {
    CHECK(sqlite3_bind_blob64(statement_,
                              index,
                              value.data() != nullptr ? value.data() : "",
                              value.size(),
                              SQLITE_STATIC) == SQLITE_OK);
}
void Statement::bind_null(int index) { CHECK(sqlite3_bind_null(statement_, index) == SQLITE_OK); }

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
std::string_view Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return data == nullptr
               ? std::string_view()
               : std::string_view(
                     data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}
std::string_view Statement::blob(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data == nullptr
               ? std::string_view()
               : std::string_view(
                     data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}
bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<Transaction> Transaction::begin(Database& db) {
    TRY_DO(db.run("BEGIN IMMEDIATE"));
    return Transaction(db);
}
Transaction::~Transaction() {
    if (db_ != nullptr) (void)db_->run("ROLLBACK");
}
Result<void> Transaction::commit() {
    CHECK(db_ != nullptr);
    auto* db = std::exchange(db_, nullptr);
    if (auto done = db->run("COMMIT"); !done) {
        (void)db->run("ROLLBACK");
        return done;
    }
    return {};
}

Result<void> remove_database(const Path& file) {
    TRY_DO(remove_file(file));
    TRY_DO(sync_directory(file.parent_path()));
    for (const char* suffix : {"-wal", "-shm"}) TRY_DO(remove_file(file.string() + suffix));
    return sync_directory(file.parent_path());
}

namespace {

// Bits that are not as they should be in the bytes that no page's seal covers. Random bytes of an
// older file have about 64; up to 32 are damage.
Result<void> check_first_bytes(Database& db) {
    const Path file = sqlite3_db_filename(db.handle(), "main");
    Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    char bytes[first_bytes.size()];
    const auto got = fd ? ::pread(fd.get(), bytes, sizeof bytes, 0) : -1;
    if (got == 0) return {};  // everything still stands in the write-ahead log
    if (got != static_cast<ssize_t>(sizeof bytes))
        return fail(Errc::io, "cannot read " + file.filename().string());
    int wrong = 0;
    for (std::size_t i = 0; i < sizeof bytes; ++i)
        wrong += std::popcount(static_cast<unsigned>(static_cast<unsigned char>(bytes[i]) ^
                                                     static_cast<unsigned char>(first_bytes[i])));
    if (wrong == 0 || wrong > 32) return {};
    return fail(Errc::corrupt, file.filename().string() + " does not begin as it should");
}

}  // namespace

Result<std::uint64_t> read_every_page(Database& db) {
    TRY_DO(check_first_bytes(db));
    TRY(auto pages, db.prepare("SELECT length(data) FROM sqlite_dbpage('main')"));
    std::uint64_t bytes = 0;
    for (;;) {
        TRY(const bool more, pages.step());
        if (!more) return bytes;
        bytes += pages.number(0);
    }
}

}  // namespace letopis::sql
