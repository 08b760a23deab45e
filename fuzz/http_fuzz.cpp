// SPDX-License-Identifier: AGPL-3.0-or-later
// The first byte says how many bytes come at a time: a request, and those behind it on the same
// connection, are understood the same however they are cut.
#include <cstdlib>

#include "http/request_parser.hpp"
#include "utf8/utf8.hpp"

namespace {

using namespace letopis::http;

constexpr std::uint64_t body_max = 1000;

// Everything that was understood, in a row.
std::string understand(std::string_view bytes, std::size_t step) {
    Input input;
    std::string out;
    for (;;) {
        RequestParser parser(2000, 20);
        std::string body;
        bool head_done = false;
        for (;;) {
            auto state = head_done ? RequestParser::State::done : parser.take_head(input);
            if (state == RequestParser::State::done && !head_done) {
                head_done = true;
                parser.limit_body(body_max);
                const auto& request = parser.head().request;
                if (!request.path.starts_with('/') || !letopis::utf8::valid(request.path) ||
                    (request.path + "/").find("/../") != std::string::npos)
                    std::abort();
                out += request.path;
                for (const auto& [key, value] : request.query) out += "?" + key + "=" + value;
                for (const auto& header : request.headers) out += header.name + header.value;
            }
            if (head_done) state = parser.take_body(input, body, std::string::npos);
            if (state == RequestParser::State::refused)
                return out + "!" + std::to_string(parser.refusal().status);
            if (state == RequestParser::State::done) break;
            if (bytes.empty()) return out + "...";
            input.add(bytes.substr(0, step));
            bytes.remove_prefix(std::min(step, bytes.size()));
        }
        if (body.size() > body_max || !parser.complete()) std::abort();
        out += "|" + body + "\n";
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t step = data[0] % 64 + 1u;
    if (understand(bytes, step) != understand(bytes, bytes.size() + 1)) std::abort();
    return 0;
}
