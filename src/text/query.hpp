// SPDX-License-Identifier: AGPL-3.0-or-later
// The query language of the command line, the API and the web page, parsed to a tree. Grammar:
// docs/guide/search.md. words, "phrase", ="exactly", word*, -word, OR, ( ), field:value with the
// fields below.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::text {

enum class Field : std::uint8_t {
    from,
    to,
    client,
    employee,
    channel,
    deal,
    tag,
    category,
    project,
    has,
    filename,
    in,
    before,
    after,
    on,
    larger,
    is,
    lang,
    source,
    conversation,
    id,
    label
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
    enum class Kind : std::uint8_t {
        all,      // matches everything (the empty query)
        word,     // any inflected form of `text`
        phrase,   // words of `text` in this order, any form
        exact,    // `text` exactly as written (case and ё folded)
        prefix,   // words that begin with `text`
        field,    // `field` with `text` (and `when`/`bytes` where the field has them)
        both,     // AND of children
        either,   // OR of children
        without,  // not children[0]
    };
    Kind kind = Kind::all;
    std::string text;
    Field field = Field::from;
    bool quoted = false;  // field value was in quotes: the words in this order
    std::optional<Instant>
        from_time;  // before/after/on: the half-open interval [from_time, to_time)
    std::optional<Instant> to_time;
    std::uint64_t bytes = 0;  // larger:
    bool in_subject = false;  // word, phrase, exact, prefix: only in the subject (in:subject(...)
                              // or in:subject word…)
    std::vector<NodePtr> children;
    std::size_t at = 0;  // where it stands in the query: offset in characters, for errors
};

struct QueryError {
    std::size_t at = 0;  // offset in characters (code points)
    std::string what;    // "a closing bracket is missing"
    std::string hint;    // "put ) at the end, or quote the ("
};

struct ParsedQuery {
    NodePtr root;  // null when error is set
    std::optional<QueryError> error;
};

// Limits: 4,096 bytes, 64 terms, depth 32. Relative dates ("today", "вчера", "7d") count from `now`
// in UTC.
ParsedQuery parse_query(std::string_view query, Instant now);
// The query, a line with ^ under the place, the sentence: three lines for a terminal.
std::string show_error(std::string_view query, const QueryError& error);

}  // namespace letopis::text
