// SPDX-License-Identifier: AGPL-3.0-or-later
// The first byte says how many bytes come at a time: frames give the same messages however they are
// cut.
#include <cstdlib>

#include "http/websocket.hpp"
#include "utf8/utf8.hpp"

namespace {

using namespace letopis::http::websocket;

std::string decode(std::string_view bytes, std::size_t step) {
    Decoder decoder;
    std::string out;
    while (!bytes.empty()) {
        decoder.put(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        while (const auto event = decoder.next()) {
            const bool text = event->opcode == Opcode::text;
            if (event->payload.size() > message_max ||
                (text && !letopis::utf8::valid(event->payload)))
                std::abort();
            out += std::to_string(static_cast<int>(event->opcode)) + event->payload + ";";
        }
    }
    if (decoder.error()) out += "!" + std::to_string(static_cast<int>(*decoder.error()));
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t step = data[0] % 64 + 1u;
    if (decode(bytes, step) != decode(bytes, bytes.size() + 1)) std::abort();
    return 0;
}
