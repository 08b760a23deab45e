// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/files.hpp"
#include "crypto/key_text_internal.hpp"
#include "crypto/keyring.hpp"

namespace letopis::crypto {
namespace {

Key counting_key() {
    std::string bytes;
    for (int i = 0; i < 32; ++i) bytes.push_back(static_cast<char>(i));
    return Key::from(bytes);
}

// docs/formats/keyring.md, "Test vectors".
constexpr std::string_view counting_file =
    "letopis-key-1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f:aed9a60c\n";
constexpr std::string_view counting_sheet =
    "2001M 081G1 8186K 0W40S J2GBR 1G6GN W3RG4\n"
    "24911 650N7 2RBHD G68T1 3CE1Q T7GZK M17JH\n";

class KeyFile : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/key_file_XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }
    Path directory_;
};

TEST_F(KeyFile, has_the_text_of_the_format_description) {
    EXPECT_EQ(key_file_text(counting_key()), counting_file);
    EXPECT_EQ(parse_key_file(counting_file).value().bytes(), counting_key().bytes());
}

TEST_F(KeyFile, is_accepted_with_other_line_ends_and_in_capitals) {
    auto text = std::string(counting_file);
    text.pop_back();
    EXPECT_TRUE(parse_key_file(text));
    EXPECT_TRUE(parse_key_file("  " + text + "\r\n\r\n"));
    for (auto& c : text) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(parse_key_file(text).value().bytes(), counting_key().bytes());
}

TEST_F(KeyFile, is_refused_when_any_character_was_changed) {
    for (std::size_t i = 0; i + 1 < counting_file.size(); ++i)
        for (const char c : {'0', 'f', 'z', '\n', '\0'}) {
            auto text = std::string(counting_file);
            if (text[i] == c) continue;
            text[i] = c;
            EXPECT_FALSE(parse_key_file(text)) << i << " " << c;
        }
    EXPECT_EQ(parse_key_file("").error().code, Errc::invalid);
    EXPECT_EQ(parse_key_file(std::string(5000, ' ') + std::string(counting_file)).error().code,
              Errc::invalid);
    auto text = std::string(counting_file);
    text[20] = text[20] == '1' ? '2' : '1';
    EXPECT_EQ(parse_key_file(text).error().code, Errc::corrupt);
}

TEST_F(KeyFile, is_made_for_its_owner_only_and_never_over_another) {
    const auto file = directory_ / "key";
    ASSERT_TRUE(create_key_file(file));
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
    const auto before = read_file(file).value();

    EXPECT_EQ(create_key_file(file).error().code, Errc::conflict);

    EXPECT_EQ(read_file(file).value(), before);
    EXPECT_TRUE(read_key_file(file));
    EXPECT_EQ(create_key_file(directory_ / "none" / "key").error().code, Errc::not_found);
}

TEST_F(KeyFile, is_refused_when_others_may_read_it) {
    const auto file = directory_ / "key";
    ASSERT_TRUE(create_key_file(file));
    for (const mode_t mode : {0640u, 0604u, 0660u, 0644u, 0610u}) {
        ASSERT_EQ(::chmod(file.c_str(), mode), 0);
        const auto key = read_key_file(file);
        ASSERT_FALSE(key) << mode;
        EXPECT_EQ(key.error().code, Errc::forbidden);
        EXPECT_NE(key.error().hint.find("chmod 600"), std::string::npos);
    }
    ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
    EXPECT_TRUE(read_key_file(file));
}

TEST_F(KeyFile, is_taken_from_the_credential_directory_of_systemd_whatever_its_mode) {
    const auto file = directory_ / "key";
    ASSERT_TRUE(create_key_file(file));
    ASSERT_EQ(::chmod(file.c_str(), 0440), 0);
    ASSERT_FALSE(read_key_file(file));

    ::setenv("CREDENTIALS_DIRECTORY", directory_.c_str(), 1);
    const auto key = read_key_file(file);
    ::unsetenv("CREDENTIALS_DIRECTORY");

    EXPECT_TRUE(key);
}

TEST_F(KeyFile, is_not_a_directory_nor_missing_nor_huge) {
    EXPECT_EQ(read_key_file(directory_).error().code, Errc::invalid);
    EXPECT_EQ(read_key_file(directory_ / "none").error().code, Errc::not_found);
    ASSERT_TRUE(write_file(directory_ / "huge", std::string(5000, 'x')));
    EXPECT_EQ(read_key_file(directory_ / "huge").error().code, Errc::invalid);
}

std::vector<std::string> groups(std::string_view sheet) {
    std::istringstream in{std::string(sheet)};
    std::vector<std::string> out;
    for (std::string group; in >> group;) out.push_back(group);
    return out;
}
std::string joined(const std::vector<std::string>& parts, std::string_view between = " ") {
    std::string out;
    for (const auto& part : parts) out.append(out.empty() ? "" : between).append(part);
    return out;
}

TEST(RecoverySheet, has_the_groups_of_the_format_description) {
    EXPECT_EQ(sheet_text(counting_key()), counting_sheet);
    EXPECT_EQ(groups(counting_sheet).size(), 14u);
    EXPECT_EQ(parse_sheet(counting_sheet).value().bytes(), counting_key().bytes());
}

TEST(RecoverySheet, is_read_back_for_any_key) {
    for (int i = 0; i < 300; ++i) {
        const auto key = Key::random();
        EXPECT_EQ(parse_sheet(sheet_text(key)).value().bytes(), key.bytes());
    }
}

TEST(RecoverySheet, does_not_care_for_case_spaces_dashes_or_lines) {
    auto parts = groups(counting_sheet);
    EXPECT_TRUE(parse_sheet(joined(parts, "-")));
    EXPECT_TRUE(parse_sheet(joined(parts, "")));
    EXPECT_TRUE(parse_sheet(joined(parts, " — ")));
    EXPECT_TRUE(parse_sheet("\n\t " + joined(parts, "\r\n") + "  \n"));
    auto lower = joined(parts, "\xc2\xa0");
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    EXPECT_TRUE(parse_sheet(lower));
    std::string spread;
    for (const char c : joined(parts, "")) spread.append(1, c).append(" ");
    EXPECT_TRUE(parse_sheet(spread));
}

TEST(RecoverySheet, takes_letters_that_look_right) {
    std::string text(counting_sheet), cyrillic;
    for (const char c : text) {
        switch (c) {
            case '0': cyrillic += "O"; break;
            case '1': cyrillic += "l"; break;
            case 'A': cyrillic += "А"; break;
            case 'B': cyrillic += "в"; break;
            case 'C': cyrillic += "С"; break;
            case 'E': cyrillic += "е"; break;
            case 'H': cyrillic += "Н"; break;
            case 'K': cyrillic += "к"; break;
            case 'M': cyrillic += "М"; break;
            case 'P': cyrillic += "р"; break;
            case 'T': cyrillic += "Т"; break;
            case 'X': cyrillic += "х"; break;
            case 'Y': cyrillic += "У"; break;
            case '3': cyrillic += "З"; break;
            default: cyrillic += c;
        }
    }
    ASSERT_NE(cyrillic, text);
    EXPECT_EQ(parse_sheet(cyrillic).value().bytes(), counting_key().bytes());
}

TEST(RecoverySheet, names_the_group_of_every_single_wrong_character) {
    const std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZU?";
    const auto right = groups(counting_sheet);
    for (std::size_t group = 0; group < right.size(); ++group)
        for (std::size_t i = 0; i < 5; ++i)
            for (const char c : alphabet) {
                if (right[group][i] == c) continue;
                auto wrong = right;
                wrong[group][i] = c;
                const auto key = parse_sheet(joined(wrong));
                ASSERT_FALSE(key) << group << " " << i << " " << c;
                EXPECT_EQ(
                    key.error().what,
                    "group " + std::to_string(group + 1) + " of the recovery sheet is mistyped");
            }
}

TEST(RecoverySheet, finds_swapped_characters_and_swapped_groups) {
    const auto right = groups(counting_sheet);
    for (std::size_t group = 0; group < right.size(); ++group)
        for (std::size_t i = 0; i < 5; ++i)
            for (std::size_t k = i + 1; k < 5; ++k) {
                auto wrong = right;
                std::swap(wrong[group][i], wrong[group][k]);
                if (wrong == right) continue;
                EXPECT_FALSE(parse_sheet(joined(wrong))) << group << i << k;
            }
    for (std::size_t a = 0; a < right.size(); ++a)
        for (std::size_t b = a + 1; b < right.size(); ++b) {
            auto wrong = right;
            std::swap(wrong[a], wrong[b]);
            EXPECT_FALSE(parse_sheet(joined(wrong))) << a << " " << b;
        }
}

TEST(RecoverySheet, says_which_groups_are_wrong_or_have_a_wrong_length) {
    auto wrong = groups(counting_sheet);
    wrong[2][0] = wrong[2][0] == '7' ? '8' : '7';
    wrong[6][4] = '?';
    EXPECT_EQ(parse_sheet(joined(wrong)).error().what,
              "groups 3 and 7 of the recovery sheet are mistyped");
    wrong = groups(counting_sheet);
    wrong[4].pop_back();
    EXPECT_EQ(parse_sheet(joined(wrong)).error().what,
              "group 5 of the recovery sheet has 4 characters instead of 5");
    EXPECT_EQ(parse_sheet(joined(wrong, "")).error().what,
              "the recovery sheet has 70 characters, 69 were typed");
    wrong.pop_back();
    EXPECT_EQ(parse_sheet(joined(wrong)).error().code, Errc::invalid);
    EXPECT_EQ(parse_sheet("").error().code, Errc::invalid);
    EXPECT_EQ(parse_sheet(std::string(100'000, 'A')).error().code, Errc::invalid);
    EXPECT_EQ(parse_sheet(std::string("\xd0")).error().code, Errc::invalid);
    EXPECT_EQ(parse_sheet(std::string("\xe2\x80")).error().code, Errc::invalid);
}

}  // namespace
}  // namespace letopis::crypto
