// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/handlers.hpp"
#include "api/messages.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

constexpr std::size_t items_max = 100'000;  // of a conversation

// All messages of the conversation that the caller may see, oldest first; `whole` says whether
// these are all there are.
Result<std::vector<catalog::ConversationItem>> items_of(app::Find& find,
                                                        Seq message,
                                                        catalog::ConversationPage& head,
                                                        bool& whole) {
    std::vector<catalog::ConversationItem> items;
    catalog::PageRequest request{.limit = 500};
    for (;;) {
        auto found = find.catalog().conversation(message, request);
        if (!found && found.error().code == Errc::not_found) return items;
        TRY(auto page, std::move(found));
        const bool more = page.more_after && !page.items.empty() && items.size() < items_max;
        items.insert(items.end(), page.items.begin(), page.items.end());
        if (items.size() == page.items.size()) head = page;
        if (!more) break;
        request.after = items.back().seq;
    }
    std::vector<Seq> seqs;
    for (const auto& item : items) seqs.push_back(item.seq);
    TRY(const auto visible, find.visible(seqs));
    whole = visible.size() == seqs.size();
    if (!whole) {
        std::size_t next = 0;
        std::erase_if(items, [&](const catalog::ConversationItem& item) {
            if (next < visible.size() && visible[next] == item.seq) {
                ++next;
                return false;
            }
            return true;
        });
    }
    return items;
}

// The versions and deletions that were not known yet at that moment are taken back.
void as_known_at(json::object& message, std::string_view as_of) {
    auto& versions = message["versions"].as_array();
    const json::object* known = nullptr;
    json::array before;
    for (const auto& version : versions) {
        const auto& object = version.as_object();
        const auto& date = object.at("date").as_string();
        if (!before.empty() && std::string_view(date.data(), date.size()) > as_of) continue;
        before.push_back(version);
    }
    if (before.empty() || before.size() == versions.size()) {
        if (message["deleted"].is_object()) {
            const auto& date = message["deleted"].as_object().at("date").as_string();
            if (std::string_view(date.data(), date.size()) > as_of) message["deleted"] = nullptr;
        }
        return;
    }
    known = &before.back().as_object();
    message["text"] = known->at("text");
    message["parts"] = json::array{json::object{{"kind", "text"}, {"text", known->at("text")}}};
    message["edited"] = before.size() > 1;
    versions = std::move(before);
    message["deleted"] = nullptr;
}

Result<http::Response> conversation(Service& service, Call& call) {
    const auto& request = call.request;
    TRY(const auto id, conversation_id(request.parameter("id")));
    TRY(const auto limit, number_of(request, "limit", 50, 200));
    const auto as_of = query_of(request, "as_of");
    std::optional<Instant> moment;
    if (!as_of.empty()) {
        moment = parse_rfc3339(as_of);
        if (!moment) return fail(Errc::invalid, "as_of takes a time like 2026-11-17T12:40:00Z");
    }
    TRY(auto find, service.find(call.caller));
    catalog::ConversationPage head;
    bool whole = true;
    TRY(auto items, items_of(find, id, head, whole));
    if (moment) std::erase_if(items, [&](const auto& item) { return item.date > *moment; });
    if (items.empty())
        return fail(Errc::not_found, "there is no such conversation, or it is not yours to see");
    // The page that was asked for.
    const auto place = [&](std::string_view name) -> Result<std::optional<std::size_t>> {
        TRY(const auto seq, number_of(request, name, 0, ~std::uint64_t(0) >> 1));
        if (seq == 0) return std::optional<std::size_t>();
        const auto found = std::ranges::find(items, Seq(seq), &catalog::ConversationItem::seq);
        if (found == items.end()) return std::optional<std::size_t>();
        return std::optional<std::size_t>(static_cast<std::size_t>(found - items.begin()));
    };
    TRY(const auto around, place("around"));
    TRY(const auto before, place("before"));
    TRY(const auto after, place("after"));
    const auto size = static_cast<std::size_t>(limit);
    std::size_t begin = items.size() > size ? items.size() - size : 0;
    if (around) begin = *around > size / 2 ? *around - size / 2 : 0;
    if (before) begin = *before > size ? *before - size : 0;
    if (after) begin = *after + 1;
    auto end = std::min(items.size(), begin + size);
    if (before) end = *before;
    std::map<std::string, std::uint64_t> density;
    for (const auto& item : items) ++density[rfc3339(item.date).substr(0, 10)];
    TRY(const auto ours, service.ours().now(find.catalog()));
    std::vector<Seq> shown;
    json::array messages;
    std::map<std::string, std::pair<model::Party, std::uint64_t>> parties;
    std::map<std::string, std::uint64_t> channels;
    std::vector<Seq> all;
    for (const auto& item : items) all.push_back(item.seq);
    TRY(const auto rows, find.catalog().messages(all));
    // A correspondence by mail is called by its first message, which may be a hidden one.
    if (!whole && head.name.source.empty() && !rows.empty()) head.title = rows.front().subject;
    for (const auto& row : rows) {
        ++channels[std::string(model::name(row.channel))];
        if (row.from.address.empty()) continue;
        auto& [party, count] = parties[row.from.address];
        if (party.name.empty()) party = row.from;
        ++count;
    }
    for (std::size_t i = begin; i < end; ++i) {
        if (items[i].twin_of) continue;  // a second copy of the same mail
        TRY(auto message, message_json(service, find, items[i].seq, *ours));
        if (moment) as_known_at(message, rfc3339(*moment));
        messages.push_back(std::move(message));
        shown.push_back(items[i].seq);
    }
    json::array people, days, kinds;
    for (const auto& [address, known] : parties) {
        auto party = party_json(known.first, *ours);
        party["messages"] = known.second;
        people.push_back(std::move(party));
    }
    for (const auto& [day, count] : density)
        days.push_back(json::object{{"at", json_text(day)}, {"count", count}});
    for (const auto& [channel, count] : channels) kinds.push_back(json_text(channel));
    TRY_DO(service.opened(call.caller, fmt::format("c{}", id.value()), shown));
    find.give_back();
    return json_answer(json::object{{"id", json_text(fmt::format("c{}", head.name.first.value()))},
                                    {"title", json_text(head.title)},
                                    {"channels", std::move(kinds)},
                                    {"parties", std::move(people)},
                                    {"total", items.size()},
                                    {"first", json_text(rfc3339(items.front().date))},
                                    {"last", json_text(rfc3339(items.back().date))},
                                    {"density", std::move(days)},
                                    {"items", std::move(messages)},
                                    {"begin", begin},
                                    {"more_before", begin > 0},
                                    {"more_after", end < items.size()}});
}

}  // namespace

std::vector<Entry> conversation_routes() {
    return {{http::Method::get,
             "/conversations/{id}",
             access::Right::read,
             "A conversation, oldest message first; as_of shows what was known at a moment",
             conversation}};
}

}  // namespace letopis::api
