// SPDX-License-Identifier: AGPL-3.0-or-later
// CSV (RFC 4180) as spreadsheets and people write it: records, fields, and what a column means.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace letopis::capture::letopis {

// Where the record at the beginning of `text` ends: `size` bytes without its line end, the next one
// begins at `next`. A quoted field may hold line ends.
struct RecordEnd {
    std::size_t size = 0;
    std::size_t next = 0;
};
// nullopt: the record goes on behind `text` (never when `all` says that nothing follows; a quote
// that is never closed then ends with its line).
std::optional<RecordEnd> record_end(std::string_view text, char delimiter, bool all);

// The fields of one record, unquoted. `open_quote` is set when the last quote is never closed.
std::vector<std::string> fields_of(std::string_view record, char delimiter, bool* open_quote);

enum class Column {
    unknown,
    id,
    channel,
    chat,
    chat_title,
    date,
    time,
    from,
    from_address,
    phone,
    email,
    to,
    cc,
    subject,
    text,
    reply_to,
    event,
    target,
    attachments,
    tags,
};
// From a header cell in Russian or English, upper or lower case.
Column column_named(std::string_view header);
// ',' ';' or tab, whichever the header line has most of outside quotes; 0 when it has none.
char delimiter_of(std::string_view header_line);

}  // namespace letopis::capture::letopis
