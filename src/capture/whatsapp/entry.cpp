// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/whatsapp/entry.hpp"

#include <algorithm>

#include "capture/chat/chat.hpp"
#include "capture/whatsapp/phrases.hpp"
#include "crypto/crypto.hpp"

namespace letopis::capture::whatsapp {
namespace {

constexpr std::size_t author_characters_max = 60;
constexpr std::size_t author_bytes_max = 400;

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
        ++found;
    return found;
}

// A colon inside a group's subject is not the one behind an author: "Анна изменил(а) тему группы на
// «План: май»".
bool quotation_open(std::string_view text) {
    return count(text, "\"") % 2 == 1 || count(text, "«") > count(text, "»") ||
           count(text, "“") > count(text, "”");
}

// System lines that end in somebody's free words.
bool carries_free_words(std::string_view text) {
    if (text.size() < 25) return false;
    const auto* phrase = system_phrase(text);
    return phrase && (phrase->meaning == "created" || phrase->meaning == "subject_changed" ||
                      phrase->meaning == "description_changed");
}

// By hand, because a key is made for every line of the file.
void add_number(std::string& out, int value, int digits, char before) {
    if (before != 0) out += before;
    for (int scale = digits == 4 ? 1000 : 10; scale > 0; scale /= 10)
        out += static_cast<char>('0' + value / scale % 10);
}

// Index behind the author's colon in `line`, or npos; `author` is filled.
std::size_t author_end(std::string_view line, std::string& author) {
    const auto look = line.substr(0, author_bytes_max);
    auto colon = look.find(": ");
    std::size_t width = 2;
    if (colon == std::string_view::npos) {
        // An empty body: the blank behind the colon may be lost.
        const auto last = line.find_last_not_of(" \t\r\n");
        if (last == std::string_view::npos || line[last] != ':' || last >= author_bytes_max)
            return std::string_view::npos;
        colon = last;
        width = line.size() - last;
    }
    const auto before = line.substr(0, colon);
    author = plain(before);
    if (author.starts_with('~')) author = plain(std::string_view(author).substr(1));
    if (author.empty() || characters(author) > author_characters_max || quotation_open(before) ||
        carries_free_words(author)) {
        author.clear();
        return std::string_view::npos;
    }
    return colon + width;
}

}  // namespace

std::optional<Entry> split_entry(std::string_view raw) {
    std::size_t begin = 0;
    for (;;) {
        const auto at = begin + marks_at(raw.substr(begin));
        const auto text = raw.find_first_not_of(" \t\r\n", at);
        if (text == std::string_view::npos) return std::nullopt;
        const auto line = raw.rfind('\n', text);
        const auto next = line == std::string_view::npos || line < at ? begin : line + 1;
        if (next == begin) break;
        begin = next;
    }
    const auto header = read_header(raw.substr(begin, header_bytes_max));
    if (!header) return std::nullopt;
    return split_entry(raw, begin, *header);
}

Entry split_entry(std::string_view raw, std::size_t begin, const Header& header) {
    Entry entry{.header = header, .body = begin + header.body, .end = raw.size()};
    const auto line_end = std::min(raw.find('\n', begin), raw.size());
    auto line = raw.substr(entry.body, line_end - entry.body);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const auto behind = author_end(line, entry.author); behind != std::string_view::npos)
        entry.body += behind;
    while (entry.end > entry.body && (raw[entry.end - 1] == '\n' || raw[entry.end - 1] == '\r'))
        --entry.end;
    return entry;
}

std::string key_of(std::string_view raw, const Entry& entry, DateOrder order) {
    const auto date = civil_date(entry.header, order);
    if (!date) return {};
    const auto body = raw.substr(entry.body, entry.end - entry.body);
    // Line ends differ between copies of the same export.
    const bool windows = body.find('\r') != std::string_view::npos;
    const auto digest = crypto::sha256(windows ? std::string_view(chat::clean(body)) : body);
    std::string key;
    key.reserve(48 + entry.author.size());
    add_number(key, date->year, 4, 0);
    add_number(key, date->month, 2, '-');
    add_number(key, date->day, 2, '-');
    add_number(key, entry.header.hour, 2, 'T');
    add_number(key, entry.header.minute, 2, ':');
    if (entry.header.shape.seconds) add_number(key, entry.header.second, 2, ':');
    key += '|';
    key += chat::valid_utf8(entry.author) ? entry.author : chat::clean(entry.author);
    key += '|';
    return key + hex(as_bytes(digest).substr(0, 8));
}

}  // namespace letopis::capture::whatsapp
