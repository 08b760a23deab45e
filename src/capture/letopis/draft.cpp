// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/letopis/draft.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "capture/letopis/date.hpp"
#include "model/address.hpp"

namespace letopis::capture::letopis {
namespace {

namespace json = boost::json;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    return text;
}

std::optional<std::int64_t> integer(const json::value& value) {
    boost::system::error_code error;
    const auto number = value.to_number<std::int64_t>(error);
    return error ? std::nullopt : std::optional(number);
}

std::vector<std::pair<std::int64_t, std::int32_t>> transitions_of(const json::value* list) {
    std::vector<std::pair<std::int64_t, std::int32_t>> transitions;
    if (list == nullptr || !list->is_array()) return transitions;
    for (const auto& entry : list->get_array()) {
        if (!entry.is_array() || entry.get_array().size() != 2) return {};
        const auto from = integer(entry.get_array()[0]);
        const auto offset = integer(entry.get_array()[1]);
        if (!from || !offset || *offset < -86400 || *offset > 86400) return {};
        transitions.emplace_back(*from, static_cast<std::int32_t>(*offset));
    }
    return transitions;
}

std::optional<model::AddressKind> kind_named(std::string_view text) {
    using model::AddressKind;
    for (const auto kind : {AddressKind::email,
                            AddressKind::phone,
                            AddressKind::telegram,
                            AddressKind::whatsapp,
                            AddressKind::name})
        if (model::name(kind) == text) return kind;
    return std::nullopt;
}

bool telegram_id(std::string_view text) {
    for (const std::string_view prefix : {"user", "channel", "chat"})
        if (text.starts_with(prefix) && text.size() > prefix.size() &&
            std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()),
                        text.end(),
                        [](char c) { return c >= '0' && c <= '9'; }))
            return true;
    return false;
}

}  // namespace

Reading reading_of(std::string_view context_facts) {
    Reading reading{chat::zone_of_option(""), {}};
    boost::system::error_code error;
    const auto facts = json::parse(json::string_view(context_facts), error);
    if (error || !facts.is_object()) return reading;
    const auto& object = facts.get_object();
    if (const auto* order = object.if_contains("date_order");
        order != nullptr && order->is_string())
        reading.date_order = std::string(order->get_string());
    const auto* zone = object.if_contains("zone");
    if (zone == nullptr || !zone->is_string()) return reading;
    const auto* assumed = object.if_contains("zone_assumed");
    const auto* offset = object.if_contains("offset_minutes");
    reading.zone =
        chat::zone_of_facts(std::string(zone->get_string()),
                            assumed != nullptr && assumed->is_bool() && assumed->get_bool(),
                            offset != nullptr ? integer(*offset) : std::nullopt,
                            transitions_of(object.if_contains("zone_transitions")));
    return reading;
}

std::string reading_facts(const chat::Zone& zone, std::string_view date_order) {
    auto facts = chat::zone_facts(zone);
    if (!date_order.empty()) facts += ",\"date_order\":" + chat::json_string(date_order);
    return facts;
}

void Draft::channel(std::string_view name) {
    if (const auto known = model::channel_named(name))
        message_.channel = *known;
    else
        problem("unknown channel");
}

void Draft::event(std::string_view name) {
    if (name == "message" || name.empty())
        message_.event = model::Event::message;
    else if (name == "edit")
        message_.event = model::Event::edit;
    else if (name == "delete")
        message_.event = model::Event::deletion;
    else if (name == "service")
        message_.event = model::Event::service;
    else
        problem("unknown event");
}

std::optional<Instant> Draft::moment(std::string_view text, std::string_view field) {
    const auto date = parse_date(trimmed(text), reading_.zone, reading_.date_order);
    if (!date) {
        problem(std::string(field) + " is not a date");
        return std::nullopt;
    }
    if (date->local && reading_.zone.assumed) message_.zone_assumed = true;
    return date->at;
}

void Draft::date(std::string_view text) { message_.sent_at = moment(text, "date"); }

void Draft::edited_at(std::string_view text) {
    message_.edited_at = moment(text, "edited_at");
    message_.edited = true;
}

void Draft::party(model::Role role,
                  std::string_view name,
                  std::string_view address,
                  std::string_view kind) {
    name = trimmed(name);
    address = trimmed(address);
    if (name.empty() && address.empty()) return;
    people_.push_back({role, chat::clean(name), chat::clean(address), std::string(kind)});
}

void Draft::text(std::string_view text) {
    const auto part = chat::prefix(text, chat::text_bytes_max);
    if (part.size() < text.size()) mark("truncated");
    message_.text = chat::clean(part);
}

void Draft::reply_to(std::string_view id) { replies_.emplace_back(id); }
void Draft::reference(std::string_view id) { references_.emplace_back(id); }

void Draft::attachment(model::Attachment attachment) {
    message_.attachments.push_back(std::move(attachment));
}

void Draft::tag(std::string_view name) {
    auto text = chat::clean(trimmed(name));
    if (text.empty()) return;
    std::replace(text.begin(), text.end(), ',', ' ');  // the comma separates labels
    if (!message_.labels.empty()) message_.labels += ',';
    message_.labels += text;
}

void Draft::mark(std::string_view name) {
    if (std::find(message_.marks.begin(), message_.marks.end(), name) == message_.marks.end())
        message_.marks.emplace_back(name);
}

void Draft::problem(std::string what) {
    mark("unparsed");
    if (message_.mark_detail.empty()) message_.mark_detail = std::move(what);
}

// Which identity an address is, unless it was said: an e-mail address, a telephone number, a
// Telegram id; what is none of them is only a name.
void Draft::settle(const Person& person) {
    using model::AddressKind;
    model::Party party{person.role, AddressKind::name, {}, person.name};
    const auto said = kind_named(person.kind);
    if (!person.kind.empty() && !said) problem("unknown kind of address");
    const auto may_be = [&](AddressKind kind) { return !said || *said == kind; };
    std::optional<std::string> found;
    if (person.address.find('@') != std::string::npos && may_be(AddressKind::email)) {
        found = model::normalise_email(person.address);
        party.kind = AddressKind::email;
    } else if (telegram_id(person.address) && may_be(AddressKind::telegram)) {
        found = person.address;
        party.kind = AddressKind::telegram;
    } else if (!person.address.empty() && may_be(AddressKind::phone)) {
        found = model::normalise_phone(person.address);
        party.kind = AddressKind::phone;
    } else if (said && *said == AddressKind::whatsapp && !person.address.empty()) {
        found = person.address;
        party.kind = AddressKind::whatsapp;
    }
    if (!found) {
        if (said && *said != AddressKind::name) problem("an address is not of its kind");
        party.kind = AddressKind::name;
        found = person.address.empty() ? person.name : person.address;
    }
    party.address = std::move(*found);
    message_.parties.push_back(std::move(party));
}

std::string Draft::message_id(std::string_view id) const {
    id = trimmed(id);
    const bool mail = message_.channel == model::Channel::email;
    if (mail && id.size() > 2 && id.front() == '<' && id.back() == '>')
        id = id.substr(1, id.size() - 2);
    return chat::clean(id);
}

model::Message Draft::finish() {
    for (const auto& person : people_) settle(person);
    message_.message_id = message_id(id_);
    message_.target = message_id(target_);
    for (const auto& id : replies_) message_.in_reply_to.push_back(message_id(id));
    const bool mail = message_.channel == model::Channel::email;
    if (mail)
        for (const auto& id : references_) message_.references.push_back(message_id(id));
    else
        message_.conversation = chat::clean(chat_);
    if (message_.event == model::Event::service && message_.subject.empty())
        message_.subject = chat::clean(chat_title_);
    const bool about_another =
        message_.event == model::Event::edit || message_.event == model::Event::deletion;
    if (about_another && message_.target.empty()) problem("an edit or a deletion needs a target");
    if (!message_.sent_at) mark("no_date");
    const bool from = std::any_of(message_.parties.begin(),
                                  message_.parties.end(),
                                  [](const auto& p) { return p.role == model::Role::from; });
    if (!from && message_.event == model::Event::message) mark("no_from");
    return std::move(message_);
}

}  // namespace letopis::capture::letopis
