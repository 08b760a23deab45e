// SPDX-License-Identifier: AGPL-3.0-or-later
// A reading worker that was taken over may write anything into the pipe: it is decoded or refused,
// and what is decoded survives being written again.
#include <cstdlib>

#include "capture/frames.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis::capture;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (void)decode_request(bytes);
    FrameDecoder decoder;
    decoder.feed(bytes.substr(0, size / 2));
    decoder.feed(bytes.substr(size / 2));
    for (;;) {
        const auto frame = decoder.next();
        if (!frame || !*frame) break;
        const auto event = decode_event(**frame);
        if (!event) continue;
        const auto again = encode_event(*event);
        const auto decoded = decode_event(std::string_view(again).substr(4));
        if (!decoded || decoded->index() != event->index()) std::abort();
        if (encode_event(*decoded) != again) std::abort();
    }
    return 0;
}
