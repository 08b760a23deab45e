// SPDX-License-Identifier: AGPL-3.0-or-later
// The three eight-bit charsets of Russian files whose text says nothing of its charset: names in
// ZIP archives and tables saved by spreadsheets. Mail has its own decoder (mime).
#pragma once

#include <string>
#include <string_view>

namespace letopis::capture {

enum class Charset { cp1251, cp866, koi8_r };
std::string to_utf8(std::string_view bytes, Charset charset);

// The charset of `bytes` that are not UTF-8: the one that makes the most ordinary Russian of them.
Charset guess_charset(std::string_view bytes);

// A file name of unknown charset as UTF-8 without control characters.
std::string decode_name(std::string_view bytes);

bool valid_utf8(std::string_view bytes);

}  // namespace letopis::capture
