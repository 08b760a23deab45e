// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/frequent.hpp"

#include <zstd.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace letopis::search {

namespace {

constexpr std::size_t distinct_max = 1'000'000;
constexpr char prefix_mark = '\x1e';
constexpr int prefix_letters_min = 4;  // of the query language
constexpr int prefix_letters_max = 12;

}  // namespace

std::string prefix_key(std::string_view beginning) { return std::string(beginning) + prefix_mark; }

bool is_prefix_key(std::string_view key) { return !key.empty() && key.back() == prefix_mark; }

std::string prefix_of(std::string_view key) { return std::string(key.substr(0, key.size() - 1)); }

void FrequentTerms::count(std::string_view term, bool beginning) {
    key_ = term;
    if (beginning) key_.push_back(prefix_mark);
    auto found = seen_.find(key_);
    if (found == seen_.end()) {
        if (seen_.size() >= distinct_max) return;
        found = seen_.emplace(key_, Seen{}).first;
    }
    auto& seen = found->second;
    if (seen.last != doc_) ++seen.count;
    seen.last = doc_;
}

void FrequentTerms::add(text::Analyser& analyser, const Doc& doc) {
    ++doc_;
    for (const std::string_view text : {std::string_view(doc.body),
                                        std::string_view(doc.subject),
                                        std::string_view(doc.attachments)})
        analyser.analyse(text, text::Use::document, [&](const text::Token& token) {
            count(token.term, false);
            int letters = 0;
            for (std::size_t i = 0; i < token.term.size(); ++i) {
                const bool begins = (static_cast<unsigned char>(token.term[i]) & 0xc0) != 0x80;
                if (begins && letters >= prefix_letters_min) count(token.term.substr(0, i), true);
                letters += begins;
                if (letters > prefix_letters_max) return true;
            }
            if (letters >= prefix_letters_min) count(token.term, true);
            return true;
        });
    for (const auto& term : doc.terms) count(term, false);
}

std::vector<std::string> FrequentTerms::keys(std::uint64_t docs) const {
    std::vector<std::string> keys;
    for (const auto& [key, seen] : seen_)
        if (seen.count * sample_every >= docs) keys.push_back(key);
    std::ranges::sort(keys);
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
