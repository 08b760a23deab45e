// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/terminal.hpp"

namespace letopis::cli {

std::string terminal_safe(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        // C1 controls are two bytes in UTF-8: c2 80 … c2 9f.
        if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
            ++i;
            safe += "\xef\xbf\xbd";
        } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
            safe += "\xef\xbf\xbd";
        } else {
            safe.push_back(text[i]);
        }
    }
    return safe;
}

}  // namespace letopis::cli
