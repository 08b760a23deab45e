// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever the bytes: what was captured, put together again, is the file from its first From_ line
// on; and an input that cannot seek is cut at the same places.
#include <cstdlib>

#include "capture/collecting_sink.hpp"
#include "capture/mbox/mbox.hpp"
#include "capture/source.hpp"

namespace {

using namespace letopis::capture;

// The bytes between two items are one empty line at most, and nothing is missing at the end.
void must_cover(const CollectingSink& sink, std::string_view file) {
    std::size_t at = sink.items.empty() ? 0 : sink.items.front().position;
    for (const auto& item : sink.items) {
        const auto gap = file.substr(at, item.position - at);
        if (item.position < at || (gap != "" && gap != "\n" && gap != "\r\n")) std::abort();
        at = item.position + item.envelope.size();
        if (file.substr(item.position, item.envelope.size()) != item.envelope) std::abort();
        at += file.substr(at).starts_with("\r\n") ? 2 : at < file.size() ? 1 : 0;
        if (file.substr(at, item.raw.size()) != item.raw) std::abort();
        at += item.raw.size();
    }
    const auto rest = file.substr(at);
    if (!sink.items.empty() && rest != "" && rest != "\n" && rest != "\r\n") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    (void)mbox::format.recognise(file.substr(0, head_bytes), "x");
    MemorySource source(file);
    CollectingSink sink;
    if (mbox::format.read(source, {}, sink)) must_cover(sink, file);
    MemorySource again(file);
    PrefixSource stream("", again);
    CollectingSink streamed;
    (void)mbox::format.read(stream, {}, streamed);
    if (streamed.items.size() != sink.items.size()) std::abort();
    for (std::size_t i = 0; i < sink.items.size(); ++i)
        if (streamed.items[i].raw != sink.items[i].raw) std::abort();
    return 0;
}
