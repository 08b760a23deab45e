// SPDX-License-Identifier: AGPL-3.0-or-later
// Sets of rows kept ready for the terms, the beginnings of terms and the pairs of terms that very
// many messages of a closed shard have: reading their postings, and comparing the places of two
// words, is what a query would spend its time on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "search/bitmap.hpp"
#include "search/search.hpp"
#include "sql/sqlite.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

// The beginning of a term as a key beside whole terms: no term has the byte in it.
std::string prefix_key(std::string_view beginning);
bool is_prefix_key(std::string_view key);
std::string prefix_of(std::string_view key);
// One term behind the other, likewise.
std::string pair_key(std::string_view first, std::string_view second);
// The FTS5 expression of what a key stands for.
std::string expression_of(std::string_view key);

// Guesses from every 32nd message which terms are frequent.
class FrequentTerms {
public:
    static constexpr std::uint64_t sample_every = 32;
    void add(text::Analyser& analyser, const Doc& doc);
    // Keys that at least `docs` messages of a shard seem to have.
    std::vector<std::string> keys(std::uint64_t docs) const;
    // The same of pairs, of which there may be many: the most frequent ones.
    std::vector<std::string> pairs(std::uint64_t docs) const;

private:
    struct Seen {
        std::uint32_t count = 0;
        std::uint32_t last = 0;
    };
    using Counts = std::unordered_map<std::string, Seen>;
    void add(text::Analyser& analyser, std::string_view text);
    // How many messages have had it, this one included; 0: there is no room to count it.
    std::uint32_t count(Counts& counts, std::string_view key, std::size_t distinct_max);
    Counts seen_;
    Counts pairs_;
    std::string key_;
    std::string before_;  // the term before this one, if it may be a part of a frequent pair
    std::uint32_t doc_ = 0;
};

constexpr const char* frequent_schema =
    "CREATE TABLE frequent(id INTEGER PRIMARY KEY, term TEXT NOT NULL, docs INTEGER NOT NULL, "
    "data BLOB NOT NULL) STRICT;CREATE UNIQUE INDEX frequent_term ON frequent(term);";

// One zstd frame of 64-bit words, lowest rows first, and the way back (corrupt: damaged).
std::string encode_rows(const Bitmap& rows);
Result<Bitmap> decode_rows(std::string_view data, std::uint64_t rows);

}  // namespace letopis::search
