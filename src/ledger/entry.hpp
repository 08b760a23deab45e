// SPDX-License-Identifier: AGPL-3.0-or-later
// The 72 bytes that stand in the log for one record. Layout and vectors: docs/formats/entry.md.
// Pure functions, safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace letopis::ledger {

// The public, coarse class of a record. Numbers are stored: add, never reuse.
enum class LeafType : std::uint8_t {
    message_event = 1,
    object = 2,
    auth_result = 3,
    coverage = 4,
    hold = 5,
    policy = 6,
    disposal_intent = 7,
    disposal_done = 8,
    export_made = 9,
    rewrap = 10,
    anchor = 11,
    access = 12,
    state_change = 13,
    job = 14,
    derived_text = 15,
    source_context = 16,
};
constexpr std::uint8_t leaf_type_max = 16;
std::string_view name(LeafType type);  // "message event", for people

constexpr std::size_t entry_bytes = 72;
constexpr std::size_t salt_bytes = 32;

struct Entry {
    std::uint8_t type = 0;  // a LeafType
    Digest commit{};        // commitment(salt, descriptor)
    Digest object{};        // SHA-256 of the stored ciphertext object, zeros if there is none
    friend bool operator==(const Entry&, const Entry&) = default;
};

std::array<std::uint8_t, entry_bytes> encode(const Entry& entry);
// invalid: not 72 bytes, another magic, padding that is not zero, type 0; unsupported: a type that
// this version does not know.
Result<Entry> decode(std::string_view bytes);

// Binds a record's salt and the exact bytes of its descriptor without showing either. The salt has
// exactly salt_bytes bytes (CHECK).
Digest commitment(std::string_view salt, std::string_view descriptor);

// RFC 6962 section 2.1: SHA-256(0x00 | entry).
Digest leaf_hash(std::string_view entry);
using letopis::as_bytes;
inline std::string_view as_bytes(const std::array<std::uint8_t, entry_bytes>& entry) {
    return {reinterpret_cast<const char*>(entry.data()), entry.size()};
}

}  // namespace letopis::ledger
