// SPDX-License-Identifier: AGPL-3.0-or-later
// Who did what: the records of the access log, newest first, without content.
#include <fmt/format.h>

#include "api/directory.hpp"
#include "api/handlers.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string()
               ? std::string(value->get_string().data(), value->get_string().size())
               : std::string();
}

struct Wish {
    std::string who, kind;
    std::optional<Seq> message;
};

Result<std::optional<json::object>> item_of(const journal::Record& record, const Wish& wish) {
    boost::system::error_code error;
    const auto value = json::parse(record.descriptor, error);
    if (error || !value.is_object()) return std::optional<json::object>();
    const auto& object = value.get_object();
    const auto kind = std::string(journal::name(record.kind));
    const auto user = text_in(object, "user");
    if (!wish.kind.empty() && kind != wish.kind) return std::optional<json::object>();
    if (!wish.who.empty() && user != wish.who && text_in(object, "who") != wish.who)
        return std::optional<json::object>();
    const auto* ids = object.if_contains("ids");
    if (wish.message) {
        bool named = false;
        if (ids != nullptr && ids->is_array())
            for (const auto& id : ids->get_array())
                named = named ||
                        (id.is_number() && id.to_number<std::uint64_t>() == wish.message->value());
        if (!named) return std::optional<json::object>();
    }
    json::object item{
        {"record", record.seq.value()},
        {"at", json_text(rfc3339(record.at))},
        {"kind", json_text(kind)},
        {"who", json::object{{"id", json_text(user)}, {"name", json_text(text_in(object, "who"))}}},
        {"what",
         json_text(record.kind == journal::Kind::search ? text_in(object, "query")
                                                        : text_in(object, "what"))},
        {"peer", json_text(text_in(object, "peer"))}};
    if (const auto* total = object.if_contains("total")) item["total"] = *total;
    if (ids != nullptr && ids->is_array()) item["messages"] = ids->get_array().size();
    return std::optional(std::move(item));
}

// A page of the log before the leaf `cursor`; looks at so many records at most, so that a rare wish
// comes back with a cursor rather than late.
Result<json::object> page_of(app::Archive& archive,
                             const Wish& wish,
                             std::uint64_t cursor,
                             std::size_t limit) {
    constexpr std::size_t looked_at_max = 5000;
    const auto leaves =
        archive.journal().head().leaves[static_cast<std::size_t>(journal::Origin::audit)];
    auto leaf = cursor == 0 ? leaves : std::min(cursor, leaves);
    json::array items;
    for (std::size_t looked = 0; leaf > 0 && items.size() < limit && looked < looked_at_max;
         ++looked) {
        --leaf;
        TRY(const auto seq, archive.journal().at_leaf(journal::Origin::audit, leaf));
        TRY(const auto record, archive.journal().read(seq, journal::Contents::skip));
        TRY(auto item, item_of(record, wish));
        if (item) items.push_back(std::move(*item));
    }
    return json::object{
        {"items", std::move(items)},
        {"cursor",
         leaf == 0 ? json::value(nullptr) : json::value(json_text(std::to_string(leaf)))}};
}

Result<http::Response> list(Service& service, Call& call) {
    TRY(const auto limit, number_of(call.request, "limit", 50, 500));
    TRY(const auto cursor, number_of(call.request, "cursor", 0, ~std::uint64_t(0) >> 1));
    const Wish wish{.who = query_of(call.request, "who"), .kind = query_of(call.request, "what")};
    TRY(const auto page, page_of(service.archive(), wish, cursor, static_cast<std::size_t>(limit)));
    return json_answer(page);
}

Result<http::Response> of_message(Service& service, Call& call) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    TRY(const auto cursor, number_of(call.request, "cursor", 0, ~std::uint64_t(0) >> 1));
    TRY(const auto page, page_of(service.archive(), {.message = id}, cursor, 50));
    return json_answer(page);
}

}  // namespace

std::vector<Entry> audit_routes() {
    using enum http::Method;
    return {{get, "/audit", access::Right::audit_view, "Who did what, newest first", list},
            {get,
             "/messages/{id}/access",
             access::Right::audit_view,
             "Who saw this message",
             of_message}};
}

}  // namespace letopis::api
