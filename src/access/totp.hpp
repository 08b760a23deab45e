// SPDX-License-Identifier: AGPL-3.0-or-later
// The second factor that a phone computes (RFC 6238: SHA-1, 30 s, 6 digits) and the codes on paper
// for the day the phone is gone. Pure functions: which step was used last is kept by Sessions,
// which codes are left by People.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::access {

constexpr std::size_t totp_seed_size = 20;  // 160 bits, raw
std::string new_totp_seed();

// The step whose code this is: the current one or the one before, and after `last_used` (0: none
// yet), so that each is good once. Nothing: wrong, late, or used. Spaces in `code` do not count.
std::optional<std::int64_t> totp_step(std::string_view seed,
                                      std::string_view code,
                                      Instant now,
                                      std::int64_t last_used);
// The code of a step (time / 30 s), for tests and for showing that a phone agrees.
std::string totp_code(std::string_view seed, std::int64_t step);

// otpauth://totp/Letopis%20Company:login?secret=…, as phones read it.
std::string totp_uri(std::string_view seed, std::string_view login, std::string_view company);
std::string totp_seed_text(std::string_view seed);  // Base32 in groups of four, to type instead

// A QR code as the path of an SVG picture: black squares of side 1 in a picture of side `size`, the
// white margin of 4 included. Errors: too_large (over about 2300 bytes).
struct QrPath {
    int size = 0;
    std::string path;
};
Result<QrPath> qr_path(std::string_view text);

// Ten codes of 120 random bits, in Crockford's Base32, "7QW2-M0XK-9D4T-HZ3B-04NC-RE6V"; each is
// good once.
struct RecoveryCodes {
    std::vector<std::string> shown;  // once
    std::vector<std::string> kept;   // salt[16] and SHA-256(salt, code), raw
};
RecoveryCodes new_recovery_codes();
// The kept digest that this code belongs to. Letters of either case, O for 0, I and L for 1, spaces
// and hyphens anywhere.
std::optional<std::string> recovery_digest(const std::vector<std::string>& kept,
                                           std::string_view code);

}  // namespace letopis::access
