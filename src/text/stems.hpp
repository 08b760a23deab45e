// SPDX-License-Identifier: AGPL-3.0-or-later
// Snowball stems of Russian and English words, the Russian ones without a vowel that comes and
// goes, and a table of the words seen lately: in correspondence most words are repeated, and
// looking one up costs a tenth of stemming it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sb_stemmer;

namespace letopis::text {

enum class Script : std::uint8_t { russian, english };

class Stems {
public:
    Stems();
    ~Stems();
    Stems(const Stems&) = delete;
    Stems& operator=(const Stems&) = delete;
    // `word` is folded. The result lives until the next call.
    std::string_view stem(std::string_view word, Script script);
    // What Snowball alone leaves of it.
    std::string_view without_ending(std::string_view word, Script script);

private:
    struct Entry;
    std::string_view compute(std::string_view word, Script script);
    void make_table(std::size_t size);
    void drop_table();
    sb_stemmer* stemmers_[2];
    Entry* table_ = nullptr;  // made by the first word
    std::size_t table_size_ = 0;
    std::size_t misses_ = 0;
    std::string steady_;
};

}  // namespace letopis::text
