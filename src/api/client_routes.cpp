// SPDX-License-Identifier: AGPL-3.0-or-later
// A client is, until clients are kept as such, an address that takes part in messages.
#include <fmt/format.h>

#include <map>

#include "api/handlers.hpp"
#include "api/messages.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

// "c-" and the kind and the address in hex: opaque, and the same as long as the address is.
std::string id_of(model::AddressKind kind, std::string_view address) {
    return fmt::format("c-{:x}{}", static_cast<int>(kind), hex(address));
}

Result<std::pair<model::AddressKind, std::string>> address_of(std::string_view id) {
    const auto wrong = fail(Errc::not_found, "there is no such client");
    if (!id.starts_with("c-") || id.size() < 5 || id.size() > 4000) return wrong;
    const auto kind = id[2] - '0';
    auto address = unhex(id.substr(3));
    if (kind < 1 || kind > 5 || !address) return wrong;
    return std::pair(static_cast<model::AddressKind>(kind), std::move(*address));
}

text::NodePtr field(text::Field which, const std::string& value) {
    auto node = std::make_unique<text::Node>();
    node->kind = text::Node::Kind::field;
    node->field = which;
    node->text = value;
    return node;
}

text::Node messages_with(const std::string& address) {
    text::Node node;
    node.kind = text::Node::Kind::either;
    node.children.push_back(field(text::Field::from, address));
    node.children.push_back(field(text::Field::to, address));
    return node;
}

json::object client_json(const catalog::Correspondent& one) {
    json::array names;
    for (const auto& seen : one.names)
        names.push_back(json::object{{"name", json_text(seen.name)}, {"count", seen.count}});
    return json::object{
        {"id", json_text(id_of(one.kind, one.address))},
        {"name", json_text(one.names.empty() ? one.address : one.names.front().name)},
        {"addresses",
         json::array{json::object{{"kind", json_text(model::name(one.kind))},
                                  {"address", json_text(one.address)}}}},
        {"names", std::move(names)},
        {"messages", one.messages}};
}

Result<http::Response> list(Service& service, Call& call) {
    TRY(const auto limit, number_of(call.request, "limit", 50, 200));
    TRY(auto find, service.find(call.caller));
    TRY(const auto people,
        find.catalog().correspondents(query_of(call.request, "q"),
                                      static_cast<std::size_t>(limit)));
    json::array items;
    for (const auto& one : people) {
        auto client = client_json(one);
        const auto wanted = messages_with(one.address);
        auto request = find.request(wanted);
        request.limit = 1;
        TRY(const auto answer, find.engine().search(request));
        if (answer.total == 0) continue;
        TRY(const auto facets, find.engine().facets(request));
        json::array channels;
        for (const auto& [channel, count] : facets.channels)
            channels.push_back(json_text(model::name(static_cast<model::Channel>(channel))));
        client["channels"] = std::move(channels);
        client["messages"] = answer.total;
        client["last"] = json_text(rfc3339(answer.hits.front().date));
        items.push_back(std::move(client));
    }
    TRY_DO(service.searched(call.caller, "clients: " + query_of(call.request, "q"), items.size()));
    find.give_back();
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> show(Service& service, Call& call) {
    TRY(const auto address, address_of(call.request.parameter("id")));
    TRY(auto find, service.find(call.caller));
    TRY(const auto known, find.catalog().correspondent(address.first, address.second));
    const auto wanted = messages_with(address.second);
    auto request = find.request(wanted);
    request.limit = 200;
    TRY(const auto answer, find.engine().search(request));
    if (!known || answer.total == 0)
        return fail(Errc::not_found, "there is no such client, or it is not yours to see");
    TRY(const auto facets, find.engine().facets(request));
    auto client = client_json(*known);
    client["messages"] = answer.total;
    json::array months, channels, conversations;
    for (const auto& month : facets.months)
        months.push_back(
            json::object{{"month", json_text(fmt::format("{:04}-{:02}", month.year, month.month))},
                         {"count", month.count}});
    for (const auto& [channel, count] : facets.channels)
        channels.push_back(json_text(model::name(static_cast<model::Channel>(channel))));
    std::vector<Seq> seqs;
    for (const auto& hit : answer.hits) seqs.push_back(hit.seq);
    TRY(const auto rows, find.catalog().messages(seqs));
    // Of a conversation that is not seen whole only what is seen is told.
    const bool all = call.caller.sees_all();
    std::map<std::uint64_t, std::size_t> places;
    for (const auto& row : rows) {
        TRY(const auto page, find.catalog().conversation(row.message, {.limit = 1}));
        const auto [place, is_new] =
            places.try_emplace(page.name.first.value(), conversations.size());
        if (!is_new) {
            auto& count = conversations[place->second].as_object()["messages"];
            if (!all) count = count.to_number<std::uint64_t>() + 1;
            continue;
        }
        conversations.push_back(
            json::object{{"id", json_text(fmt::format("c{}", page.name.first.value()))},
                         {"title", json_text(page.title)},
                         {"channel", json_text(model::name(page.channel))},
                         {"messages", all ? page.messages : std::uint64_t(1)},
                         {"last", json_text(rfc3339(all ? page.last_date : row.date))}});
    }
    client["activity"] = std::move(months);
    client["channels"] = std::move(channels);
    client["conversations"] = std::move(conversations);
    client["last"] = json_text(rfc3339(answer.hits.front().date));
    TRY_DO(service.searched(call.caller, "client: " + address.second, answer.total));
    find.give_back();
    return json_answer(client);
}

Result<http::Response> timeline(Service& service, Call& call) {
    TRY(const auto address, address_of(call.request.parameter("id")));
    TRY(const auto limit, number_of(call.request, "limit", 50, 200));
    TRY(auto find, service.find(call.caller));
    const auto wanted = messages_with(address.second);
    auto request = find.request(wanted);
    request.limit = static_cast<std::size_t>(limit);
    request.cursor = query_of(call.request, "cursor");
    TRY(const auto answer, find.engine().search(request));
    std::vector<Seq> seqs;
    for (const auto& hit : answer.hits) seqs.push_back(hit.seq);
    TRY(const auto rows, find.catalog().messages(seqs));
    json::array items;
    for (const auto& row : rows) {
        auto item = row_json(row);
        TRY(auto words, app::text_of(service.archive(), find.catalog(), row.current));
        constexpr std::size_t shown = 400;  // bytes, cut before a character
        auto end = std::min(shown, words.size());
        while (end > 0 && end < words.size() &&
               (static_cast<unsigned char>(words[end]) & 0xc0) == 0x80)
            --end;
        item["text"] = json_text(std::string_view(words).substr(0, end));
        item["cut"] = end < words.size();
        TRY(const auto page, find.catalog().conversation(row.message, {.limit = 1}));
        item["conversation"] = json_text(fmt::format("c{}", page.name.first.value()));
        items.push_back(std::move(item));
    }
    TRY_DO(service.opened(call.caller, "client: " + address.second, seqs));
    find.give_back();
    return json_answer(json::object{
        {"items", std::move(items)},
        {"total", answer.total},
        {"cursor",
         answer.cursor.empty() ? json::value(nullptr) : json::value(json_text(answer.cursor))}});
}

}  // namespace

std::vector<Entry> client_routes() {
    using enum http::Method;
    return {{get, "/clients", access::Right::read, "Who writes, the most active first", list},
            {get, "/clients/{id}", access::Right::read, "One client", show},
            {get,
             "/clients/{id}/timeline",
             access::Right::read,
             "Everything with a client, newest first",
             timeline}};
}

}  // namespace letopis::api
