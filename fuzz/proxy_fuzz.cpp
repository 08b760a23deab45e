// SPDX-License-Identifier: AGPL-3.0-or-later
// A header that is read piece by piece is the one that is read whole, and nothing behind it is
// taken.
#include <cstdlib>

#include "net/proxy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis::net;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = parse_proxy_header(bytes);
    std::size_t read = 0;
    for (;;) {
        const auto parsed = parse_proxy_header(bytes.substr(0, read));
        if (!parsed) {
            if (whole) std::abort();
            return 0;
        }
        if (*parsed) {
            if (!whole || !*whole || (*whole)->size != read || (*parsed)->size != read ||
                (*parsed)->address != (*whole)->address)
                std::abort();
            return 0;
        }
        const auto missing = proxy_header_missing(bytes.substr(0, read));
        if (missing == 0) std::abort();
        if (missing > size - read) return 0;
        read += missing;
    }
}
