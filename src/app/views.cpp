// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/views.hpp"

#include <fmt/format.h>

#include <charconv>

#include "utf8/utf8.hpp"

namespace letopis::app {

namespace json = boost::json;

json::string json_text(std::string_view text) {
    if (utf8::valid(text)) return json::string(text.data(), text.size());
    const auto repaired = utf8::repair(text);
    return json::string(repaired.data(), repaired.size());
}

std::string show_party(const model::Party& party) {
    if (party.kind == model::AddressKind::email)
        return party.name.empty() ? party.address
                                  : fmt::format("{} <{}>", party.name, party.address);
    return party.name.empty() ? party.address : party.name;
}

Result<std::string> text_of(Archive& archive, catalog::Catalog& catalog, Seq seq) {
    TRY(auto place, catalog.text(seq));
    return text_of(archive, seq, std::move(place));
}

Result<std::string> text_of(Archive& archive, Seq seq, catalog::TextPlace place) {
    if (place.text) return std::move(*place.text);
    if (!place.slice) return std::string();
    if (const auto kept = archive.texts().find(seq, *place.slice)) return *kept;
    TRY(const auto record, archive.journal().read(seq));
    const auto& raw = record.content;
    if (place.slice->offset > raw.size() || place.slice->length > raw.size() - place.slice->offset)
        return fail(Errc::corrupt, "the catalogue names a text that is not in the message");
    std::string text;
    text.reserve(place.slice->length);
    const auto slice = std::string_view(raw).substr(place.slice->offset, place.slice->length);
    for (std::size_t i = 0; i < slice.size(); ++i)
        if (slice[i] != '\r' || i + 1 == slice.size() || slice[i + 1] != '\n')
            text.push_back(slice[i]);
    archive.texts().keep(seq, *place.slice, text);
    return text;
}

json::object row_json(const catalog::MessageRow& row) {
    json::object object;
    object["id"] = row.seq.value();
    object["date"] = rfc3339(row.date);
    object["channel"] = json_text(model::name(row.channel));
    object["from"] = row.from.address.empty() ? json::string() : json_text(show_party(row.from));
    json::array to;
    for (const auto& party : row.to) to.push_back(json_text(show_party(party)));
    object["to"] = std::move(to);
    object["subject"] = json_text(row.subject);
    object["message_id"] = json_text(row.message_id);
    if (row.event != model::Event::message) object["event"] = json_text(model::name(row.event));
    if (row.message != row.seq) object["version_of"] = row.message.value();
    if (row.edited) object["edited"] = true;
    if (row.deleted_at) object["deleted"] = true;
    if (row.attachments != 0) object["attachments"] = row.attachments;
    if (row.unparsed) object["unparsed"] = true;
    if (row.twin_of) object["twin_of"] = row.twin_of->value();
    return object;
}

json::object detail_json(const catalog::MessageDetail& detail, const std::string& text) {
    const auto& m = detail.parsed;
    json::object object;
    object["id"] = detail.seq.value();
    object["kind"] = json_text(model::name(m.event));
    object["channel"] = json_text(model::name(m.channel));
    object["sha256"] = hex(detail.raw_sha256);
    object["size"] = detail.raw_size;
    object["message_id"] = json_text(m.message_id);
    object["date"] = rfc3339(detail.sort_date);
    object["sent_at"] = m.sent_at ? json::value(rfc3339(*m.sent_at)) : json::value(nullptr);
    object["received_at"] =
        detail.received ? json::value(rfc3339(*detail.received)) : json::value(nullptr);
    object["stored_at"] = rfc3339(detail.at);
    std::string from;
    json::object by_role;
    json::array parties;
    for (const auto& party : m.parties) {
        if (party.role == model::Role::from && from.empty()) from = show_party(party);
        const auto role = model::name(party.role);
        auto& list = by_role[json::string_view(role.data(), role.size())];
        if (!list.is_array()) list = json::array();
        list.as_array().push_back(json_text(show_party(party)));
        parties.push_back(json::object{{"role", json_text(role)},
                                       {"kind", json_text(model::name(party.kind))},
                                       {"address", json_text(party.address)},
                                       {"name", json_text(party.name)}});
    }
    object["from"] = json_text(from);
    for (const char* role : {"to", "cc", "bcc"})
        object[role] = by_role.contains(role) ? by_role[role] : json::value(json::array());
    object["parties"] = std::move(parties);
    object["subject"] = json_text(m.subject);
    object["text"] = json_text(text);
    const auto list = [](const std::vector<std::string>& items) {
        json::array array;
        for (const auto& item : items) array.push_back(json_text(item));
        return array;
    };
    object["in_reply_to"] = list(m.in_reply_to);
    object["references"] = list(m.references);
    object["edited"] = m.edited || detail.versions.size() > 1;
    object["deleted"] = m.deleted || detail.deleted_at.has_value();
    json::array attachments;
    for (const auto& view : detail.attachments) {
        const auto& a = view.attachment;
        json::object one;
        one["name"] = json_text(a.name);
        one["type"] = json_text(a.type);
        one["size"] = a.size;
        one["sha256"] = a.sha256 ? json::value(hex(*a.sha256)) : json::value(nullptr);
        one["locator"] = json_text(a.locator);
        if (view.file) one["file"] = view.file->value();
        if (!a.missing.empty()) one["missing"] = json_text(a.missing);
        if (a.inline_) one["inline"] = true;
        if (a.encrypted) one["encrypted"] = true;
        attachments.push_back(std::move(one));
    }
    object["attachments"] = std::move(attachments);
    if (!m.reactions.empty()) {
        json::array reactions;
        for (const auto& reaction : m.reactions)
            reactions.push_back(
                json::object{{"emoji", json_text(reaction.emoji)}, {"count", reaction.count}});
        object["reactions"] = std::move(reactions);
    }
    if (!m.action.empty()) object["action"] = json_text(m.action);
    object["marks"] = list(m.marks);
    if (!m.mark_detail.empty()) object["mark_detail"] = json_text(m.mark_detail);
    if (!m.labels.empty()) object["labels"] = json_text(m.labels);
    if (!m.list_id.empty()) object["list_id"] = json_text(m.list_id);
    object["tags"] = list(detail.tags);
    object["conversation"] =
        json::object{{"id", fmt::format("c{}", detail.conversation.first.value())},
                     {"title", json_text(detail.conversation_title)},
                     {"source", json_text(detail.conversation.source)},
                     {"key", json_text(detail.conversation.key)}};
    if (detail.reply_to) object["reply_to"] = detail.reply_to->value();
    if (detail.twin_of) object["twin_of"] = detail.twin_of->value();
    if (!detail.versions.empty()) {
        json::array versions;
        for (const auto& version : detail.versions)
            versions.push_back(json::object{{"id", version.seq.value()},
                                            {"stored_at", rfc3339(version.at)},
                                            {"current", version.current},
                                            {"kind", json_text(model::name(version.event))}});
        object["versions"] = std::move(versions);
    }
    json::array deliveries;
    for (const auto& delivery : detail.deliveries)
        deliveries.push_back(json::object{{"id", delivery.seq.value()},
                                          {"source", json_text(delivery.source)},
                                          {"folder", json_text(delivery.folder)},
                                          {"flags", json_text(delivery.flags)},
                                          {"member", json_text(delivery.member)}});
    object["deliveries"] = std::move(deliveries);
    object["source"] = json_text(detail.source);
    object["key"] = json_text(detail.key);
    object["folder"] = json_text(detail.folder);
    object["flags"] = json_text(detail.flags);
    if (!detail.member.empty()) object["member"] = json_text(detail.member);
    object["position"] = detail.position;
    return object;
}

Result<Seq> parse_id(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(Errc::invalid,
                    fmt::format("'{}' is not the id of a message", text),
                    "Ids are the numbers that `letopis search` prints.");
    return Seq(value);
}

}  // namespace letopis::app
