// SPDX-License-Identifier: AGPL-3.0-or-later
// How records come out: the shard that has them, the keys that open them, and the ways to walk
// along.
#include <fmt/format.h>

#include <algorithm>

#include "journal/state.hpp"

namespace letopis::journal {

Result<void> Journal::State::with_shard(Seq seq,
                                        const std::function<Result<void>(ShardReader&)>& use) {
    const std::shared_lock lock(files);
    const bool in_live = seq >= live_first;
    std::unique_lock<std::mutex> only;
    if (in_live && options.brief) only = std::unique_lock(one_connection);
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
    if (!reader && in_live && options.brief) reader = ShardReader::of_live(*live);
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
