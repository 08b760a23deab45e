// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/packed_text.hpp"

#include <zstd.h>

#include <cstdint>

#include "base/check.hpp"

namespace letopis::catalog {

namespace {

constexpr char plain = 0;
constexpr char zstd = 1;
constexpr std::size_t worth_packing = 48;
constexpr std::uint64_t text_bytes_max = std::uint64_t(1) << 30;

Error damaged() {
    return {
        Errc::corrupt, "a text row of the catalogue cannot be read", "run letopis rebuild catalog"};
}

}  // namespace

TextPacker::TextPacker() : compress_(ZSTD_createCCtx()), decompress_(ZSTD_createDCtx()) {
    CHECK(compress_ != nullptr && decompress_ != nullptr);
}
TextPacker::~TextPacker() {
    ZSTD_freeCCtx(compress_);
    ZSTD_freeDCtx(decompress_);
}

std::string_view TextPacker::pack(std::string_view text) {
    if (text.size() >= worth_packing) {
        buffer_.resize(1 + ZSTD_compressBound(text.size()));
        buffer_[0] = zstd;
        const auto size = ZSTD_compressCCtx(
            compress_, buffer_.data() + 1, buffer_.size() - 1, text.data(), text.size(), 3);
        if (!ZSTD_isError(size) && size < text.size()) return {buffer_.data(), size + 1};
    }
    buffer_.assign(1, plain);
    buffer_.append(text);
    return buffer_;
}

Result<std::string> TextPacker::unpack(std::string_view bytes) {
    if (bytes.empty()) return tl::unexpected<Error>(damaged());
    const char form = bytes.front();
    bytes.remove_prefix(1);
    if (form == plain) return std::string(bytes);
    const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (form != zstd || size > text_bytes_max) return tl::unexpected<Error>(damaged());
    std::string text(size, '\0');
    const auto got =
        ZSTD_decompressDCtx(decompress_, text.data(), text.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(got) || got != size) return tl::unexpected<Error>(damaged());
    return text;
}

}  // namespace letopis::catalog
