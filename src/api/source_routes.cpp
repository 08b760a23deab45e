// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/handlers.hpp"
#include "api/imports.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

constexpr const char* counted[] = {
    "seen", "stored", "duplicates", "refused", "pending", "marked", "files"};

json::object books_json(const catalog::SourceBooks& books) {
    return json::object{{"id", json_text(hex(books.source))},
                        {"source", json_text(books.source)},
                        {"title", json_text(books.title)},
                        {"channel", json_text(model::name(books.channel))},
                        {"seen", books.seen},
                        {"stored", books.stored},
                        {"duplicates", books.duplicates},
                        {"refused", books.refused},
                        {"pending", books.pending},
                        {"marked", books.marked},
                        {"files", books.files},
                        {"runs", books.runs},
                        {"unfinished_runs", books.unfinished_runs},
                        {"messages", books.projected},
                        {"balanced", books.balanced() && books.agrees()},
                        {"last", time_value(books.last_at)}};
}

// Books are of whole sources: whoever sees a part of the messages has those of the sources that
// they see whole.
Result<bool> theirs(app::Find& find, const access::Caller& caller, const std::string& source) {
    if (access::sees_all_sources(caller)) return true;
    text::Node wanted;
    wanted.kind = text::Node::Kind::field;
    wanted.field = text::Field::source;
    wanted.text = source;
    auto request = find.request(wanted);
    request.limit = 1;
    TRY(const auto seen, find.engine().search(request));
    request.scope = search::Scope::everything();
    TRY(const auto all, find.engine().search(request));
    return seen.total > 0 && seen.total == all.total;
}

Result<http::Response> list(Service& service, Call& call) {
    TRY(auto find, service.find(call.caller));
    TRY(const auto books, find.catalog().books());
    json::array items;
    std::map<std::string, std::uint64_t> sums;
    bool balanced = true;
    for (const auto& source : books) {
        TRY(const bool shown, theirs(find, call.caller, source.source));
        if (!shown) continue;
        auto one = books_json(source);
        one["retry_until"] = time_value(service.imports().kept_until(source.source));
        for (const auto* name : counted) sums[name] += one[name].to_number<std::uint64_t>();
        balanced = balanced && one["balanced"].as_bool();
        items.push_back(std::move(one));
    }
    json::object total;
    for (const auto* name : counted) total[name] = sums[name];
    total["balanced"] = balanced;
    find.give_back();
    return json_answer(json::object{{"items", std::move(items)}, {"total", std::move(total)}});
}

Result<http::Response> refusals(Service& service, Call& call) {
    const auto source = unhex(call.request.parameter("id"));
    if (!source) return fail(Errc::not_found, "there is no such source");
    TRY(auto find, service.find(call.caller));
    TRY(const auto books, find.catalog().books(*source));
    if (books.empty()) return fail(Errc::not_found, "there is no such source");
    TRY(const bool shown, theirs(find, call.caller, *source));
    if (!shown) return fail(Errc::not_found, "there is no such source");
    TRY(const auto refused, find.catalog().refusals(*source, 10'000));
    json::array items;
    for (const auto& one : refused) items.push_back(refusal_json(one));
    find.give_back();
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> retry(Service& service, Call& call) {
    const auto source = unhex(call.request.parameter("id"));
    if (!source) return fail(Errc::not_found, "there is no such source");
    TRY(const auto id, service.imports().retry(*source, call.caller.user));
    return json_answer(json::object{{"id", json_text(id)}}, 202);
}

}  // namespace

std::vector<Entry> source_routes() {
    using enum http::Method;
    return {{get, "/sources", access::Right::sources_view, "The books of every source", list},
            {get,
             "/sources/{id}/refusals",
             access::Right::sources_view,
             "What was refused, and why",
             refusals},
            {post,
             "/sources/{id}/retry",
             access::Right::import_messages,
             "Imports what was refused once more",
             retry,
             http::Body::whole}};
}

}  // namespace letopis::api
