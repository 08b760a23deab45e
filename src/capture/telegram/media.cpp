// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/telegram/media.hpp"

#include <charconv>

namespace letopis::capture::telegram {
namespace {

std::uint64_t count_member(const object& entry, std::string_view key) {
    const auto text = text_member(entry, key);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

// What stands instead of a path when the bytes were not exported.
std::string why_missing(std::string_view path) {
    const auto has = [&](std::string_view words) { return path.find(words) != path.npos; };
    if (has("not included")) return "not included";
    if (has("exceeds maximum size")) return "too big";
    if (has("unavailable")) return "unavailable";
    return "not exported";
}

model::Attachment attachment(std::string_view path) {
    model::Attachment one;
    if (path.starts_with('(')) {
        one.missing = why_missing(path);
        return one;
    }
    one.locator = chat::safe_path(path);
    if (one.locator.empty()) one.missing = "unsafe path";
    one.name = chat::base_name(path);
    one.type = chat::media_type(one.name);
    return one;
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

// "Performer - Title, 204 s": what a player would show.
std::string caption(const object& entry) {
    std::string line = text_member(entry, "performer");
    if (const auto title = text_member(entry, "title"); !title.empty())
        line += (line.empty() ? "" : " - ") + title;
    if (const auto emoji = text_member(entry, "sticker_emoji"); !emoji.empty())
        line += (line.empty() ? "" : " ") + emoji;
    if (const auto seconds = text_member(entry, "duration_seconds"); !seconds.empty())
        line += (line.empty() ? "" : ", ") + seconds + " s";
    return line;
}

void add_file(const object& entry, std::string_view path, model::Message& message) {
    auto one = attachment(path);
    if (const auto name = text_member(entry, "file_name"); !name.empty())
        one.name = chat::base_name(name);
    if (const auto type = text_member(entry, "mime_type"); !type.empty()) one.type = lower(type);
    one.size = count_member(entry, "file_size");
    one.text = caption(entry);
    const auto kind = text_member(entry, "media_type");
    one.inline_ = kind == "sticker" || kind == "animation";
    message.attachments.push_back(std::move(one));
}

void read_reactions(const value& list, model::Message& message) {
    constexpr std::size_t reactions_max = 1000;
    if (!list.is_array()) return;
    for (const auto& entry : list.get_array()) {
        const auto* one = entry.if_object();
        if (!one || message.reactions.size() == reactions_max) continue;
        auto emoji = text_member(*one, "emoji");
        const auto type = text_member(*one, "type");
        if (emoji.empty() && type == "paid") emoji = "⭐";
        if (emoji.empty()) emoji = "custom:" + text_member(*one, "document_id");
        const auto count = std::min<std::uint64_t>(count_member(*one, "count"), 0xFFFFFFFF);
        message.reactions.push_back({std::move(emoji), static_cast<std::uint32_t>(count)});
    }
}

}  // namespace

void read_media(const object& entry, model::Message& message) {
    if (const auto path = text_member(entry, "photo"); !path.empty()) {
        auto one = attachment(path);
        one.size = count_member(entry, "photo_file_size");
        one.inline_ = true;
        if (one.type.empty()) one.type = "image/jpeg";
        message.attachments.push_back(std::move(one));
    }
    if (const auto path = text_member(entry, "file"); !path.empty()) add_file(entry, path, message);
    if (const auto path = text_member(entry, "contact_vcard"); !path.empty()) {
        auto one = attachment(path);
        one.size = count_member(entry, "contact_vcard_file_size");
        one.type = "text/vcard";
        message.attachments.push_back(std::move(one));
    }
    if (const auto* reactions = entry.if_contains("reactions")) read_reactions(*reactions, message);
}

}  // namespace letopis::capture::telegram
