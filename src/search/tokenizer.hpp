// SPDX-License-Identifier: AGPL-3.0-or-later
// What FTS5 calls back: our tokenizer and our functions, registered on one connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "search/bitmap.hpp"
#include "sql/sqlite.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

// Text that begins with this byte holds terms that are taken as they are, separated by it; any
// other text goes through the analyser.
constexpr char verbatim = '\x1f';

// Terms as one FTS5 string, which the tokenizer takes as they are: a phrase when there are several.
std::string quoted(const std::vector<std::string>& terms);
// Any word that begins so; filter terms are none.
std::string word_beginning(const std::string& letters);

// Lives longer than the connection it is registered on.
struct FullText {
    text::Analyser analyser;
    std::uint64_t positions = 0;  // counted by the tokenizer; reset by whoever wants to know

    // letopis_collect: every row in [first, last) that has one of the phrases of the expression.
    Bitmap* rows = nullptr;
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    // letopis_score: only rows in `ranked`.
    const Bitmap* ranked = nullptr;
    const std::vector<std::uint32_t>* lengths = nullptr;
    double mean_length = 1;
    double total_rows = 1;
    std::vector<double> weights;  // of each phrase, made at the first row

    // Registers tokenizer `letopis` and the two functions.
    Result<void> attach(sql::Database& db);
};

// The body comes first because a place in any other column costs two bytes more. Two leaves of
// 4,000 bytes fit a page of 8,192 with its authentication; two of the default 4,050 do not.
constexpr const char* full_text_schema =
    "CREATE VIRTUAL TABLE ft USING fts5(body, subject, attach, m, content='', columnsize=0, "
    "tokenize='letopis');INSERT INTO ft(ft,rank) VALUES('pgsz',4000);";

}  // namespace letopis::search
