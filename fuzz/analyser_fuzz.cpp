// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes give terms that keep to the analyser's promises.
#include <cstdlib>

#include "text/analyser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace text = letopis::text;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    static text::Analyser analyser;
    for (const auto use : {text::Use::document, text::Use::query})
        analyser.analyse(input, use, [&](const text::Token& token) {
            if (token.term.empty() || token.term.size() > text::term_bytes_max ||
                token.begin >= token.end || token.end > size || !text::valid_utf8(token.term))
                std::abort();
            return true;
        });
    if (!text::valid_utf8(text::fold(input)) || !text::valid_utf8(text::repaired_utf8(input)))
        std::abort();
    (void)text::other_layout(input);
    return 0;
}
