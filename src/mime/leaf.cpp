// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <functional>

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

LeafText leaf_text(const Part& part, std::string_view charset) {
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
    drop_mark(text.text);
    if (html) {
        out.text = html_to_text(text.text, text_bytes_max);
        return out;
    }
    const bool same = text.text.size() == bytes.size() && text.text == bytes;
    out.text = normal_lines(text.text);
    if (part.type_is("text/enriched")) {
        out.text = enriched_to_text(out.text);
    } else if (equal_nocase(part.type["format"], "flowed")) {
        out.text = unflow(out.text, equal_nocase(part.type["delsp"], "yes"));
    } else {
        out.literal = same && part.transfer == Transfer::identity;
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

std::vector<std::size_t> words_of(std::string_view text) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < text.size() && out.size() < words_compared_max;) {
        if (!word_byte(text[i])) {
            ++i;
            continue;
        }
        const auto begin = i;
        while (i < text.size() && word_byte(text[i])) ++i;
        if (i - begin >= 3)
            out.push_back(std::hash<std::string>{}(lower_ascii(text.substr(begin, i - begin))));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace

Missing words_missing(std::string_view text, std::string_view in) {
    const auto wanted = words_of(text);
    const auto present = words_of(in);
    std::vector<std::size_t> missing;
    std::set_difference(
        wanted.begin(), wanted.end(), present.begin(), present.end(), std::back_inserter(missing));
    return {wanted.size(), missing.size()};
}

std::string base_name(std::string_view name) {
    const auto slash = name.find_last_of("/\\");
    if (slash != name.npos && slash + 1 < name.size()) name.remove_prefix(slash + 1);
    name = trim(name);
    return std::string(utf8::prefix(name, 1000));
}

}  // namespace letopis::mime
