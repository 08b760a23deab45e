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
        open_file(archive, live_label, keyring, {.mode = sql::Mode::write, .cache_kib = 32768}));
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

Result<void> Journal::State::with_shard(Seq seq,
                                        const std::function<Result<void>(ShardReader&)>& use) {
    const std::shared_lock lock(files);
    const bool in_live = seq >= live_first;
    const auto after = std::ranges::upper_bound(closed, seq);
    if (!in_live && after == closed.begin())
        return fail(Errc::corrupt, fmt::format("the shard of record {} is not there", seq.value()));
    const auto first = in_live ? live_first : *std::prev(after);
    std::unique_ptr<ShardReader> reader;
    {
        const std::lock_guard pool(pool_mutex);
        auto& idle = in_live ? idle_live : idle_closed[first.value()];
        if (!idle.empty()) {
            reader = std::move(idle.back());
            idle.pop_back();
        }
    }
    if (!reader) {
        TRY(reader,
            in_live ? ShardReader::open_live(archive, keyring)
                    : ShardReader::open_closed(archive, first, keyring));
    }
    auto done = use(*reader);
    // A reader that met an error is not used again: its cache may hold half a story.
    if (done) {
        const std::lock_guard pool(pool_mutex);
        (in_live ? idle_live : idle_closed[first.value()]).push_back(std::move(reader));
    }
    return done;
}

Result<crypto::Key> unwrap_any(crypto::Keyring& keyring,
                               ShardReader& shard,
                               const std::string& reference,
                               std::string_view purpose) {
    TRY(const auto wraps, shard.wraps(reference));
    const auto id = std::string_view(reference).substr(1);
    for (const auto& wrap : wraps) {
        const auto owner = keyring.key(wrap.key_id);
        if (owner) return crypto::unwrap(*owner, wrap.wrapped, purpose, id);
    }
    return fail(Errc::not_found, "no key that opens this is in the keyring");
}

Result<crypto::Key> Journal::State::body_key(ShardReader& shard, const ShardReader::Row& row) {
    if (row.form == 1) {
        auto key = keyring.key(row.key_id);
        if (!key) return fail(Errc::not_found, "no key that opens this is in the keyring");
        return key;
    }
    if (row.form == 2) return unwrap_any(keyring, shard, body_reference(row.seq), "body");
    return fail(Errc::unsupported, fmt::format("a body of form {}", row.form));
}

Result<Record> Journal::State::assemble(ShardReader& shard,
                                        ShardReader::Row& row,
                                        Contents contents) {
    const auto where = fmt::format("record {}", row.seq.value());
    TRY(const auto entry, ledger::decode(row.entry));
    Record record{.seq = row.seq,
                  .origin = row.origin,
                  .leaf_index = row.leaf_index,
                  .at = row.at,
                  .type = static_cast<LeafType>(entry.type),
                  .entry = row.entry};
    record.has_object = entry.object != Digest{};
    if (row.form == 0) {
        if (!row.hole)
            return fail(Errc::corrupt, where + ": the body is missing and no disposal says why");
        record.erased_by = row.hole;
        return record;
    }
    TRY(const auto key, body_key(shard, row));
    auto opened = open_body(
        key,
        {.seq = row.seq, .at = row.at, .origin = row.origin, .leaf_index = row.leaf_index},
        row.sealed);
    if (!opened) return fail(Errc::corrupt, where + ": the body cannot be opened");
    TRY(auto bytes, dictionaries.decompress(opened->frame));
    TRY(const auto plain, decode_plain(bytes));
    record.kind = plain.kind;
    record.version = plain.version;
    record.salt = std::move(opened->salt);
    record.descriptor = plain.descriptor;
    if (ledger::commitment(record.salt, record.descriptor) != entry.commit)
        return fail(Errc::corrupt, where + ": the descriptor is not the one in the log");
    if (record.has_object != !plain.object_id.empty())
        return fail(Errc::corrupt, where + ": the object is not the one in the log");
    if (contents == Contents::skip) return record;
    if (plain.object_id.empty()) {
        record.content = plain.content;
        return record;
    }
    TRY(auto row_bytes, shard.object_row(row.seq));
    std::string sealed;
    if (row_bytes) {
        sealed = std::move(*row_bytes);
    } else {
        auto file = objects.get(plain.object_id);
        if (!file && file.error().code == Errc::not_found)
            return fail(Errc::corrupt, where + ": its object file is missing");
        if (!file) return within(where, std::move(file).error());
        sealed = std::move(*file);
    }
    if (crypto::sha256(sealed) != entry.object)
        return fail(Errc::corrupt, where + ": the object's bytes are not those in the log");
    TRY(const auto object_key,
        unwrap_any(keyring, shard, object_reference(plain.object_id), "object"));
    auto frame =
        crypto::chunked_open(object_key, sealed, object_context(plain.object_id, plain.kind));
    if (!frame) return fail(Errc::corrupt, where + ": the object cannot be opened");
    if (contents == Contents::sealed) record.sealed_object = std::move(sealed);
    std::string().swap(sealed);  // a large content is held twice at most
    TRY(record.content, dictionaries.decompress(*frame));
    return record;
}

Result<Record> Journal::read(Seq seq, Contents contents) {
    if (seq.value() >= head().records)
        return fail(Errc::not_found, fmt::format("there is no record {}", seq.value()));
    std::optional<Record> record;
    TRY_DO(state_->with_shard(seq, [&](ShardReader& shard) -> Result<void> {
        TRY(auto rows, shard.rows(seq, 1, true));
        if (rows.empty() || rows.front().seq != seq)
            return fail(Errc::corrupt, fmt::format("record {} is missing", seq.value()));
        TRY(record, state_->assemble(shard, rows.front(), contents));
        return {};
    }));
    return std::move(*record);
}

Result<Seq> Journal::feed(Seq from,
                          std::uint64_t limit,
                          Contents contents,
                          const std::function<Result<bool>(Record&&)>& each) {
    constexpr std::uint64_t slice = 256;
    constexpr std::size_t slice_bytes = std::size_t(4) << 20;  // or one record, however large
    auto next = from;
    const auto end = Seq(std::min(head().records, from.value() + std::min(limit, head().records)));
    while (next < end) {
        std::vector<Record> records;
        std::size_t bytes = 0;
        TRY_DO(state_->with_shard(next, [&](ShardReader& shard) -> Result<void> {
            TRY(auto rows, shard.rows(next, std::min(slice, end.value() - next.value()), true));
            records.reserve(rows.size());
            auto wanted = next;
            for (auto& row : rows) {
                if (row.seq != wanted)
                    return fail(Errc::corrupt, fmt::format("record {} is missing", wanted.value()));
                TRY(auto record, state_->assemble(shard, row, contents));
                bytes += record.content.size();
                records.push_back(std::move(record));
                wanted = Seq(wanted.value() + 1);
                if (bytes >= slice_bytes) break;
            }
            return {};
        }));
        if (records.empty())
            return fail(Errc::corrupt, fmt::format("record {} is missing", next.value()));
        for (auto& record : records) {
            next = Seq(record.seq.value() + 1);
            TRY(const bool more, each(std::move(record)));
            if (!more) return next;
        }
    }
    return next;
}

Result<Seq> Journal::leaves(Seq from,
                            std::uint64_t limit,
                            const std::function<Result<bool>(const Leaf&)>& each) {
    constexpr std::uint64_t slice = 4096;
    auto next = from;
    const auto end = Seq(std::min(head().records, from.value() + std::min(limit, head().records)));
    while (next < end) {
        std::vector<ShardReader::Row> rows;
        TRY_DO(state_->with_shard(next, [&](ShardReader& shard) -> Result<void> {
            TRY(rows, shard.rows(next, std::min(slice, end.value() - next.value()), false));
            return {};
        }));
        if (rows.empty())
            return fail(Errc::corrupt, fmt::format("record {} is missing", next.value()));
        for (const auto& row : rows) {
            if (row.seq != next)
                return fail(Errc::corrupt, fmt::format("record {} is missing", next.value()));
            next = Seq(next.value() + 1);
            TRY(const bool more,
                each(Leaf{.seq = row.seq,
                          .origin = row.origin,
                          .leaf_index = row.leaf_index,
                          .at = row.at,
                          .entry = row.entry,
                          .erased_by = row.hole}));
            if (!more) return next;
        }
    }
    return next;
}

Result<void> Journal::each_of(LeafType type,
                              Seq from,
                              const std::function<Result<bool>(Record&&)>& each) {
    constexpr std::uint64_t slice = 1000;
    for (const auto& shard : shards()) {
        auto next = std::max(from, shard.first);
        const Seq end(shard.first.value() + shard.records);
        while (next < end) {
            std::vector<Seq> seqs;
            TRY_DO(state_->with_shard(next, [&](ShardReader& reader) -> Result<void> {
                TRY(seqs, reader.of_type(static_cast<int>(type), next, slice));
                return {};
            }));
            for (const auto seq : seqs) {
                TRY(auto record, read(seq));
                TRY(const bool more, each(std::move(record)));
                if (!more) return {};
            }
            if (seqs.size() < slice) break;
            next = Seq(seqs.back().value() + 1);
        }
    }
    return {};
}

Result<bool> Journal::any_since(Origin origin, Seq from) {
    const auto end = Seq(head().records);
    while (from < end) {
        bool any = false;
        auto next = end;
        {
            const std::shared_lock lock(state_->files);
            const auto after = std::ranges::upper_bound(state_->closed, from);
            if (after != state_->closed.end())
                next = *after;
            else if (from < state_->live_first)
                next = state_->live_first;
        }
        TRY_DO(state_->with_shard(from, [&](ShardReader& shard) -> Result<void> {
            TRY(any, shard.any_since(origin, from));
            return {};
        }));
        if (any) return true;
        from = next;
    }
    return false;
}

Result<Seq> Journal::at_leaf(Origin origin, std::uint64_t leaf_index) {
    // Leaf n of an origin stands at seq n or later: try the shards from there on.
    Seq from(leaf_index);
    const auto records = head().records;
    while (from.value() < records) {
        std::optional<Seq> found;
        TRY_DO(state_->with_shard(from, [&](ShardReader& shard) -> Result<void> {
            TRY(found, shard.at_leaf(origin, leaf_index));
            return {};
        }));
        if (found) return *found;
        const std::shared_lock lock(state_->files);
        const auto after = std::ranges::upper_bound(state_->closed, from);
        if (from >= state_->live_first) break;
        from = after == state_->closed.end() ? state_->live_first : *after;
    }
    return fail(Errc::not_found, fmt::format("there is no leaf {}", leaf_index));
}

bool Journal::make_room() { return state_->release_reserve(); }

std::vector<Journal::ShardInfo> Journal::shards() const {
    const std::shared_lock lock(state_->files);
    std::vector<ShardInfo> out;
    for (std::size_t i = 0; i < state_->closed.size(); ++i) {
        const auto end = i + 1 < state_->closed.size() ? state_->closed[i + 1] : state_->live_first;
        out.push_back({state_->closed[i], end.value() - state_->closed[i].value(), true});
    }
    out.push_back({state_->live_first, head().records - state_->live_first.value(), false});
    return out;
}

}  // namespace letopis::journal
