// SPDX-License-Identifier: AGPL-3.0-or-later
// Raw bytes of a captured item -> what it says. Pure: the same bytes, context and version give the
// same result; limits count bytes, parts and depth, never time. Runs inside the sandboxed worker;
// `Workers` (workers/workers.hpp) is the way to call it.
#pragma once

#include <string>
#include <string_view>

#include "model/display.hpp"
#include "model/message.hpp"

namespace letopis::extract {

// Part of every catalogue row; a higher number means that a rebuild may find more in the same
// bytes.
constexpr int parser_version = 2;

// What is looked at of one item; the rest is stored and marked "truncated"
// (docs/formats/limits.md).
constexpr std::size_t parsed_bytes_max = std::size_t(32) << 20;

struct Job {
    model::Dialect dialect = model::Dialect::mail;
    std::string context;  // facts of the source context (JSON object), may be empty
    std::string raw;
};

// Never fails and never throws: what cannot be parsed comes back with the mark "unparsed" and as
// much as could be read.
model::Message parse(const Job& job);

// The decoded bytes of one attachment of a mail, by the locator that parse() gave. Errors:
// not_found, too_large.
Result<std::string> part(const Job& job, std::string_view locator);

// The HTML form of a mail, safe to show. Errors: not_found, when it has none; too_large.
Result<model::Display> display(const Job& job);

}  // namespace letopis::extract
