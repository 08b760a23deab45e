// SPDX-License-Identifier: AGPL-3.0-or-later
// What must be true of every parsed mail, however hostile: for tests and fuzz targets.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "mime/mime.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {

inline std::string fault_of_zones(const std::vector<model::Zone>& zones, std::size_t text_bytes) {
    std::uint32_t at = 0;
    for (const auto& zone : zones) {
        if (zone.begin < at || zone.end <= zone.begin) return "zones out of order";
        at = zone.end;
    }
    return at > text_bytes ? "a zone ends outside of the text" : "";
}

// Empty when all is well, else what is wrong.
inline std::string fault_of(const model::Message& message, std::string_view raw) {
    for (const auto* text : {&message.text,
                             &message.subject,
                             &message.html_words,
                             &message.message_id,
                             &message.list_id,
                             &message.labels,
                             &message.thread_index})
        if (!utf8::valid(*text)) return "a field is no UTF-8";
    for (const auto* list : {&message.references, &message.in_reply_to})
        for (const auto& id : *list)
            if (id.empty() || !utf8::valid(id)) return "an id is empty or no UTF-8";
    if (message.text.find('\r') != message.text.npos) return "a carriage return in the text";
    if (message.text.find('\0') != message.text.npos) return "a NUL in the text";
    for (const auto& party : message.parties)
        if (party.address.empty() || !utf8::valid(party.address) || !utf8::valid(party.name))
            return "a party without an address or no UTF-8";
    for (const auto& one : message.attachments)
        if (!utf8::valid(one.name) || !utf8::valid(one.text) || !utf8::valid(one.type) ||
            !utf8::valid(one.content_id) || one.locator.empty())
            return "an attachment is no UTF-8 or has no locator";
    if (auto fault = fault_of_zones(message.zones, message.text.size()); !fault.empty())
        return fault;
    if (!message.slice) return {};
    if (message.slice->offset + std::size_t(message.slice->length) > raw.size())
        return "the slice is outside";
    std::string literal(raw.substr(message.slice->offset, message.slice->length));
    std::string lines;
    for (std::size_t i = 0; i < literal.size(); ++i)
        if (literal[i] != '\r' || i + 1 == literal.size() || literal[i + 1] != '\n')
            lines += literal[i];
    return lines == message.text ? "" : "the slice is not the text";
}

// The same, and each attachment can be fetched with the size that was told.
inline std::string fault_of_mail(std::string_view raw, model::Dialect dialect) {
    const auto message = parse(raw, dialect);
    if (auto fault = fault_of(message, raw); !fault.empty()) return fault;
    const auto decoded = model::decode(model::encode(message));
    if (!decoded || !(*decoded == message)) return "it does not survive the pipe";
    const auto looked_at = std::min<std::size_t>(message.attachments.size(), 5);
    for (std::size_t i = 0; i < looked_at; ++i) {
        const auto& attachment = message.attachments[i];
        const auto bytes = part(raw, dialect, attachment.locator);
        if (!bytes) return "an attachment cannot be fetched";
        if (bytes->size() != attachment.size) return "an attachment has another size";
    }
    return {};
}

}  // namespace letopis::mime
