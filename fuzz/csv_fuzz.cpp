// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever the bytes: records are slices of the file in order and nothing but line ends is between
// them; each is parsed into valid text.
#include <cstdlib>

#include "capture/charset.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/letopis/letopis.hpp"
#include "capture/source.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace capture = ::letopis::capture;
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    (void)capture::letopis::csv.recognise(file.substr(0, capture::head_bytes), "x");
    capture::MemorySource source(file);
    capture::CollectingSink sink;
    (void)capture::letopis::csv.read(source, {}, sink);
    std::uint64_t at = sink.items.empty() ? 0 : sink.items.front().position;
    for (const auto& item : sink.items) {
        if (item.position < at) std::abort();
        const auto gap = file.substr(at, item.position - at);
        if (gap.find_first_not_of(" \t\r\n") != std::string_view::npos) std::abort();
        if (file.substr(item.position, item.raw.size()) != item.raw) std::abort();
        at = item.position + item.raw.size();
        const auto message = capture::letopis::parse_csv(item.raw, sink.contexts.front().facts);
        if (!capture::valid_utf8(message.text) || !capture::valid_utf8(message.subject))
            std::abort();
        for (const auto& party : message.parties)
            if (party.address.empty() || !capture::valid_utf8(party.address)) std::abort();
    }
    (void)capture::letopis::parse_csv(file.substr(0, file.size() / 2),
                                      file.substr(file.size() / 2));
    return 0;
}
