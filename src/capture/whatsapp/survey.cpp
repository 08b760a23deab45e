// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <map>
#include <unordered_map>

#include "capture/whatsapp/entry.hpp"
#include "capture/whatsapp/facts.hpp"
#include "capture/whatsapp/phrases.hpp"

namespace letopis::capture::whatsapp {
namespace {

constexpr std::size_t headers_max = 200000;
constexpr std::size_t authors_max = 2000;
constexpr std::size_t phrases_max = 3000;  // lines that are compared with the phrases

struct Seen {
    Header header;
    std::string_view line;
};

// The header lines of the file: those of the shape that most of them have. Others are words
// somebody pasted.
std::vector<Seen> header_lines(std::string_view head, bool whole) {
    std::vector<Seen> seen;
    std::vector<std::pair<Shape, std::size_t>> shapes;
    for (std::size_t at = 0; at < head.size() && seen.size() < headers_max;) {
        const auto end = head.find('\n', at);
        if (end == std::string_view::npos && !whole) break;
        const auto line = head.substr(at, end == std::string_view::npos ? end : end - at);
        at = end == std::string_view::npos ? head.size() : end + 1;
        if (!may_begin_header(line)) continue;
        const auto header = read_header(line);
        if (!header) continue;
        seen.push_back({*header, line});
        const auto known = std::find_if(
            shapes.begin(), shapes.end(), [&](const auto& s) { return s.first == header->shape; });
        if (known == shapes.end())
            shapes.emplace_back(header->shape, 1);
        else
            ++known->second;
    }
    if (shapes.empty()) return seen;
    const auto most =
        std::max_element(shapes.begin(), shapes.end(), [](const auto& a, const auto& b) {
            return a.second < b.second;
        });
    std::erase_if(seen, [&](const Seen& one) { return one.header.shape != most->first; });
    return seen;
}

// How often time goes back when the numbers are read in this order; nullopt when one is no date.
std::optional<std::size_t> steps_back(const std::vector<Seen>& seen, DateOrder order) {
    std::size_t steps = 0;
    std::int64_t last = 0;
    for (const auto& one : seen) {
        const auto date = civil_date(one.header, order);
        if (!date) return std::nullopt;
        const auto day = std::int64_t(date->year) * 372 + date->month * 31 + date->day;
        const auto time = day * 1440 + one.header.hour * 60 + one.header.minute;
        if (time < last) ++steps;
        last = time;
    }
    return steps;
}

DateOrder usual_order(const Facts& facts) {
    const bool slashes = facts.shape.separator == '/';
    if (facts.language == "en" && slashes && facts.twelve) return DateOrder::mdy;
    if (facts.language.empty() && slashes && facts.twelve) return DateOrder::mdy;
    return DateOrder::dmy;
}

void decide_order(const std::vector<Seen>& seen, Facts& facts) {
    facts.order_assumed = false;
    if (facts.shape.year_first) {
        facts.order = DateOrder::ymd;
        return;
    }
    bool first_over = false, second_over = false, first_year = false;
    for (const auto& one : seen) {
        first_over |= one.header.date[0] > 12;
        second_over |= one.header.date[1] > 12;
        first_year |= one.header.date[0] > 31;
    }
    if (first_year) {
        facts.order = DateOrder::ymd;
    } else if (first_over != second_over) {
        facts.order = first_over ? DateOrder::dmy : DateOrder::mdy;
    } else {
        // Both (a file put together from two telephones, or pasted lines) or neither: the order in
        // which time runs forward, else what the language usually writes.
        facts.order = usual_order(facts);
        facts.order_assumed = true;
        const auto dmy = steps_back(seen, DateOrder::dmy);
        const auto mdy = steps_back(seen, DateOrder::mdy);
        if (dmy && mdy && *dmy != *mdy && std::min(*dmy, *mdy) == 0) {
            facts.order = *dmy == 0 ? DateOrder::dmy : DateOrder::mdy;
            facts.order_assumed = false;
        }
    }
}

struct Voices {
    std::unordered_map<std::string, std::size_t> authors;
    std::map<std::string_view, std::size_t> languages;
    bool group = false;         // somebody was added, left, named a subject …
    std::string notice_author;  // who "says" that the chat is encrypted: iOS writes the chat's name
    std::size_t compared = 0;

    void hear(const Phrase* phrase) {
        if (phrase) ++languages[phrase->language];
    }
};

bool group_event(std::string_view action) {
    for (const std::string_view known : {"created",
                                         "added",
                                         "left",
                                         "removed",
                                         "joined",
                                         "subject_changed",
                                         "icon_changed",
                                         "description_changed",
                                         "admin_changed",
                                         "settings_changed"})
        if (action == known) return true;
    return false;
}

void listen(std::string_view line, Voices& voices) {
    const auto entry = split_entry(line);
    if (!entry) return;
    const auto body = line.substr(entry->body, entry->end - entry->body);
    if (entry->author.empty()) {
        if (voices.compared++ > phrases_max) return;
        const auto* phrase = system_phrase(plain(body));
        voices.hear(phrase);
        if (phrase && group_event(phrase->meaning)) voices.group = true;
        return;
    }
    const bool marked = marks_at(body) > 0;
    const bool may_be_ours = marked || may_name_file(body) || voices.authors.empty();
    if (may_be_ours && voices.compared++ < phrases_max) {
        const auto text = plain(body);
        const auto* phrase = authored_phrase(text);
        if (phrase && phrase->meaning == "encryption_notice") {
            voices.notice_author = entry->author;
            voices.hear(phrase);
            return;  // not somebody who writes
        }
        if (!phrase) phrase = deleted_phrase(text);
        if (!phrase) edited_suffix(text, &phrase);
        if (!phrase)
            if (const auto media = media_line(text)) phrase = media->phrase;
        // iOS writes what happened in a group behind the group's name.
        if (!phrase && marked && entry->author == voices.notice_author) {
            phrase = system_phrase(text);
            if (phrase && group_event(phrase->meaning)) voices.group = true;
            voices.hear(phrase);
            return;
        }
        voices.hear(phrase);
    }
    if (voices.authors.size() < authors_max) ++voices.authors[entry->author];
}

// A chat of two whose other side is known: the one left is the owner.
void decide_people(const Voices& voices, Facts& facts) {
    const bool group = voices.group || voices.authors.size() > 2 ||
                       (!voices.notice_author.empty() && facts.title == voices.notice_author &&
                        !voices.authors.contains(facts.title) && voices.authors.size() == 2);
    if (group)
        facts.chat_type = "group";
    else if (!facts.title.empty() && voices.authors.contains(facts.title))
        facts.chat_type = "personal";
    if (facts.chat_type != "personal" || !facts.owner.empty() || voices.authors.size() != 2) return;
    for (const auto& [author, lines] : voices.authors)
        if (author != facts.title) facts.owner = author;
    facts.owner_inferred = true;
}

std::string stem(std::string_view name) {
    if (const auto slash = name.rfind('/'); slash != std::string_view::npos)
        name.remove_prefix(slash + 1);
    if (name.ends_with(".txt")) name.remove_suffix(4);
    return chat::clean(chat::prefix(name, 255));
}

}  // namespace

std::optional<Facts> survey(std::string_view head, bool whole, const Options& options) {
    const auto seen = header_lines(head, whole);
    if (seen.empty()) return std::nullopt;
    Voices voices;
    Facts facts{.shape = seen.front().header.shape,
                .file = stem(options.name),
                .owner = plain(chat::clean(options.owner)),
                .zone = chat::zone_of_option(options.zone)};
    for (const auto& one : seen) {
        facts.twelve |= one.header.twelve;
        listen(one.line, voices);
    }
    std::size_t most = 0;
    for (const auto& [language, lines] : voices.languages)
        if (lines > most) {
            most = lines;
            facts.language = language;
        }
    decide_order(seen, facts);
    if (const auto order = date_order_named(options.date_order); order && !facts.shape.year_first) {
        facts.order = *order;
        facts.order_assumed = false;
    }
    if (auto title = title_in(options.name)) {
        facts.title = *std::move(title);
        facts.title_sure = true;
    } else {
        facts.title = chat::clean(voices.notice_author);
    }
    decide_people(voices, facts);
    return facts;
}

}  // namespace letopis::capture::whatsapp
