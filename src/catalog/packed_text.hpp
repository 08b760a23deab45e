// SPDX-License-Identifier: AGPL-3.0-or-later
// Text in a row: zstd where that is shorter. One thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace letopis::catalog {

class TextPacker {
public:
    TextPacker();
    ~TextPacker();
    TextPacker(const TextPacker&) = delete;
    TextPacker& operator=(const TextPacker&) = delete;

    // A view into a buffer that the next call uses again.
    std::string_view pack(std::string_view text);
    Result<std::string> unpack(std::string_view bytes);

private:
    ZSTD_CCtx_s* compress_ = nullptr;
    ZSTD_DCtx_s* decompress_ = nullptr;
    std::string buffer_;
};

}  // namespace letopis::catalog
