// SPDX-License-Identifier: AGPL-3.0-or-later
// Bytes are std::string and std::string_view everywhere in the tree (mail is text and bytes at
// once; SQLite, OpenSSL and zstd take char pointers after one cast, which stays in their adapters).
// What is stored or hashed is spelled out through Writer.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace letopis {

using Digest = std::array<std::uint8_t, 32>;  // SHA-256

inline std::string_view as_bytes(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
std::optional<Digest> as_digest(std::string_view bytes);  // nullopt unless exactly 32 bytes

std::string hex(std::string_view bytes);  // lower case
inline std::string hex(const Digest& digest) { return hex(as_bytes(digest)); }
std::optional<std::string> unhex(std::string_view text);
std::string base64(std::string_view bytes);  // RFC 4648 section 4, padded, no line breaks
std::optional<std::string> unbase64(std::string_view text);  // strict: the same form only

// Little-endian integers, LEB128 varints and length-prefixed strings, appended to a string.
class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}
    void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
    void u16(std::uint16_t value) { little(value, 2); }
    void u32(std::uint32_t value) { little(value, 4); }
    void u64(std::uint64_t value) { little(value, 8); }
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
        u8(static_cast<std::uint8_t>(value));
    }
    void zigzag(std::int64_t value) {
        varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }
    void raw(std::string_view bytes) { out_.append(bytes); }
    void text(std::string_view bytes) {
        varint(bytes.size());
        out_.append(bytes);
    }

private:
    void little(std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    std::string& out_;
};

// The reverse, for bytes that may be hostile: past the end, or on a varint over 64 bits, every
// later read yields zeros and ok() is false. The views it returns point into the input.
class Reader {
public:
    explicit Reader(std::string_view in) : in_(in) {}
    bool ok() const { return ok_; }
    bool done() const { return ok_ && in_.empty(); }
    std::size_t left() const { return in_.size(); }
    std::uint8_t u8() { return static_cast<std::uint8_t>(little(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(little(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(little(4)); }
    std::uint64_t u64() { return little(8); }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const auto byte = u8();
            if (!ok_) return 0;
            if (shift == 63 && byte > 1) break;
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (!(byte & 0x80)) return value;
        }
        ok_ = false;
        return 0;
    }
    std::int64_t zigzag() {
        const auto value = varint();
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    std::string_view raw(std::size_t size) {
        if (!ok_ || size > in_.size()) {
            ok_ = false;
            in_ = {};
            return {};
        }
        const auto bytes = in_.substr(0, size);
        in_.remove_prefix(size);
        return bytes;
    }
    std::string_view text() { return raw(varint()); }
    std::string_view rest() { return raw(in_.size()); }

private:
    std::uint64_t little(std::size_t bytes) {
        const auto part = raw(bytes);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < part.size(); ++i)
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(part[i])) << (8 * i);
        return value;
    }
    std::string_view in_;
    bool ok_ = true;
};

}  // namespace letopis
