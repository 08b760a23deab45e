// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/whatsapp/facts.hpp"

#include <boost/json.hpp>
#include <optional>

namespace letopis::capture::whatsapp {
namespace {

std::string_view style_name(Shape::Style style) {
    switch (style) {
        case Shape::Style::dash: return "dash";
        case Shape::Style::bracket: return "bracket";
        case Shape::Style::colon: return "colon";
    }
    return "dash";
}

Facts facts_of_object(const boost::json::object& object) {
    const auto text = [&](std::string_view key) -> std::string {
        const auto* value = object.if_contains(key);
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    const auto flag = [&](std::string_view key) {
        const auto* value = object.if_contains(key);
        return value && value->is_bool() && value->get_bool();
    };
    Facts facts{.twelve = text("clock") == "12",
                .language = text("language"),
                .title = text("title"),
                .title_sure = flag("title_sure"),
                .file = text("file"),
                .owner = text("owner"),
                .owner_inferred = flag("owner_inferred"),
                .chat_type = text("chat_type")};
    if (const auto order = date_order_named(text("date_order"))) {
        facts.order = *order;
        facts.order_assumed = flag("date_order_assumed");
    }
    std::vector<std::pair<std::int64_t, std::int32_t>> transitions;
    if (const auto* list = object.if_contains("zone_transitions"); list && list->is_array())
        for (const auto& entry : list->get_array()) {
            const auto* pair = entry.if_array();
            if (pair && pair->size() == 2 && (*pair)[0].is_int64() && (*pair)[1].is_int64())
                transitions.emplace_back((*pair)[0].get_int64(),
                                         static_cast<std::int32_t>((*pair)[1].get_int64()));
        }
    std::optional<std::int64_t> minutes;
    if (const auto* value = object.if_contains("offset_minutes"); value && value->is_int64())
        minutes = value->get_int64();
    facts.zone =
        chat::zone_of_facts(text("zone"), flag("zone_assumed"), minutes, std::move(transitions));
    return facts;
}

}  // namespace

std::string facts_json(const Facts& facts) {
    const auto text = [](std::string_view key, std::string_view value) {
        return value.empty() ? std::string()
                             : ",\"" + std::string(key) + "\":" + chat::json_string(value);
    };
    const auto flag = [](std::string_view key, bool set) {
        return set ? ",\"" + std::string(key) + "\":true" : std::string();
    };
    const bool android = facts.shape.style == Shape::Style::dash;
    return "{\"format\":\"whatsapp\"" + text("date_order", name(facts.order)) +
           flag("date_order_assumed", facts.order_assumed) +
           text("clock", facts.twelve ? "12" : "24") +
           text("style", style_name(facts.shape.style)) +
           text("exporter", android ? "android" : "ios") + text("language", facts.language) +
           text("title", facts.title) + flag("title_sure", facts.title_sure) +
           text("file", facts.file) + text("owner", facts.owner) +
           flag("owner_inferred", facts.owner_inferred) + text("chat_type", facts.chat_type) + "," +
           chat::zone_facts(facts.zone) + "}";
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

}  // namespace letopis::capture::whatsapp
