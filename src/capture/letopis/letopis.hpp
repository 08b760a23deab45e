// SPDX-License-Identifier: AGPL-3.0-or-later
// Our own schema for what no other format covers: one JSON object a line, or a CSV table. For
// people who write an export themselves; described in docs/formats/import-jsonl-csv.md.
#pragma once

#include <string_view>

#include "capture/reader.hpp"

namespace letopis::capture::letopis {

// One item a line (raw is the line without its end). A line that is not of the schema is an item
// too: it is kept and its parse says "unparsed". Item.key is "<chat>/<id>", or empty without an id.
extern const Format jsonl;
// One item a record (raw is the record without its end; quoted line breaks are inside). The first
// record is the header; it goes into the context's facts with delimiter, charset and zone.
extern const Format csv;

// One such item -> what it says. Never throws. What does not fit the schema gives the mark
// "unparsed" with the reason in mark_detail, and the rest is filled in all the same.
model::Message parse_jsonl(std::string_view raw, std::string_view context_facts);
model::Message parse_csv(std::string_view raw, std::string_view context_facts);

}  // namespace letopis::capture::letopis
