// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "base/files.hpp"
#include "crypto/contents_internal.hpp"

namespace letopis::crypto {
namespace {

Result<void> index(Contents& contents) {
    contents.by_id.reserve(contents.entries.size());
    contents.by_label.reserve(contents.entries.size());
    for (const auto& entry : contents.entries) {
        const bool fresh =
            contents.by_id.emplace(entry.id, &entry).second &&
            contents.by_label.emplace(LabelKey{entry.purpose, entry.label}, &entry).second;
        if (!fresh) return fail(Errc::corrupt, "two entries have the same id or label");
    }
    return {};
}

KeyId random_id() {
    KeyId id;
    const auto bytes = random_bytes(id.size());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
}

}  // namespace

Result<Snapshot> open_contents(const Frame& frame, const Key& root, std::string_view entries) {
    auto contents = std::make_shared<Contents>();
    contents->generation = frame.generation;
    contents->unlock = frame.unlock;
    TRY(contents->entries, parse_entries(entries));
    TRY(contents->epoch, unwrap_epoch(root, contents->entries.front()));
    TRY_DO(index(*contents));
    return Snapshot(std::move(contents));
}

std::string frame_of(const Contents& contents, const Key& root) {
    return write_frame(root, contents.generation, contents.unlock, write_entries(contents.entries));
}

Draft::Draft(const Key& root, Instant now) : now_(now), epoch_(Key::random()) {
    const auto id = random_id();
    entries_.push_back({.id = id,
                        .purpose = Purpose::epoch,
                        .label = {},
                        .made = now_,
                        .wrapped = wrap_epoch(root, id, epoch_)});
}

Draft::Draft(Instant now, const Contents& from)
    : now_(now), entries_(from.entries), epoch_(from.epoch) {}

Result<Draft> Draft::with_new_epoch(const Key& root,
                                    Instant now,
                                    const Contents& from,
                                    const std::unordered_set<KeyId, KeyIdHash>& dropped) {
    Draft draft(root, now);
    draft.entries_.reserve(from.entries.size());
    for (const auto& entry : from.entries) {
        if (entry.purpose == Purpose::epoch || dropped.contains(entry.id)) continue;
        TRY(const auto secret, unwrap_entry(from.epoch, entry));
        auto& kept = draft.entries_.emplace_back(entry);
        kept.wrapped =
            wrap_entry(draft.entries_[0].id, draft.epoch_, entry.id, entry.purpose, secret);
    }
    return draft;
}

void Draft::add(Purpose purpose, std::string_view label) {
    const auto id = random_id();
    entries_.push_back({.id = id,
                        .purpose = purpose,
                        .label = std::string(label),
                        .made = now_,
                        .wrapped = wrap_entry(entries_[0].id, epoch_, id, purpose, Key::random())});
}

Result<Snapshot> Draft::finish(std::uint64_t generation, UnlockBlock unlock) && {
    auto contents = std::make_shared<Contents>();
    contents->generation = generation;
    contents->unlock = std::move(unlock);
    contents->entries = std::move(entries_);
    contents->epoch = epoch_;
    TRY_DO(index(*contents));
    return Snapshot(std::move(contents));
}

}  // namespace letopis::crypto
