// SPDX-License-Identifier: AGPL-3.0-or-later
// Proof files: what is accepted is exactly what would be written, and its check ends for any sizes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "ledger/entry.hpp"
#include "ledger/proof.hpp"

using namespace letopis;
using namespace letopis::ledger;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const Signer log{.name = "archive.example/archive/1",
                            .seed = crypto::Key::from(std::string(32, 'l'))};
    static const auto key = verifier(log);
    const Digest leaf = crypto::sha256("not a leaf of this log");

    const auto proof = parse_proof(text);
    if (proof) {
        if (write_proof(*proof) != text) std::abort();
        if (verify_proof(*proof, leaf, key)) std::abort();
        for (const auto tree : {proof->index + 1, proof->index * 2 + 3, ~std::uint64_t(0) >> 1}) {
            (void)verify_inclusion(leaf, proof->index, tree, proof->hashes, leaf);
            (void)verify_consistency(proof->index, leaf, tree, leaf, proof->hashes);
        }
    }
    const auto entry = decode(text);
    if (entry && as_bytes(encode(*entry)) != text) std::abort();
    return 0;
}
