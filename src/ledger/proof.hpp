// SPDX-License-Identifier: AGPL-3.0-or-later
// Merkle tree mathematics of RFC 6962 section 2.1 (checks after RFC 9162 section 2.1) and the
// offline proof file of C2SP tlog-proof. Nothing here recurses or allocates by what a stranger
// writes. Pure; safe from any thread as long as the HashReader is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ledger/note.hpp"

namespace letopis::ledger {

Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 | left | right)
Digest empty_root();                                        // SHA-256("")

// Where the hashes of complete subtrees come from.
class HashReader {
public:
    virtual ~HashReader() = default;
    // The root of the 2^level leaves from index * 2^level on; all of them are inside the tree.
    virtual Result<Digest> hash(unsigned level, std::uint64_t index) const = 0;
};

Result<Digest> tree_root(const HashReader& hashes, std::uint64_t size);
// From the leaf's sibling up to the root's child. invalid unless index < size.
Result<std::vector<Digest>> inclusion_proof(const HashReader& hashes,
                                            std::uint64_t index,
                                            std::uint64_t size);
// invalid unless old_size <= new_size. Empty when the sizes are equal or old_size is 0.
Result<std::vector<Digest>> consistency_proof(const HashReader& hashes,
                                              std::uint64_t old_size,
                                              std::uint64_t new_size);

bool verify_inclusion(const Digest& leaf,
                      std::uint64_t index,
                      std::uint64_t size,
                      std::span<const Digest> proof,
                      const Digest& root);
bool verify_consistency(std::uint64_t old_size,
                        const Digest& old_root,
                        std::uint64_t new_size,
                        const Digest& new_root,
                        std::span<const Digest> proof);

// c2sp.org/tlog-proof@v1. `extra` is not covered by any signature: an archive puts the 32-byte salt
// there (docs/formats/log.md), which the commitment in the entry then confirms.
struct TlogProof {
    std::string extra;
    std::uint64_t index = 0;
    std::vector<Digest> hashes;
    std::string checkpoint;  // the signed note, verbatim
    friend bool operator==(const TlogProof&, const TlogProof&) = default;
};
std::string write_proof(const TlogProof& proof);
// Accepts only the form that write_proof gives: at most proof_bytes_max bytes, 63 hashes. The
// checkpoint inside is not verified here.
Result<TlogProof> parse_proof(std::string_view text);
constexpr std::size_t proof_bytes_max = note_bytes_max + 65536;

// The whole check: the note is signed by `log`, and its root holds `leaf` at the index of the
// proof.
Result<Checkpoint> verify_proof(const TlogProof& proof, const Digest& leaf, const VerifierKey& log);

}  // namespace letopis::ledger
