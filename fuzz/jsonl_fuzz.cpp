// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever the bytes: items are slices of the file in order, and each is parsed into valid text;
// the slice of the text is the text.
#include <cstdlib>

#include "capture/charset.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/letopis/letopis.hpp"
#include "capture/source.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace capture = ::letopis::capture;
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    (void)capture::letopis::jsonl.recognise(file.substr(0, capture::head_bytes), "x");
    capture::MemorySource source(file);
    capture::CollectingSink sink;
    if (!capture::letopis::jsonl.read(source, {}, sink)) std::abort();
    std::uint64_t at = 0;
    for (const auto& item : sink.items) {
        if (item.position < at || file.substr(item.position, item.raw.size()) != item.raw)
            std::abort();
        at = item.position + item.raw.size();
        const auto message = capture::letopis::parse_jsonl(item.raw, sink.contexts.front().facts);
        if (!capture::valid_utf8(message.text) || !capture::valid_utf8(message.subject))
            std::abort();
        if (message.slice &&
            item.raw.substr(message.slice->offset, message.slice->length) != message.text)
            std::abort();
        for (const auto& party : message.parties)
            if (party.address.empty() || !capture::valid_utf8(party.address)) std::abort();
    }
    (void)capture::letopis::parse_jsonl("{}", file);
    return 0;
}
