// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever the bytes: items are slices of the file in order, from brace to brace; each is parsed
// into valid text; paths stay inside the export; a stream that cannot seek gives no other slices.
#include <algorithm>
#include <cstdlib>

#include "capture/chat/chat.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/source.hpp"
#include "capture/telegram/telegram.hpp"

namespace {

using namespace letopis;
using namespace letopis::capture;

void require(bool holds) {
    if (!holds) std::abort();
}

void check(std::string_view raw, std::string_view facts) {
    const auto message = telegram::parse(raw, facts);
    require(chat::valid_utf8(message.text) && chat::valid_utf8(message.subject));
    require(chat::valid_utf8(message.action) && chat::valid_utf8(message.conversation));
    require(message.text.find('\r') == std::string::npos);
    if (message.slice)
        require(raw.substr(message.slice->offset, message.slice->length) == message.text);
    std::uint32_t end = 0;
    for (const auto& zone : message.zones) {
        require(zone.begin >= end && zone.end >= zone.begin && zone.end <= message.text.size());
        end = zone.end;
    }
    for (const auto& party : message.parties)
        require(!party.address.empty() && chat::valid_utf8(party.address) &&
                chat::valid_utf8(party.name));
    for (const auto& one : message.attachments)
        require(one.locator == chat::safe_path(one.locator) && chat::valid_utf8(one.name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    (void)telegram::format.recognise(file.substr(0, head_bytes), "x");
    MemorySource source(file);
    CollectingSink sink;
    (void)telegram::format.read(source, {.zone = "+03:00"}, sink);
    std::uint64_t at = 0;
    for (const auto& item : sink.items) {
        require(item.position >= at && file.substr(item.position, item.raw.size()) == item.raw);
        require(item.raw.size() >= 2 && item.raw.front() == '{' && item.raw.back() == '}');
        at = item.position + item.raw.size();
        check(item.raw, sink.contexts.front().facts);
        for (const auto& path : item.files) require(path == chat::safe_path(path));
    }
    MemorySource again(file);
    PrefixSource stream("", again);
    CollectingSink streamed;
    (void)telegram::format.read(stream, {}, streamed);
    require(streamed.items.size() == sink.items.size());
    for (std::size_t i = 0; i < sink.items.size(); ++i)
        require(streamed.items[i].raw == sink.items[i].raw);
    check(file, "{}");
    check("{\"date\":\"2020-01-01T00:00:00\"}", file);
    return 0;
}
