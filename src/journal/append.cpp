// SPDX-License-Identifier: AGPL-3.0-or-later
// How records get in: any thread prepares (compresses, seals objects), one thread at a time leads:
// it takes the waiting requests of the most urgent class, writes them in one transaction, and wakes
// those that wait. Nobody waits for a timer.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/mutant.hpp"
#include "journal/state.hpp"

namespace letopis::journal {

namespace {
constexpr std::size_t group_bytes_max =
    8 << 20;                         // of one transaction, when several requests are taken together
constexpr int wal_pages_max = 2000;  // 16 MiB

// Errors after which nothing was changed and the next append may succeed.
bool harmless(const Error& error) {
    return error.code == Errc::no_space || error.code == Errc::conflict ||
           error.code == Errc::unavailable;
}
}  // namespace

Result<Prepared> Journal::State::prepare(const Draft& draft) {
    Prepared prepared{.draft = &draft};
    prepared.owners = draft.owners;
    if (prepared.owners.empty())
        prepared.owners.push_back(draft.origin == Origin::audit ? audit_key : system_key);
    if (draft.content.size() > inline_bytes_max) {
        prepared.object_id = random_bytes(16);
        prepared.object_key = crypto::Key::random();
        prepared.object_sealed = seal_object(*prepared.object_key,
                                             dictionaries,
                                             draft.content,
                                             object_context(prepared.object_id, draft.kind));
        prepared.object_hash = crypto::sha256(prepared.object_sealed);
    }
    const auto plain = encode_plain(
        Plain{.kind = draft.kind,
              .version = draft.version,
              .object_id = prepared.object_id,
              .descriptor = draft.descriptor,
              .content = prepared.object_id.empty() ? draft.content : std::string_view()});
    prepared.frame = dictionaries.compress(draft.content_class, plain);
    return prepared;
}

Result<std::vector<Appended>> Journal::append(std::span<const Draft> drafts,
                                              Class cls,
                                              const Then& then) {
    auto& state = *state_;
    TRY_DO(state.check_space(cls));
    Request request;
    if (then) request.then = &then;
    request.drafts.reserve(drafts.size());
    for (const auto& draft : drafts) {
        TRY(auto prepared, state.prepare(draft));
        request.drafts.push_back(std::move(prepared));
    }
    std::unique_lock lock(state.mutex);
    state.queue[static_cast<std::size_t>(cls)].push_back(&request);
    while (!request.done) {
        if (state.leading)
            state.changed.wait(lock);
        else
            state.lead(lock);
    }
    if (request.error) return tl::unexpected<Error>(std::move(*request.error));
    return std::move(request.results);
}

void Journal::State::lead(std::unique_lock<std::mutex>& lock) {
    leading = true;
    const auto waiting = std::ranges::find_if(queue, [](const auto& q) { return !q.empty(); });
    CHECK(waiting != queue.end());
    std::vector<Request*> taken_now;
    std::size_t bytes = 0;
    while (!waiting->empty() && (taken_now.empty() || bytes < group_bytes_max)) {
        auto* request = waiting->front();
        waiting->pop_front();
        for (const auto& prepared : request->drafts)
            bytes += prepared.frame.size() + prepared.object_sealed.size();
        taken_now.push_back(request);
    }
    std::optional<Error> error = broken;
    lock.unlock();
    if (!error) {
        if (auto done = commit(taken_now); !done) error = std::move(done).error();
        if (error && mutant("retry_failed_sync") && commit(taken_now)) error.reset();
        const bool access = &*waiting == &queue[static_cast<std::size_t>(Class::access)];
        if (error && error->code == Errc::no_space && access && release_reserve()) {
            error.reset();
            if (auto again = commit(taken_now); !again) error = std::move(again).error();
        }
        // A request that was refused for its own sake must not take the others with it.
        if (error && error->code == Errc::conflict && taken_now.size() > 1) {
            error.reset();
            for (auto* request : taken_now) {
                request->results.clear();
                if (auto alone = commit(std::span(&request, 1)); !alone)
                    request->error = std::move(alone).error();
            }
        }
    }
    lock.lock();
    if (error && !harmless(*error) && !broken && !mutant("continue_after_io_error")) {
        broken = Error{Errc::io,
                       "the journal stopped after a failed write: " + error->what,
                       "Run the same command again; the archive is read anew from the disk."};
    }
    for (auto* request : taken_now) {
        if (error) request->error = error;
        if (request->error && !harmless(*request->error) && !broken &&
            !mutant("continue_after_io_error"))
            broken = request->error;
        request->done = true;
    }
    if (!broken) durable = head;
    changed.notify_all();
    // Housekeeping outside everybody's latency: those that were served are already on their way.
    if (!broken && (wal_pages > wal_pages_max || live_bytes > options.shard_bytes_max ||
                    head.records - live_first.value() >= options.shard_records_max)) {
        lock.unlock();
        auto kept = checkpoint(false);
        if (kept && (live_bytes > options.shard_bytes_max ||
                     head.records - live_first.value() >= options.shard_records_max))
            kept = close_shard();
        lock.lock();
        if (!kept && kept.error().code != Errc::no_space) broken = kept.error();
        if (!broken) durable = head;
    }
    leading = false;
    changed.notify_all();
}

Result<void> Journal::State::commit(std::span<Request* const> requests) {
    std::unique_lock<std::mutex> only;
    if (options.brief) only = std::unique_lock(one_connection);
    const auto before = head;
    const auto bytes_before = live_bytes;
    const auto undo = [&](Error error) {
        head = before;
        live_bytes = bytes_before;
        for (auto* request : requests) {
            for (const auto* part : {&request->drafts, &request->drafts_more})
                for (const auto& prepared : *part)
                    if (prepared.object_sealed.size() > object_row_bytes_max)
                        (void)objects.remove(prepared.object_id);
        }
        return tl::unexpected<Error>(std::move(error));
    };
    auto transaction = sql::Transaction::begin(*live);
    if (!transaction) return undo(std::move(transaction).error());
    const auto now = clock.now();
    for (auto* request : requests) {
        if (auto written = write_request(*request, now); !written)
            return undo(std::move(written).error());
    }
    if (auto synced = objects.sync(); !synced) return undo(std::move(synced).error());
    if (auto set = write.head.run_with(head.records, head.leaves[1], head.leaves[2]); !set)
        return undo(std::move(set).error());
    if (mutant("ack_without_commit")) return {};
    if (auto committed = transaction->commit(); !committed)
        return undo(std::move(committed).error());
    if (options.brief && write_end(archive, head.records)) noted_end = head.records;
    return {};
}

Result<void> Journal::State::write_request(Request& request, Instant now) {
    request.results.clear();
    request.results.reserve(request.drafts.size());
    for (auto& prepared : request.drafts) {
        TRY(auto appended, write_one(prepared, now));
        request.results.push_back(std::move(appended));
    }
    if (request.then == nullptr) return {};
    request.more = (*request.then)(request.results);
    request.drafts_more.clear();
    for (const auto& draft : request.more) {
        TRY(auto prepared, prepare(draft));
        request.drafts_more.push_back(std::move(prepared));
        TRY(auto appended, write_one(request.drafts_more.back(), now));
        request.results.push_back(std::move(appended));
    }
    return {};
}

Result<std::optional<std::pair<Seq, int>>> Journal::State::taken(const Draft& draft) {
    for (int i = 0; i < 2; ++i) {
        const auto& key = draft.once[static_cast<std::size_t>(i)];
        if (!key) continue;
        const sql::Blob blob{{reinterpret_cast<const char*>(key->data()), key->size()}};
        TRY(bool found, write.find_once.bind(blob).step());
        if (found) {
            const Seq seq(write.find_once.number(0));
            write.find_once.reset();
            return std::optional(std::pair(seq, i));
        }
        write.find_once.reset();
        if (closed.empty()) continue;
        TRY_DO(open_once_closed());
        TRY(found, find_once_closed.bind(blob).step());
        if (found) {
            const Seq seq(find_once_closed.number(0));
            find_once_closed.reset();
            return std::optional(std::pair(seq, i));
        }
        find_once_closed.reset();
    }
    return std::optional<std::pair<Seq, int>>();
}

Result<Appended> Journal::State::write_one(Prepared& prepared, Instant now) {
    const auto& draft = *prepared.draft;
    TRY(const auto duplicate, taken(draft));
    if (duplicate)
        return Appended{.duplicate_of = duplicate->first, .duplicate_key = duplicate->second};
    const Seq seq(head.records);
    if (draft.expect) {
        TRY(const bool there, write.stream.bind(draft.expect->stream).step());
        const auto version = there ? write.stream.number(0) : 0;
        write.stream.reset();
        if (version != draft.expect->version)
            return fail(Errc::conflict,
                        fmt::format("somebody else changed {} first (record {} instead of {})",
                                    draft.expect->stream,
                                    version,
                                    draft.expect->version));
        TRY_DO(write.put_stream.run_with(draft.expect->stream, seq.value()));
    }
    const auto salt = random_bytes(32);
    const ledger::Entry entry{.type = static_cast<std::uint8_t>(draft.type),
                              .commit = ledger::commitment(salt, draft.descriptor),
                              .object = prepared.object_hash};
    const auto encoded = ledger::encode(entry);
    auto& leaf = head.leaves[static_cast<std::size_t>(draft.origin)];
    TRY_DO(write.record.run_with(seq.value(),
                                 draft.origin,
                                 leaf,
                                 to_micros(now),
                                 draft.type,
                                 sql::Blob{ledger::as_bytes(encoded)}));

    const bool shared = prepared.owners.size() > 1;
    std::optional<crypto::Key> body_key;
    if (shared) body_key = crypto::Key::random();
    const auto sealed =
        seal_body(shared ? *body_key : prepared.owners.front().key,
                  {.seq = seq, .at = now, .origin = draft.origin, .leaf_index = leaf},
                  salt,
                  prepared.frame);
    TRY_DO(write.body.run_with(seq.value(),
                               shared ? 2 : 1,
                               shared ? 0 : as_integer(prepared.owners.front().id),
                               sql::Blob{sealed}));
    TRY_DO(write_owners(prepared, seq, shared ? &*body_key : nullptr));
    if (!prepared.object_id.empty()) {
        if (prepared.object_sealed.size() > object_row_bytes_max)
            TRY_DO(objects.put(prepared.object_id, prepared.object_sealed));
        else
            TRY_DO(write.object.run_with(
                seq.value(), sql::Blob{prepared.object_id}, sql::Blob{prepared.object_sealed}));
    }
    for (const auto& key : draft.once) {
        if (key)
            TRY_DO(write.once.run_with(
                sql::Blob{{reinterpret_cast<const char*>(key->data()), key->size()}}, seq.value()));
    }
    if (draft.kind == Kind::dictionary) {
        // The class stands in the descriptor, the bytes in the record: these rows only save the
        // next start a search through the closed shards.
        const auto at = draft.descriptor.find("\"class\":");
        CHECK(at != std::string_view::npos);
        TRY_DO(write.dictionary.run_with(
            seq.value(), std::atoi(std::string(draft.descriptor.substr(at + 8)).c_str())));
        TRY_DO(write.dictionary_copy.run_with(seq.value(), sql::Blob{draft.content}));
    }
    Appended appended{.seq = seq,
                      .leaf = ledger::leaf_hash(ledger::as_bytes(encoded)),
                      .leaf_index = leaf,
                      .at = now};
    ++head.records;
    ++leaf;
    live_bytes +=
        sealed.size() +
        (prepared.object_sealed.size() > object_row_bytes_max ? 0 : prepared.object_sealed.size()) +
        160;
    return appended;
}

Result<void> Journal::State::write_owners(const Prepared& prepared,
                                          Seq seq,
                                          const crypto::Key* body_key) {
    const auto put = [&](const std::string& reference,
                         const crypto::Key& secret,
                         std::string_view purpose) -> Result<void> {
        for (const auto& owner : prepared.owners) {
            const auto wrapped = crypto::wrap(
                owner.id, owner.key, secret, purpose, std::string_view(reference).substr(1));
            TRY_DO(write.wrap.run_with(
                sql::Blob{reference}, as_integer(owner.id), sql::Blob{wrapped}));
        }
        return {};
    };
    if (body_key != nullptr) TRY_DO(put(body_reference(seq), *body_key, "body"));
    if (prepared.object_key)
        TRY_DO(put(object_reference(prepared.object_id), *prepared.object_key, "object"));
    return {};
}

Result<std::optional<Seq>> Journal::find_once(const OnceKey& key) {
    std::optional<Seq> found;
    TRY_DO(state_->with_shard(Seq(head().records), [&](ShardReader& shard) -> Result<void> {
        TRY(found, shard.once(key));
        return {};
    }));
    if (found || shards().size() == 1) return found;
    TRY(auto once,
        open_file(state_->archive, once_label, state_->keyring, {.mode = sql::Mode::read}));
    TRY(auto statement, once.prepare("SELECT seq FROM once WHERE key=?"));
    TRY(const bool there,
        statement.bind(sql::Blob{{reinterpret_cast<const char*>(key.data()), key.size()}}).step());
    if (there) found = Seq(statement.number(0));
    return found;
}

Result<void> Journal::State::check_space(Class cls) const {
    // Access records go on as long as there is any space at all: without them nothing could be
    // read.
    if (cls == Class::access) return {};
    TRY(const auto space, disk_space(archive));
    const auto reserve = options.disk_reserve_bytes.value_or(
        std::max<std::uint64_t>(std::uint64_t(1) << 30, space.total_bytes / 50));
    if (space.free_bytes >= reserve) return {};
    return fail(
        Errc::no_space,
        fmt::format("the disk of the archive has {} MiB left, below the reserve of {} MiB",
                    space.free_bytes >> 20,
                    reserve >> 20),
        "Free some space and run the same command again; nothing was lost, and reading goes on.");
}

namespace {
constexpr const char* reserve_name = "reserve";
constexpr off_t reserve_file_bytes = 4 << 20;
}  // namespace

void Journal::State::keep_reserve() const {
    const auto file = archive / reserve_name;
    const auto space = disk_space(archive);
    std::error_code ignored;
    if (!space || std::filesystem::exists(file, ignored) ||
        space->free_bytes < 16 * static_cast<std::uint64_t>(reserve_file_bytes))
        return;
    Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd || ::posix_fallocate(fd.get(), 0, reserve_file_bytes) != 0) (void)remove_file(file);
}

bool Journal::State::release_reserve() const {
    const auto file = archive / reserve_name;
    std::error_code ignored;
    return std::filesystem::exists(file, ignored) && remove_file(file).has_value();
}

bool Journal::State::disk_is_full() const {
    const auto space = disk_space(archive);
    return space && space->free_bytes < (1 << 20);
}

Result<void> Journal::State::checkpoint(bool whole) {
    std::unique_lock<std::mutex> only;
    if (options.brief) only = std::unique_lock(one_connection);
    int logged = 0, done = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(live->handle(),
                                  nullptr,
                                  whole ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
                                  &logged,
                                  &done);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
        return tl::unexpected<Error>(
            sql::error_of(live->handle(), code, "cannot move the write-ahead log into live.db"));
    if (whole && code != SQLITE_OK) return fail(Errc::unavailable, "live.db is busy");
    wal_pages = 0;
    return {};
}

}  // namespace letopis::journal
