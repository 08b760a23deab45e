// SPDX-License-Identifier: AGPL-3.0-or-later
// The line that begins a message in an mbox: "From sender date". Writers disagree about all of it.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace letopis::capture::mbox {

// How much a line that starts with "From " looks like a separator.
enum class Likeness {
    no,      // a sentence that happens to begin with From
    sender,  // only a sender, or nothing: needs a header line behind it
    dated,   // ends in a date: RFC 4155, "From - date", "user at host  date", Gmail's zone, RFC 822
};

struct FromLine {
    Likeness likeness = Likeness::no;
    std::optional<Instant> date;  // RFC 4155: UTC unless a zone is written
};

// `line` without its line end; it begins with "From ".
FromLine parse_from_line(std::string_view line);

constexpr std::size_t from_line_max = 1024;  // a longer line is no separator

}  // namespace letopis::capture::mbox
