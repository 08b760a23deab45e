// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <functional>
#include <utility>

#include "mime/ascii.hpp"
#include "mime/body.hpp"
#include "mime/charset.hpp"
#include "mime/html.hpp"
#include "mime/plain.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t words_compared_max = 200'000;

void drop_mark(std::string& text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
}

std::string_view charset_of_html(const Part& part, std::string_view bytes) {
    const auto declared = part.type["charset"];
    return declared.empty() ? html_charset(bytes) : declared;
}

}  // namespace

LeafText leaf_source(const Part& part, std::string_view charset) {
    LeafText out;
    std::string decoded;
    std::string_view bytes = part.content;
    if (part.transfer != Transfer::identity) {
        decoded = decode_transfer(part.content, part.transfer, text_bytes_max + 1);
        bytes = decoded;
    }
    out.cut = bytes.size() > text_bytes_max;
    bytes = bytes.substr(0, text_bytes_max);
    const bool html = part.type_is("text/html");
    const auto declared = html ? charset_of_html(part, bytes) : part.type["charset"];
    auto text = decode(bytes, declared, charset);
    out.guessed = text.guessed;
    out.text = std::move(text.text);
    drop_mark(out.text);
    out.literal = part.transfer == Transfer::identity && out.text == bytes;
    return out;
}

LeafText leaf_text(const Part& part, std::string_view charset) {
    auto out = leaf_source(part, charset);
    const bool literal = std::exchange(out.literal, false);
    if (part.type_is("text/html")) {
        out.text = html_to_text(out.text, text_bytes_max);
        return out;
    }
    out.text = normal_lines(out.text);
    if (part.type_is("text/enriched")) {
        out.text = enriched_to_text(out.text);
    } else if (equal_nocase(part.type["format"], "flowed")) {
        out.text = unflow(out.text, equal_nocase(part.type["delsp"], "yes"));
    } else {
        out.literal = literal;
    }
    if (out.text.size() > text_bytes_max) {
        out.text = std::string(utf8::prefix(out.text, text_bytes_max));
        out.cut = true;
        out.literal = false;
    }
    return out;
}

namespace {

bool word_byte(char c) { return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80; }

// Calls take(begin, end, hash without case) for every word, as far as words are compared.
template <class Take>
void each_word(std::string_view text, Take&& take) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size() && count < words_compared_max; ++count) {
        while (i < text.size() && !word_byte(text[i])) ++i;
        const auto begin = i;
        while (i < text.size() && word_byte(text[i])) ++i;
        if (i == begin) return;
        take(begin, i, std::hash<std::string>{}(lower_ascii(text.substr(begin, i - begin))));
    }
}

bool has(const std::vector<std::size_t>& sorted, std::size_t hash) {
    return std::binary_search(sorted.begin(), sorted.end(), hash);
}

std::size_t sort_different(std::vector<std::size_t>& hashes) {
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    return hashes.size();
}

}  // namespace

Missing words_missing(std::string_view text, std::string_view in) {
    std::vector<std::size_t> known, wanted, missing;
    each_word(in, [&](auto, auto, std::size_t hash) { known.push_back(hash); });
    sort_different(known);
    Missing found;
    std::size_t last = 0;  // where what was taken last ends
    each_word(text, [&](std::size_t begin, std::size_t end, std::size_t hash) {
        const bool counts = end - begin >= 3;
        if (counts) wanted.push_back(hash);
        if (has(known, hash)) return;
        if (counts) missing.push_back(hash);
        if (end <= last) return;
        while (begin > last && !is_space(text[begin - 1])) --begin;
        while (end < text.size() && !is_space(text[end])) ++end;
        if (last > 0) found.texts.push_back(text.substr(last, begin - last) == " " ? ' ' : '\n');
        found.texts += text.substr(begin, end - begin);
        last = end;
    });
    found.words = sort_different(wanted);
    found.missing = sort_different(missing);
    return found;
}

std::string base_name(std::string_view name) {
    const auto slash = name.find_last_of("/\\");
    if (slash != name.npos && slash + 1 < name.size()) name.remove_prefix(slash + 1);
    name = trim(name);
    return std::string(utf8::prefix(name, 1000));
}

}  // namespace letopis::mime
