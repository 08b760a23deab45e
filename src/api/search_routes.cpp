// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "api/handlers.hpp"
#include "api/messages.hpp"
#include "app/views.hpp"
#include "search/snippet.hpp"

namespace letopis::api {

using app::json_text;

namespace {

// Marks of the found words inside a snippet; no text has them, as analysed texts are valid UTF-8
// without these noncharacters.
constexpr std::string_view open_mark = "\xef\xb7\x90";   // U+FDD0
constexpr std::string_view close_mark = "\xef\xb7\x91";  // U+FDD1

json::array pieces_of(std::string_view snippet) {
    json::array pieces;
    const auto add = [&](std::string_view text, bool hit) {
        if (text.empty()) return;
        json::object piece{{"text", json_text(text)}};
        if (hit) piece["hit"] = true;
        pieces.push_back(std::move(piece));
    };
    while (!snippet.empty()) {
        const auto begin = std::min(snippet.find(open_mark), snippet.size());
        add(snippet.substr(0, begin), false);
        if (begin == snippet.size()) break;
        snippet.remove_prefix(begin + open_mark.size());
        const auto end = std::min(snippet.find(close_mark), snippet.size());
        add(snippet.substr(0, end), true);
        snippet.remove_prefix(std::min(end + close_mark.size(), snippet.size()));
    }
    return pieces;
}

// The forms in which the words were found on this page: "скидки", "скидку".
void collect_forms(const json::array& pieces, std::vector<std::string>& forms) {
    constexpr std::size_t forms_max = 6;
    for (const auto& piece : pieces) {
        const auto& object = piece.get_object();
        if (!object.contains("hit")) continue;
        const auto& text = object.at("text").get_string();
        const std::string form(text.data(), text.size());
        if (forms.size() < forms_max && form.size() <= 60 &&
            std::ranges::find(forms, form) == forms.end())
            forms.push_back(form);
    }
}

json::object facets_json(const search::Facets& facets) {
    const auto pair = [](std::string_view value, std::uint64_t count) {
        return json::object{{"value", json_text(value)}, {"count", count}};
    };
    json::array channels, from, languages, months;
    for (const auto& [channel, count] : facets.channels)
        channels.push_back(pair(model::name(static_cast<model::Channel>(channel)), count));
    for (const auto& [sender, count] : facets.senders) from.push_back(pair(sender, count));
    for (const auto& [language, count] : facets.languages)
        languages.push_back(pair(language, count));
    for (const auto& month : facets.months)
        months.push_back(pair(fmt::format("{:04}-{:02}", month.year, month.month), month.count));
    return json::object{{"channel", std::move(channels)},
                        {"from", std::move(from)},
                        {"lang", std::move(languages)},
                        {"month", std::move(months)},
                        {"has_attachment", facets.with_attachment}};
}

http::Response query_problem(const http::Request& request, const text::QueryError& error) {
    return problem_answer(request,
                          {.status = 400,
                           .code = "invalid_query",
                           .detail = error.what,
                           .hint = error.hint,
                           .at = error.at});
}

Result<json::array> hits_json(Service& service,
                              app::Find& find,
                              const text::Node& root,
                              const search::Answer& answer,
                              std::vector<std::string>& forms) {
    std::vector<Seq> seqs;
    for (const auto& hit : answer.hits) seqs.push_back(hit.seq);
    TRY(auto rows, find.catalog().messages(seqs, catalog::Texts::with));
    thread_local text::Analyser analyser;  // remembers the words that it met lately
    search::Snippets snippets(
        analyser,
        root,
        {.max_chars = 220, .open = std::string(open_mark), .close = std::string(close_mark)});
    TRY(const auto ours, service.ours().now(find.catalog()));
    json::array hits;
    hits.reserve(rows.size());
    for (auto& row : rows) {
        TRY(const auto text, app::text_of(service.archive(), row.seq, std::move(row.text)));
        auto snippet = snippets.best(row.subject, text);
        // Nothing marked: the words can only stand in an attachment, whose text is parsed again.
        if (row.attachments != 0 && snippet.text.find(open_mark) == std::string::npos)
            if (const auto doc = find.document(row.seq))
                snippet = snippets.best(doc->subject, doc->body, doc->attachments);
        auto pieces = pieces_of(snippet.text);
        collect_forms(pieces, forms);
        auto hit = row_json(row, *ours);
        if (!row.conversation)
            return fail(Errc::not_found, "this record belongs to no conversation yet");
        hit["conversation"] = json_text(fmt::format("c{}", row.conversation->value()));
        hit["snippet"] = std::move(pieces);
        hit["snippet_in"] = json_text(snippet.in);
        hits.push_back(std::move(hit));
    }
    return hits;
}

Result<http::Response> search(Service& service, Call& call) {
    const auto started = std::chrono::steady_clock::now();
    const auto query = query_of(call.request, "q");
    const auto parsed = text::parse_query(query, service.clock().now());
    if (parsed.error) return query_problem(call.request, *parsed.error);
    TRY(const auto limit, number_of(call.request, "limit", 20, 100));
    const auto order = query_of(call.request, "order");
    if (!order.empty() && order != "newest" && order != "relevance")
        return fail(Errc::invalid, "order takes newest or relevance");
    TRY(auto find, service.find(call.caller));
    auto request = find.request(*parsed.root);
    request.order = order == "relevance" ? search::Order::relevance : search::Order::newest;
    request.limit = static_cast<std::size_t>(limit);
    request.cursor = query_of(call.request, "cursor");
    TRY(const auto answer, find.engine().search(request));
    json::object object{{"total", answer.total}, {"exact", answer.exact}};
    if (query_of(call.request, "facets") == "1") {
        TRY(const auto facets, find.engine().facets(request));
        object["facets"] = facets_json(facets);
    }
    std::vector<std::string> forms;
    TRY(object["hits"], hits_json(service, find, *parsed.root, answer, forms));
    json::array list;
    for (const auto& form : forms) list.push_back(json_text(form));
    object["forms"] = std::move(list);
    object["cursor"] =
        answer.cursor.empty() ? json::value(nullptr) : json::value(json_text(answer.cursor));
    object["note"] = json_text(answer.note);
    std::string suggestion;
    if (answer.total == 0) {
        TRY(suggestion, find.suggestion(query));
    }
    object["suggestion"] = json_text(suggestion);
    std::vector<Seq> shown;
    for (const auto& hit : answer.hits) shown.push_back(hit.seq);
    TRY_DO(service.searched(call.caller, query, answer.total, shown));
    find.give_back();
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - started;
    object["took_ms"] = std::round(took.count() * 10) / 10;
    return json_answer(std::move(object));
}

struct FieldHelp {
    std::string_view name, ru, en;
};
constexpr FieldHelp fields[] = {{"from:", "от кого", "sender"},
                                {"to:", "кому", "recipient"},
                                {"channel:", "канал", "channel"},
                                {"has:attachment", "с вложением", "with attachment"},
                                {"filename:", "имя файла", "file name"},
                                {"in:subject", "в теме", "in the subject"},
                                {"before:", "до даты", "before a date"},
                                {"after:", "после даты", "after a date"},
                                {"on:", "в этот день", "on a day"},
                                {"larger:", "больше, чем", "larger than"},
                                {"tag:", "метка", "tag"},
                                {"source:", "источник", "source"},
                                {"lang:", "язык", "language"}};

// What may follow at the end of what is typed: fields, people. Not recorded: nothing of a message
// is shown, and people only to those who see everything.
Result<http::Response> suggest(Service& service, Call& call) {
    const auto query = query_of(call.request, "q");
    const auto space = query.find_last_of(' ');
    const auto word = space == std::string::npos ? query : query.substr(space + 1);
    const bool russian = query_of(call.request, "lang") != "en";
    json::array items;
    const auto add = [&](std::string_view kind, std::string_view text, std::string_view label) {
        items.push_back(json::object{{"kind", json_text(kind)},
                                     {"text", json_text(text)},
                                     {"insert", json_text(text)},
                                     {"label", json_text(label)}});
    };
    const auto colon = word.find(':');
    if (!word.empty() && colon == std::string::npos)
        for (const auto& field : fields)
            if (field.name.starts_with(word))
                add("field", field.name, russian ? field.ru : field.en);
    const auto person = colon == std::string::npos ? word : word.substr(colon + 1);
    const bool to = word.starts_with("to:") || word.starts_with("кому:");
    const bool from = word.starts_with("from:") || word.starts_with("от:");
    const bool wants_person = colon == std::string::npos || from || to;
    if (call.caller.sees_all() && wants_person && person.size() >= 2) {
        TRY(auto find, service.find(call.caller));
        TRY(const auto people, find.catalog().correspondents(person, 6));
        const auto field = to ? "to:" : "from:";
        for (const auto& one : people)
            add("person",
                field + one.address,
                one.names.empty() ? one.address : one.names.front().name);
        find.give_back();
    }
    return json_answer(json::object{{"items", std::move(items)}});
}

}  // namespace

std::vector<Entry> search_routes() {
    using enum http::Method;
    return {{get, "/search", access::Right::search, "Messages that a query finds", search},
            {get, "/suggest", access::Right::search, "What may be typed next", suggest}};
}

}  // namespace letopis::api
