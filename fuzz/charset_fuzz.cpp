// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes under any label come out as UTF-8. The first line is the label.
#include <cstdlib>

#include "mime/charset.hpp"
#include "utf8/utf8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto end = input.find('\n');
    const auto label = input.substr(0, end);
    const auto bytes = end == input.npos ? std::string_view() : input.substr(end + 1);
    if (!utf8::valid(mime::decode(bytes, label).text)) std::abort();
    if (!utf8::valid(mime::decode(bytes, {}, label).text)) std::abort();
    return 0;
}
