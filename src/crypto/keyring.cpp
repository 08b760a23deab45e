// SPDX-License-Identifier: AGPL-3.0-or-later
#include "crypto/keyring.hpp"

#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "crypto/contents_internal.hpp"
#include "crypto/generations_internal.hpp"
#include "crypto/key_text_internal.hpp"

namespace letopis::crypto {
namespace {

constexpr auto epoch_life = std::chrono::days(30);

Result<void> exactly_one(const Unlock& unlock) {
    if (unlock.key_file.has_value() == unlock.passphrase.has_value())
        return fail(Errc::invalid, "either a key file or a passphrase is needed");
    return {};
}

Result<UnlockBlock> lock_root(const Key& root, const Unlock& unlock) {
    TRY_DO(exactly_one(unlock));
    if (unlock.key_file) {
        TRY(const auto key, read_key_file(*unlock.key_file));
        return wrap_root(root, key, Method::key_file, std::string(16, '\0'), {0, 0});
    }
    const auto salt = random_bytes(16);
    const PassphraseCost cost;
    TRY(const auto key, key_from_passphrase(*unlock.passphrase, salt, cost));
    return wrap_root(root, key, Method::passphrase, salt, cost);
}

Result<Key> unlock_root(const UnlockBlock& block, const Unlock& unlock) {
    TRY_DO(exactly_one(unlock));
    if (block.method == Method::key_file && !unlock.key_file)
        return fail(Errc::wrong_key, "this archive opens with a key file, not with a passphrase");
    if (block.method == Method::passphrase && !unlock.passphrase)
        return fail(Errc::wrong_key, "this archive opens with a passphrase, not with a key file");
    if (unlock.key_file) {
        TRY(const auto key, read_key_file(*unlock.key_file));
        if (auto root = unwrap_root(block, key)) return root;
        return fail(Errc::wrong_key,
                    "the key file does not open this archive",
                    "It belongs to another archive, or the archive was given another key since.");
    }
    TRY(const auto key, key_from_passphrase(*unlock.passphrase, block.salt, block.cost));
    if (auto root = unwrap_root(block, key)) return root;
    return fail(Errc::wrong_key,
                "the passphrase does not open this archive",
                "Check the keyboard layout and Caps Lock. Without the passphrase only the recovery "
                "sheet opens the archive.");
}

Result<Snapshot> open_frame(const Frame& frame, const Key& root) {
    const auto name = generation_name(frame.generation);
    const auto entries = open_entries(root, frame);
    if (!entries) return fail(Errc::corrupt, name + " was altered");
    auto contents = open_contents(frame, root, *entries);
    if (!contents) return within(name, std::move(contents).error());
    return contents;
}

}  // namespace

struct Keyring::State {
    Path directory;
    Key root;
    std::mutex change;        // held through a whole change: one at a time
    mutable std::mutex data;  // guards what follows; never held over a system call
    Snapshot contents;
    mutable std::unordered_map<KeyId, Key, KeyIdHash> opened;  // unwrapped so far

    Snapshot snapshot() const {
        const std::lock_guard lock(data);
        return contents;
    }

    Result<Key> secret(const Contents& in, const Entry& entry) const {
        {
            const std::lock_guard lock(data);
            if (const auto at = opened.find(entry.id); at != opened.end()) return at->second;
        }
        if (entry.purpose == Purpose::epoch) return in.epoch;
        auto key = unwrap_entry(in.epoch, entry);
        if (!key) return fail(Errc::corrupt, "an entry of the keyring cannot be opened");
        const std::lock_guard lock(data);
        // Destroyed meanwhile: hand it out once more, but do not keep it.
        if (contents->find(entry.id) != nullptr) opened.emplace(entry.id, *key);
        return key;
    }

    // Durable first, then seen; the older generation goes last.
    Result<void> replace(Snapshot next) {
        TRY_DO(write_generation(directory, next->generation, frame_of(*next, root)));
        {
            const std::lock_guard lock(data);
            contents = std::move(next);
            std::erase_if(opened,
                          [&](const auto& item) { return contents->find(item.first) == nullptr; });
        }
        return remove_leftovers(directory, snapshot()->generation);
    }

    Result<void> replace(Draft draft, UnlockBlock unlock) {
        TRY(auto next, std::move(draft).finish(snapshot()->generation + 1, std::move(unlock)));
        return replace(std::move(next));
    }
};

Keyring::Keyring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Keyring::~Keyring() = default;

Result<std::unique_ptr<Keyring>> Keyring::create(const Path& directory,
                                                 const Unlock& unlock,
                                                 std::span<const std::string> log_origins,
                                                 Instant now) {
    TRY_DO(make_directories(directory));
    TRY(const auto found, generations(directory));
    if (!found.empty())
        return fail(Errc::conflict, "there is a keyring in " + directory.string() + " already");
    auto state = std::make_unique<State>();
    state->directory = directory;
    state->root = Key::random();
    TRY(auto block, lock_root(state->root, unlock));
    Draft draft(state->root, now);
    std::unordered_set<std::string_view> seen;
    for (const auto& origin : log_origins) {
        if (origin.size() > label_bytes_max)
            return fail(Errc::too_large, "the origin of a log has more than 1024 bytes");
        if (!seen.insert(origin).second)
            return fail(Errc::invalid, "two logs have the same origin");
        draft.add(Purpose::log, origin);
    }
    for (const auto purpose : {Purpose::dedup, Purpose::audit, Purpose::system})
        draft.add(purpose, {});
    TRY(auto contents, std::move(draft).finish(1, std::move(block)));
    TRY_DO(write_generation(directory, contents->generation, frame_of(*contents, state->root)));
    state->contents = std::move(contents);
    return std::unique_ptr<Keyring>(new Keyring(std::move(state)));
}

Result<std::unique_ptr<Keyring>> Keyring::open(const Path& directory, const Unlock& unlock) {
    TRY(const auto whole, read_newest_generation(directory));
    const auto& frame = whole.frame;
    auto state = std::make_unique<State>();
    state->directory = directory;
    TRY(state->root, unlock_root(frame.unlock, unlock));
    TRY(state->contents, open_frame(frame, state->root));
    return std::unique_ptr<Keyring>(new Keyring(std::move(state)));
}

Result<std::unique_ptr<Keyring>> Keyring::open_with_recovery(const Path& directory,
                                                             std::string_view sheet) {
    auto state = std::make_unique<State>();
    state->directory = directory;
    TRY(state->root, parse_sheet(sheet));
    TRY(const auto whole, read_newest_generation(directory));
    const auto& frame = whole.frame;
    if (!open_entries(state->root, frame))
        return fail(Errc::wrong_key, "the recovery sheet does not open this archive");
    TRY(state->contents, open_frame(frame, state->root));
    return std::unique_ptr<Keyring>(new Keyring(std::move(state)));
}

std::uint64_t Keyring::generation() const { return state_->snapshot()->generation; }

bool Keyring::passphrase_protected() const {
    return state_->snapshot()->unlock.method == Method::passphrase;
}

Result<Key> Keyring::key(const KeyId& id) const {
    {
        const std::lock_guard lock(state_->data);
        if (const auto at = state_->opened.find(id); at != state_->opened.end()) return at->second;
    }
    const auto contents = state_->snapshot();
    const auto* entry = contents->find(id);
    if (entry == nullptr) return fail(Errc::not_found, "this key is not in the keyring");
    return state_->secret(*contents, *entry);
}

Result<Keyring::Named> Keyring::find(Purpose purpose, std::string_view label) const {
    const auto contents = state_->snapshot();
    const auto* entry = contents->find(purpose, label);
    if (entry == nullptr) return fail(Errc::not_found, "there is no such key in the keyring");
    TRY(auto secret, state_->secret(*contents, *entry));
    return Named{.id = entry->id, .key = std::move(secret)};
}

Result<Keyring::Named> Keyring::ensure(Purpose purpose, std::string_view label, Instant now) {
    if (auto found = find(purpose, label)) return found;
    const std::pair<Purpose, std::string> wanted[] = {{purpose, std::string(label)}};
    TRY_DO(ensure_all(wanted, now));
    return find(purpose, label);
}

Result<void> Keyring::ensure_all(std::span<const std::pair<Purpose, std::string>> wanted,
                                 Instant now) {
    const std::lock_guard lock(state_->change);
    const auto contents = state_->snapshot();
    TRY_DO(prepare_change(state_->directory, contents->generation));
    std::unordered_set<LabelKey, LabelHash> missing;
    Draft draft(now, *contents);
    for (const auto& [purpose, label] : wanted) {
        if (purpose == Purpose::epoch || purpose == Purpose{0})
            return fail(Errc::invalid, "a key of this purpose cannot be asked for");
        if (label.size() > label_bytes_max)
            return fail(Errc::too_large, "the label of a key has more than 1024 bytes");
        if (contents->find(purpose, label) != nullptr || !missing.insert({purpose, label}).second)
            continue;
        draft.add(purpose, label);
    }
    if (missing.empty()) return {};
    return state_->replace(std::move(draft), contents->unlock);
}

Result<void> Keyring::destroy(std::span<const KeyId> ids, Instant now) {
    const std::lock_guard lock(state_->change);
    const auto contents = state_->snapshot();
    TRY_DO(prepare_change(state_->directory, contents->generation));
    std::unordered_set<KeyId, KeyIdHash> dropped;
    for (const auto& id : ids) {
        const auto* entry = contents->find(id);
        if (entry == nullptr) continue;  // destroyed before: saying it twice is fine
        if (entry->purpose == Purpose::epoch)
            return fail(Errc::invalid, "the epoch key is rotated, not destroyed");
        dropped.insert(id);
    }
    if (dropped.empty()) return {};
    TRY(auto draft, Draft::with_new_epoch(state_->root, now, *contents, dropped));
    return state_->replace(std::move(draft), contents->unlock);
}

Instant Keyring::rotation_due() const {
    return state_->snapshot()->entries.front().made + epoch_life;
}

Result<void> Keyring::rotate(Instant now) {
    const std::lock_guard lock(state_->change);
    const auto contents = state_->snapshot();
    TRY_DO(prepare_change(state_->directory, contents->generation));
    TRY(auto draft, Draft::with_new_epoch(state_->root, now, *contents, {}));
    return state_->replace(std::move(draft), contents->unlock);
}

Result<void> Keyring::change_unlock(const Unlock& to, Instant now) {
    const std::lock_guard lock(state_->change);
    const auto contents = state_->snapshot();
    TRY_DO(prepare_change(state_->directory, contents->generation));
    TRY(auto block, lock_root(state_->root, to));
    return state_->replace(Draft(now, *contents), std::move(block));
}

std::vector<Keyring::Info> Keyring::list() const {
    const auto contents = state_->snapshot();
    std::vector<Info> out;
    out.reserve(contents->entries.size());
    for (const auto& entry : contents->entries)
        out.push_back(
            {.id = entry.id, .purpose = entry.purpose, .label = entry.label, .made = entry.made});
    return out;
}

std::string recovery_sheet(const Keyring& keyring) { return sheet_text(keyring.state_->root); }

}  // namespace letopis::crypto
