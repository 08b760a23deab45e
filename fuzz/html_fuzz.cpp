// SPDX-License-Identifier: AGPL-3.0-or-later
// Any HTML gives text within its limit.
#include <cstdlib>

#include "mime/html.hpp"
#include "utf8/utf8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis;
    const auto html = utf8::repair({reinterpret_cast<const char*>(data), size});
    const auto text = mime::html_to_text(html, 10'000);
    if (!utf8::valid(text) || text.size() > 10'000) std::abort();
    (void)mime::html_charset(html);
    return 0;
}
