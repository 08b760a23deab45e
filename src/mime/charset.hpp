// SPDX-License-Identifier: AGPL-3.0-or-later
// Bytes in any charset -> UTF-8, through ICU's converters (iconv(3) would load modules from disk).
// Labels lie: strict UTF-8 is tried first, and where a label yields garbage the Cyrillic charsets
// are scored by the pairs of letters that Russian words have.
#pragma once

#include <string>
#include <string_view>

namespace letopis::mime {

struct Decoded {
    std::string text;      // valid UTF-8, line ends untouched
    bool guessed = false;  // the label was absent (and needed), unknown or wrong
};

// `declared` is the label as it stands in the mail; empty when there is none. `hint` is a label to
// prefer among equals (the charset of the rest of the mail).
Decoded decode(std::string_view bytes, std::string_view declared, std::string_view hint = {});

// Opens the converters that mail uses, so that no file is touched later.
void preload_charsets();

}  // namespace letopis::mime
