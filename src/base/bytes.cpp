// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/bytes.hpp"

#include <algorithm>

namespace letopis {

std::optional<Digest> as_digest(std::string_view bytes) {
    Digest digest;
    if (bytes.size() != digest.size()) return std::nullopt;
    std::memcpy(digest.data(), bytes.data(), digest.size());
    return digest;
}

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

std::optional<std::string> unhex(std::string_view text) {
    const auto value = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = value(text[i]), low = value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

namespace {
constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0);
        for (std::size_t k = 0; k < 4; ++k)
            out.push_back(k <= have ? base64_digits[(group >> (18 - 6 * k)) & 63] : '=');
    }
    return out;
}

std::optional<std::string> unbase64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::uint32_t value = 0;
        if (i < text.size() - padding) {
            const auto* at = std::find(base64_digits, base64_digits + 64, text[i]);
            if (at == base64_digits + 64) return std::nullopt;
            value = static_cast<std::uint32_t>(at - base64_digits);
        }
        group = group << 6 | value;
        if (i % 4 == 3) {
            for (int shift = 16; shift >= 0; shift -= 8)
                out.push_back(static_cast<char>(group >> shift));
            group = 0;
        }
    }
    out.resize(out.size() - padding);
    if (base64(out) != text) return std::nullopt;  // bits under the padding must be zero
    return out;
}

}  // namespace letopis
