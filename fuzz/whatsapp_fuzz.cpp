// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever the bytes: the items, one after the other, are the file; each is parsed into valid text;
// the slice of the text is the text.
#include <algorithm>
#include <cstdlib>

#include "capture/chat/chat.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/source.hpp"
#include "capture/whatsapp/whatsapp.hpp"

namespace {

using namespace letopis;
using namespace letopis::capture;

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const std::string& raw, std::string_view facts) {
    const auto message = whatsapp::parse(raw, facts);
    require(chat::valid_utf8(message.text) && chat::valid_utf8(message.subject));
    require(chat::valid_utf8(message.conversation));
    require(message.text.find('\r') == std::string::npos);
    if (message.slice)
        require(chat::clean(raw.substr(message.slice->offset, message.slice->length)) ==
                message.text);
    for (const auto& party : message.parties)
        require(!party.address.empty() && chat::valid_utf8(party.address) &&
                chat::valid_utf8(party.name));
    for (const auto& one : message.attachments)
        require(one.locator == chat::safe_path(one.locator) && chat::valid_utf8(one.name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    (void)whatsapp::format.recognise(file.substr(0, head_bytes), "x");
    (void)whatsapp::format.recognise("", file);
    MemorySource source(file);
    CollectingSink sink;
    const auto done = whatsapp::format.read(source, {.name = "Чат WhatsApp с А.txt"}, sink);
    std::string together;
    for (const auto& item : sink.items) {
        require(item.position == together.size());
        together += item.raw;
        require(chat::valid_utf8(item.key));
        check(item.raw, sink.contexts.front().facts);
        for (const auto& path : item.files) require(path == chat::safe_path(path));
    }
    if (done) require(together == file);
    check(std::string(file), "{}");
    check("01.02.2020, 10:00 - A: b", file);
    return 0;
}
