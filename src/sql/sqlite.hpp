// SPDX-License-Identifier: AGPL-3.0-or-later
// SQLite through SQLite3 Multiple Ciphers: every file is encrypted and every page authenticated
// (cipher AEGIS-256, page 8192). There is no way to open a file in clear. A Database and its
// Statements belong to one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/files.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace letopis::sql {

enum class Mode : std::uint8_t {
    create,     // read and write, made when missing
    write,      // read and write, must exist
    read,       // read only; beside a writer it sees committed snapshots
    immutable,  // read only, and nobody changes the file while it is open (closed shards)
};

enum class Durability : std::uint8_t {
    full,     // WAL, synchronous=FULL: a commit that returned survives a power cut
    ordered,  // WAL, synchronous=NORMAL: a power cut may take back the last commits and leaves the
              // file whole; for projections, which read on in the journal from where they stand
    file,     // rollback journal off, no sync: for a file that is written whole, then synced and
              // renamed by the caller
};

struct Options {
    Mode mode = Mode::create;
    Durability durability = Durability::full;
    int cache_kib = 8192;
    // Nobody else has the file open, nor will have: no file is shared for its write-ahead log, and
    // one that is read, and has nothing waiting in that log, is read as if it were immutable.
    bool alone = false;
    std::chrono::milliseconds busy_timeout = std::chrono::milliseconds(10'000);
};

class Statement;

class Database {
public:
    // `key`: exactly 32 bytes. Errors: not_found, wrong_key (or a damaged first page: SQLite cannot
    // tell), corrupt, forbidden, io, no_space.
    static Result<Database> open(const Path& file,
                                 std::string_view key,
                                 const Options& options = {});
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    // One or more statements without parameters.
    Result<void> run(const char* sql);
    // BEGIN and COMMIT, compiled once.
    Result<void> begin() { return run_kept(begin_, "BEGIN"); }
    Result<void> commit() { return run_kept(commit_, "COMMIT"); }
    // Compiled once, kept by the caller: Statement must not outlive its Database.
    Result<Statement> prepare(std::string_view sql);
    // What was committed so far survives a power cut (`ordered`).
    Result<void> sync();
    std::int64_t last_rowid() const;
    std::int64_t changes() const;  // rows changed by the last statement
    sqlite3* handle() const { return db_; }

private:
    explicit Database(sqlite3* db) : db_(db) {}
    Result<void> run_kept(sqlite3_stmt*& statement, const char* sql);
    void close();
    sqlite3* db_ = nullptr;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
};

// Bind parameters are numbered from 1; columns from 0. Views returned by columns live until the
// next step or reset.
class Statement {
public:
    Statement() = default;
    Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Statement& operator=(Statement&& other) noexcept;
    ~Statement();

    // Resets, then binds in order: integers, enums, bool, double, std::string_view as TEXT, Blob as
    // BLOB, nullptr or an empty optional as NULL. Text and blobs are bound without a copy: they
    // must live until the statement is stepped to its end or reset.
    template <class... Args>
    Statement& bind(const Args&... args) {
        reset();
        int index = 0;
        (bind_one(++index, args), ...);
        return *this;
    }
    // true: a row is there; false: done.
    Result<bool> step();
    // For statements without rows: step to the end, then reset.
    Result<void> run();
    template <class... Args>
    Result<void> run_with(const Args&... args) {
        bind(args...);
        return run();
    }
    void reset();

    std::int64_t integer(int column) const;
    std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    double real(int column) const;
    std::string_view text(int column) const;
    std::string_view blob(int column) const;
    bool is_null(int column) const;
    explicit operator bool() const { return statement_ != nullptr; }
    sqlite3_stmt* handle() const { return statement_; }

private:
    friend class Database;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    void bind_integer(int index, std::int64_t value);
    void bind_real(int index, double value);
    void bind_text(int index, std::string_view value);
    void bind_blob(int index, std::string_view value);
    void bind_null(int index);
    template <class T>
    void bind_one(int index, const T& value);
    sqlite3_stmt* statement_ = nullptr;
};

struct Blob {
    std::string_view bytes;
};

// BEGIN IMMEDIATE … COMMIT; rolls back when it goes out of scope uncommitted.
class Transaction {
public:
    static Result<Transaction> begin(Database& db);
    Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(Database& db) : db_(&db) {}
    Database* db_;
};

// Removes a file that nobody writes, and what stands beside it. The file goes first, and for
// certain: a log without its file says nothing, but an old log beside a new file would be read.
Result<void> remove_database(const Path& file);

// Reads every page of the file, those without content too, so that each is authenticated, and the
// 16 bytes before them, which no seal covers (docs/formats/archive.md). Returns
// the bytes; corrupt, io.
Result<std::uint64_t> read_every_page(Database& db);

// The error of the last call on this connection as an Error.
Error error_of(sqlite3* db, int code, std::string_view doing);

template <class T>
void Statement::bind_one(int index, const T& value) {
    if constexpr (std::is_same_v<T, std::nullptr_t>)
        bind_null(index);
    else if constexpr (std::is_same_v<T, Blob>)
        bind_blob(index, value.bytes);
    else if constexpr (std::is_enum_v<T>)
        bind_integer(index, static_cast<std::int64_t>(value));
    else if constexpr (std::is_integral_v<T>)
        bind_integer(index, static_cast<std::int64_t>(value));
    else if constexpr (std::is_floating_point_v<T>)
        bind_real(index, value);
    else if constexpr (std::is_convertible_v<const T&, std::string_view>)
        bind_text(index, value);
    else if (value)
        bind_one(index, *value);  // std::optional
    else
        bind_null(index);
}

}  // namespace letopis::sql
