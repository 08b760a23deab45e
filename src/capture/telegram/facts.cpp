// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/telegram/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "capture/telegram/decode.hpp"
#include "capture/telegram/lexer.hpp"

namespace letopis::capture::telegram {
namespace {

bool digits(std::string_view text) {
    return !text.empty() && text.size() <= 20 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view blank_before(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return text;
}

// `5118` or `"5118"`; empty for anything else.
std::string id_of(std::string_view value) {
    if (value.size() > 1 && value.front() == '"') value = value.substr(1, value.size() - 2);
    const auto number = value.starts_with('-') ? value.substr(1) : value;
    return digits(number) ? std::string(value) : std::string();
}

// Telegram Desktop writes the id first.
std::string first_id(std::string_view entry) {
    auto rest = blank_before(entry.substr(1));
    if (!rest.starts_with("\"id\"")) return {};
    rest = blank_before(rest.substr(4));
    if (!rest.starts_with(':')) return {};
    rest = blank_before(rest.substr(1));
    return id_of(rest.substr(0, rest.find_first_not_of("-0123456789")));
}

bool media_key(std::string_view key) {
    return key == "photo" || key == "file" || key == "thumbnail" || key == "contact_vcard";
}

bool may_have_media(std::string_view entry) {
    for (const std::string_view word : {"\"photo\"", "\"file\"", "\"thumbnail\"", "_vcard\""})
        if (entry.find(word) != std::string_view::npos) return true;
    return false;
}

Facts facts_of_object(const boost::json::object& object) {
    const auto text = [](const boost::json::object& from, std::string_view key) -> std::string {
        const auto* value = from.if_contains(key);
        if (value && value->is_string()) return std::string(value->get_string());
        if (value && value->is_int64()) return std::to_string(value->get_int64());
        return {};
    };
    const auto flag = [&](std::string_view key) {
        const auto* value = object.if_contains(key);
        return value && value->is_bool() && value->get_bool();
    };
    Facts facts{.owner = owner_key(text(object, "owner")),
                .phone = text(object, "phone"),
                .left = flag("left"),
                .base = text(object, "base")};
    if (const auto* header = object.if_contains("chat"); header && header->is_object())
        facts.header = {.name = text(header->get_object(), "name"),
                        .type = text(header->get_object(), "type"),
                        .id = text(header->get_object(), "id")};
    std::vector<std::pair<std::int64_t, std::int32_t>> transitions;
    if (const auto* list = object.if_contains("zone_transitions"); list && list->is_array())
        for (const auto& entry : list->get_array()) {
            if (!entry.is_array() || entry.get_array().size() != 2 ||
                !entry.get_array()[0].is_int64() || !entry.get_array()[1].is_int64())
                continue;
            transitions.emplace_back(entry.get_array()[0].get_int64(),
                                     static_cast<std::int32_t>(entry.get_array()[1].get_int64()));
        }
    std::optional<std::int64_t> minutes;
    if (const auto* value = object.if_contains("offset_minutes"); value && value->is_int64())
        minutes = value->get_int64();
    facts.zone = chat::zone_of_facts(
        text(object, "zone"), flag("zone_assumed"), minutes, std::move(transitions));
    return facts;
}

}  // namespace

std::string_view peer_class(std::string_view type) {
    if (type == "private_group") return "chat";
    if (type.ends_with("_channel") || type.ends_with("_supergroup")) return "channel";
    if (std::find(chat_types.begin(), chat_types.end(), type) != chat_types.end()) return "user";
    return "peer";
}

std::string peer_key(std::string_view kind, std::string_view id) {
    for (const std::string_view known : {"user", "chat", "channel"})
        if (id.starts_with(known) && digits(id.substr(known.size()))) return std::string(id);
    const auto number = id.starts_with('-') ? id.substr(1) : id;
    return digits(number) ? std::string(kind) + std::string(number) : std::string();
}

std::string owner_key(std::string_view owner) { return peer_key("user", owner); }

std::string ChatHeader::key() const { return peer_key(peer_class(type), id); }

std::string facts_json(const Facts& facts) {
    std::string json = "{\"format\":\"telegram\",\"tool\":\"Telegram Desktop\"";
    if (!facts.owner.empty()) json += ",\"owner\":" + chat::json_string(facts.owner);
    json += ",\"chat\":{\"id\":" + chat::json_string(facts.header.id) +
            ",\"type\":" + chat::json_string(facts.header.type) +
            ",\"name\":" + chat::json_string(facts.header.name) + "}";
    if (facts.nested) json += fmt::format(",\"ordinal\":{}", facts.ordinal);
    if (!facts.phone.empty()) json += ",\"phone\":" + chat::json_string(facts.phone);
    if (facts.left) json += ",\"left\":true";
    if (!facts.base.empty()) json += ",\"base\":" + chat::json_string(facts.base);
    return json + "," + chat::zone_facts(facts.zone) + "}";
}

Facts facts_from_json(std::string_view json) {
    Facts none{.zone = chat::zone_of_option("")};
    try {
        boost::json::error_code error;
        const auto value = boost::json::parse(json, error);
        return error || !value.is_object() ? none : facts_of_object(value.get_object());
    } catch (const std::exception&) {
        return none;
    }
}

Labels labels_of(std::string_view entry) {
    Labels labels{.id = first_id(entry)};
    if (!labels.id.empty() && !may_have_media(entry)) return labels;
    Members walk(entry);
    while (walk.next()) {
        if (walk.key() == "id") labels.id = id_of(walk.value());
        if (!media_key(walk.key()) || walk.value().size() < 3 || walk.value().front() != '"')
            continue;
        const auto path = unescape(walk.value().substr(1, walk.value().size() - 2));
        if (path.starts_with('(')) continue;  // "(File not included. …)"
        if (auto safe = chat::safe_path(path); !safe.empty())
            labels.files.push_back(std::move(safe));
    }
    return labels;
}

}  // namespace letopis::capture::telegram
