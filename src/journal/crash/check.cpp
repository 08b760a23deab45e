// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/crash/check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace letopis::journal {

using crypto::Keyring;

Complaint complain(std::string_view doing, const Error& error) {
    return fmt::format("{}: {} ({})", doing, error.what, name(error.code));
}

namespace {

bool same(const Record& a, const Record& b) {
    return a.seq == b.seq && a.origin == b.origin && a.leaf_index == b.leaf_index && a.at == b.at &&
           a.type == b.type && a.kind == b.kind && a.version == b.version && a.entry == b.entry &&
           a.salt == b.salt && a.descriptor == b.descriptor && a.content == b.content &&
           a.erased_by == b.erased_by;
}

}  // namespace

Complaint Check::open() {
    const auto changes = crash::changes(), removals = crash::removals();
    auto keyring = Keyring::open(archive_, {.key_file = key_file_, .passphrase = std::nullopt});
    if (!keyring) return complain("the keyring does not open", keyring.error());
    keyring_ = std::move(*keyring);
    auto journal = Journal::open(
        archive_, *keyring_, clock_, {.disk_reserve_bytes = 0, .shard_records_max = shard_records});
    if (!journal) return complain("the journal does not open", journal.error());
    journal_ = std::move(*journal);
    changed_ = crash::changes() != changes;
    removed_ = crash::removals() != removals;
    return {};
}

Complaint Check::promised(const Promise& promise, const After& after) {
    for (std::size_t i = 0; i < promise.keys; ++i)
        if (!keyring_->key(truth_.keys[i])) return fmt::format("key {} is lost", i);
    for (std::size_t i = 0; i < promise.destroyed; ++i)
        if (keyring_->key(truth_.destroyed[i])) return fmt::format("key {} came back", i);
    const auto head = journal_->head().records;
    if (head < promise.records)
        return fmt::format("{} records are there, {} were acknowledged", head, promise.records);
    const auto end = after.empty() ? head : after.begin()->first;
    for (const auto& [first, stop] : truth_.groups)
        if (first < end && end < stop)
            return fmt::format("records {} to {} are there in part: {}", first, stop - 1, end);
    Complaint complaint;
    std::uint64_t next = 0;
    const auto fed =
        journal_->feed(Seq(0), UINT64_MAX, Contents::with, [&](Record&& record) -> Result<bool> {
            const auto seq = record.seq.value();
            const auto added = after.find(seq);
            const bool fine =
                added != after.end() ? record.content == added->second
                : seq >= end         ? record.kind == Kind::shard_closed
                             : seq < truth_.records.size() && same(record, truth_.records[seq]);
            if (seq != next++ || !fine)
                complaint = fmt::format("record {} is not what was stored", seq);
            return complaint.empty();
        });
    if (!fed) return complain("the records cannot be read", fed.error());
    if (!complaint.empty()) return complaint;
    if (next != head) return fmt::format("{} records instead of {} were read", next, head);
    const auto wraps = all_wraps(archive_, *keyring_, *journal_);
    if (!wraps) return complain("the owners' wraps cannot be read", wraps.error());
    for (std::size_t i = 0; i < promise.wraps; ++i)
        if (!wraps->contains(truth_.wraps[i])) return fmt::format("wrap {} is lost", i);
    for (const auto& wrap : *wraps) {
        const auto owner = keyring_->key(wrap.key_id);
        if (!owner || !crypto::unwrap(*owner,
                                      wrap.wrapped,
                                      wrap.reference[0] == 'b' ? "body" : "object",
                                      std::string_view(wrap.reference).substr(1)))
            return "an owner's wrap does not open";
    }
    return {};
}

Complaint Check::verified() {
    const auto checked = journal_->verify(true, {});
    if (!checked) return complain("verify cannot go on", checked.error());
    if (!checked->problems.empty())
        return fmt::format(
            "verify: {}: {}", checked->problems.front().where, checked->problems.front().what);
    return {};
}

// One new record beside those that must turn out to be there already.
Complaint Check::append(std::span<const std::size_t> again,
                        const std::string& content,
                        After& after) {
    std::vector<Draft> drafts;
    for (const auto i : again)
        drafts.push_back({.kind = crash_kind,
                          .descriptor = "again",
                          .once = {truth_.once[i].first, std::nullopt}});
    drafts.push_back({.kind = crash_kind, .descriptor = "behind the cut", .content = content});
    const auto done = journal_->append(drafts, Class::live);
    if (!done) return complain("appending does not go on", done.error());
    for (std::size_t i = 0; i < again.size(); ++i)
        if ((*done)[i].duplicate_of != truth_.once[again[i]].second)
            return fmt::format("record {} is stored twice", truth_.once[again[i]].second.value());
    if (!done->back().seq) return "the new record is not there";
    after[done->back().seq->value()] = content;
    const auto read = journal_->read(*done->back().seq);
    if (!read) return complain("the new record cannot be read", read.error());
    return read->content == content ? "" : "the new record has other bytes";
}

Complaint Check::close_shard() {
    const auto closed = journal_->close_shard();
    return closed ? "" : complain("the shard cannot be closed", closed.error());
}

// SQLite's readers see the frames of the write-ahead log that its index counts, and nothing behind
// them (https://www.sqlite.org/walformat.html, 2.1).
std::optional<Digest> Check::opened(const crash::Remains& remains, std::uint64_t promise) const {
    if (changed_) return std::nullopt;
    auto there = remains;
    if (removed_)  // what a closing that was cut short had begun
        std::erase_if(there.names, [&](const auto& entry) {
            return ::access((archive_ / entry.first).c_str(), F_OK) != 0;
        });
    std::string text;
    const auto number = [&](std::uint64_t value) {
        text.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    const auto digest = there.digest("live.db-wal");
    text.append(reinterpret_cast<const char*>(digest.data()), digest.size());
    number(promise);
    for (const auto& shard : journal_->shards()) {
        number(shard.first.value());
        number(shard.records);
    }
    std::array<std::uint32_t, 6> index{};
    const Fd index_file(::open((archive_ / "live.db-shm").c_str(), O_RDONLY | O_CLOEXEC));
    if (!index_file || ::pread(index_file.get(), index.data(), sizeof index, 0) != sizeof index)
        return std::nullopt;
    const std::size_t frames = index[4], page = 8192;
    std::string log(frames == 0 ? 0 : 32 + frames * (24 + page), '\0');
    const Fd log_file(::open((archive_ / "live.db-wal").c_str(), O_RDONLY | O_CLOEXEC));
    if (!log.empty() &&
        ::pread(log_file.get(), log.data(), log.size(), 0) != static_cast<ssize_t>(log.size()))
        return std::nullopt;
    return crypto::sha256(text + log);
}

void Check::close() {
    journal_.reset();
    keyring_.reset();
}

}  // namespace letopis::journal
