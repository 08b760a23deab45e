// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/totp.hpp"

#include <fmt/format.h>
#include <liboath/oath.h>
#include <qrencode.h>
#include <sodium.h>

#include <algorithm>
#include <memory>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/files.hpp"
#include "base/percent.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {
namespace {

constexpr unsigned step_seconds = 30;
constexpr unsigned digits = 6;
constexpr std::size_t recovery_count = 10;
constexpr std::size_t recovery_size = 15;       // 120 bits
constexpr std::size_t recovery_size_once = 10;  // of codes made before December 2026
constexpr std::size_t salt_size = 16;
constexpr std::string_view base32_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view crockford_letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string in_base32(std::string_view bytes, std::string_view letters) {
    std::string out;
    unsigned group = 0, bits = 0;
    for (const char c : bytes) {
        group = group << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 5; bits -= 5) out.push_back(letters[group >> (bits - 5) & 31]);
        group &= 0xff;
    }
    CHECK(bits == 0);  // every size used here is a multiple of 40 bits
    return out;
}

std::string in_fours(std::string_view text, char between) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && i % 4 == 0) out.push_back(between);
        out.push_back(text[i]);
    }
    return out;
}

// The 24 letters that are meant, or 16 of an older code; nothing if others are among them.
std::optional<std::string> normal_recovery_code(std::string_view typed) {
    std::string out;
    if (typed.size() > 100) return std::nullopt;
    for (char c : typed) {
        if (c == ' ' || c == '-') continue;
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == 'O') c = '0';
        if (c == 'I' || c == 'L') c = '1';
        if (crockford_letters.find(c) == std::string_view::npos) return std::nullopt;
        out.push_back(c);
    }
    if (out.size() != recovery_size * 8 / 5 && out.size() != recovery_size_once * 8 / 5)
        return std::nullopt;
    return out;
}

// Salted SHA-256, not argon2id: 120 random bits cannot be searched, at any cost of a try, and a
// fast digest lets all ten be compared for every code that is typed.
std::string digest_of(std::string_view salt, std::string_view code) {
    return std::string(salt) +
           std::string(as_bytes(crypto::sha256(std::string(salt) + std::string(code))));
}

}  // namespace

std::string new_totp_seed() { return random_bytes(totp_seed_size); }

std::string totp_code(std::string_view seed, std::int64_t step) {
    std::array<char, digits + 1> out{};
    const int done = oath_totp_generate(seed.data(),
                                        seed.size(),
                                        static_cast<time_t>(step) * step_seconds,
                                        step_seconds,
                                        OATH_TOTP_DEFAULT_START_TIME,
                                        digits,
                                        out.data());
    CHECK(done == OATH_OK);
    return out.data();
}

std::optional<std::int64_t> totp_step(std::string_view seed,
                                      std::string_view code,
                                      Instant now,
                                      std::int64_t last_used) {
    std::string typed(code.substr(0, 32));
    std::erase(typed, ' ');
    if (seed.size() != totp_seed_size || typed.size() != digits || code.size() > 32)
        return std::nullopt;
    const auto current = to_unix(now) / step_seconds;
    std::optional<std::int64_t> found;
    for (const auto step : {current - 1, current}) {
        if (step < 0) continue;
        const auto wanted = totp_code(seed, step);
        if (sodium_memcmp(wanted.data(), typed.data(), digits) == 0 && step > last_used)
            found = step;
    }
    return found;
}

std::string totp_uri(std::string_view seed, std::string_view login, std::string_view company) {
    const auto issuer =
        percent_encoded(company.empty() ? "Letopis" : "Letopis " + std::string(company));
    return fmt::format(
        "otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={}&period={}",
        issuer,
        percent_encoded(login),
        in_base32(seed, base32_letters),
        issuer,
        digits,
        step_seconds);
}

std::string totp_seed_text(std::string_view seed) {
    return in_fours(in_base32(seed, base32_letters), ' ');
}

Result<QrPath> qr_path(std::string_view text) {
    constexpr int margin = 4;  // ISO/IEC 18004 section 9.1: the quiet zone
    const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
        QRcode_encodeData(static_cast<int>(std::min<std::size_t>(text.size(), 10'000)),
                          reinterpret_cast<const unsigned char*>(text.data()),
                          0,
                          QR_ECLEVEL_M),
        QRcode_free);
    if (!code) return fail(Errc::too_large, "this does not fit into a QR code");
    QrPath out{.size = code->width + 2 * margin, .path = {}};
    const auto black = [&](int row, int column) {
        return (code->data[row * code->width + column] & 1) != 0;
    };
    for (int row = 0; row < code->width; ++row)
        for (int column = 0; column < code->width;) {
            int end = column;
            while (end < code->width && black(row, end)) ++end;
            if (end > column)
                fmt::format_to(std::back_inserter(out.path),
                               "M{} {}h{}v1h-{}z",
                               column + margin,
                               row + margin,
                               end - column,
                               end - column);
            column = std::max(end, column + 1);
        }
    return out;
}

RecoveryCodes new_recovery_codes() {
    RecoveryCodes codes;
    for (std::size_t i = 0; i < recovery_count; ++i) {
        const auto code = in_base32(random_bytes(recovery_size), crockford_letters);
        codes.shown.push_back(in_fours(code, '-'));
        codes.kept.push_back(digest_of(random_bytes(salt_size), code));
    }
    return codes;
}

std::optional<std::string> recovery_digest(const std::vector<std::string>& kept,
                                           std::string_view code) {
    const auto normal = normal_recovery_code(code);
    if (!normal) return std::nullopt;
    std::optional<std::string> found;
    for (const auto& one : kept) {
        if (one.size() != salt_size + sizeof(Digest)) continue;
        const auto wanted = digest_of(std::string_view(one).substr(0, salt_size), *normal);
        if (sodium_memcmp(wanted.data(), one.data(), one.size()) == 0) found = one;
    }
    return found;
}

}  // namespace letopis::access
