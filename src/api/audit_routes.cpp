// SPDX-License-Identifier: AGPL-3.0-or-later
// The log for those who may read it, whole or as far as their scope goes; and for everybody the
// part that is about their own messages.
#include <fmt/format.h>

#include "api/audit_log.hpp"
#include "api/directory.hpp"
#include "api/handlers.hpp"
#include "api/messages.hpp"
#include "app/views.hpp"
#include "text/analyser.hpp"

namespace letopis::api {

using app::json_text;

namespace {

// A day of a calendar begins at midnight of the caller, who therefore says a time; a bare date is
// taken as one of UTC.
Result<std::optional<Instant>> moment_of(const http::Request& request, std::string_view name) {
    auto text = query_of(request, name);
    if (text.empty()) return std::optional<Instant>();
    if (text.size() == 10) text += "T00:00:00Z";
    const auto moment = parse_rfc3339(text);
    if (!moment) return fail(Errc::invalid, fmt::format("{} takes a date or a time", name));
    return moment;
}

Result<AuditWish> wish_of(const http::Request& request) {
    AuditWish wish{.who = query_of(request, "who"),
                   .kind = query_of(request, "what"),
                   .peer = query_of(request, "peer"),
                   .text = text::fold(query_of(request, "text")),
                   .from = std::nullopt,
                   .until = std::nullopt,
                   .messages = std::nullopt,
                   .about = {},
                   .but_not = {}};
    for (const auto* text : {&wish.who, &wish.kind, &wish.peer, &wish.text})
        if (text->size() > 200) return fail(Errc::invalid, "a filter has at most 200 bytes");
    TRY(wish.from, moment_of(request, "from"));
    TRY(wish.until, moment_of(request, "until"));
    return wish;
}

Result<std::optional<Seq>> cursor_of(const http::Request& request) {
    TRY(const auto cursor, number_of(request, "cursor", 0, ~std::uint64_t(0) >> 1));
    return cursor == 0 ? std::optional<Seq>() : std::optional(Seq(cursor));
}

json::object page_json(const AuditPage& page) {
    json::array items;
    for (const auto& row : page.rows) items.push_back(row_json(row));
    return json::object{{"items", std::move(items)},
                        {"cursor",
                         page.cursor ? json::value(json_text(std::to_string(page.cursor->value())))
                                     : json::value(nullptr)}};
}

Result<http::Response> page_answer(Service& service,
                                   Call& call,
                                   app::Find& find,
                                   const AuditWish& wish) {
    TRY(const auto limit, number_of(call.request, "limit", 50, 500));
    TRY(const auto cursor, cursor_of(call.request));
    TRY(const auto page,
        service.audit().page(wish, cursor, static_cast<std::size_t>(limit), call.caller, find));
    find.give_back();
    return json_answer(page_json(page));
}

// RFC 4180. A cell that a table program would compute begins with an apostrophe instead.
std::string cell(std::string_view text) {
    std::string out = "\"";
    if (!text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string::npos)
        out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string line_of(const AuditRow& row) {
    return fmt::format("{},{},{},{},{},{},{},{},{},{}\r\n",
                       row.record.value(),
                       cell(rfc3339(row.at)),
                       cell(row.user),
                       cell(row.name),
                       cell(row.token),
                       cell(row.peer),
                       cell(row.kind),
                       cell(row.what),
                       cell(row.about),
                       row.messages.size());
}

// Everything that fits the wish, in pieces; the record of its leaving stands before the first one.
Result<http::Response> as_csv(Service& service, Call& call, const AuditWish& wish) {
    if (!access::may(call.caller, access::Right::take_out)) {
        TRY_DO(service.note(journal::Kind::denied, call.caller, "GET /audit as CSV"));
        return fail(Errc::forbidden, "the log may not be taken out with these rights");
    }
    // What is written from now on is not in it.
    const Seq end(service.archive().journal().head().records);
    TRY_DO(service.note(
        journal::Kind::exported, call.caller, "log: " + call.request.target.substr(0, 500)));
    http::Response response;
    response.with("Content-Type", "text/csv; charset=utf-8");
    response.with("Content-Disposition", "attachment; filename=\"letopis-audit.csv\"");
    response.source = [&service,
                       wish,
                       caller = call.caller,
                       cursor = std::optional(end),
                       begun = false]() mutable -> Result<std::string> {
        std::string text;
        if (!begun) text = "record,at,user,name,token,peer,kind,what,about,messages\r\n";
        begun = true;
        while (text.empty() && cursor) {
            TRY(auto find, service.find(caller));
            TRY(const auto page, service.audit().page(wish, cursor, 1000, caller, find));
            for (const auto& row : page.rows) text += line_of(row);
            cursor = page.cursor;
            find.give_back();
        }
        return text;
    };
    return response;
}

Result<http::Response> list(Service& service, Call& call) {
    TRY(const auto wish, wish_of(call.request));
    const auto format = query_of(call.request, "format");
    if (format == "csv") return as_csv(service, call, wish);
    if (!format.empty() && format != "json") return fail(Errc::invalid, "format takes json or csv");
    TRY(auto find, service.find(call.caller));
    return page_answer(service, call, find, wish);
}

// ---- who saw this?

Result<http::Response> of_message(Service& service, Call& call) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    TRY(auto wish, wish_of(call.request));
    TRY(auto find, service.find(call.caller));
    if (!access::sees_whole_log(call.caller)) TRY_DO(must_see(find, id));
    wish.messages = {{id.value()}};
    // Versions are looked at as the message, and the other way round.
    if (const auto detail = find.catalog().message(id)) {
        wish.messages->insert(detail->message.value());
        for (const auto& version : detail->versions) wish.messages->insert(version.seq.value());
    }
    return page_answer(service, call, find, wish);
}

Result<http::Response> of_conversation(Service& service, Call& call) {
    TRY(const auto id, conversation_id(call.request.parameter("id")));
    TRY(auto wish, wish_of(call.request));
    TRY(auto find, service.find(call.caller));
    std::vector<Seq> seqs;
    catalog::PageRequest request{.limit = 10'000};
    const auto none = fail(Errc::not_found, "there is no such conversation");
    for (;;) {
        const auto page = find.catalog().conversation(id, request);
        if (!page) return none;
        for (const auto& item : page->items) seqs.push_back(item.seq);
        if (!page->more_after || page->items.empty()) break;
        request.after = page->items.back().seq;
    }
    if (!access::sees_whole_log(call.caller)) {
        TRY(seqs, find.visible(seqs));
        if (seqs.empty()) return none;
    }
    wish.messages.emplace();
    for (const auto seq : seqs) wish.messages->insert(seq.value());
    return page_answer(service, call, find, wish);
}

text::NodePtr field(text::Field which, const std::string& value) {
    auto node = std::make_unique<text::Node>();
    node->kind = text::Node::Kind::field;
    node->field = which;
    node->text = value;
    return node;
}

// The messages in which one of the addresses takes part.
Result<std::unordered_set<std::uint64_t>> with(app::Find& find,
                                               std::span<const std::string> addresses) {
    text::Node any;
    any.kind = text::Node::Kind::either;
    for (const auto& address : addresses) {
        any.children.push_back(field(text::Field::from, address));
        any.children.push_back(field(text::Field::to, address));
    }
    std::unordered_set<std::uint64_t> found;
    TRY_DO(find.all(any, [&](std::span<const Seq> seqs) -> Result<bool> {
        for (const auto seq : seqs) found.insert(seq.value());
        return true;
    }));
    return found;
}

Result<http::Response> of_client(Service& service, Call& call) {
    TRY(const auto address, client_address(call.request.parameter("id")));
    TRY(auto wish, wish_of(call.request));
    auto looking = call.caller;
    if (access::sees_whole_log(call.caller)) looking.scopes = {{.everything = true}};
    TRY(auto find, service.find(looking));
    TRY(wish.messages, with(find, std::span(&address, 1)));
    if (wish.messages->empty()) return fail(Errc::not_found, "there is no such client");
    wish.about = {"client: " + address};
    return page_answer(service, call, find, wish);
}

// Who looked at messages in which the caller took part. Words of searches are not told: they are
// the other person's.
Result<http::Response> mine(Service& service, Call& call) {
    const auto addresses = service.directory().read([&](const access::People& people) {
        const auto* user = people.user(call.caller.user);
        return user ? user->addresses : std::vector<std::string>();
    });
    json::array own;
    for (const auto& address : addresses) own.push_back(json_text(address));
    json::object answer{
        {"addresses", std::move(own)}, {"items", json::array{}}, {"cursor", nullptr}};
    if (addresses.empty()) return json_answer(answer);
    TRY(const auto limit, number_of(call.request, "limit", 50, 500));
    TRY(const auto cursor, cursor_of(call.request));
    // Their own words are theirs to ask about, whatever their role sees.
    auto looking = call.caller;
    looking.scopes = {{.everything = true}};
    TRY(auto find, service.find(looking));
    AuditWish wish;
    TRY(wish.messages, with(find, addresses));
    wish.but_not = call.caller.user;
    TRY(auto page,
        service.audit().page(wish, cursor, static_cast<std::size_t>(limit), looking, find));
    find.give_back();
    std::erase_if(page.rows, [](const AuditRow& row) { return row.kind == "change"; });
    for (auto& row : page.rows) {
        std::erase_if(row.messages, [&](Seq id) { return !wish.messages->contains(id.value()); });
        row.what.clear();
        row.peer.clear();
        row.total.reset();
    }
    auto told = page_json(page);
    answer["items"] = std::move(told["items"]);
    answer["cursor"] = std::move(told["cursor"]);
    return json_answer(answer);
}

}  // namespace

std::vector<Entry> audit_routes() {
    using enum http::Method;
    using access::Right;
    return {{get, "/audit", Right::audit_view, "Who did what, newest first; format=csv", list},
            {get, "/audit/mine", Right::self, "Who looked at one's own messages", mine},
            {get, "/messages/{id}/access", Right::audit_view, "Who saw this message", of_message},
            {get,
             "/conversations/{id}/access",
             Right::audit_view,
             "Who saw something of this conversation",
             of_conversation},
            {get,
             "/clients/{id}/access",
             Right::audit_view,
             "Who saw something of this client",
             of_client}};
}

}  // namespace letopis::api
