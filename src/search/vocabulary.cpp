// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/vocabulary.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace letopis::search {

namespace {

constexpr std::size_t distinct_max = 2'000'000;
constexpr std::size_t stored_max = 100'000;
constexpr std::size_t blob_bytes_max = std::size_t(16) << 20;

bool only_letters(std::string_view word) {
    return std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    });
}

}  // namespace

Vocabulary::Seen* Vocabulary::seen(std::string word) {
    auto found = words_.find(word);
    if (found != words_.end()) return &found->second;
    if (words_.size() >= distinct_max) return nullptr;
    return &words_.emplace(std::move(word), Seen{}).first->second;
}

void Vocabulary::add(text::Analyser& analyser,
                     std::string_view subject,
                     std::string_view body,
                     std::uint32_t weight) {
    ++doc_;
    for (const auto text : {subject, body})
        analyser.analyse(text, text::Use::document, [&](const text::Token& token) {
            const auto length = token.end - token.begin;
            if (token.colocated || length < 4 || length > 48) return true;
            auto word = text::fold(text.substr(token.begin, length));
            if (!only_letters(word)) return true;
            auto* known = seen(std::move(word));
            if (known == nullptr || known->last == doc_) return true;
            known->count += weight;
            known->last = doc_;
            return true;
        });
}

void Vocabulary::add(const Word& word) {
    if (auto* known = seen(word.text)) known->count += word.docs;
}

std::string Vocabulary::encode(std::uint64_t docs_min) const {
    std::vector<std::pair<std::uint32_t, std::string_view>> frequent;
    for (const auto& [word, known] : words_)
        if (known.count >= docs_min) frequent.emplace_back(known.count, word);
    std::sort(frequent.begin(), frequent.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (frequent.size() > stored_max) frequent.resize(stored_max);
    std::string raw;
    Writer out(raw);
    for (const auto& [count, word] : frequent) {
        out.varint(count);
        out.text(word);
    }
    std::string blob(ZSTD_compressBound(raw.size()), '\0');
    const auto size = ZSTD_compress(blob.data(), blob.size(), raw.data(), raw.size(), 3);
    CHECK(!ZSTD_isError(size));
    blob.resize(size);
    return blob;
}

Result<std::vector<Word>> decode_words(std::string_view blob) {
    const auto size = ZSTD_getFrameContentSize(blob.data(), blob.size());
    if (size > blob_bytes_max) return fail(Errc::corrupt, "the word list of a shard has no size");
    std::string raw(static_cast<std::size_t>(size), '\0');
    const auto got = ZSTD_decompress(raw.data(), raw.size(), blob.data(), blob.size());
    if (ZSTD_isError(got) || got != size)
        return fail(Errc::corrupt, "the word list of a shard cannot be expanded");
    std::vector<Word> words;
    Reader in(raw);
    while (in.left() > 0 && in.ok()) {
        const auto docs = static_cast<std::uint32_t>(in.varint());
        words.push_back({std::string(in.text()), docs});
    }
    if (!in.ok()) return fail(Errc::corrupt, "the word list of a shard is damaged");
    return words;
}

std::u32string letters_of(std::string_view utf8) {
    std::u32string out;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        char32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k)
            code = (code << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3fu);
        out.push_back(code);
        i += length;
    }
    return out;
}

int changes_between(std::u32string_view a, std::u32string_view b, int limit) {
    constexpr std::size_t letters_max = 48;
    if (a.size() > letters_max || b.size() > letters_max) return limit + 1;
    const auto difference = static_cast<int>(a.size()) - static_cast<int>(b.size());
    if (difference > limit || -difference > limit) return limit + 1;
    std::array<std::array<int, letters_max + 1>, 3> rows{};
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i + 2) % 3];
        const auto& two_above = rows[(i + 1) % 3];
        row[0] = static_cast<int>(i);
        int best = row[0];
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] =
                std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], two_above[j - 2] + 1);
            best = std::min(best, row[j]);
        }
        if (best > limit) return limit + 1;
    }
    return rows[a.size() % 3][b.size()];
}

}  // namespace letopis::search
