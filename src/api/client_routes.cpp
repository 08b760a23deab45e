// SPDX-License-Identifier: AGPL-3.0-or-later
// A client is, until clients are kept as such, an address that takes part in messages.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/handlers.hpp"
#include "api/messages.hpp"
#include "app/views.hpp"
#include "text/analyser.hpp"

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

json::object client_json(model::AddressKind kind,
                         const std::string& address,
                         const std::string& name,
                         json::array names) {
    return json::object{{"id", json_text(id_of(kind, address))},
                        {"name", json_text(name)},
                        {"addresses",
                         json::array{json::object{{"kind", json_text(model::name(kind))},
                                                  {"address", json_text(address)}}}},
                        {"names", std::move(names)}};
}

json::object client_json(const catalog::Correspondent& one) {
    json::array names;
    for (const auto& seen : one.names)
        names.push_back(json::object{{"name", json_text(seen.name)}, {"count", seen.count}});
    return client_json(one.kind,
                       one.address,
                       one.names.empty() ? one.address : one.names.front().name,
                       std::move(names));
}

json::object client_json(const SeenClient& one) {
    std::vector<std::pair<std::string, std::uint64_t>> seen(one.names.begin(), one.names.end());
    std::ranges::stable_sort(seen, std::greater<>(), [](const auto& name) { return name.second; });
    json::array names;
    for (const auto& [name, count] : seen)
        names.push_back(json::object{{"name", json_text(name)}, {"count", count}});
    return client_json(one.kind, one.address, one.name(), std::move(names));
}

// Of whoever sees a part: from the messages that they see, names and order included.
Result<json::array> some_clients(
    Service& service, app::Find& find, const Call& call, const Ours& ours, std::size_t limit) {
    TRY(const auto list, service.clients().of(find, scope_of(call.caller).version));
    const auto part = text::fold(query_of(call.request, "q"));
    json::array items;
    for (const auto& one : *list) {
        if (items.size() == limit) break;
        if (ours.has(one.address) || !one.has(part)) continue;
        auto client = client_json(one);
        json::array channels;
        for (const auto channel : one.channels) channels.push_back(json_text(model::name(channel)));
        client["channels"] = std::move(channels);
        client["messages"] = one.messages;
        client["first"] = json_text(rfc3339(one.first));
        client["last"] = json_text(rfc3339(one.last));
        items.push_back(std::move(client));
    }
    return items;
}

// The date of the message that was stored first.
Result<json::value> first_of(app::Find& find, const catalog::Correspondent& one) {
    TRY(const auto rows, find.catalog().messages(std::span(&one.first, 1)));
    return rows.empty() ? json::value(nullptr) : json::value(json_text(rfc3339(rows.front().date)));
}

// The most active of those who are not us. Nobody knows how many of us there are, so more are asked
// for until enough are left.
Result<std::vector<catalog::Correspondent>> strangers(catalog::Catalog& catalog,
                                                      const std::string& part,
                                                      const Ours& ours,
                                                      std::size_t limit) {
    constexpr std::size_t looked_at_max = 20'000;
    for (auto wanted = limit + 20;; wanted *= 4) {
        TRY(auto people, catalog.correspondents(part, wanted));
        const bool all = people.size() < wanted || wanted >= looked_at_max;
        std::erase_if(people, [&](const auto& one) { return ours.has(one.address); });
        if (people.size() < limit && !all) continue;
        people.resize(std::min(people.size(), limit));
        return people;
    }
}

Result<json::array> all_clients(app::Find& find,
                                const Call& call,
                                const Ours& ours,
                                std::size_t limit) {
    TRY(const auto people, strangers(find.catalog(), query_of(call.request, "q"), ours, limit));
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
        TRY(client["first"], first_of(find, one));
        client["last"] = json_text(rfc3339(answer.hits.front().date));
        items.push_back(std::move(client));
    }
    return items;
}

Result<http::Response> list(Service& service, Call& call) {
    TRY(const auto limit, number_of(call.request, "limit", 50, 200));
    TRY(auto find, service.find(call.caller));
    const auto most = static_cast<std::size_t>(limit);
    TRY(const auto ours, service.ours().now(find.catalog()));
    TRY(auto items,
        call.caller.sees_all() ? all_clients(find, call, *ours, most)
                               : some_clients(service, find, call, *ours, most));
    TRY_DO(service.searched(call.caller, "clients: " + query_of(call.request, "q"), items.size()));
    find.give_back();
    return json_answer(json::object{{"items", std::move(items)}});
}

using Address = std::pair<model::AddressKind, std::string>;

// Who it is, as far as the caller may know; nothing: nobody whom they could know of.
Result<std::optional<json::object>> known(Service& service,
                                          app::Find& find,
                                          const access::Caller& caller,
                                          const Address& address) {
    if (caller.sees_all()) {
        TRY(const auto one, find.catalog().correspondent(address.first, address.second));
        if (!one) return std::optional<json::object>();
        auto client = client_json(*one);
        TRY(client["first"], first_of(find, *one));
        return std::optional(std::move(client));
    }
    TRY(const auto list, service.clients().of(find, scope_of(caller).version));
    const auto one = std::ranges::find_if(*list, [&](const SeenClient& seen) {
        return seen.kind == address.first && seen.address == address.second;
    });
    if (one == list->end()) return std::optional<json::object>();
    auto client = client_json(*one);
    client["first"] = json_text(rfc3339(one->first));
    return std::optional(std::move(client));
}

// Of a conversation that is not seen whole only what is seen is told.
Result<json::array> conversations_of(app::Find& find,
                                     std::span<const catalog::MessageRow> rows,
                                     bool all) {
    json::array conversations;
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
        const bool by_its_first = !all && page.name.source.empty();
        conversations.push_back(
            json::object{{"id", json_text(fmt::format("c{}", page.name.first.value()))},
                         {"title", json_text(by_its_first ? row.subject : page.title)},
                         {"channel", json_text(model::name(page.channel))},
                         {"messages", all ? page.messages : std::uint64_t(1)},
                         {"last", json_text(rfc3339(all ? page.last_date : row.date))}});
    }
    return conversations;
}

Result<http::Response> show(Service& service, Call& call) {
    TRY(const auto address, address_of(call.request.parameter("id")));
    TRY(auto find, service.find(call.caller));
    TRY(auto client, known(service, find, call.caller, address));
    const auto wanted = messages_with(address.second);
    auto request = find.request(wanted);
    request.limit = 200;
    TRY(const auto answer, find.engine().search(request));
    if (!client || answer.total == 0)
        return fail(Errc::not_found, "there is no such client, or it is not yours to see");
    TRY(const auto facets, find.engine().facets(request));
    json::array months, channels;
    for (const auto& month : facets.months)
        months.push_back(
            json::object{{"month", json_text(fmt::format("{:04}-{:02}", month.year, month.month))},
                         {"count", month.count}});
    for (const auto& [channel, count] : facets.channels)
        channels.push_back(json_text(model::name(static_cast<model::Channel>(channel))));
    std::vector<Seq> seqs;
    for (const auto& hit : answer.hits) seqs.push_back(hit.seq);
    TRY(const auto rows, find.catalog().messages(seqs));
    TRY((*client)["conversations"], conversations_of(find, rows, call.caller.sees_all()));
    (*client)["messages"] = answer.total;
    (*client)["activity"] = std::move(months);
    (*client)["channels"] = std::move(channels);
    (*client)["last"] = json_text(rfc3339(answer.hits.front().date));
    TRY_DO(service.searched(call.caller, "client: " + address.second, answer.total, seqs));
    find.give_back();
    return json_answer(*client);
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
    TRY(const auto ours, service.ours().now(find.catalog()));
    json::array items;
    for (const auto& row : rows) {
        auto item = row_json(row, *ours);
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

Result<std::string> client_address(std::string_view id) {
    TRY(auto address, address_of(id));
    return std::move(address.second);
}

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
