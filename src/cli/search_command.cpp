// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "app/descriptor.hpp"
#include "app/find.hpp"
#include "app/index_feed.hpp"
#include "app/views.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "search/snippet.hpp"

namespace letopis::cli {

namespace json = boost::json;

namespace {

json::object facets_json(const search::Facets& facets) {
    const auto pairs = [](const auto& list, auto name) {
        json::array array;
        for (const auto& [value, count] : list)
            array.push_back(json::object{{"value", app::json_text(name(value))}, {"count", count}});
        return array;
    };
    const auto same = [](const std::string& text) { return std::string_view(text); };
    json::object object;
    object["channel"] = pairs(facets.channels, [](std::uint8_t channel) {
        return model::name(static_cast<model::Channel>(channel));
    });
    object["from"] = pairs(facets.senders, same);
    object["lang"] = pairs(facets.languages, same);
    json::array months;
    for (const auto& month : facets.months)
        months.push_back(
            json::object{{"value", fmt::format("{:04}-{:02}", month.year, month.month)},
                         {"count", month.count}});
    object["month"] = std::move(months);
    object["has_attachment"] = facets.with_attachment;
    return object;
}

std::string facets_text(const search::Facets& facets) {
    std::string text = "\n";
    const auto line = [&](std::string_view title, const auto& list, auto name) {
        if (list.empty()) return;
        text += fmt::format("{:>10}  ", title);
        for (const auto& [value, count] : list)
            text += fmt::format("{} {}   ", terminal_safe(name(value)), count);
        text += "\n";
    };
    const auto same = [](const std::string& value) { return std::string_view(value); };
    line("channel", facets.channels, [](std::uint8_t channel) {
        return model::name(static_cast<model::Channel>(channel));
    });
    line("from", facets.senders, same);
    line("language", facets.languages, same);
    text += fmt::format("{:>10}  {} messages\n", "attachment", facets.with_attachment);
    return text;
}

struct Page {
    search::Answer answer;
    std::vector<catalog::MessageRow> rows;
    std::vector<search::Snippet> snippets;
    std::optional<search::Facets> facets;
    std::string suggestion;
};

Result<Page> find_page(Session& session,
                       const std::string& query,
                       const text::Node& root,
                       app::Find& find,
                       bool with_facets) {
    const auto& arguments = session.arguments;
    TRY(const auto limit, arguments.number("--limit", 20, 1000));
    const auto order_name = arguments.get("--order", "newest");
    if (order_name != "newest" && order_name != "relevance")
        return fail(Errc::invalid, "--order takes newest or relevance");
    auto request = find.request(root);
    request.order = order_name == "newest" ? search::Order::newest : search::Order::relevance;
    request.limit = static_cast<std::size_t>(limit);
    request.cursor = arguments.get("--cursor");
    Page page;
    TRY(page.answer, find.engine().search(request));
    if (with_facets) {
        TRY(page.facets, find.engine().facets(request));
    }
    std::vector<Seq> seqs;
    for (const auto& hit : page.answer.hits) seqs.push_back(hit.seq);
    TRY(page.rows, find.catalog().messages(seqs, catalog::Texts::with));
    text::Analyser analyser;
    const bool terminal = ::isatty(session.output.out()) != 0;
    search::Snippets snippets(analyser,
                              root,
                              {.max_chars = 160,
                               .open = terminal ? "\x1b[1m" : "[",
                               .close = terminal ? "\x1b[0m" : "]"});
    for (auto& row : page.rows) {
        TRY(auto text, app::text_of(session.archive, row.seq, std::move(row.text)));
        if (!session.json()) text = terminal_safe(text);
        page.snippets.push_back(snippets.best(row.subject, text));
        // Words that stand only in an attachment: its text is not in the catalogue and is read
        // again.
        if (row.attachments != 0 && search::matches(analyser, root, text).empty() &&
            search::matches(analyser, root, row.subject).empty()) {
            if (const auto doc = find.document(row.seq))
                page.snippets.back() = snippets.best(doc->subject, doc->body, doc->attachments);
        }
    }
    if (page.answer.total == 0) {
        TRY(page.suggestion, find.suggestion(query));
    }
    return page;
}

void print_page(Session& session, const Page& page) {
    auto& output = session.output;
    std::size_t i = 0;
    for (const auto& row : page.rows) {
        const auto& snippet = page.snippets[i++];
        std::string to = row.to.empty() ? row.conversation_title : app::show_party(row.to.front());
        if (row.to_count > 1) to += fmt::format(" and {} more", row.to_count - 1);
        output.print(fmt::format(
            "{:>8}  {}  {:<8}  {}{}\n",
            row.seq.value(),
            rfc3339(row.date).substr(0, 16),
            model::name(row.channel),
            terminal_safe(row.from.address.empty() ? "(nobody named)" : app::show_party(row.from)),
            to.empty() ? "" : " → " + terminal_safe(to)));
        if (!row.subject.empty())
            output.print(fmt::format("          {}\n", terminal_safe(row.subject)));
        if (!snippet.text.empty())
            output.print(fmt::format("          {}{}\n",
                                     snippet.in == "attachment" ? "(in an attachment) " : "",
                                     snippet.text));
    }
    if (page.facets) output.print(facets_text(*page.facets));
    output.print(fmt::format("{}{} message{}{}\n",
                             page.rows.empty() ? "" : "\n",
                             page.answer.total,
                             page.answer.total == 1 ? "" : "s",
                             page.answer.exact ? "" : " at most"));
    if (!page.answer.note.empty()) output.print(page.answer.note + "\n");
    if (!page.answer.cursor.empty())
        output.print(fmt::format("more: --cursor {}\n", page.answer.cursor));
    if (!page.suggestion.empty()) output.print(fmt::format("Did you mean: {}\n", page.suggestion));
}

}  // namespace

Exit run_search(Session& session) {
    const auto& query = session.arguments.positional.front();
    const auto parsed = text::parse_query(query, session.archive.clock().now());
    if (parsed.error) {
        if (session.json()) {
            session.output.print(
                json::serialize(
                    json::object{{"error",
                                  json::object{{"code", "invalid"},
                                               {"at", parsed.error->at},
                                               {"what", app::json_text(parsed.error->what)},
                                               {"hint", app::json_text(parsed.error->hint)}}}}) +
                "\n");
        }
        session.output.note(text::show_error(query, *parsed.error));
        return Exit::usage;
    }
    auto current = make_current(session);
    if (!current) return report(session.output, current.error(), session.json());
    app::Find find(session.archive, std::move(*current));
    const bool with_facets =
        session.json() ? !session.arguments.has("--no-facets") : session.arguments.has("--facets");
    auto page = find_page(session, query, *parsed.root, find, with_facets);
    if (!page) return report(session.output, page.error(), session.json());
    // Content leaves only after the access record is durable.
    const auto started = std::chrono::steady_clock::now();
    const auto recorded = session.archive.record_access(
        journal::Kind::search, app::search_descriptor(session.who, query, page->answer.total));
    const auto waited =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started)
            .count();
    if (!recorded) return report(session.output, recorded.error(), session.json());
    if (session.json()) {
        json::array hits;
        std::size_t i = 0;
        for (const auto& row : page->rows) {
            auto hit = app::row_json(row);
            hit["snippet"] = app::json_text(page->snippets[i].text);
            hit["snippet_in"] = app::json_text(page->snippets[i].in);
            hits.push_back(std::move(hit));
            ++i;
        }
        json::object answer;
        answer["total"] = page->answer.total;
        answer["exact"] = page->answer.exact;
        answer["hits"] = std::move(hits);
        answer["facets"] = page->facets ? facets_json(*page->facets) : json::object();
        if (!page->answer.cursor.empty()) answer["cursor"] = app::json_text(page->answer.cursor);
        if (!page->answer.note.empty()) answer["note"] = app::json_text(page->answer.note);
        if (!page->suggestion.empty()) answer["suggestion"] = app::json_text(page->suggestion);
        answer["access_record_ms"] = std::round(waited * 100) / 100;
        session.output.print(json::serialize(answer) + "\n");
    } else {
        print_page(session, *page);
    }
    session.output.flush();
    find.give_back();
    return Exit::done;
}

}  // namespace letopis::cli
