// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/transfer.hpp"

#include <gmime/gmime-encodings.h>

#include <algorithm>

#include "mime/ascii.hpp"

namespace letopis::mime {

Transfer transfer_named(std::string_view header_value) {
    const auto value = trim(header_value);
    if (starts_nocase(value, "base64")) return Transfer::base64;
    if (starts_nocase(value, "quoted-printable")) return Transfer::quoted_printable;
    if (starts_nocase(value, "x-uue") || starts_nocase(value, "uue") ||
        starts_nocase(value, "x-uuencode"))
        return Transfer::uuencode;
    return Transfer::identity;
}

bool looks_like_base64(std::string_view bytes) {
    const auto head = bytes.substr(0, 4096);
    std::size_t foreign = 0;
    for (std::size_t i = 0; i < head.size(); ++i) {
        const char c = head[i];
        if (is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '\r' || c == '\n') continue;
        // A blank at the end of a line is a habit, one between words is prose.
        if (is_space(c) && (i + 1 == head.size() || is_space(head[i + 1]))) continue;
        ++foreign;
    }
    return foreign * 12 <= head.size();
}

TransferDecoder::TransferDecoder(Transfer transfer) : transfer_(transfer) {}

std::string_view TransferDecoder::step(std::string_view piece) {
    if (transfer_ == Transfer::identity) return piece;
    // None of the decoders makes more than it is given, plus the few bytes it has saved.
    buffer_.resize(piece.size() + 64);
    const auto* in = reinterpret_cast<const unsigned char*>(piece.data());
    auto* out = reinterpret_cast<unsigned char*>(buffer_.data());
    std::size_t size = 0;
    switch (transfer_) {
        case Transfer::identity: break;
        case Transfer::base64:
            size = g_mime_encoding_base64_decode_step(in, piece.size(), out, &state_, &save_);
            break;
        case Transfer::quoted_printable:
            size = g_mime_encoding_quoted_decode_step(in, piece.size(), out, &state_, &save_);
            break;
        case Transfer::uuencode:
            size = g_mime_encoding_uudecode_step(in, piece.size(), out, &state_, &save_);
            break;
    }
    return std::string_view(buffer_).substr(0, size);
}

std::string decode_transfer(std::string_view bytes, Transfer transfer, std::size_t limit) {
    if (transfer == Transfer::identity) return std::string(bytes.substr(0, limit));
    std::string out;
    stream_transfer(bytes, transfer, [&](std::string_view piece) {
        out.append(piece.substr(0, limit - out.size()));
        return out.size() < limit;
    });
    return out;
}

std::string decode_base64(std::string_view text) { return decode_transfer(text, Transfer::base64); }

}  // namespace letopis::mime
