// SPDX-License-Identifier: AGPL-3.0-or-later
// Service events in words. An action that is not in the table keeps its name, and its strings
// become text, so that a search finds it.
#include <array>

#include "capture/telegram/words.hpp"

namespace letopis::capture::telegram {
namespace {

struct Action {
    std::string_view name, words;
};
constexpr std::array actions{
    Action{"create_group", "group created"},
    Action{"create_channel", "channel created"},
    Action{"edit_group_title", "title changed"},
    Action{"edit_group_photo", "photo changed"},
    Action{"delete_group_photo", "photo removed"},
    Action{"invite_members", "members added"},
    Action{"remove_members", "members removed"},
    Action{"join_group_by_link", "joined by link"},
    Action{"join_group_by_request", "joined by request"},
    Action{"migrate_to_supergroup", "group became a supergroup"},
    Action{"migrate_from_group", "supergroup made from a group"},
    Action{"pin_message", "message pinned"},
    Action{"clear_history", "history cleared"},
    Action{"phone_call", "call"},
    Action{"group_call", "group call"},
    Action{"group_call_scheduled", "group call scheduled"},
    Action{"invite_to_group_call", "invited to a group call"},
    Action{"conference_call", "conference call"},
    Action{"set_messages_ttl", "self-deletion period set"},
    Action{"joined_telegram", "joined Telegram"},
    Action{"take_screenshot", "screenshot taken"},
    Action{"send_payment", "payment sent"},
    Action{"attempt_payment", "payment attempted"},
    Action{"refunded_payment", "payment refunded"},
    Action{"topic_created", "topic created"},
    Action{"topic_edit", "topic changed"},
    Action{"requested_phone_number", "telephone number requested"},
    Action{"requested_peer", "contact requested"},
    Action{"edit_chat_theme", "theme changed"},
    Action{"score_in_game", "score in a game"},
    Action{"allow_sending_messages", "bot allowed to write"},
    Action{"send_passport_values", "documents sent"},
    Action{"proximity_reached", "came near"},
    Action{"suggest_profile_photo", "profile photo suggested"},
    Action{"set_chat_wallpaper", "wallpaper set"},
    Action{"set_same_chat_wallpaper", "same wallpaper set"},
    Action{"send_premium_gift", "premium subscription given"},
    Action{"gift_premium", "premium subscription given"},
    Action{"gift_code_prize", "prize code"},
    Action{"send_star_gift", "gift sent"},
    Action{"gift_stars", "stars given"},
    Action{"giveaway_launch", "giveaway started"},
    Action{"giveaway_results", "giveaway ended"},
    Action{"boost_apply", "boost applied"},
    Action{"web_app_data", "data from a web application"},
    Action{"todo_append_tasks", "tasks added"},
    Action{"todo_completions", "tasks marked"},
};

std::string_view words_for(std::string_view action) {
    for (const auto& known : actions)
        if (known.name == action) return known.words;
    return action;
}

void add_part(std::string& line, std::string_view part) {
    if (part.empty()) return;
    if (!line.empty()) line += ", ";
    line += part;
}

void read_members(const object& entry, std::string& line, model::Message& message) {
    constexpr std::size_t members_max = 10000;
    const auto* members = entry.if_contains("members");
    if (!members || !members->is_array()) return;
    for (const auto& member : members->get_array()) {
        if (!member.is_string() || member.get_string().empty()) continue;  // a deleted account
        if (message.parties.size() == members_max) return;
        std::string name(member.get_string());
        add_part(line, name);
        message.parties.push_back({.role = model::Role::member,
                                   .kind = model::AddressKind::name,
                                   .address = name,
                                   .name = name});
    }
}

}  // namespace

void read_service(const object& entry, std::string_view chat_name, model::Message& message) {
    message.event = model::Event::service;
    message.action = text_member(entry, "action");
    const auto title = text_member(entry, "title");
    message.subject = title.empty() ? std::string(chat_name) : title;
    std::string line(words_for(message.action));
    for (const auto* key : {"duration_seconds", "duration"})
        if (const auto seconds = text_member(entry, key); !seconds.empty())
            add_part(line, seconds + " s");
    // A call that was hung up is a call that took place.
    if (const auto reason = text_member(entry, "discard_reason"); reason != "hangup")
        add_part(line, reason);
    std::string details = title;
    read_members(entry, details, message);
    if (!details.empty()) line += ": " + details;
    std::string text = std::move(message.text);
    message.text = std::move(line);
    add_line(message.text, text);
    add_words(entry, message);
    message.zones.clear();
}

}  // namespace letopis::capture::telegram
