// SPDX-License-Identifier: AGPL-3.0-or-later
// One message of the export to values.
#include <algorithm>

#include "capture/whatsapp/entry.hpp"
#include "capture/whatsapp/facts.hpp"
#include "capture/whatsapp/phrases.hpp"
#include "capture/whatsapp/whatsapp.hpp"
#include "model/address.hpp"

namespace letopis::capture::whatsapp {
namespace {

constexpr std::size_t attachments_max = 100;

void mark(model::Message& message, std::string_view name) {
    if (std::find(message.marks.begin(), message.marks.end(), name) == message.marks.end())
        message.marks.emplace_back(name);
}

// The facts of a chat are the same for thousands of lines.
const Facts& facts_of(std::string_view json) {
    thread_local std::string last = "?";
    thread_local Facts facts;
    if (last != json) {
        facts = facts_from_json(json);
        last = json;
    }
    return facts;
}

// A line of the file may contradict what its beginning said (a chat put together from two).
void read_date(const Header& header, const Facts& facts, model::Message& message) {
    auto date = civil_date(header, facts.order);
    const int* d = header.date;
    bool sure = header.shape.year_first || !facts.order_assumed || d[0] == d[1];
    if (date && facts.order_assumed && (d[0] > 12 || d[1] > 12)) sure = true;
    for (const auto other : {DateOrder::dmy, DateOrder::mdy, DateOrder::ymd}) {
        if (date) break;
        date = civil_date(header, other);
        sure = false;
    }
    if (!date) {
        mark(message, "no_date");
        return;
    }
    message.sent_at = chat::from_local(
        facts.zone, date->year, date->month, date->day, header.hour, header.minute, header.second);
    message.zone_assumed = true;
    if (!sure) mark(message, "ambiguous");
}

// A name means one person only inside its chat.
std::string scope(const Facts& facts) { return facts.title.empty() ? facts.file : facts.title; }

model::Party person(model::Role role, std::string_view name, const Facts& facts) {
    auto shown = chat::clean(name);
    const bool number = !shown.empty() && (shown[0] == '+' || (shown[0] >= '0' && shown[0] <= '9'));
    if (const auto phone = number ? model::normalise_phone(shown) : std::nullopt)
        return {.role = role, .kind = model::AddressKind::phone, .address = *phone, .name = shown};
    return {.role = role,
            .kind = model::AddressKind::whatsapp,
            .address = scope(facts) + "/" + shown,
            .name = shown};
}

void add_receiver(std::string_view author, const Facts& facts, model::Message& message) {
    if (facts.chat_type == "personal" && author == facts.title) {
        if (!facts.owner.empty())
            message.parties.push_back(person(model::Role::to, facts.owner, facts));
    } else if (facts.chat_type == "personal") {
        message.parties.push_back(person(model::Role::to, facts.title, facts));
    } else if (!facts.title.empty()) {
        message.parties.push_back({.role = model::Role::to,
                                   .kind = model::AddressKind::whatsapp,
                                   .address = facts.title,
                                   .name = facts.title});
    }
}

// U+200E and its kin, which WhatsApp puts around its own words; U+200F is left, because it has a
// meaning in Hebrew and Arabic text.
std::string without_marks(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto at = std::min(text.find_first_of("\xE2\xEF"), text.size());
        out.append(text.substr(0, at));
        text.remove_prefix(at);
        const auto size = text.starts_with("\xE2\x80\x8F") ? 0 : marks_at(text.substr(0, 3));
        if (size == 0 && !text.empty()) {
            out += text[0];
            text.remove_prefix(1);
        } else {
            text.remove_prefix(size);
        }
    }
    return out;
}

void add_attachment(Media media, model::Message& message) {
    model::Attachment one{.name = chat::base_name(media.name),
                          .type = std::string(chat::media_type(media.name)),
                          .missing = std::string(media.missing)};
    if (one.type.empty() && !media.type.ends_with('/')) one.type = media.type;
    if (media.missing.empty()) {
        one.locator = chat::safe_path(media.name);
        if (one.locator.empty()) one.missing = "unsafe path";
    }
    // "договор.pdf • 3 страницы <прикреплено: 00000012-договор.pdf>"
    if (const auto dot = media.before.find(" • "); dot != std::string::npos) {
        one.name = chat::base_name(std::string_view(media.before).substr(0, dot));
        media.before.clear();
    }
    one.inline_ =
        media.name.ends_with(".webp") || media.name.find("-STICKER-") != std::string::npos;
    message.attachments.push_back(std::move(one));
}

// Lines that stand for files become attachments, the others stay text: [begin, end) of `raw` when
// no more than lines at the front fell away, otherwise put together in message.text.
struct Words {
    std::size_t begin, end;
    bool in_one_piece = true;
};
Words take_media(std::string_view raw,
                 std::size_t begin,
                 std::size_t end,
                 model::Message& message) {
    Words words{begin, end};
    std::string kept;
    bool some_kept = false;
    for (auto at = begin; at < end;) {
        const auto line_end = std::min(raw.find('\n', at), end);
        const auto line = raw.substr(at, line_end - at);
        const auto next = std::min(line_end + 1, end);
        const bool first = at == begin;
        std::optional<Media> media;
        // Words like "image omitted" are believed on a line of their own only: the first one, or
        // one that begins with a direction mark.
        if (message.attachments.size() < attachments_max &&
            (first || marks_at(line) > 0 || may_name_file(line)))
            media = media_line(plain(line));
        if (media && !media->missing.empty() && !first && marks_at(line) == 0) media.reset();
        if (media) {
            const auto before = media->before.find(" • ") == std::string::npos ? media->before : "";
            add_attachment(*std::move(media), message);
            if (!before.empty()) {
                kept += before + "\n";
                some_kept = true;
            }
            if (some_kept)
                words.in_one_piece = false;
            else
                words.begin = next;
        } else {
            kept.append(raw.substr(at, next - at));
            some_kept = true;
        }
        at = next;
    }
    if (!words.in_one_piece) {
        if (kept.ends_with('\n')) kept.pop_back();
        message.text = std::move(kept);
    }
    return words;
}

// A slice may hold CRLF, which becomes LF, but no CR of its own.
bool lone_return(std::string_view text) {
    for (auto at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1))
        if (at + 1 == text.size() || text[at + 1] != '\n') return true;
    return false;
}

void set_text(std::string_view raw, Words words, model::Message& message) {
    bool repaired = false;
    if (words.in_one_piece) {
        auto part = raw.substr(words.begin, words.end - words.begin);
        const bool marked = part.find_first_of("\xE2\xEF") != std::string_view::npos;
        const auto bare = marked ? without_marks(part) : std::string(part);
        const bool literal = bare.size() == part.size() && !lone_return(part);
        message.text = chat::clean(bare, &repaired);
        if (literal && !repaired && !message.text.empty())
            message.slice = {static_cast<std::uint32_t>(words.begin),
                             static_cast<std::uint32_t>(part.size())};
    } else {
        message.text = chat::clean(without_marks(message.text), &repaired);
    }
    if (repaired) mark(message, "charset_guessed");
    if (message.text.size() > chat::text_bytes_max) {
        message.text.resize(chat::prefix(message.text, chat::text_bytes_max).size());
        message.slice.reset();
        mark(message, "truncated");
    }
}

void read_service(std::string_view raw,
                  const Entry& entry,
                  const Phrase* phrase,
                  const Facts& facts,
                  model::Message& message) {
    message.event = model::Event::service;
    message.action = phrase ? std::string(phrase->meaning) : "system";
    message.subject = facts.title;
    set_text(raw, {entry.body, entry.end}, message);
}

// What iOS writes behind the chat's name is not the chat's words.
const Phrase* program_words(std::string_view body,
                            std::string_view text,
                            const Entry& entry,
                            const Facts& facts,
                            bool& is) {
    if (const auto* phrase = authored_phrase(text)) {
        is = true;
        return phrase;
    }
    const bool from_chat = facts.chat_type == "group" && entry.author == facts.title;
    is = from_chat && marks_at(body) > 0 && !deleted_phrase(text) && !media_line(text);
    return is ? system_phrase(text) : nullptr;
}

void read_message(std::string_view raw,
                  const Entry& entry,
                  const Facts& facts,
                  model::Message& message) {
    message.parties.push_back(person(model::Role::from, entry.author, facts));
    add_receiver(entry.author, facts, message);
    auto end = entry.end;
    const auto tail = raw.substr(entry.body, end - entry.body);
    if (const auto near_end = tail.find_last_not_of(" \t\r\n\x8E\x80\xE2");
        near_end != std::string_view::npos && tail[near_end] == '>') {
        const auto shown = tail.substr(0, near_end + 1);
        if (const auto size = edited_suffix(shown); size > 0) {
            message.edited = true;
            end = entry.body + shown.size() - size;
            while (end > entry.body &&
                   (raw[end - 1] == ' ' ||
                    (end >= entry.body + 3 && marks_at(raw.substr(end - 3, 3)) == 3)))
                end -= raw[end - 1] == ' ' ? 1 : 3;
        }
    }
    if (end - entry.body <= 200)
        message.deleted =
            deleted_phrase(plain(raw.substr(entry.body, end - entry.body))) != nullptr;
    set_text(raw, take_media(raw, entry.body, end, message), message);
}

}  // namespace

model::Message parse(std::string_view raw, std::string_view context_facts) {
    model::Message message{.channel = model::Channel::whatsapp};
    try {
        const auto& facts = facts_of(context_facts);
        message.conversation = scope(facts);
        if (raw.size() > chat::parse_bytes_max) {
            mark(message, "truncated");
            raw = raw.substr(0, chat::parse_bytes_max);
        }
        const auto entry = split_entry(raw);
        if (!entry) {  // what stood before the first message
            mark(message, "junk_start");
            set_text(raw, {0, raw.size()}, message);
            return message;
        }
        read_date(entry->header, facts, message);
        const auto body = raw.substr(entry->body, entry->end - entry->body);
        const auto text = plain(body.substr(0, 1000));
        if (entry->author.empty()) {
            read_service(raw, *entry, system_phrase(text), facts, message);
            return message;
        }
        bool program = false;
        if (const auto* phrase = program_words(body, text, *entry, facts, program); program) {
            if (phrase && phrase->meaning == "missed_call")
                message.parties.push_back(person(model::Role::from, entry->author, facts));
            read_service(raw, *entry, phrase, facts, message);
        } else {
            read_message(raw, *entry, facts, message);
        }
    } catch (const std::exception&) {
        message = {.channel = model::Channel::whatsapp, .marks = {"unparsed"}};
        message.mark_detail = "too large to be taken apart";
    }
    return message;
}

}  // namespace letopis::capture::whatsapp
