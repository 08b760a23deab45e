// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "crypto/keyring_file_internal.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

constexpr std::string_view magic = "LTPSKEYS";
constexpr std::uint16_t version = 1;
constexpr std::size_t wrap_bytes = 80;
constexpr std::size_t head_bytes = 123;
constexpr std::size_t check_bytes = 32;
constexpr std::size_t smallest_entry = 8 + 1 + 8 + 1 + wrap_bytes;

auto damaged(std::string what) {
    return fail(Errc::corrupt,
                std::move(what),
                "Restore this file from its copy; every other file of the archive is of no use "
                "without it.");
}

KeyId derived_id(const Key& key, std::string_view info) {
    KeyId id;
    const auto bytes = hkdf_sha256(key.bytes(), {}, info, id.size());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
}
KeyId root_id(const Key& root) { return derived_id(root, "letopis/keyring/v1/root-id"); }

Key body_key(const Key& root) {
    auto bytes = hkdf_sha256(root.bytes(), {}, "letopis/keyring/v1/body", key_bytes);
    auto key = Key::from(bytes);
    wipe(bytes);
    return key;
}

std::string_view view(const KeyId& id) {
    return {reinterpret_cast<const char*>(id.data()), id.size()};
}

// Bytes 18..42: what the wrap of the root is bound to.
std::string unlock_bytes(const UnlockBlock& block) {
    std::string out;
    Writer writer(out);
    writer.u8(static_cast<std::uint8_t>(block.method));
    writer.u32(block.cost.memory_kib);
    writer.u32(block.cost.passes);
    writer.raw(block.salt);
    return out;
}

std::string entry_object(const KeyId& id, Purpose purpose) {
    std::string out(view(id));
    out.push_back(static_cast<char>(purpose));
    return out;
}

Result<UnlockBlock> parse_unlock(Reader& reader) {
    UnlockBlock block;
    const auto method = reader.u8();
    block.cost.memory_kib = reader.u32();
    block.cost.passes = reader.u32();
    block.salt = reader.raw(16);
    block.root_wrap = reader.raw(wrap_bytes);
    if (method == static_cast<std::uint8_t>(Method::key_file)) {
        block.method = Method::key_file;
        if (block.cost.memory_kib != 0 || block.cost.passes != 0 ||
            block.salt != std::string(16, '\0'))
            return damaged("the unlock block has no known form");
        return block;
    }
    if (method != static_cast<std::uint8_t>(Method::passphrase))
        return damaged("the unlock block has no known form");
    block.method = Method::passphrase;
    if (block.cost.memory_kib < 8 || block.cost.memory_kib > passphrase_memory_kib_max ||
        block.cost.passes < 1 || block.cost.passes > passphrase_passes_max)
        return damaged("the cost of the passphrase is out of range");
    return block;
}

}  // namespace

Result<Frame> parse_frame(std::string_view file) {
    if (file.size() < magic.size() + 2 + check_bytes || !file.starts_with(magic))
        return damaged("this is not a keyring");
    const auto covered = file.substr(0, file.size() - check_bytes);
    if (as_bytes(sha256(covered)) != file.substr(covered.size()))
        return damaged("the checksum does not fit");
    Reader reader(covered.substr(magic.size()));
    if (const auto found = reader.u16(); found != version)
        return fail(Errc::unsupported,
                    "this keyring has format " + std::to_string(found) +
                        ", this Letopis knows format " + std::to_string(version),
                    "Use the version of Letopis that wrote the archive last, or a newer one.");
    const auto generation = reader.u64();
    TRY(auto unlock, parse_unlock(reader));
    if (!reader.ok()) return damaged("the file is too short");
    return Frame{.generation = generation,
                 .unlock = std::move(unlock),
                 .head = file.substr(0, head_bytes),
                 .sealed = reader.rest()};
}

std::string write_frame(const Key& root,
                        std::uint64_t generation,
                        const UnlockBlock& unlock,
                        std::string_view entries) {
    std::string out;
    Writer writer(out);
    writer.raw(magic);
    writer.u16(version);
    writer.u64(generation);
    writer.raw(unlock_bytes(unlock));
    writer.raw(unlock.root_wrap);
    const auto sealed = chunked_seal(body_key(root), entries, out);
    out += sealed;
    out += as_bytes(sha256(out));
    return out;
}

Result<std::string> open_entries(const Key& root, const Frame& frame) {
    return chunked_open(body_key(root), frame.sealed, frame.head);
}

UnlockBlock wrap_root(
    const Key& root, const Key& unlock_key, Method method, std::string salt, PassphraseCost cost) {
    UnlockBlock block{.method = method, .cost = cost, .salt = std::move(salt), .root_wrap = {}};
    block.root_wrap = wrap(derived_id(unlock_key, "letopis/keyring/v1/unlock-id"),
                           unlock_key,
                           root,
                           "keyring/root",
                           unlock_bytes(block));
    return block;
}

Result<Key> unwrap_root(const UnlockBlock& block, const Key& unlock_key) {
    return unwrap(unlock_key, block.root_wrap, "keyring/root", unlock_bytes(block));
}

std::string write_entries(std::span<const Entry> entries) {
    std::string out;
    out.reserve(entries.size() * 140);
    Writer writer(out);
    writer.varint(entries.size());
    for (const auto& entry : entries) {
        writer.raw(view(entry.id));
        writer.u8(static_cast<std::uint8_t>(entry.purpose));
        writer.u64(static_cast<std::uint64_t>(to_micros(entry.made)));
        writer.text(entry.label);
        writer.raw(entry.wrapped);
    }
    return out;
}

Result<std::vector<Entry>> parse_entries(std::string_view bytes) {
    Reader reader(bytes);
    const auto count = reader.varint();
    if (count == 0 || count > keyring_entries_max || count > bytes.size() / smallest_entry)
        return damaged("the number of keys is out of range");
    std::vector<Entry> entries;
    entries.reserve(count);
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        auto& entry = entries.emplace_back();
        const auto id = reader.raw(entry.id.size());
        std::copy(id.begin(), id.end(), entry.id.begin());
        entry.purpose = static_cast<Purpose>(reader.u8());
        entry.made = from_micros(static_cast<std::int64_t>(reader.u64()));
        entry.label = reader.text();
        entry.wrapped = reader.raw(wrap_bytes);
        const bool is_epoch = entry.purpose == Purpose::epoch;
        if (entry.label.size() > label_bytes_max || is_epoch != (i == 0) ||
            entry.purpose == Purpose{0})
            return damaged("an entry has no known form");
    }
    if (!reader.done()) return damaged("the entries end in the wrong place");
    return entries;
}

std::string wrap_epoch(const Key& root, const KeyId& id, const Key& epoch) {
    return wrap(root_id(root), root, epoch, "keyring/epoch", entry_object(id, Purpose::epoch));
}
Result<Key> unwrap_epoch(const Key& root, const Entry& entry) {
    return unwrap(root, entry.wrapped, "keyring/epoch", entry_object(entry.id, entry.purpose));
}
std::string wrap_entry(
    const KeyId& epoch_id, const Key& epoch, const KeyId& id, Purpose purpose, const Key& secret) {
    return wrap(epoch_id, epoch, secret, "keyring/key", entry_object(id, purpose));
}
Result<Key> unwrap_entry(const Key& epoch, const Entry& entry) {
    return unwrap(epoch, entry.wrapped, "keyring/key", entry_object(entry.id, entry.purpose));
}

}  // namespace letopis::crypto
