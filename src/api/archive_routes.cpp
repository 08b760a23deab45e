// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "api/directory.hpp"
#include "api/handlers.hpp"
#include "api/imports.hpp"
#include "app/verifier.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

json::object integrity_json(const Service::Integrity& found, bool whole = true) {
    json::array problems;
    if (whole)
        for (const auto& problem : found.problems) problems.push_back(json_text(problem));
    return json::object{
        {"state",
         !found.checked ? "unchecked"
         : found.ok     ? "ok"
                        : "fault"},
        {"checked_at",
         found.checked ? json::value(json_text(rfc3339(found.at))) : json::value(nullptr)},
        {"records", whole && found.checked ? json::value(found.records) : json::value(nullptr)},
        {"problems", std::move(problems)}};
}

Result<http::Response> about(Service& service, Call& call) {
    TRY(auto find, service.find(call.caller));
    TRY(const auto counts, find.catalog().counts());
    TRY(const auto books, find.catalog().books());
    bool balanced = true;
    for (const auto& source : books) balanced = balanced && source.balanced() && source.agrees();
    // Whoever sees a part is told the size of that part; the other figures are of the machine.
    std::uint64_t seen = counts.messages;
    const bool all = call.caller.sees_all();
    const bool machine = all || access::may(call.caller, access::Right::integrity_view);
    const auto figure = [](bool shown, std::uint64_t value) {
        return shown ? json::value(value) : json::value(nullptr);
    };
    if (!all) {
        const text::Node everything;
        auto request = find.request(everything);
        request.limit = 1;
        TRY(const auto answer, find.engine().search(request));
        seen = answer.total;
    }
    find.give_back();
    const auto settings = service.directory().settings();
    // Two who have come in: the approval of a second person is to be had.
    const bool split = service.directory().read([&](const access::People& people) {
        return people.approvers({}, service.clock().now()) > 1;
    });
    return json_answer(json::object{
        {"company", json_text(settings.company)},
        {"demo", settings.demo},
        {"messages", seen},
        {"conversations", figure(all, counts.conversations)},
        {"sources", figure(access::sees_all_sources(call.caller), books.size())},
        {"records", figure(machine, service.archive().journal().head().records)},
        {"created", json_text(rfc3339(service.archive().identity().created))},
        {"books", json::object{{"balanced", balanced}}},
        {"integrity", integrity_json(service.integrity(), machine)},
        {"checklist", json::array{json::object{{"id", "split-roles"}, {"done", split}}}}});
}

Result<http::Response> integrity(Service& service, Call&) {
    return json_answer(integrity_json(service.integrity()));
}

Result<http::Response> verify_now(Service& service, Call&) {
    return json_answer(json::object{{"id", json_text(service.look_in_background())}}, 202);
}

// What a file of the archive's directory belongs to, by the first part of its name.
std::string_view store_of(std::string_view name) {
    if (name.starts_with("live.db") || name.starts_with("once.db") || name == "journal" ||
        name == "bodies")
        return "journal";
    if (name == "objects" || name == "index" || name == "uploads") return name;
    if (name.starts_with("catalog.db")) return "catalog";
    return name == "log" ? "ledger" : "other";
}

Result<http::Response> storage(Service& service, Call&) {
    TRY(const auto space, disk_space(service.archive().directory()));
    std::map<std::string, std::uint64_t> parts;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry(service.archive().directory(), error),
         end;
         !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (!entry->is_regular_file(ignored)) continue;
        const auto relative = entry->path().lexically_relative(service.archive().directory());
        parts[std::string(store_of(relative.begin()->string()))] += entry->file_size(ignored);
    }
    json::array items;
    std::uint64_t all = 0;
    for (const auto& [name, bytes] : parts) {
        items.push_back(json::object{{"name", json_text(name)}, {"bytes", bytes}});
        all += bytes;
    }
    return json_answer(json::object{{"items", std::move(items)},
                                    {"bytes", all},
                                    {"free", space.free_bytes},
                                    {"total", space.total_bytes}});
}

// Changes of imports, as they come. The answer lives as long as its reader.
bool still_there(Service& service, const access::Caller& caller) {
    const auto known = service.directory().read([&](const access::People& people) {
        return people.caller(caller.user, service.clock().now());
    });
    if (!known || known->rights != caller.rights) return false;
    if (caller.session.empty()) return true;  // a program
    const auto sessions = service.sessions().list(caller.user);
    return sessions && std::ranges::any_of(*sessions, [&](const access::Session& session) {
               return session.id == caller.session;
           });
}

Result<http::Response> events(Service& service, Call& call) {
    http::Response response;
    const bool imports = access::may(call.caller, access::Right::import_messages);
    const bool machine =
        call.caller.sees_all() || access::may(call.caller, access::Right::integrity_view);
    response.events = [&service,
                       imports,
                       machine,
                       caller = call.caller,
                       seen = std::uint64_t(0),
                       polls = 0]() mutable -> std::optional<std::string> {
        // Who signed out, or lost the right, hears nothing more.
        constexpr int polls_between_looks = 4;  // a second
        if (++polls % polls_between_looks == 0 && !still_there(service, caller))
            return std::nullopt;
        const auto now = service.imports().version();
        if (now == seen) return std::string();
        seen = now;
        std::string text;
        if (imports)
            for (const auto& view : service.imports().imports())
                if (shown_to(caller, view))
                    text += "event: import\ndata: " + json::serialize(import_json(view)) + "\n\n";
        text += machine ? fmt::format("event: archive\ndata: {{\"records\":{}}}\n\n",
                                      service.archive().journal().head().records)
                        : std::string("event: archive\ndata: {}\n\n");
        return text;
    };
    return response;
}

}  // namespace

std::vector<Entry> archive_routes() {
    using enum http::Method;
    using access::Right;
    return {
        {get, "/archive", Right::self, "The archive in figures", about},
        {get, "/integrity", Right::integrity_view, "Is everything as it was stored?", integrity},
        {post,
         "/integrity/verify",
         Right::integrity_run,
         "Begins to look at everything",
         verify_now},
        {get, "/storage", Right::integrity_view, "What takes how much room", storage},
        {get, "/events", Right::self, "What changes, as it changes", events}};
}

}  // namespace letopis::api
