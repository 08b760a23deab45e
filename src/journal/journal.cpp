// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/journal.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/check.hpp"
#include "journal/state.hpp"

namespace letopis::journal {

namespace {
constexpr const char* live_log = "live.db-wal";
// Some dozen access records; the next command reads them again.
constexpr std::uint64_t brief_log_bytes_max = 512 * 1024;

void keep_log(sql::Database& db, bool keep) {
    sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(keep), nullptr);
}

Result<void> make_live(const Path& archive, crypto::Keyring& keyring, const Path& file, Head head) {
    TRY(const auto named, keyring.find(crypto::Purpose::page, live_label));
    TRY_DO(remove_file(file));
    TRY(auto db, sql::Database::open(file, named.key.bytes(), {}));
    TRY_DO(db.run(live_schema));
    TRY(auto statement, db.prepare("INSERT INTO head VALUES(1, ?, ?, ?, ?, ?)"));
    TRY_DO(statement.run_with(
        format_version, head.records, head.records, head.leaves[1], head.leaves[2]));
    (void)archive;
    return {};
}
}  // namespace

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}

Journal::~Journal() { state_->close_files(); }

Result<void> Journal::create(const Path& archive,
                             crypto::Keyring& keyring,
                             const Clock& clock,
                             std::string_view first_descriptor) {
    using crypto::Purpose;
    const std::pair<Purpose, std::string> wanted[] = {{Purpose::page, live_label},
                                                      {Purpose::page, once_label}};
    TRY_DO(keyring.ensure_all(wanted, clock.now()));
    for (const char* directory : {"journal", "bodies", "objects"})
        TRY_DO(make_directories(archive / directory));
    TRY(auto once, open_file(archive, once_label, keyring, {}));
    TRY_DO(once.run(once_schema));
    TRY_DO(make_live(archive, keyring, archive / live_label, {}));
    TRY_DO(sync_directory(archive));
    TRY(auto journal, open(archive, keyring, clock, {.disk_reserve_bytes = 0}));
    const Draft first{
        .type = LeafType::state_change, .kind = Kind::archive_made, .descriptor = first_descriptor};
    TRY(auto appended, journal->append(std::span(&first, 1), Class::job));
    return {};
}

Result<std::unique_ptr<Journal>> Journal::open(const Path& archive,
                                               crypto::Keyring& keyring,
                                               const Clock& clock,
                                               Options options) {
    auto state = std::make_unique<State>(archive, keyring, clock, options);
    if (auto opened = state->open(); !opened) return within("journal", std::move(opened).error());
    return std::unique_ptr<Journal>(new Journal(std::move(state)));
}

Result<void> Journal::State::open() {
    TRY(system_key, keyring.find(crypto::Purpose::system, ""));
    TRY(audit_key, keyring.find(crypto::Purpose::audit, ""));
    TRY(dedup_key, keyring.find(crypto::Purpose::dedup, ""));
    TRY(const auto names, list_directory(archive / "journal"));
    for (const auto& name : names) {
        std::uint64_t first = 0;
        const auto [end, error] =
            std::from_chars(name.data(), name.data() + name.size(), first, 16);
        if (error == std::errc{} && end == name.data() + 16 &&
            name == journal_label(Seq(first)).substr(8))
            closed.push_back(Seq(first));
    }
    std::ranges::sort(closed);
    auto opened = open_writer();
    if (!opened && disk_is_full()) {
        // Even opening needs a few pages beside the files.
        if (release_reserve()) opened = open_writer();
        if (!opened && disk_is_full())
            return fail(Errc::no_space,
                        "the disk of the archive is full: " + opened.error().what,
                        "Free some space and run the same command again; nothing was lost.");
    }
    if (!opened) return within(live_label, std::move(opened).error());
    TRY_DO(finish_interrupted_close());
    keep_reserve();
    return load_dictionaries();
}

Result<void> Journal::State::open_writer() {
    TRY(auto db,
        open_file(archive,
                  live_label,
                  keyring,
                  {.mode = sql::Mode::write, .cache_kib = 32768, .alone = options.brief}));
    keep_log(db, true);  // until it is known to be whole
    TRY(auto row,
        db.prepare("SELECT format, first, records, leaf1, leaf2, (SELECT max(seq) FROM record) "
                   "FROM head"));
    TRY(const bool there, row.step());
    if (!there) return fail(Errc::corrupt, "live.db has no head row");
    if (row.integer(0) > format_version)
        return fail(Errc::unsupported,
                    fmt::format("this archive was written by a newer version of Letopis (journal "
                                "format {}; this one knows {})",
                                row.integer(0),
                                format_version),
                    "Use that newer version.");
    live_first = Seq(row.number(1));
    head = Head{.records = row.number(2), .leaves = {0, row.number(3), row.number(4)}};
    const auto expected = row.is_null(5) ? live_first.value() : row.number(5) + 1;
    if (expected != head.records || head.leaves[1] + head.leaves[2] != head.records)
        return fail(
            Errc::corrupt,
            fmt::format("live.db ends at record {} but its head says {}", expected, head.records));
    row = {};
    TRY_DO(compare_with_end());
    keep_log(db, false);
    TRY_DO(db.run(dictionary_copy_schema));  // live files of before November 2026 have none
    const auto make = [&](sql::Statement& statement, const char* text) -> Result<void> {
        TRY(statement, db.prepare(text));
        return {};
    };
    TRY_DO(make(write.record, "INSERT INTO record VALUES(?,?,?,?,?,?)"));
    TRY_DO(make(write.body, "INSERT INTO body VALUES(?,?,?,?)"));
    TRY_DO(make(write.object, "INSERT INTO object VALUES(?,?,?)"));
    TRY_DO(make(write.wrap, "INSERT INTO wrap VALUES(?,?,?)"));
    TRY_DO(make(write.once, "INSERT INTO once VALUES(?,?)"));
    TRY_DO(make(write.find_once, "SELECT seq FROM once WHERE key=?"));
    TRY_DO(make(write.stream, "SELECT version FROM stream WHERE name=?"));
    TRY_DO(
        make(write.put_stream,
             "INSERT INTO stream VALUES(?,?) ON CONFLICT DO UPDATE SET version=excluded.version"));
    TRY_DO(make(write.dictionary, "INSERT INTO dictionary VALUES(?,?)"));
    TRY_DO(make(write.dictionary_copy, "INSERT INTO dictionary_copy VALUES(?,?)"));
    TRY_DO(make(write.head, "UPDATE head SET records=?, leaf1=?, leaf2=?"));
    live.emplace(std::move(db));
    sqlite3_wal_hook(
        live->handle(),
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<State*>(self)->wal_pages = pages;
            return SQLITE_OK;
        },
        this);
    if (!std::filesystem::exists(archive / once_label))
        return fail(Errc::corrupt, std::string(once_label) + " is missing");
    std::error_code ignored;
    live_bytes = std::filesystem::file_size(archive / live_label, ignored);
    const std::lock_guard lock(mutex);
    durable = head;
    return {};
}

// A damaged live.end says nothing of the journal; `verify` tells it.
Result<void> Journal::State::compare_with_end() {
    const auto noted = read_end(archive);
    if (!noted) return {};
    noted_end = *noted;
    if (!noted_end || *noted_end <= head.records) return {};
    return fail(
        Errc::corrupt,
        fmt::format("live.db and its write-ahead log live.db-wal hold {} records, but there "
                    "were {}: the end of the log is lost",
                    head.records,
                    *noted_end),
        "Do not write to this copy. Restore the archive from a backup.");
}

Result<void> Journal::State::open_once_closed() {
    if (once_closed) return {};
    TRY(auto once,
        open_file(archive, once_label, keyring, {.mode = sql::Mode::write, .cache_kib = 16384}));
    TRY(find_once_closed, once.prepare("SELECT seq FROM once WHERE key=?"));
    once_closed.emplace(std::move(once));
    return {};
}

Result<void> Journal::State::load_dictionaries() {
    struct Known {
        Seq seq;
        ContentClass cls;
        std::optional<std::string> bytes;
    };
    std::vector<Known> known;
    const auto listed = [&]() -> Result<void> {
        TRY(auto rows,
            live->prepare("SELECT seq, class, bytes FROM dictionary LEFT JOIN dictionary_copy "
                          "USING(seq) ORDER BY seq"));
        for (;;) {
            TRY(const bool more, rows.step());
            if (!more) return {};
            auto& one = known.emplace_back();
            one.seq = Seq(rows.number(0));
            one.cls = static_cast<ContentClass>(rows.integer(1));
            if (!rows.is_null(2)) one.bytes = rows.blob(2);
        }
    }();
    if (!listed) return within(live_label, listed.error());
    for (auto& [seq, cls, bytes] : known) {
        if (bytes) {
            dictionaries.add(seq.value(), cls, std::move(*bytes));
            continue;
        }
        std::optional<Record> record;
        auto read = with_shard(seq, [&](ShardReader& shard) -> Result<void> {
            TRY(auto rows, shard.rows(seq, 1, true));
            if (rows.empty()) return fail(Errc::corrupt, "a dictionary is missing");
            TRY(record, assemble(shard, rows.front(), Contents::with));
            return {};
        });
        if (!read)
            return within(fmt::format("record {}, a dictionary", seq.value()),
                          std::move(read).error());
        dictionaries.add(seq.value(), cls, std::move(record->content));
    }
    return {};
}

void Journal::State::close_files() {
    {
        const std::lock_guard lock(pool_mutex);
        idle_live.clear();
        idle_closed.clear();
    }
    write = {};
    find_once_closed = {};
    once_closed.reset();
    // The last connection of live.db checkpoints its WAL and removes it.
    std::error_code error;
    const auto log_bytes = std::filesystem::file_size(archive / live_log, error);
    const bool small = options.brief && !error && log_bytes < brief_log_bytes_max;
    if (live && small && noted_end == head.records) keep_log(*live, true);
    live.reset();
}

Head Journal::head() const {
    const std::lock_guard lock(state_->mutex);
    return state_->durable;
}

Result<crypto::Keyring::Named> Journal::intake_key() {
    const auto now = state_->clock.now();
    const auto day = rfc3339(now).substr(0, 10);
    const std::lock_guard lock(state_->mutex);
    if (!state_->intake || state_->intake_day != day) {
        TRY(state_->intake, state_->keyring.ensure(crypto::Purpose::intake, day, now));
        state_->intake_day = day;
    }
    return *state_->intake;
}

OnceKey Journal::once_key(std::string_view source,
                          std::string_view key,
                          Kind kind,
                          std::string_view content_hash,
                          std::uint64_t ordinal) const {
    std::string message;
    Writer out(message);
    out.text(source);
    out.text(key);
    out.u16(static_cast<std::uint16_t>(kind));
    out.text(content_hash);
    out.u64(ordinal);
    const auto digest = crypto::hmac_sha256(state_->dedup_key.key, message);
    OnceKey once;
    std::copy_n(digest.begin(), once.size(), once.begin());
    return once;
}

bool Journal::has_dictionary(ContentClass cls) const {
    return state_->dictionaries.newest(cls) != 0;
}

Result<void> Journal::learn(ContentClass cls, std::span<const std::string> samples) {
    if (has_dictionary(cls)) return {};
    const auto bytes = train(samples);
    if (bytes.empty()) return {};
    const auto descriptor = fmt::format(R"({{"v":1,"class":{}}})", static_cast<int>(cls));
    const Draft draft{.type = LeafType::state_change,
                      .kind = Kind::dictionary,
                      .descriptor = descriptor,
                      .content = bytes};
    TRY(const auto appended, append(std::span(&draft, 1), Class::job));
    state_->dictionaries.add(appended.front().seq->value(), cls, bytes);
    return {};
}

bool Journal::make_room() { return state_->release_reserve(); }

}  // namespace letopis::journal
