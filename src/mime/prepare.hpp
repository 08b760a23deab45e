// SPDX-License-Identifier: AGPL-3.0-or-later
// What happens to raw bytes before GMime sees them: junk at the start is stepped over, mbox quoting
// undone, and everything that could make the parser slow or greedy is cut off and reported.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/message.hpp"

namespace letopis::mime {

constexpr std::size_t parsed_bytes_max = std::size_t(32) << 20;
constexpr std::size_t header_bytes_max = std::size_t(1) << 20;

struct Prepared {
    std::unique_ptr<std::string> changed;  // holds the bytes when they are not a piece of the raw
    std::string_view bytes;                // what to parse: header, empty line, body
    bool literal = true;                   // bytes are a piece of the raw ones
    bool has_header = true;                // false: all of it is text
    bool truncated = false;
    bool junk_start = false;
    bool too_many_parts = false;
    bool bad_header = false;
};

// `raw` must outlive the result.
Prepared prepare(std::string_view raw, model::Dialect dialect);

}  // namespace letopis::mime
