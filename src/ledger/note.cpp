// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/note.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "ledger/decimal_internal.hpp"
#include "ledger/utf8_internal.hpp"

namespace letopis::ledger {

namespace {

constexpr std::string_view dash = "\xe2\x80\x94 ";     // em dash and a space
constexpr std::int64_t latest_time = 253'402'300'799;  // the end of the year 9999

auto malformed(const char* what) { return fail(Errc::invalid, std::string("note: ") + what); }

std::string big_endian(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
    return out;
}
std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

using letopis::as_bytes;
std::string_view as_bytes(const crypto::Signature& signature) {
    return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}

std::string signature_line(const VerifierKey& key, std::string_view signature) {
    std::string line(dash);
    line.append(key.name).append(" ");
    line.append(base64(big_endian(key_id(key), 4).append(signature))) += '\n';
    return line;
}

// tlog-cosignature: what a witness signs.
std::string cosigned_message(std::uint64_t time, std::string_view text) {
    return "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(text);
}

struct Line {
    std::string_view name;
    std::uint32_t id = 0;
    std::string signature;
};
struct Parts {
    std::string_view text;
    std::vector<Line> lines;
};

Result<Line> parse_signature_line(std::string_view line) {
    if (!line.starts_with(dash)) return malformed("a line is not a signature");
    line.remove_prefix(dash.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos || !is_key_name(line.substr(0, space)))
        return malformed("a signature has no name");
    auto bytes = unbase64(line.substr(space + 1));
    if (!bytes || bytes->size() < 5) return malformed("a signature is not base64");
    Line parsed{
        .name = line.substr(0, space),
        .id = static_cast<std::uint32_t>(big_endian(std::string_view(*bytes).substr(0, 4)))};
    parsed.signature = bytes->substr(4);
    return parsed;
}

Result<Parts> split_note(std::string_view note) {
    if (note.size() > note_bytes_max) return fail(Errc::too_large, "note: too large");
    if (!is_utf8(note) || !std::all_of(note.begin(), note.end(), [](char c) {
            return static_cast<unsigned char>(c) >= 0x20 || c == '\n';
        }))
        return malformed("not plain text");
    const auto gap = note.rfind("\n\n");
    if (gap == std::string_view::npos) return malformed("there is no signature");
    Parts parts{.text = note.substr(0, gap + 1)};
    auto rest = note.substr(gap + 2);
    while (!rest.empty()) {
        const auto line = take_line(rest);
        if (!line) return malformed("the last line is cut");
        if (parts.lines.size() == note_signatures_max) return malformed("too many signatures");
        TRY(auto parsed, parse_signature_line(*line));
        parts.lines.push_back(std::move(parsed));
    }
    if (parts.lines.empty()) return malformed("there is no signature");
    return parts;
}

// nullopt: the signature does not verify.
std::optional<Note::Signature> verify_line(const Line& line,
                                           const VerifierKey& key,
                                           std::string_view text) {
    Note::Signature verified{.key = key};
    std::string_view bytes = line.signature;
    std::string message(text);
    if (key.type == KeyType::ed25519_cosignature) {
        if (bytes.size() < 8) return std::nullopt;
        const auto time = big_endian(bytes.substr(0, 8));
        if (time > static_cast<std::uint64_t>(latest_time)) return std::nullopt;
        verified.at = from_unix(static_cast<std::int64_t>(time));
        message = cosigned_message(time, text);
        bytes.remove_prefix(8);
    }
    crypto::Signature signature;
    if (bytes.size() != signature.size()) return std::nullopt;
    std::memcpy(signature.data(), bytes.data(), bytes.size());
    if (!crypto::ed25519_verify(key.key, message, signature)) return std::nullopt;
    return verified;
}

}  // namespace

std::uint32_t key_id(const VerifierKey& key) {
    std::string bytes = key.name;
    bytes += '\n';
    bytes += static_cast<char>(key.type);
    bytes.append(as_bytes(key.key));
    const auto digest = crypto::sha256(bytes);
    return static_cast<std::uint32_t>(big_endian(as_bytes(digest).substr(0, 4)));
}

std::string write_vkey(const VerifierKey& key) {
    std::string bytes(1, static_cast<char>(key.type));
    bytes.append(as_bytes(key.key));
    return key.name + "+" + hex(big_endian(key_id(key), 4)) + "+" + base64(bytes);
}

Result<VerifierKey> parse_vkey(std::string_view text) {
    const auto plus = text.find('+');
    if (plus == std::string_view::npos || text.size() > 4096 || text.size() < plus + 10 ||
        text[plus + 9] != '+' || !is_key_name(text.substr(0, plus)))
        return fail(Errc::invalid, "not a verifier key");
    const auto bytes = unbase64(text.substr(plus + 10));
    if (!bytes || bytes->empty()) return fail(Errc::invalid, "not a verifier key");
    VerifierKey key{.name = std::string(text.substr(0, plus))};
    key.type = static_cast<KeyType>((*bytes)[0]);
    if (key.type != KeyType::ed25519 && key.type != KeyType::ed25519_cosignature)
        return fail(Errc::unsupported, "a verifier key of an unknown kind");
    if (bytes->size() != 1 + key.key.size()) return fail(Errc::invalid, "not an Ed25519 key");
    std::memcpy(key.key.data(), bytes->data() + 1, key.key.size());
    if (hex(big_endian(key_id(key), 4)) != text.substr(plus + 1, 8))
        return fail(Errc::invalid, "the hash in the verifier key is not that of the key");
    return key;
}

VerifierKey verifier(const Signer& signer, KeyType type) {
    return {.name = signer.name, .type = type, .key = crypto::ed25519_public(signer.seed)};
}

std::string sign_note(std::string_view text, const Signer& signer) {
    CHECK(text.ends_with('\n') && is_key_name(signer.name));
    const auto signature = crypto::ed25519_sign(signer.seed, text);
    return std::string(text) + "\n" + signature_line(verifier(signer), as_bytes(signature));
}

Result<std::string> cosign_note(std::string_view note, const Signer& witness, Instant at) {
    CHECK(is_key_name(witness.name));
    TRY(const auto parts, split_note(note));
    if (to_unix(at) < 0 || to_unix(at) > latest_time) return malformed("no such time");
    const auto time = static_cast<std::uint64_t>(to_unix(at));
    const auto signature = crypto::ed25519_sign(witness.seed, cosigned_message(time, parts.text));
    return std::string(note) + signature_line(verifier(witness, KeyType::ed25519_cosignature),
                                              big_endian(time, 8).append(as_bytes(signature)));
}

Result<Note> verify_note(std::string_view note, std::span<const VerifierKey> keys) {
    TRY(const auto parts, split_note(note));
    Note verified{.text = std::string(parts.text)};
    for (const auto& line : parts.lines) {
        const auto key = std::find_if(keys.begin(), keys.end(), [&](const VerifierKey& known) {
            return known.name == line.name && key_id(known) == line.id;
        });
        if (key == keys.end()) continue;
        auto signature = verify_line(line, *key, parts.text);
        if (!signature)
            return fail(Errc::corrupt, "the signature by " + key->name + " does not verify");
        const auto seen = std::any_of(verified.signatures.begin(),
                                      verified.signatures.end(),
                                      [&](const auto& earlier) { return earlier.key == *key; });
        if (!seen) verified.signatures.push_back(*std::move(signature));
    }
    if (verified.signatures.empty())
        return fail(Errc::wrong_key, "no known key has signed the note");
    return verified;
}

}  // namespace letopis::ledger
