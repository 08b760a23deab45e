// SPDX-License-Identifier: AGPL-3.0-or-later
// letopis own: which domains and addresses are the company's.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/ours.hpp"
#include "app/views.hpp"
#include "cli/serve/people_desk.hpp"
#include "cli/serve/serve.hpp"

namespace letopis::cli {

namespace {

namespace json = boost::json;

std::vector<std::string> own_now(const api::Directory& people) {
    const auto set = people.settings().own;
    return set ? *set : people.read([](const access::People& known) {
        return api::proposed_domains(known);
    });
}

void print(Session& session, const api::Directory& people) {
    const auto entries = own_now(people);
    if (!session.json()) {
        for (const auto& one : entries) session.output.print(one + "\n");
        return;
    }
    json::array items;
    for (const auto& one : entries) items.push_back(app::json_text(one));
    session.output.print(json::serialize(json::object{{"items", std::move(items)},
                                                      {"set", people.settings().own.has_value()}}) +
                         "\n");
}

Result<void> own_command(Session& session) {
    TRY(auto desk, Desk::open(session));
    const auto& words = session.arguments.positional;
    const auto& action = words.front();
    auto& people = desk.people();
    if (action == "list") return print(session, people), Result<void>();
    if (action != "add" && action != "remove")
        return fail(Errc::invalid,
                    fmt::format("`own` does not know '{}'", action),
                    "It knows list, add and remove.");
    if (words.size() < 2)
        return fail(Errc::invalid, fmt::format("usage: letopis own {} DOMAIN|ADDRESS…", action));
    auto entries = own_now(people);
    for (std::size_t i = 1; i < words.size(); ++i) {
        TRY(const auto entry, api::own_entry(words[i]));
        const auto gone = std::erase(entries, entry);
        if (action == "add") entries.push_back(entry);
        if (action == "remove" && gone == 0)
            return fail(Errc::not_found,
                        fmt::format("'{}' is not in the list", entry),
                        "`letopis own list` shows it.");
    }
    TRY(const auto wanted, api::own_entries(entries));
    TRY_DO(people.amend(
        desk.author().id, "own", [&](api::Settings& settings) { settings.own = wanted; }));
    return print(session, people), Result<void>();
}

}  // namespace

Exit run_own(Session& session) {
    if (const auto done = own_command(session); !done)
        return report(session.output, done.error(), session.json());
    session.output.flush();
    return Exit::done;
}

}  // namespace letopis::cli
