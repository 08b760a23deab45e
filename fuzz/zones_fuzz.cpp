// SPDX-License-Identifier: AGPL-3.0-or-later
// Any text has zones in order and inside of it; the other plain-text readers stand the same bytes.
#include <cstdlib>

#include "mime/plain.hpp"
#include "mime/soundness.hpp"
#include "mime/zones.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis;
    const auto text = mime::normal_lines({reinterpret_cast<const char*>(data), size});
    if (!mime::fault_of_zones(mime::find_zones(text), text.size()).empty()) std::abort();
    (void)mime::unflow(text, true);
    (void)mime::enriched_to_text(text);
    (void)mime::without_armor(text);
    std::size_t at = 0;
    for (const auto& file : mime::find_uuencoded(text)) {
        if (file.begin < at || file.end <= file.begin || file.end > text.size()) std::abort();
        at = file.end;
        (void)mime::decode_uu(file.lines);
    }
    return 0;
}
