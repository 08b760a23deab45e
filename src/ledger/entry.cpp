// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/entry.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/check.hpp"
#include "crypto/crypto.hpp"

namespace letopis::ledger {

namespace {
constexpr std::string_view magic = "CAL1";
constexpr std::string_view commit_label = "correspondence-archive/commit/v1\n";
}  // namespace

std::string_view name(LeafType type) {
    switch (type) {
        case LeafType::message_event: return "message event";
        case LeafType::object: return "object";
        case LeafType::auth_result: return "auth-result";
        case LeafType::coverage: return "coverage";
        case LeafType::hold: return "hold";
        case LeafType::policy: return "policy";
        case LeafType::disposal_intent: return "disposal-intent";
        case LeafType::disposal_done: return "disposal-done";
        case LeafType::export_made: return "export";
        case LeafType::rewrap: return "rewrap";
        case LeafType::anchor: return "anchor";
        case LeafType::access: return "access";
        case LeafType::state_change: return "state change";
        case LeafType::job: return "job intent or outcome";
        case LeafType::derived_text: return "derived text";
        case LeafType::source_context: return "source context";
    }
    std::abort();
}

std::array<std::uint8_t, entry_bytes> encode(const Entry& entry) {
    std::array<std::uint8_t, entry_bytes> out{};
    std::copy(magic.begin(), magic.end(), out.begin());
    out[4] = entry.type;
    std::copy(entry.commit.begin(), entry.commit.end(), out.begin() + 8);
    std::copy(entry.object.begin(), entry.object.end(), out.begin() + 40);
    return out;
}

Result<Entry> decode(std::string_view bytes) {
    if (bytes.size() != entry_bytes || bytes.substr(0, 4) != magic)
        return fail(Errc::invalid, "not a log entry");
    if (bytes.substr(5, 3) != std::string_view("\0\0\0", 3))
        return fail(Errc::invalid, "log entry with unknown flags");
    Entry entry;
    entry.type = static_cast<std::uint8_t>(bytes[4]);
    if (entry.type == 0) return fail(Errc::invalid, "log entry of type 0");
    if (entry.type > leaf_type_max)
        return fail(Errc::unsupported, "log entry of unknown type " + std::to_string(entry.type));
    entry.commit = *as_digest(bytes.substr(8, 32));
    entry.object = *as_digest(bytes.substr(40, 32));
    return entry;
}

Digest commitment(std::string_view salt, std::string_view descriptor) {
    CHECK(salt.size() == salt_bytes);
    const auto described = crypto::sha256(descriptor);
    std::string bytes;
    bytes.reserve(commit_label.size() + salt.size() + described.size());
    bytes.append(commit_label).append(salt).append(as_bytes(described));
    return crypto::sha256(bytes);
}

Digest leaf_hash(std::string_view entry) {
    CHECK(entry.size() == entry_bytes);
    std::array<char, 1 + entry_bytes> bytes{};
    std::copy(entry.begin(), entry.end(), bytes.begin() + 1);
    return crypto::sha256({bytes.data(), bytes.size()});
}

}  // namespace letopis::ledger
