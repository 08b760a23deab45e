// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/telegram/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace letopis::capture::telegram {
namespace {

constexpr std::size_t leaves_bytes_max = 64 * 1024;

// Members that are read elsewhere or say nothing to a reader.
constexpr std::array silent{"id",
                            "type",
                            "date",
                            "date_unixtime",
                            "edited",
                            "edited_unixtime",
                            "from",
                            "from_id",
                            "actor",
                            "actor_id",
                            "author",
                            "forwarded_from",
                            "forwarded_from_id",
                            "saved_from",
                            "via_bot",
                            "reply_to_message_id",
                            "reply_to_peer_id",
                            "photo",
                            "photo_file_size",
                            "width",
                            "height",
                            "file",
                            "file_name",
                            "file_size",
                            "thumbnail",
                            "thumbnail_file_size",
                            "media_type",
                            "mime_type",
                            "duration_seconds",
                            "performer",
                            "title",
                            "sticker_emoji",
                            "self_destruct_period_seconds",
                            "contact_information",
                            "contact_vcard",
                            "contact_vcard_file_size",
                            "location_information",
                            "live_location_period_seconds",
                            "place_name",
                            "address",
                            "poll",
                            "todo_list",
                            "text",
                            "text_entities",
                            "inline_bot_buttons",
                            "reactions",
                            "action",
                            "members",
                            "message_id",
                            "discard_reason",
                            "duration",
                            "game_title",
                            "game_description",
                            "game_link",
                            "invoice_information"};

bool is_silent(std::string_view key) {
    return std::find(silent.begin(), silent.end(), key) != silent.end();
}

const object* object_member(const object& entry, std::string_view key) {
    const auto* member = entry.if_contains(key);
    return member && member->is_object() ? &member->get_object() : nullptr;
}

// Newer exports write texts inside polls and lists as entities.
std::string words_of(const object& part, std::string_view key) {
    const auto* member = part.if_contains(key);
    std::string words;
    if (member && member->is_string())
        words = member->get_string();
    else if (member)
        add_leaves(*member, words);
    std::replace(words.begin(), words.end(), '\n', ' ');
    return words;
}

void add_choices(const object& list, std::string_view heading, std::string& text) {
    add_line(text, heading);
    const auto* answers = list.if_contains("answers");
    if (!answers || !answers->is_array()) return;
    for (const auto& answer : answers->get_array()) {
        if (!answer.is_object()) continue;
        auto line = "- " + words_of(answer.get_object(), "text");
        const auto votes = text_member(answer.get_object(), "voters");
        if (!votes.empty() && votes != "0") line += " (" + votes + ")";
        add_line(text, line);
    }
}

void add_contact(const object& contact, std::string& text) {
    std::string line = text_member(contact, "first_name");
    for (const auto* key : {"last_name", "phone_number"}) {
        const auto part = text_member(contact, key);
        if (!part.empty()) line += (line.empty() ? "" : " ") + part;
    }
    add_line(text, "Contact: " + line);
}

std::string coordinate(const value* number) {
    if (!number) return "?";
    if (number->is_double()) return fmt::format("{}", number->get_double());
    if (number->is_int64()) return std::to_string(number->get_int64());
    return number->is_string() ? std::string(number->get_string()) : "?";
}

void add_place(const object& entry, std::string& text) {
    if (const auto* place = entry.if_contains("location_information")) {
        if (const auto* point = place->if_object())
            add_line(text,
                     "Location: " + coordinate(point->if_contains("latitude")) + ", " +
                         coordinate(point->if_contains("longitude")));
        else
            add_line(text, "Location");
    }
    add_line(text, text_member(entry, "place_name"));
    add_line(text, text_member(entry, "address"));
}

void add_invoice(const object& invoice, std::string& text) {
    add_line(text, "Invoice: " + text_member(invoice, "title"));
    add_line(text, text_member(invoice, "description"));
    const auto amount = text_member(invoice, "amount");
    if (!amount.empty()) add_line(text, amount + " " + text_member(invoice, "currency"));
}

void add_buttons(const value& rows, std::string& text) {
    if (!rows.is_array()) return;
    for (const auto& row : rows.get_array()) {
        if (!row.is_array()) continue;
        for (const auto& button : row.get_array()) {
            const auto* one = button.if_object();
            if (!one) continue;
            auto line = "[" + text_member(*one, "text") + "]";
            if (text_member(*one, "type") == "url") line += " <" + text_member(*one, "data") + ">";
            add_line(text, line);
        }
    }
}

}  // namespace

void add_line(std::string& text, std::string_view line) {
    if (line.empty() || text.size() > chat::text_bytes_max) return;
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += line;
}

void add_leaves(const value& part, std::string& out) {
    const auto limit = out.size() + leaves_bytes_max;
    std::vector<const value*> waiting{&part};
    while (!waiting.empty() && out.size() < limit) {
        const auto* one = waiting.back();
        waiting.pop_back();
        if (one->is_string()) {
            add_line(out, chat::prefix(std::string_view(one->get_string()), leaves_bytes_max));
        } else if (one->is_array()) {
            const auto& list = one->get_array();
            for (auto item = list.rbegin(); item != list.rend(); ++item) waiting.push_back(&*item);
        } else if (one->is_object()) {
            const auto& members = one->get_object();
            for (auto member = members.end(); member != members.begin();)
                if ((--member)->key() != "type") waiting.push_back(&member->value());
        }
    }
}

void add_words(const object& entry, model::Message& message) {
    auto& text = message.text;
    if (const auto* poll = object_member(entry, "poll"))
        add_choices(*poll, "Poll: " + words_of(*poll, "question"), text);
    if (const auto* tasks = object_member(entry, "todo_list"))
        add_choices(*tasks, "Tasks: " + words_of(*tasks, "title"), text);
    if (const auto* contact = object_member(entry, "contact_information"))
        add_contact(*contact, text);
    add_place(entry, text);
    for (const auto* key : {"game_title", "game_description", "game_link"})
        add_line(text, text_member(entry, key));
    if (const auto* invoice = object_member(entry, "invoice_information"))
        add_invoice(*invoice, text);
    if (const auto* buttons = entry.if_contains("inline_bot_buttons")) add_buttons(*buttons, text);
    for (const auto& [key, member] : entry)
        if (!is_silent(key) && (member.is_string() || member.is_structured()))
            add_leaves(member, text);
    if (const auto bot = text_member(entry, "via_bot"); !bot.empty())
        add_line(text, "[via " + bot + "]");
}

}  // namespace letopis::capture::telegram
