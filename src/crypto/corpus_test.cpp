// SPDX-License-Identifier: AGPL-3.0-or-later
// The corpora of fuzz/keyring_fuzz.cpp and fuzz/sealed_fuzz.cpp as a plain test: each file has the
// outcome that is written here.
#include <gtest/gtest.h>

#include <map>

#include "base/files.hpp"
#include "crypto/key_text_internal.hpp"
#include "crypto/keyring_file_internal.hpp"

namespace letopis::crypto {
namespace {

const Path corpus = Path(LETOPIS_SOURCE_DIR) / "fuzz" / "corpus";

template <class T>
std::string outcome(const Result<T>& result) {
    return result ? "ok" : std::string(name(result.error().code));
}

std::string outcome_of_keyring(std::string_view bytes) {
    const auto rest = bytes.substr(1);
    switch (static_cast<unsigned char>(bytes[0]) % 4) {
        case 0: {
            const auto whole = std::string(rest).append(as_bytes(sha256(rest)));
            return outcome(parse_frame(rest)) + ", with a checksum " + outcome(parse_frame(whole));
        }
        case 1: return outcome(parse_entries(rest));
        case 2: return outcome(parse_key_file(rest));
        default: return outcome(parse_sheet(rest));
    }
}

TEST(Corpus, of_the_keyring_parsers_gives_the_outcomes_written_down) {
    const std::map<std::string, std::string> expected = {
        {"entries_count_too_large", "corrupt"},
        {"entries_long_varint", "ok"},
        {"entries_two", "ok"},
        {"entries_two_epochs", "corrupt"},
        {"entries_unknown_purpose", "ok"},
        {"frame_cut_in_unlock", "corrupt, with a checksum corrupt"},
        {"frame_newer", "corrupt, with a checksum unsupported"},
        {"frame_passphrase", "corrupt, with a checksum ok"},
        {"frame_whole", "ok, with a checksum ok"},
        {"frame_without_checksum", "corrupt, with a checksum ok"},
        {"key_file", "ok"},
        {"key_file_wrong_check", "corrupt"},
        {"sheet", "ok"},
        {"sheet_cut_in_a_letter", "invalid"},
        {"sheet_cyrillic", "ok"},
    };
    std::map<std::string, std::string> found;
    const auto files = list_directory(corpus / "keyring").value();
    for (const auto& file : files)
        found[file] = outcome_of_keyring(read_file(corpus / "keyring" / file).value());
    EXPECT_EQ(found, expected);
}

TEST(Corpus, of_the_sealed_forms_never_opens) {
    const auto key = Key::random();
    const auto files = list_directory(corpus / "sealed").value();
    for (const auto& file : files) {
        const auto bytes = read_file(corpus / "sealed" / file).value();
        for (std::size_t from = 0; from <= std::min<std::size_t>(bytes.size(), 8); ++from) {
            const auto sealed = std::string_view(bytes).substr(from);
            EXPECT_FALSE(xaes_open(key, sealed, "aad")) << file;
            EXPECT_FALSE(chunked_open(key, sealed, "aad")) << file;
            EXPECT_FALSE(unwrap(key, sealed, "purpose", "object")) << file;
        }
    }
    EXPECT_GE(files.size(), 8u);
}

}  // namespace
}  // namespace letopis::crypto
