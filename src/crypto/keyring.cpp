// SPDX-License-Identifier: AGPL-3.0-or-later
#include "crypto/keyring.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "crypto/key_text_internal.hpp"
#include "crypto/keyring_file_internal.hpp"

namespace letopis::crypto {
namespace {

constexpr auto epoch_life = std::chrono::days(30);
constexpr std::string_view file_start = "keyring.";

struct KeyIdHash {
    std::size_t operator()(const KeyId& id) const noexcept {
        std::size_t out;  // ids are random already
        static_assert(sizeof out <= sizeof id);
        std::memcpy(&out, id.data(), sizeof out);
        return out;
    }
};

struct LabelKey {
    Purpose purpose;
    std::string_view label;
    friend bool operator==(const LabelKey&, const LabelKey&) = default;
};
struct LabelHash {
    std::size_t operator()(const LabelKey& key) const noexcept {
        return std::hash<std::string_view>{}(key.label) ^
               (static_cast<std::size_t>(key.purpose) << 56);
    }
};

// One generation in memory; never changed once made (the index points into the entries).
struct Contents {
    std::uint64_t generation = 0;
    UnlockBlock unlock;
    std::vector<Entry> entries;  // the epoch key first
    Key epoch;
    std::unordered_map<KeyId, const Entry*, KeyIdHash> by_id;
    std::unordered_map<LabelKey, const Entry*, LabelHash> by_label;

    const Entry* find(const KeyId& id) const {
        const auto at = by_id.find(id);
        return at == by_id.end() ? nullptr : at->second;
    }
    const Entry* find(Purpose purpose, std::string_view label) const {
        const auto at = by_label.find({purpose, label});
        return at == by_label.end() ? nullptr : at->second;
    }
};
using Snapshot = std::shared_ptr<const Contents>;

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

Path file_of(const Path& directory, std::uint64_t generation) {
    return directory / (std::string(file_start) + std::to_string(generation));
}

std::optional<std::uint64_t> generation_of(std::string_view name) {
    if (!name.starts_with(file_start)) return std::nullopt;
    name.remove_prefix(file_start.size());
    std::uint64_t generation = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), generation);
    if (error != std::errc{} || end != name.data() + name.size() || name[0] == '0')
        return std::nullopt;
    return generation;
}

Result<std::vector<std::uint64_t>> generations(const Path& directory) {  // newest first
    TRY(const auto names, list_directory(directory));
    std::vector<std::uint64_t> found;
    for (const auto& name : names)
        if (const auto generation = generation_of(name)) found.push_back(*generation);
    std::ranges::sort(found, std::ranges::greater{});
    return found;
}

// What a crash during a change left behind: older generations, and files half written. An older
// generation may hold keys that were destroyed.
Result<void> remove_leftovers(const Path& directory, std::uint64_t newest) {
    TRY(const auto names, list_directory(directory));
    std::vector<Path> leftovers;
    for (const auto& name : names) {
        const auto generation = generation_of(name);
        const bool older = generation && *generation < newest;
        const bool half_written = name.starts_with(file_start) && name.ends_with(".tmp");
        if (older || half_written) leftovers.push_back(directory / name);
    }
    if (leftovers.empty()) return {};
    // The newest must be there for good before the older ones go.
    TRY_DO(sync_directory(directory));
    for (const auto& leftover : leftovers) TRY_DO(remove_file(leftover));
    return sync_directory(directory);
}

KeyId random_id() {
    KeyId id;
    const auto bytes = random_bytes(id.size());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
}

// Every change begins here: nothing newer on the disk than in memory, and nothing older.
Result<void> prepare_change(const Path& directory, std::uint64_t generation) {
    TRY(const auto found, generations(directory));
    if (found.empty() || found.front() != generation)
        return fail(Errc::conflict,
                    "the keyring in " + directory.string() + " is not at generation " +
                        std::to_string(generation) + " any more",
                    "Another process changed it: open the archive again.");
    return remove_leftovers(directory, generation);
}

// Collecting a generation to be written.
class Draft {
public:
    Draft(const Key& root, Instant now) : root_(root), now_(now), epoch_(Key::random()) {
        start_epoch();
    }
    // The same keys as now, under the same epoch key.
    Draft(const Key& root, Instant now, const Contents& from)
        : root_(root), now_(now), entries_(from.entries), epoch_(from.epoch) {
        entries_.reserve(entries_.size() + 16);
    }
    // The same keys without `dropped`, all of them under a new epoch key.
    static Result<Draft> with_new_epoch(const Key& root,
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

    void add(Purpose purpose, std::string_view label) {
        const auto id = random_id();
        entries_.push_back(
            {.id = id,
             .purpose = purpose,
             .label = std::string(label),
             .made = now_,
             .wrapped = wrap_entry(entries_[0].id, epoch_, id, purpose, Key::random())});
    }

    Result<Snapshot> finish(std::uint64_t generation, UnlockBlock unlock) && {
        auto contents = std::make_shared<Contents>();
        contents->generation = generation;
        contents->unlock = std::move(unlock);
        contents->entries = std::move(entries_);
        contents->epoch = epoch_;
        TRY_DO(index(*contents));
        return Snapshot(std::move(contents));
    }

private:
    void start_epoch() {
        const auto id = random_id();
        entries_.push_back({.id = id,
                            .purpose = Purpose::epoch,
                            .label = {},
                            .made = now_,
                            .wrapped = wrap_epoch(root_, id, epoch_)});
    }
    Key root_;
    Instant now_;
    std::vector<Entry> entries_;
    Key epoch_;
};

Result<void> write_generation(const Path& directory, const Key& root, const Contents& contents) {
    const auto entries = write_entries(contents.entries);
    const auto bytes = write_frame(root, contents.generation, contents.unlock, entries);
    if (bytes.size() > keyring_bytes_max)
        return fail(Errc::too_large, "the keyring would have more than 256 MiB");
    return write_file_durably(file_of(directory, contents.generation), bytes);
}

Result<Key> passphrase_key(std::string_view passphrase, const UnlockBlock& block) {
    return key_from_passphrase(passphrase, block.salt, block.cost);
}

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
    TRY(const auto key, passphrase_key(*unlock.passphrase, block));
    if (auto root = unwrap_root(block, key)) return root;
    return fail(Errc::wrong_key,
                "the passphrase does not open this archive",
                "Check the keyboard layout and Caps Lock. Without the passphrase only the recovery "
                "sheet opens the archive.");
}

Result<std::string> read_generation(const Path& directory, std::uint64_t generation) {
    const auto file = file_of(directory, generation);
    auto bytes = read_file(file, keyring_bytes_max);
    if (!bytes) return bytes;
    auto frame = parse_frame(*bytes);
    if (!frame) return within(file.filename().string(), std::move(frame).error());
    if (frame->generation != generation)
        return fail(Errc::corrupt,
                    file.filename().string() + " holds generation " +
                        std::to_string(frame->generation) + ": it was renamed");
    return bytes;
}

// The newest generation, whole. Tries again when the writer replaced it meanwhile.
Result<std::string> read_newest(const Path& directory) {
    for (int tries = 0; tries < 5; ++tries) {
        TRY(const auto found, generations(directory));
        if (found.empty())
            return fail(Errc::not_found,
                        "there is no keyring in " + directory.string(),
                        "Without its keyring an archive cannot be opened: put the newest "
                        "keyring.<number> back from its copy.");
        auto bytes = read_generation(directory, found.front());
        if (bytes) return bytes;
        auto error = std::move(bytes).error();
        if (error.code == Errc::not_found) continue;
        if (error.code != Errc::corrupt) return tl::unexpected<Error>(std::move(error));
        for (const auto older : std::span(found).subspan(1)) {
            if (!read_generation(directory, older)) continue;
            error.what += "; generation " + std::to_string(older) +
                          " beside it is whole but is not used, because it may hold keys that "
                          "were destroyed";
            error.hint = "Restore keyring." + std::to_string(found.front()) +
                         " from its copy. Only if there is none: move it away, and the archive "
                         "opens with generation " +
                         std::to_string(older) + "; then repeat the erasures done since.";
            break;
        }
        return tl::unexpected<Error>(std::move(error));
    }
    return fail(Errc::unavailable, "the keyring changes all the time; try again");
}

Result<Snapshot> open_contents(const Frame& frame, const Key& root, Errc when_not_opened) {
    auto entries = open_entries(root, frame);
    if (!entries && when_not_opened == Errc::wrong_key)
        return fail(Errc::wrong_key, "the recovery sheet does not open this archive");
    const auto name = std::string(file_start) + std::to_string(frame.generation);
    if (!entries) return fail(Errc::corrupt, name + " was altered");
    auto contents = std::make_shared<Contents>();
    contents->generation = frame.generation;
    contents->unlock = frame.unlock;
    auto parsed = parse_entries(*entries);
    if (!parsed) return within(name, std::move(parsed).error());
    contents->entries = *std::move(parsed);
    TRY(contents->epoch, unwrap_epoch(root, contents->entries.front()));
    if (auto indexed = index(*contents); !indexed) return within(name, std::move(indexed).error());
    return Snapshot(std::move(contents));
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
        TRY_DO(write_generation(directory, root, *next));
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
    for (const auto& origin : log_origins) {
        if (origin.size() > label_bytes_max)
            return fail(Errc::too_large, "the origin of a log has more than 1024 bytes");
        draft.add(Purpose::log, origin);
    }
    for (const auto purpose : {Purpose::dedup, Purpose::audit, Purpose::system})
        draft.add(purpose, {});
    TRY(auto contents, std::move(draft).finish(1, std::move(block)));
    TRY_DO(write_generation(directory, state->root, *contents));
    state->contents = std::move(contents);
    return std::unique_ptr<Keyring>(new Keyring(std::move(state)));
}

Result<std::unique_ptr<Keyring>> Keyring::open(const Path& directory, const Unlock& unlock) {
    TRY(const auto bytes, read_newest(directory));
    TRY(const auto frame, parse_frame(bytes));
    auto state = std::make_unique<State>();
    state->directory = directory;
    TRY(state->root, unlock_root(frame.unlock, unlock));
    TRY(state->contents, open_contents(frame, state->root, Errc::corrupt));
    return std::unique_ptr<Keyring>(new Keyring(std::move(state)));
}

Result<std::unique_ptr<Keyring>> Keyring::open_with_recovery(const Path& directory,
                                                             std::string_view sheet) {
    auto state = std::make_unique<State>();
    state->directory = directory;
    TRY(state->root, parse_sheet(sheet));
    TRY(const auto bytes, read_newest(directory));
    TRY(const auto frame, parse_frame(bytes));
    TRY(state->contents, open_contents(frame, state->root, Errc::wrong_key));
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
    Draft draft(state_->root, now, *contents);
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

Result<void> Keyring::rotate_if_due(Instant now) {
    const std::lock_guard lock(state_->change);
    const auto contents = state_->snapshot();
    TRY_DO(prepare_change(state_->directory, contents->generation));
    if (now - contents->entries.front().made <= epoch_life) return {};
    TRY(auto draft, Draft::with_new_epoch(state_->root, now, *contents, {}));
    return state_->replace(std::move(draft), contents->unlock);
}

Result<void> Keyring::change_unlock(const Unlock& to, Instant now) {
    const std::lock_guard lock(state_->change);
    const auto contents = state_->snapshot();
    TRY_DO(prepare_change(state_->directory, contents->generation));
    TRY(auto block, lock_root(state_->root, to));
    return state_->replace(Draft(state_->root, now, *contents), std::move(block));
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
