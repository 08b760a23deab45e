// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes, read as mail of any dialect, give a message that keeps all promises.
#include <cstdio>
#include <cstdlib>

#include "mime/mime.hpp"
#include "mime/soundness.hpp"
#include "utf8/utf8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis;
    static const bool loaded = (mime::preload(), true);
    if (!loaded || size == 0) return 0;
    const auto dialect = static_cast<model::Dialect>(1 + data[0] % 4);
    const std::string_view raw(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto fault = mime::fault_of_mail(raw, dialect);
    if (!fault.empty()) {
        std::fprintf(stderr, "%s\n", fault.c_str());
        std::abort();
    }
    return 0;
}
