// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/stems.hpp"

#include <libstemmer.h>
#include <sys/mman.h>

#include <cstring>

#include "base/check.hpp"
#include "text/vowels.hpp"

namespace letopis::text {

namespace {

// A process that shows a page of answers meets some hundred words, an import half a million.
constexpr std::size_t table_size_first = 512;
constexpr std::size_t table_size_busy = 16384;
constexpr std::size_t misses_of_busy = 2048;
constexpr std::size_t cached_bytes_max = 47;

std::uint64_t hash_of(std::string_view word) {
    std::uint64_t h = word.size() * 0x9e3779b97f4a7c15u;
    while (word.size() >= 8) {
        std::uint64_t part;
        std::memcpy(&part, word.data(), 8);
        h = (h ^ part) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
        word.remove_prefix(8);
    }
    std::uint64_t part = 0;
    std::memcpy(&part, word.data(), word.size());
    h = (h ^ part) * 0xff51afd7ed558ccdu;
    return h ^ (h >> 29);
}

}  // namespace

struct Stems::Entry {
    std::uint8_t word_size;
    std::uint8_t stem_size;
    char word[cached_bytes_max];
    char stem[cached_bytes_max];
};

Stems::Stems() : stemmers_{sb_stemmer_new("russian", "UTF_8"), sb_stemmer_new("english", "UTF_8")} {
    CHECK(stemmers_[0] != nullptr && stemmers_[1] != nullptr);
}

Stems::~Stems() {
    for (auto* stemmer : stemmers_) sb_stemmer_delete(stemmer);
    drop_table();
}

// Pages of the kernel cost nothing until they are touched, so a short-lived process pays little;
// calloc would clear all of it when it has the memory already.
void Stems::make_table(std::size_t size) {
    drop_table();
    void* pages = ::mmap(
        nullptr, size * sizeof(Entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    table_ = static_cast<Entry*>(pages);
    table_size_ = size;
}

void Stems::drop_table() {
    if (table_ != nullptr) ::munmap(table_, table_size_ * sizeof(Entry));
    table_ = nullptr;
}

std::string_view Stems::without_ending(std::string_view word, Script script) {
    auto* stemmer = stemmers_[static_cast<int>(script)];
    const auto* stem = sb_stemmer_stem(
        stemmer, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
    if (stem == nullptr) return word;  // out of memory inside the stemmer
    return {reinterpret_cast<const char*>(stem),
            static_cast<std::size_t>(sb_stemmer_length(stemmer))};
}

std::string_view Stems::compute(std::string_view word, Script script) {
    const auto stem = without_ending(word, script);
    return script == Script::russian ? steady_stem(word, stem, steady_) : stem;
}

std::string_view Stems::stem(std::string_view word, Script script) {
    if (word.empty() || word.size() > cached_bytes_max) return compute(word, script);
    if (table_ == nullptr) make_table(table_size_first);
    auto& entry = table_[hash_of(word) % table_size_];
    if (entry.word_size == word.size() && std::memcmp(entry.word, word.data(), word.size()) == 0)
        return {entry.stem, entry.stem_size};
    const auto stem = compute(word, script);
    if (stem.empty() || stem.size() > cached_bytes_max) return stem;
    if (++misses_ == misses_of_busy) {
        make_table(table_size_busy);
        return stem;
    }
    entry.word_size = static_cast<std::uint8_t>(word.size());
    entry.stem_size = static_cast<std::uint8_t>(stem.size());
    std::memcpy(entry.word, word.data(), word.size());
    std::memcpy(entry.stem, stem.data(), stem.size());
    return {entry.stem, entry.stem_size};
}

}  // namespace letopis::text
