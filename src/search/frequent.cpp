// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/frequent.hpp"

#include <zstd.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "search/tokenizer.hpp"

namespace letopis::search {

namespace {

constexpr std::size_t distinct_max = 1'000'000;
constexpr std::size_t distinct_pairs_max = 100'000;
constexpr std::size_t pairs_max = 512;
constexpr std::uint32_t pair_part_min = 256;  // one of so many messages has each part of a pair
constexpr char prefix_mark = '\x1e';
constexpr char pair_mark = '\x1f';
constexpr int prefix_letters_min = 4;  // of the query language
constexpr int prefix_letters_max = 12;

}  // namespace

std::string prefix_key(std::string_view beginning) { return std::string(beginning) + prefix_mark; }

bool is_prefix_key(std::string_view key) { return !key.empty() && key.back() == prefix_mark; }

std::string prefix_of(std::string_view key) { return std::string(key.substr(0, key.size() - 1)); }

std::string pair_key(std::string_view first, std::string_view second) {
    return std::string(first) + pair_mark + std::string(second);
}

std::string expression_of(std::string_view key) {
    if (is_prefix_key(key)) return word_beginning(prefix_of(key));
    const auto between = key.find(pair_mark);
    if (between == std::string_view::npos) return quoted({std::string(key)});
    return quoted({std::string(key.substr(0, between)), std::string(key.substr(between + 1))});
}

std::uint32_t FrequentTerms::count(Counts& counts, std::string_view key, std::size_t most) {
    key_ = key;
    auto found = counts.find(key_);
    if (found == counts.end()) {
        if (counts.size() >= most) return 0;
        found = counts.emplace(key_, Seen{}).first;
    }
    auto& seen = found->second;
    if (seen.last != doc_) ++seen.count;
    seen.last = doc_;
    return seen.count;
}

void FrequentTerms::add(text::Analyser& analyser, const Doc& doc) {
    ++doc_;
    add(analyser, doc.body);
    add(analyser, doc.subject);
    add(analyser, doc.attachments);
    for (const auto& term : doc.terms) count(seen_, term, distinct_max);
}

void FrequentTerms::add(text::Analyser& analyser, std::string_view text) {
    before_.clear();
    analyser.analyse(text, text::Use::document, [&](const text::Token& token) {
        const auto count_of = count(seen_, token.term, distinct_max);
        if (!token.colocated) {
            const bool may_pair = std::uint64_t(count_of) * pair_part_min >= doc_;
            if (may_pair && !before_.empty())
                count(pairs_, pair_key(before_, token.term), distinct_pairs_max);
            before_.assign(may_pair ? token.term : std::string_view());
        }
        int letters = 0;
        for (std::size_t i = 0; i < token.term.size(); ++i) {
            const bool begins = (static_cast<unsigned char>(token.term[i]) & 0xc0) != 0x80;
            if (begins && letters >= prefix_letters_min)
                count(seen_, prefix_key(token.term.substr(0, i)), distinct_max);
            letters += begins;
            if (letters > prefix_letters_max) return true;
        }
        if (letters >= prefix_letters_min) count(seen_, prefix_key(token.term), distinct_max);
        return true;
    });
}

std::vector<std::string> FrequentTerms::keys(std::uint64_t docs) const {
    std::vector<std::string> keys;
    for (const auto& [key, seen] : seen_)
        if (seen.count * sample_every >= docs) keys.push_back(key);
    std::ranges::sort(keys);
    return keys;
}

std::vector<std::string> FrequentTerms::pairs(std::uint64_t docs) const {
    std::vector<std::pair<std::uint32_t, std::string_view>> found;
    for (const auto& [key, seen] : pairs_)
        if (seen.count * sample_every >= docs) found.emplace_back(seen.count, key);
    std::ranges::sort(found, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (found.size() > pairs_max) found.resize(pairs_max);
    std::vector<std::string> keys;
    for (const auto& [count, key] : found) keys.emplace_back(key);
    return keys;
}

std::string encode_rows(const Bitmap& rows) {
    std::string raw;
    Writer out(raw);
    for (std::size_t i = 0; i < (rows.rows() + 63) / 64; ++i) out.u64(rows.word(i));
    std::string packed(ZSTD_compressBound(raw.size()), '\0');
    const auto size = ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), 1);
    CHECK(!ZSTD_isError(size));
    packed.resize(size);
    return packed;
}

Result<Bitmap> decode_rows(std::string_view data, std::uint64_t rows) {
    const auto words = static_cast<std::size_t>((rows + 63) / 64);
    if (ZSTD_getFrameContentSize(data.data(), data.size()) != words * 8)
        return fail(Errc::corrupt, "a set of rows has another size than its shard");
    std::string raw(words * 8, '\0');
    if (ZSTD_decompress(raw.data(), raw.size(), data.data(), data.size()) != raw.size())
        return fail(Errc::corrupt, "a set of rows cannot be expanded");
    Bitmap out(rows);
    Reader in(raw);
    for (std::size_t i = 0; i < words; ++i) out.set_word(i, in.u64());
    return out;
}

}  // namespace letopis::search
