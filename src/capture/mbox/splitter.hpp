// SPDX-License-Identifier: AGPL-3.0-or-later
// Cuts an mbox into messages. The byte rule is in docs/formats/capture.md ("mbox").
#pragma once

#include <string>

#include "capture/mbox/from_line.hpp"
#include "capture/source.hpp"

namespace letopis::capture::mbox {

// What the header block of a message says to an mbox reader.
struct Headers {
    std::optional<std::uint64_t> content_length;
    std::uint64_t size = 0;  // header block with the empty line behind it
    std::string flags;       // Maildir letters from Status, X-Status and X-Mozilla-Status, sorted
};
Headers read_headers(std::string_view message);

struct Message {
    std::uint64_t position = 0;  // of the From_ line in the input
    std::string envelope;        // the From_ line without its line end
    FromLine from;
    Headers headers;
    std::string raw;         // empty when it is too large
    std::uint64_t size = 0;  // of raw, counted also when it is too large
    bool by_length = false;  // Content-Length told where it ends
    bool too_large = false;
};

class Splitter {
public:
    // Reads from the source's present place, which is `offset`.
    explicit Splitter(Source& source, std::uint64_t offset = 0)
        : source_(source), window_(source, offset) {}
    // Goes to the first From_ line; returns how many bytes of text are before it (0 when there is
    // only a byte order mark or empty lines). invalid: there is no From_ line.
    Result<std::uint64_t> find_first();
    // The next message; nullopt at the end.
    Result<std::optional<Message>> next();
    std::uint64_t offset() const { return window_.offset(); }

private:
    struct Cut {
        std::size_t end = 0;   // of raw, in the window
        std::size_t next = 0;  // where the next From_ line begins, or the end of the input
    };
    Result<Cut> end_of_message(std::size_t begin, Message& message);
    Result<std::optional<Cut>> by_content_length(std::size_t begin, const Message& message);
    Result<Cut> by_search(std::size_t begin, Message& message);
    Result<Cut> skip_rest(std::size_t begin, Message& message);
    Result<bool> have(std::size_t bytes);  // at least so many in the window; false at the end
    Result<bool> is_separator(std::size_t at, bool after_empty_line);
    Result<bool> length_leads_well(std::uint64_t target);

    Source& source_;
    Window window_;
};

}  // namespace letopis::capture::mbox
