// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/telegram/words.hpp"

namespace letopis::capture::telegram {
namespace {

bool same_link(std::string_view a, std::string_view b) {
    const auto bare = [](std::string_view link) {
        return link.ends_with('/') ? link.substr(0, link.size() - 1) : link;
    };
    return bare(a) == bare(b);
}

struct Spelled {
    std::string text;
    std::vector<model::Zone> zones;
};

void add_entity(const object& entity, Spelled& out) {
    const auto begin = out.text.size();
    const auto text = text_member(entity, "text");
    const auto type = text_member(entity, "type");
    out.text += text;
    if (type == "blockquote" && !text.empty())
        out.zones.push_back({.kind = model::ZoneKind::quote,
                             .begin = static_cast<std::uint32_t>(begin),
                             .end = static_cast<std::uint32_t>(out.text.size())});
    if (const auto href = text_member(entity, "href"); !href.empty() && !same_link(href, text))
        out.text += (text.empty() ? "<" : " <") + href + ">";
}

Spelled spell(const value& part) {
    Spelled out;
    if (part.is_string()) out.text = part.get_string();
    if (part.is_object()) add_leaves(part, out.text);
    if (!part.is_array()) return out;
    for (const auto& piece : part.get_array()) {
        if (out.text.size() > chat::text_bytes_max) break;
        if (piece.is_string()) out.text += std::string_view(piece.get_string());
        if (piece.is_object()) add_entity(piece.get_object(), out);
    }
    return out;
}

}  // namespace

std::string text_member(const object& entry, std::string_view key) {
    const auto* member = entry.if_contains(key);
    if (!member) return {};
    if (member->is_string()) return std::string(member->get_string());
    if (member->is_int64()) return std::to_string(member->get_int64());
    if (member->is_uint64()) return std::to_string(member->get_uint64());
    return {};
}

void read_text(const object& entry, model::Message& message) {
    const auto* text = entry.if_contains("text");
    const auto* entities = entry.if_contains("text_entities");
    Spelled plain = text ? spell(*text) : Spelled{};
    Spelled marked = entities && entities->is_array() ? spell(*entities) : Spelled{};
    if (text && text->is_object()) message.marks.emplace_back("ambiguous");
    // The entities say the same words as the text and know where quotations are.
    const bool use_marked = plain.text.empty() || plain.text == marked.text;
    if (!use_marked && !marked.text.empty()) {
        const auto* whole = text->is_string() ? &plain.text : nullptr;
        // A plain text with entities that add links is the same text; other words are not.
        std::string bare;
        for (const auto& piece : entities->get_array())
            if (piece.is_object()) bare += text_member(piece.get_object(), "text");
        if (whole && bare == *whole) {
            plain = std::move(marked);
        } else {
            message.marks.emplace_back("ambiguous");
            add_line(plain.text, marked.text);
        }
    }
    auto& chosen = use_marked ? marked : plain;
    message.text = std::move(chosen.text);
    message.zones = std::move(chosen.zones);
}

}  // namespace letopis::capture::telegram
