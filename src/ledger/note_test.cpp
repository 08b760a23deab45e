// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/note.hpp"

#include <gtest/gtest.h>

#include "ledger/proof.hpp"
#include "ledger/test_tree_internal.hpp"

namespace letopis::ledger {
namespace {

Signer a_signer(const std::string& name, char seed = 1) {
    return {.name = name, .seed = crypto::Key::from(std::string(32, seed))};
}

constexpr const char* neumann_key =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* neumann_note =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(Note, accepts_the_example_of_the_go_implementation) {
    const auto key = parse_vkey(neumann_key);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->name, "PeterNeumann");
    EXPECT_EQ(key_id(*key), 0xc74f20a3);
    EXPECT_EQ(write_vkey(*key), neumann_key);

    const auto note = verify_note(neumann_note, {&*key, 1});

    ASSERT_TRUE(note) << note.error().what;
    EXPECT_EQ(note->text,
              "If you think cryptography is the answer to your problem,\n"
              "then you don't know what your problem is.\n");
}

TEST(Note, is_refused_after_any_changed_bit) {
    const auto key = *parse_vkey(neumann_key);
    const std::string good = neumann_note;
    for (std::size_t at = 0; at < good.size() * 8; ++at) {
        auto changed = good;
        changed[at / 8] = static_cast<char>(changed[at / 8] ^ (1 << at % 8));
        EXPECT_FALSE(verify_note(changed, {&key, 1})) << at;
    }
}

TEST(Note, needs_a_signature_by_a_known_key_and_skips_unknown_ones) {
    const auto ours = a_signer("log.example", 1), other = a_signer("other.example", 2);
    const auto note = sign_note("text\n", ours);
    const auto two = note + sign_note("text\n", other).substr(6);
    const auto our_key = verifier(ours), their_key = verifier(other);

    EXPECT_EQ(verify_note(note, {&their_key, 1}).error().code, Errc::wrong_key);
    EXPECT_TRUE(verify_note(two, {&our_key, 1}));
    EXPECT_TRUE(verify_note(two, {&their_key, 1}));
    const VerifierKey both[] = {our_key, their_key};
    EXPECT_EQ(verify_note(two, both)->signatures.size(), 2U);
    EXPECT_EQ(verify_note(note + note.substr(6), both)->signatures.size(), 1U);
}

TEST(Note, is_refused_whole_when_a_known_key_did_not_sign_this_text) {
    const auto ours = a_signer("log.example", 1), other = a_signer("other.example", 2);
    const VerifierKey both[] = {verifier(ours), verifier(other)};
    const auto mixed = sign_note("text\n", ours) + sign_note("txet\n", other).substr(6);

    EXPECT_EQ(verify_note(mixed, both).error().code, Errc::corrupt);
    EXPECT_TRUE(verify_note(mixed, {both, 1}));
}

TEST(Note, refuses_what_is_not_a_note) {
    const auto key = verifier(a_signer("n"));
    const auto good = sign_note("text\n", a_signer("n"));
    ASSERT_TRUE(verify_note(good, {&key, 1}));
    for (const auto& bad : {std::string(),
                            std::string("\n\n"),
                            std::string("text\n\n"),
                            good.substr(0, good.size() - 1),
                            good + "\n",
                            "\t" + good,
                            "\xff" + good,
                            "\xc0\xaf" + good,
                            "\xed\xa0\x80" + good,
                            good + "- n AAAAAAAA\n",
                            good + "\xe2\x80\x94 n\n",
                            good + "\xe2\x80\x94  AAAAAAAA\n",
                            good + "\xe2\x80\x94 a+b AAAAAAAA\n",
                            good + "\xe2\x80\x94 a\xc2\xa0\x62 AAAAAAAA\n",
                            good + "\xe2\x80\x94 n AAAAAA\n",
                            good + "\xe2\x80\x94 n AAAA\n"})
        EXPECT_EQ(verify_note(bad, {&key, 1}).error().code, Errc::invalid) << bad;
    auto crowd = good;
    for (int i = 0; i < 64; ++i) crowd += "\xe2\x80\x94 m AAAAAAAA\n";
    EXPECT_FALSE(verify_note(crowd, {&key, 1}));
    EXPECT_EQ(verify_note(std::string(note_bytes_max + 1, 'x'), {&key, 1}).error().code,
              Errc::too_large);
}

TEST(Note, carries_cosignatures_with_their_time) {
    const auto log = a_signer("log.example", 1), witness = a_signer("witness.example", 2);
    const auto note = sign_note("log.example\n0\n" + base64(as_bytes(empty_root())) + "\n", log);
    const VerifierKey keys[] = {verifier(log), verifier(witness, KeyType::ed25519_cosignature)};

    const auto cosigned = *cosign_note(note, witness, from_unix(1'679'315'147));

    const auto verified = verify_note(cosigned, keys);
    ASSERT_TRUE(verified) << verified.error().what;
    ASSERT_EQ(verified->signatures.size(), 2U);
    EXPECT_EQ(verified->signatures[0].at, std::nullopt);
    EXPECT_EQ(verified->signatures[1].at, from_unix(1'679'315'147));
    EXPECT_TRUE(verify_checkpoint(cosigned, keys[0]));
    EXPECT_EQ(parse_vkey(write_vkey(keys[1])), keys[1]);
}

TEST(Note, does_not_take_a_cosignature_for_the_signature_of_the_log) {
    const auto log = a_signer("log.example", 1), witness = a_signer("witness.example", 2);
    const auto text = write_checkpoint({.origin = "log.example", .size = 0, .root = empty_root()});
    const auto by_witness_only = sign_note(text, witness);

    EXPECT_FALSE(verify_checkpoint(by_witness_only, verifier(log)));
    EXPECT_FALSE(verify_checkpoint(by_witness_only, verifier(witness)));
}

TEST(VerifierKey, is_refused_when_malformed) {
    const std::string good = neumann_key;
    EXPECT_FALSE(parse_vkey(""));
    EXPECT_FALSE(parse_vkey("a"));
    EXPECT_FALSE(parse_vkey("a+"));
    EXPECT_FALSE(parse_vkey("a+00000000"));
    EXPECT_FALSE(parse_vkey("a+00000000+"));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(parse_vkey(good.substr(0, size)));
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto changed = good;
        changed[at] ^= 1;
        EXPECT_FALSE(parse_vkey(changed)) << changed;
    }
}

TEST(Checkpoint, comes_back_from_its_text) {
    const Checkpoint head{.origin = "h/archive/1", .size = 20'852'163, .root = empty_root()};
    EXPECT_EQ(parse_checkpoint(write_checkpoint(head)), head);
    EXPECT_EQ(parse_checkpoint(write_checkpoint(head) + "an extension\n"), head);
}

TEST(Checkpoint, refuses_what_is_not_a_head) {
    const auto root = base64(as_bytes(empty_root()));
    ASSERT_TRUE(parse_checkpoint("o\n1\n" + root + "\n"));
    for (const auto& bad : {std::string(),
                            "\n1\n" + root + "\n",
                            "o\n01\n" + root + "\n",
                            "o\n-1\n" + root + "\n",
                            "o\n\n" + root + "\n",
                            "o\n9223372036854775808\n" + root + "\n",
                            "o\n99999999999999999999\n" + root + "\n",
                            "o\n1\n" + root,
                            "o\n1\n" + root.substr(4) + "\n",
                            "o\n1\n" + root + "\n\n",
                            "o\n1\n" + root + "\nhalf a line"})
        EXPECT_FALSE(parse_checkpoint(bad)) << bad;
}

TEST(Origin, is_host_kind_and_number) {
    EXPECT_EQ(*origin_of("mail.example", LogKind::archive),
              (Origin{.name = "mail.example/archive/1", .slug = "archive-1"}));
    EXPECT_EQ(*origin_of("mail.example", LogKind::audit, 2),
              (Origin{.name = "mail.example/audit/2", .slug = "audit-2"}));
    for (const auto* host : {"", "a b", "a+b", "a/b", "..\\", "a\nb", "a\xe2\x80\x83z"})
        EXPECT_FALSE(origin_of(host, LogKind::archive)) << host;
    EXPECT_FALSE(origin_of("mail.example", LogKind::archive, 0));
}

TlogProof a_proof() {
    return {.extra = std::string(32, '\x07'),
            .index = 73'894,
            .hashes = some_leaves(17),
            .checkpoint = sign_note(
                write_checkpoint({.origin = "log.example", .size = 109'482, .root = empty_root()}),
                a_signer("log.example"))};
}

TEST(ProofFile, comes_back_from_its_text) {
    auto proof = a_proof();
    EXPECT_EQ(*parse_proof(write_proof(proof)), proof);
    proof.extra.clear();
    proof.hashes.clear();
    proof.index = 0;
    EXPECT_EQ(*parse_proof(write_proof(proof)), proof);
    EXPECT_TRUE(write_proof(proof).starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n"));
}

TEST(ProofFile, reads_no_other_form_than_it_writes) {
    const auto good = write_proof(a_proof());
    for (std::size_t at = 0; at < good.size(); ++at) {
        const auto cut = parse_proof(std::string_view(good).substr(0, at));
        if (cut) {
            EXPECT_EQ(write_proof(*cut), good.substr(0, at));
        }
        auto changed = good;
        changed[at] ^= 1;
        const auto parsed = parse_proof(changed);
        if (parsed) {
            EXPECT_EQ(write_proof(*parsed), changed);
        }
    }
}

TEST(ProofFile, refuses_what_is_not_a_proof) {
    const std::string start = "c2sp.org/tlog-proof@v1\n", root = base64(as_bytes(empty_root()));
    ASSERT_TRUE(parse_proof(start + "index 0\n\nnote"));
    std::string long_path = start + "index 0\n";
    for (int i = 0; i < 64; ++i) long_path += root + "\n";
    for (const auto& bad : {std::string(),
                            start,
                            "x" + start + "index 0\n\nnote",
                            start + "extra \nindex 0\n\nnote",
                            start + "extra ?\nindex 0\n\nnote",
                            start + "index 00\n\nnote",
                            start + "index \n\nnote",
                            start + "index 0\n" + root + "\nnote",
                            start + "index 0\nAAAA\n\nnote",
                            start + "index 0\n\n",
                            long_path + "\nnote"})
        EXPECT_FALSE(parse_proof(bad)) << bad;
    EXPECT_EQ(parse_proof(std::string(proof_bytes_max + 1, 'x')).error().code, Errc::too_large);
}

}  // namespace
}  // namespace letopis::ledger
