// SPDX-License-Identifier: AGPL-3.0-or-later
// The corpora of fuzz/note_fuzz.cpp and fuzz/proof_fuzz.cpp as a plain test: each seed is accepted,
// and whatever is accepted of its mutations has one form only.
#include <gtest/gtest.h>

#include <random>

#include "base/files.hpp"
#include "ledger/proof.hpp"

namespace letopis::ledger {
namespace {

const Path corpus = Path(LETOPIS_SOURCE_DIR) / "fuzz" / "corpus";

template <class Check>
void on_each_seed_and_its_mutations(const char* folder, Check check) {
    const auto names = list_directory(corpus / folder);
    ASSERT_TRUE(names);
    ASSERT_FALSE(names->empty());
    std::mt19937 random(4);
    for (const auto& name : *names) {
        const auto seed = *read_file(corpus / folder / name);
        check(name, seed);
        for (int round = 0; round < 2000; ++round) {
            auto changed = seed;
            const auto at = random() % changed.size();
            if (round % 3 == 0) changed.erase(at, 1 + random() % 4);
            if (round % 3 == 1) changed[at] = static_cast<char>(random());
            if (round % 3 == 2) changed.insert(at, changed.substr(random() % changed.size(), 40));
            check("", changed);
        }
    }
}

TEST(Corpus, of_notes_is_accepted_in_one_form_only) {
    const Signer log{.name = "archive.example/archive/1",
                     .seed = crypto::Key::from(std::string(32, 'l'))};
    const Signer witness{.name = "witness.example",
                         .seed = crypto::Key::from(std::string(32, 'w'))};
    const VerifierKey keys[] = {verifier(log), verifier(witness, KeyType::ed25519_cosignature)};
    on_each_seed_and_its_mutations("note", [&](std::string_view name, const std::string& text) {
        const auto key = parse_vkey(text);
        if (key) {
            EXPECT_EQ(write_vkey(*key), text);
        }
        const auto note = verify_note(text, keys);
        if (note) {
            EXPECT_TRUE(text.starts_with(note->text + "\n"));
        }
        if (!name.empty()) {
            EXPECT_EQ(bool(key), name.starts_with("vkey")) << name;
        }
        if (name == "checkpoint" || name == "extension") {
            EXPECT_EQ(note->signatures.size(), 1U);
        }
        if (name == "cosigned") {
            EXPECT_EQ(note->signatures.size(), 2U);
        }
    });
}

TEST(Corpus, of_proofs_is_accepted_in_one_form_only) {
    on_each_seed_and_its_mutations("proof", [&](std::string_view name, const std::string& text) {
        const auto proof = parse_proof(text);
        EXPECT_TRUE(proof || name.empty()) << name;
        if (proof) {
            EXPECT_EQ(write_proof(*proof), text);
        }
    });
}

}  // namespace
}  // namespace letopis::ledger
