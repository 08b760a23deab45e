// SPDX-License-Identifier: AGPL-3.0-or-later
// The head of a response. What says where the body ends is ours alone: a handler's own headers of
// that kind are left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace letopis::http {

struct ResponseHead {
    bool http11 = true;
    bool keep_alive = false;
    bool bodiless = false;  // 204, 304: not even a length
    bool chunked = false;
    std::optional<std::uint64_t> length;
};

std::string make_head(const Response& response, const ResponseHead& head, std::string_view date);
void add_if_missing(Response& response, std::string_view name, std::string_view value);
// Why the response cannot be sent (a status that is none, a header that would end its line); empty
// when it can.
std::string_view fault_of(const Response& response);

}  // namespace letopis::http
