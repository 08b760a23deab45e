// SPDX-License-Identifier: AGPL-3.0-or-later
// Content-Transfer-Encoding through GMime's decoders, and base64 of header words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace letopis::mime {

enum class Transfer : std::uint8_t { identity, base64, quoted_printable, uuencode };

constexpr int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// False for plain text under the label base64.
bool looks_like_base64(std::string_view bytes);

Transfer transfer_named(std::string_view header_value);
// Decodes at most `limit` bytes; never fails, what is not of the alphabet is skipped.
std::string decode_transfer(std::string_view bytes,
                            Transfer transfer,
                            std::size_t limit = std::string::npos);
std::string decode_base64(std::string_view text);

class TransferDecoder {
public:
    explicit TransferDecoder(Transfer transfer);
    // The decoded form of the next piece; valid until the next call.
    std::string_view step(std::string_view piece);

private:
    Transfer transfer_;
    std::uint32_t save_ = 0;
    int state_ = 0;
    std::string buffer_;
};

// Calls consume(piece) for the decoded bytes in pieces of bounded size, until it returns false.
template <class Consume>
void stream_transfer(std::string_view bytes, Transfer transfer, Consume&& consume) {
    constexpr std::size_t piece = 64 * 1024;
    TransferDecoder decoder(transfer);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        if (!consume(decoder.step(bytes.substr(at, piece)))) return;
}

}  // namespace letopis::mime
