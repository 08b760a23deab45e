// SPDX-License-Identifier: AGPL-3.0-or-later
// Heads of logs and their names: C2SP tlog-checkpoint.
#include <algorithm>

#include "ledger/decimal_internal.hpp"
#include "ledger/note.hpp"
#include "ledger/utf8_internal.hpp"

namespace letopis::ledger {

bool is_key_name(std::string_view name) {
    return !name.empty() && name.size() <= 1024 && is_utf8(name) && !has_unicode_space(name) &&
           std::none_of(name.begin(), name.end(), [](char c) {
               return c == '+' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

std::string write_checkpoint(const Checkpoint& checkpoint) {
    return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
           base64(as_bytes(checkpoint.root)) + "\n";
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    const auto malformed = [] { return fail(Errc::invalid, "not the head of a log"); };
    const auto origin = take_line(text), size = take_line(text), root = take_line(text);
    if (!origin || origin->empty() || !size || !root) return malformed();
    const auto number = decimal(*size);
    const auto bytes = unbase64(*root);
    const auto digest = bytes ? as_digest(*bytes) : std::nullopt;
    if (!number || !digest) return malformed();
    while (!text.empty()) {
        const auto extension = take_line(text);
        if (!extension || extension->empty()) return malformed();
    }
    return Checkpoint{.origin = std::string(*origin), .size = *number, .root = *digest};
}

Result<Checkpoint> verify_checkpoint(std::string_view note, const VerifierKey& log) {
    TRY(const auto verified, verify_note(note, {&log, 1}));
    TRY(auto checkpoint, parse_checkpoint(verified.text));
    if (checkpoint.origin != log.name)
        return fail(Errc::corrupt, "the head is of another log than the key that signed it");
    return checkpoint;
}

Result<Origin> origin_of(std::string_view host, LogKind kind, std::uint32_t number) {
    if (!is_key_name(host) || host.find_first_of("/\\") != std::string_view::npos)
        return fail(Errc::invalid,
                    "the name of the archive's host cannot name a log",
                    "Use a host name such as archive.example.com.");
    if (number == 0) return fail(Errc::invalid, "logs are numbered from 1");
    const std::string kind_name = kind == LogKind::archive ? "archive" : "audit";
    const auto digits = std::to_string(number);
    return Origin{.name = std::string(host) + "/" + kind_name + "/" + digits,
                  .slug = kind_name + "-" + digits};
}

}  // namespace letopis::ledger
