// SPDX-License-Identifier: AGPL-3.0-or-later
// The text form of a proof: C2SP tlog-proof.
#include "ledger/decimal_internal.hpp"
#include "ledger/proof.hpp"

namespace letopis::ledger {

namespace {
constexpr std::string_view first_line = "c2sp.org/tlog-proof@v1";
constexpr std::string_view extra_word = "extra ";
constexpr std::string_view index_word = "index ";
constexpr std::size_t hashes_max = 63;  // a tree of 2^63 leaves

auto malformed(const char* what) { return fail(Errc::invalid, std::string("proof: ") + what); }
}  // namespace

std::string write_proof(const TlogProof& proof) {
    std::string out(first_line);
    out += '\n';
    if (!proof.extra.empty()) out.append(extra_word).append(base64(proof.extra)) += '\n';
    out.append(index_word).append(std::to_string(proof.index)) += '\n';
    for (const auto& hash : proof.hashes) out.append(base64(as_bytes(hash))) += '\n';
    out += '\n';
    out += proof.checkpoint;
    return out;
}

Result<TlogProof> parse_proof(std::string_view text) {
    if (text.size() > proof_bytes_max) return fail(Errc::too_large, "proof: too large");
    if (take_line(text) != first_line) return malformed("the first line is not that of a proof");
    TlogProof proof;
    auto line = take_line(text);
    if (line && line->starts_with(extra_word)) {
        auto extra = unbase64(line->substr(extra_word.size()));
        if (!extra || extra->empty()) return malformed("the extra data is not base64");
        proof.extra = *std::move(extra);
        line = take_line(text);
    }
    if (!line || !line->starts_with(index_word)) return malformed("there is no index");
    const auto index = decimal(line->substr(index_word.size()));
    if (!index) return malformed("the index is not a number");
    proof.index = *index;
    while ((line = take_line(text)) && !line->empty()) {
        if (proof.hashes.size() == hashes_max) return malformed("too many hashes");
        const auto bytes = unbase64(*line);
        const auto hash = bytes ? as_digest(*bytes) : std::nullopt;
        if (!hash) return malformed("a line is not a hash");
        proof.hashes.push_back(*hash);
    }
    if (!line || text.empty()) return malformed("there is no checkpoint");
    proof.checkpoint = text;
    return proof;
}

Result<Checkpoint> verify_proof(const TlogProof& proof,
                                const Digest& leaf,
                                const VerifierKey& log) {
    TRY(const auto head, verify_checkpoint(proof.checkpoint, log));
    if (!verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root))
        return fail(Errc::corrupt, "the record does not stand in the log at this place");
    return head;
}

}  // namespace letopis::ledger
