// SPDX-License-Identifier: AGPL-3.0-or-later
// Signed notes, heads of logs and verifier keys: whatever is accepted has one form only.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "ledger/note.hpp"

using namespace letopis;
using namespace letopis::ledger;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const Signer log{.name = "archive.example/archive/1",
                            .seed = crypto::Key::from(std::string(32, 'l'))};
    static const Signer witness{.name = "witness.example",
                                .seed = crypto::Key::from(std::string(32, 'w'))};
    static const VerifierKey keys[] = {verifier(log),
                                       verifier(witness, KeyType::ed25519_cosignature)};

    const auto key = parse_vkey(text);
    if (key && write_vkey(*key) != text) std::abort();
    const auto note = verify_note(text, keys);
    if (note && (note->signatures.empty() || !text.starts_with(note->text))) std::abort();
    const auto head = parse_checkpoint(text);
    if (head && !text.starts_with(write_checkpoint(*head))) std::abort();
    if (verify_checkpoint(text, keys[0]) && !verify_note(text, {keys, 1})) std::abort();
    if (!note || text.size() > 900) return 0;  // so small a note has room for one more signature
    const auto cosigned = cosign_note(text, witness, from_unix(1));
    if (!cosigned || !verify_note(*cosigned, keys)) std::abort();
    return 0;
}
