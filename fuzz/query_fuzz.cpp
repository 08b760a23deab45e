// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes give a tree or an error that points into the query.
#include <cstdlib>

#include "text/query.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace text = letopis::text;
    const std::string_view query(reinterpret_cast<const char*>(data), size);
    const auto result = text::parse_query(query, letopis::from_unix(1'790'000'000));
    if ((result.root == nullptr) != result.error.has_value()) std::abort();
    if (result.error) {
        if (result.error->at > size) std::abort();
        (void)text::show_error(query, *result.error);
    }
    return 0;
}
