// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/messages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

json::array list_of(const std::vector<model::Party>& parties, model::Role role, const Ours& ours) {
    json::array list;
    for (const auto& party : parties)
        if (party.role == role) list.push_back(party_json(party, ours));
    return list;
}

std::string_view kind_of(model::ZoneKind kind) {
    switch (kind) {
        case model::ZoneKind::quote:
        case model::ZoneKind::quote_header:
        case model::ZoneKind::forward_header: return "quote";
        case model::ZoneKind::signature:
        case model::ZoneKind::disclaimer: return "signature";
    }
    return "text";
}

// The text cut at its zones; neighbours of one kind are one part.
json::array parts_of(const std::string& text, const std::vector<model::Zone>& zones) {
    std::vector<std::pair<std::string_view, std::string>> parts;
    const auto add = [&](std::string_view kind, std::string_view part) {
        if (part.empty()) return;
        if (!parts.empty() && parts.back().first == kind)
            parts.back().second += part;
        else
            parts.emplace_back(kind, part);
    };
    std::size_t at = 0;
    const std::string_view all = text;
    for (const auto& zone : zones) {
        if (zone.begin < at || zone.end > all.size() || zone.end < zone.begin) continue;
        add("text", all.substr(at, zone.begin - at));
        add(kind_of(zone.kind), all.substr(zone.begin, zone.end - zone.begin));
        at = zone.end;
    }
    add("text", all.substr(at));
    json::array list;
    for (const auto& [kind, part] : parts)
        list.push_back(json::object{{"kind", json_text(kind)}, {"text", json_text(part)}});
    return list;
}

json::array attachments_of(const catalog::MessageDetail& detail) {
    json::array list;
    std::uint64_t n = 0;
    for (const auto& view : detail.attachments) {
        const auto& a = view.attachment;
        const bool here = a.sha256.has_value() || view.file.has_value();
        list.push_back(
            json::object{{"n", n++},
                         {"name", json_text(a.name)},
                         {"type", json_text(a.type)},
                         {"size", a.size},
                         {"sha256", a.sha256 ? json_text(hex(*a.sha256)) : json_text("")},
                         {"inline", a.inline_},
                         {"encrypted", a.encrypted},
                         {"missing",
                          json_text(here                ? ""
                                    : a.missing.empty() ? "not included"
                                                        : a.missing)},
                         {"preview", json_text(here ? preview_of(a) : "none")}});
    }
    return list;
}

// When a version was said: as its channel tells it, else when it came here.
Result<Instant> said_at(catalog::Catalog& catalog, const catalog::Version& version) {
    if (version.edited_at) return *version.edited_at;
    TRY(const auto detail, catalog.message(version.seq));
    return detail.parsed.sent_at.value_or(version.at);
}

// Does the letter bring a form for browsers? A look at its beginning and headers, not a parse.
bool names_html(app::Archive& archive, Seq seq) {
    const auto record = archive.journal().read(seq);
    if (!record) return false;
    constexpr std::string_view wanted = "text/html";
    const auto head = std::string_view(record->content).substr(0, 256 * 1024);
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    };
    return !std::ranges::search(head, wanted, same).empty();
}

}  // namespace

std::string_view preview_of(const model::Attachment& attachment) {
    const std::string_view type = attachment.type;
    if (attachment.encrypted || !attachment.missing.empty()) return "none";
    for (const auto* shown : {"image/png", "image/jpeg", "image/gif", "image/webp"})
        if (type == shown) return "image";
    if (type == "application/pdf") return "pdf";
    const bool text = type.starts_with("text/") || type == "application/json" ||
                      type == "application/xml" || type == "message/rfc822";
    return text ? "text" : "none";
}

json::object party_json(const model::Party& party, const Ours& ours) {
    return json::object{{"name", json_text(party.name)},
                        {"address", json_text(party.address)},
                        {"kind", json_text(model::name(party.kind))},
                        {"own", ours.has(party)}};
}

json::object row_json(const catalog::MessageRow& row, const Ours& ours) {
    json::array to;
    for (const auto& party : row.to) to.push_back(party_json(party, ours));
    return json::object{{"id", row.message.value()},
                        {"date", json_text(rfc3339(row.date))},
                        {"channel", json_text(model::name(row.channel))},
                        {"event", json_text(model::name(row.event))},
                        {"from", party_json(row.from, ours)},
                        {"to", std::move(to)},
                        {"to_count", row.to_count},
                        {"subject", json_text(row.subject)},
                        {"conversation_title", json_text(row.conversation_title)},
                        {"attachments", row.attachments},
                        {"edited", row.edited},
                        {"deleted", row.deleted_at.has_value()},
                        {"unparsed", row.unparsed}};
}

Result<void> must_see(app::Find& find, Seq message) {
    TRY(const auto rows, find.catalog().messages(std::span(&message, 1)));
    if (!rows.empty()) {
        const auto current = rows.front().current;
        const Seq either[] = {current, rows.front().message};
        TRY(const auto seen, find.visible(either));
        if (!seen.empty()) return {};
    }
    return fail(Errc::not_found, "there is no such message, or it is not yours to see");
}

Result<json::object> message_json(Service& service,
                                  app::Find& find,
                                  Seq message,
                                  const Ours& ours) {
    auto& catalog = find.catalog();
    TRY(const auto original, catalog.message(message));
    std::optional<catalog::MessageDetail> newer;
    if (original.current != message) {
        TRY(newer, catalog.message(original.current));
    }
    const auto& detail = newer ? *newer : original;
    TRY(const auto text, app::text_of(service.archive(), catalog, original.current));
    const auto& m = detail.parsed;
    json::object object;
    object["id"] = original.message.value();
    object["record"] = original.seq.value();
    object["conversation"] = json_text(fmt::format("c{}", original.conversation.first.value()));
    object["conversation_title"] = json_text(original.conversation_title);
    object["date"] = json_text(rfc3339(original.sort_date));
    object["sent"] = time_value(original.parsed.sent_at);
    object["received"] = time_value(original.received);
    object["stored"] = json_text(rfc3339(original.at));
    object["channel"] = json_text(model::name(m.channel));
    object["event"] = json_text(model::name(m.event));
    object["source"] = json_text(original.source);
    const auto from = std::ranges::find(m.parties, model::Role::from, &model::Party::role);
    object["from"] = party_json(from == m.parties.end() ? model::Party() : *from, ours);
    object["own"] = from != m.parties.end() && ours.has(*from);
    object["to"] = list_of(m.parties, model::Role::to, ours);
    object["cc"] = list_of(m.parties, model::Role::cc, ours);
    object["bcc"] = list_of(m.parties, model::Role::bcc, ours);
    object["forwarded_from"] = list_of(m.parties, model::Role::forwarded_from, ours);
    object["subject"] = json_text(m.subject);
    object["text"] = json_text(text);
    object["parts"] = parts_of(text, m.zones);
    object["has_html"] =
        m.channel == model::Channel::email && names_html(service.archive(), original.current);
    object["attachments"] = attachments_of(detail);
    json::array versions;
    for (const auto& version : original.versions) {
        if (version.deleted_marker) continue;
        TRY(const auto words, app::text_of(service.archive(), catalog, version.seq));
        TRY(const auto said, said_at(catalog, version));
        versions.push_back(json::object{{"id", version.seq.value()},
                                        {"date", json_text(rfc3339(said))},
                                        {"current", version.current},
                                        {"text", json_text(words)}});
    }
    object["versions"] = std::move(versions);
    object["edited"] = m.edited || object["versions"].as_array().size() > 1;
    object["deleted"] =
        original.deleted_at
            ? json::value(json::object{{"date", json_text(rfc3339(*original.deleted_at))}})
            : json::value(nullptr);
    json::array marks, tags, reactions;
    for (const auto& mark : m.marks) marks.push_back(json_text(mark));
    for (const auto& tag : original.tags) tags.push_back(json_text(tag));
    for (const auto& reaction : m.reactions)
        reactions.push_back(
            json::object{{"emoji", json_text(reaction.emoji)}, {"count", reaction.count}});
    object["marks"] = std::move(marks);
    object["tags"] = std::move(tags);
    object["reactions"] = std::move(reactions);
    object["service"] =
        m.event == model::Event::service ? json::value(json_text(m.action)) : json::value(nullptr);
    object["reply_to"] = nullptr;
    if (original.reply_to) {
        TRY(const auto seen, find.visible(std::span(&*original.reply_to, 1)));
        if (!seen.empty()) object["reply_to"] = original.reply_to->value();
    }
    object["sha256"] = json_text(hex(original.raw_sha256));
    object["size"] = original.raw_size;
    return object;
}

}  // namespace letopis::api
