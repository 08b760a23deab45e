// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever the bytes: the one item is all of them.
#include <cstdlib>

#include "capture/collecting_sink.hpp"
#include "capture/eml/eml.hpp"
#include "capture/source.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis::capture;
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    (void)eml::format.recognise(file.substr(0, head_bytes), "x");
    (void)eml::format.recognise(file.substr(0, head_bytes), "x.eml");
    MemorySource source(file);
    CollectingSink sink;
    if (!eml::format.read(source, {}, sink)) std::abort();
    if (sink.items.size() != (size > 0 ? 1u : 0u)) std::abort();
    if (size > 0 && sink.items[0].raw != file) std::abort();
    return 0;
}
