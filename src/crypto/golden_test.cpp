// SPDX-License-Identifier: AGPL-3.0-or-later
// Keyrings written by older versions, which must open for ever (tests/golden/keyring/README.md).
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "base/files.hpp"
#include "crypto/keyring.hpp"

namespace letopis::crypto {
namespace {

const Path golden = Path(LETOPIS_SOURCE_DIR) / "tests" / "golden" / "keyring";

// Line for line what keys.txt says.
std::string written_down(const Keyring& keyring) {
    std::string out;
    for (const auto& info : keyring.list()) {
        if (info.purpose == Purpose::epoch) continue;
        const auto key = keyring.key(info.id);
        out += hex({reinterpret_cast<const char*>(info.id.data()), info.id.size()}) + " " +
               std::to_string(static_cast<int>(info.purpose)) + " " +
               std::to_string(to_unix(info.made)) + " " + (info.label.empty() ? "-" : info.label) +
               " " + (key ? hex(key->bytes()) : key.error().what) + "\n";
    }
    return out;
}

TEST(GoldenKeyring, of_format_1_opens_with_its_key_file_and_its_sheet) {
    const auto folder = golden / "v1-key-file";
    // Version control does not keep the mode of a file.
    std::string copy = testing::TempDir() + "/golden_key_XXXXXX";
    const int fd = ::mkstemp(copy.data());
    ASSERT_GE(fd, 0);
    ::close(fd);
    ASSERT_TRUE(write_file(copy, read_file(folder / "key.txt").value()));

    const auto keyring = Keyring::open(folder, {.key_file = copy, .passphrase = std::nullopt});
    const auto by_sheet =
        Keyring::open_with_recovery(folder, read_file(folder / "sheet.txt").value());
    std::filesystem::remove(copy);

    ASSERT_TRUE(keyring) << keyring.error().what;
    ASSERT_TRUE(by_sheet) << by_sheet.error().what;
    const auto expected = read_file(folder / "keys.txt").value();
    EXPECT_EQ((*keyring)->generation(), 8u);
    EXPECT_EQ(written_down(**keyring), expected);
    EXPECT_EQ(written_down(**by_sheet), expected);
    EXPECT_EQ(recovery_sheet(**keyring), read_file(folder / "sheet.txt").value());
}

TEST(GoldenKeyring, of_format_1_opens_with_its_passphrase_and_its_sheet) {
    const auto folder = golden / "v1-passphrase";
    const auto keyring = Keyring::open(
        folder,
        {.key_file = std::nullopt, .passphrase = read_file(folder / "passphrase.txt").value()});
    const auto by_sheet =
        Keyring::open_with_recovery(folder, read_file(folder / "sheet.txt").value());

    ASSERT_TRUE(keyring) << keyring.error().what;
    ASSERT_TRUE(by_sheet) << by_sheet.error().what;
    const auto expected = read_file(folder / "keys.txt").value();
    EXPECT_EQ(written_down(**keyring), expected);
    EXPECT_EQ(written_down(**by_sheet), expected);
    EXPECT_EQ(recovery_sheet(**keyring), read_file(folder / "sheet.txt").value());
}

}  // namespace
}  // namespace letopis::crypto
