// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/totp.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/bytes.hpp"
#include "base/files.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {
namespace {

using std::chrono::seconds;

const std::string rfc_seed = "12345678901234567890";  // RFC 6238 appendix B

TEST(Totp, agrees_with_the_vectors_of_the_rfc) {
    // The RFC shows eight digits; six are the last six of them.
    EXPECT_EQ(totp_code(rfc_seed, 59 / 30), "287082");
    EXPECT_EQ(totp_code(rfc_seed, 1'111'111'109 / 30), "081804");
    EXPECT_EQ(totp_code(rfc_seed, 1'111'111'111 / 30), "050471");
    EXPECT_EQ(totp_code(rfc_seed, 1'234'567'890 / 30), "005924");
    EXPECT_EQ(totp_code(rfc_seed, 2'000'000'000 / 30), "279037");
    EXPECT_EQ(totp_code(rfc_seed, 20'000'000'000 / 30), "353130");
}

TEST(Totp, the_current_step_and_the_one_before_are_good) {
    const auto now = from_unix(1'790'000'010);  // ten seconds into a step
    const auto step = to_unix(now) / 30;

    EXPECT_EQ(totp_step(rfc_seed, totp_code(rfc_seed, step), now, 0), step);
    EXPECT_EQ(totp_step(rfc_seed, totp_code(rfc_seed, step - 1), now, 0), step - 1);
    EXPECT_EQ(totp_step(rfc_seed, totp_code(rfc_seed, step - 2), now, 0), std::nullopt);
    EXPECT_EQ(totp_step(rfc_seed, totp_code(rfc_seed, step + 1), now, 0), std::nullopt);
}

TEST(Totp, each_step_is_good_once_and_none_before_it_either) {
    const auto now = from_unix(1'790'000'010);
    const auto step = to_unix(now) / 30;
    const auto code = totp_code(rfc_seed, step), before = totp_code(rfc_seed, step - 1);

    const auto used = totp_step(rfc_seed, code, now, 0);

    ASSERT_TRUE(used);
    EXPECT_EQ(totp_step(rfc_seed, code, now, *used), std::nullopt);
    EXPECT_EQ(totp_step(rfc_seed, before, now, *used), std::nullopt);
    EXPECT_EQ(totp_step(rfc_seed, code, now + seconds(30), *used), std::nullopt);
}

TEST(Totp, only_six_digits_are_a_code) {
    const auto now = from_unix(1'790'000'010);
    const auto code = totp_code(rfc_seed, to_unix(now) / 30);

    EXPECT_TRUE(totp_step(rfc_seed, code.substr(0, 3) + " " + code.substr(3), now, 0));
    for (const auto& bad : {std::string(),
                            code.substr(1),
                            code + "0",
                            "-" + code.substr(1),
                            std::string(6, '\0'),
                            std::string(100'000, '1')})
        EXPECT_FALSE(totp_step(rfc_seed, bad, now, 0));
    EXPECT_FALSE(totp_step("", totp_code("", to_unix(now) / 30), now, 0));
}

TEST(Totp, a_seed_is_160_random_bits) {
    EXPECT_EQ(new_totp_seed().size(), 20u);
    EXPECT_NE(new_totp_seed(), new_totp_seed());
    EXPECT_EQ(totp_seed_text(rfc_seed), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
}

TEST(Totp, the_address_names_the_company_and_hides_nothing_in_it) {
    EXPECT_EQ(totp_uri(rfc_seed, "anna", "A&B"),
              "otpauth://totp/Letopis%20A%26B:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
              "&issuer=Letopis%20A%26B&algorithm=SHA1&digits=6&period=30");
    EXPECT_TRUE(totp_uri(rfc_seed, "a", "").starts_with("otpauth://totp/Letopis:a?"));
}

// Draws the path as a picture and lets a foreign program read it.
TEST(Totp, the_picture_is_read_back_by_zbarimg) {
    if (std::system("command -v zbarimg >/dev/null 2>&1") != 0)
        GTEST_SKIP() << "zbarimg (zbar-tools) is not there: nobody reads the QR code back";
    const auto uri = totp_uri(rfc_seed, "anna", "Ромашка");
    const auto picture = qr_path(uri);
    ASSERT_TRUE(picture);
    std::vector<std::string> rows(static_cast<std::size_t>(picture->size),
                                  std::string(static_cast<std::size_t>(picture->size), '0'));
    int x = 0, y = 0, width = 0, back = 0, size = 0;
    for (const char* at = picture->path.c_str();
         std::sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &width, &back, &size) == 4;
         at += size)
        rows.at(static_cast<std::size_t>(y))
            .replace(static_cast<std::size_t>(x),
                     static_cast<std::size_t>(width),
                     static_cast<std::size_t>(width),
                     '1');
    const auto file =
        std::filesystem::temp_directory_path() / ("letopis-qr-" + hex(random_bytes(8)) + ".pbm");
    {
        std::ofstream out(file);
        out << "P1 " << picture->size * 4 << " " << picture->size * 4 << "\n";
        for (const auto& row : rows)
            for (int i = 0; i < 4; ++i) {
                for (const char c : row) out << std::string(4, c);
                out << "\n";
            }
    }

    std::string read(1000, '\0');
    auto* pipe = popen(("zbarimg -q --raw " + file.string() + " 2>/dev/null").c_str(), "r");
    read.resize(fread(read.data(), 1, read.size(), pipe));
    pclose(pipe);
    std::filesystem::remove(file);

    EXPECT_EQ(read, uri + "\n");
}

TEST(Totp, too_much_for_a_picture_is_refused) {
    EXPECT_FALSE(qr_path(std::string(5000, 'x')));
    EXPECT_FALSE(qr_path(""));
}

TEST(RecoveryCodes, ten_of_a_hundred_and_twenty_bits_each_leads_to_its_own_digest) {
    const auto codes = new_recovery_codes();

    ASSERT_EQ(codes.shown.size(), 10u);
    ASSERT_EQ(codes.kept.size(), 10u);
    EXPECT_EQ(std::set(codes.shown.begin(), codes.shown.end()).size(), 10u);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(codes.shown[i].size(), 29u);
        EXPECT_EQ(recovery_digest(codes.kept, codes.shown[i]), codes.kept[i]);
        EXPECT_EQ(codes.kept[i].find(codes.shown[i]), std::string::npos);
    }
}

TEST(RecoveryCodes, are_read_as_people_type_them) {
    auto codes = new_recovery_codes();
    while (codes.shown[0].find_first_of("01") == std::string::npos) codes = new_recovery_codes();
    std::string typed = "  ";
    for (const char c : codes.shown[0])
        if (c != '-')
            typed += c == '0'   ? 'o'
                     : c == '1' ? 'l'
                                : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));

    EXPECT_EQ(recovery_digest(codes.kept, typed), codes.kept[0]);
}

TEST(RecoveryCodes, shorter_ones_on_paper_stay_good) {
    constexpr std::string_view salt = "0123456789abcdef";
    const auto digest = crypto::sha256(std::string(salt) + "7QW2M0XK9D4THZ3B");
    const auto kept = std::string(salt) + std::string(digest.begin(), digest.end());

    EXPECT_EQ(recovery_digest({kept}, "7QW2-M0XK-9D4T-HZ3B"), kept);
}

TEST(RecoveryCodes, anything_else_leads_nowhere) {
    auto codes = new_recovery_codes();

    for (const auto& bad : {std::string(),
                            std::string("0000-0000-0000-0000"),
                            codes.shown[0] + "0",
                            codes.shown[0].substr(1),
                            std::string("UUUU-UUUU-UUUU-UUUU"),
                            std::string(100'000, '-'),
                            codes.kept[0]})
        EXPECT_EQ(recovery_digest(codes.kept, bad), std::nullopt);
    codes.kept[0].clear();
    EXPECT_EQ(recovery_digest(codes.kept, codes.shown[0]), std::nullopt);
    EXPECT_EQ(recovery_digest({}, codes.shown[1]), std::nullopt);
}

}  // namespace
}  // namespace letopis::access
