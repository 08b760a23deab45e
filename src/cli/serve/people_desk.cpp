// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/serve/people_desk.hpp"

#include <fmt/format.h>

namespace letopis::cli {

Result<Desk> Desk::open(Session& session) {
    Desk desk(session);
    desk.people_ = session.directory_of_people;
    if (desk.people_ == nullptr) {
        TRY(desk.own_, api::Directory::open(session.archive));
        desk.people_ = desk.own_.get();
    }
    return desk;
}

access::Author Desk::author() const {
    const auto& arguments = session_->arguments;
    return {.id = std::string(access::operator_id),
            .now = session_->archive.clock().now(),
            .approval = arguments.get("--approval"),
            .ask = arguments.get("--reason")};
}

Result<std::optional<access::Change>> Desk::change(const api::Directory::Decide& decide) {
    auto made = people_->change(decide);
    if (!made && made.error().what == access::needs_another)
        return fail(Errc::forbidden,
                    "somebody who may approve must agree to this",
                    "Give --reason 'TEXT' to ask; once it was approved on the page, give "
                    "--approval ID.");
    TRY(auto change, std::move(made));
    if (!change.asked) return std::optional(std::move(change));
    session_->output.print(
        session_->json()
            ? fmt::format("{{\"asked\":\"{}\"}}\n", change.id)
            : fmt::format("asked: within 24 hours somebody who may approve must agree on the page; "
                          "then the same command with --approval {}\n",
                          change.id));
    return std::optional<access::Change>();
}

Result<access::User> Desk::user(const std::string& wanted) const {
    auto found = people_->read([&](const access::People& people) {
        const auto* user = people.user_by_login(wanted);
        if (user == nullptr) user = people.user(wanted);
        return user == nullptr ? std::optional<access::User>() : *user;
    });
    if (!found)
        return fail(Errc::not_found,
                    fmt::format("there is no user '{}'", wanted),
                    "`letopis user list` names them.");
    return *std::move(found);
}

Result<access::Group> Desk::group(const std::string& wanted) const {
    std::vector<access::Group> found;
    people_->read([&](const access::People& people) {
        for (const auto& group : people.groups())
            if (group.id == wanted || group.name == wanted) found.push_back(group);
        return 0;
    });
    if (found.empty())
        return fail(Errc::not_found,
                    fmt::format("there is no team '{}'", wanted),
                    "`letopis group list` names them.");
    if (found.size() > 1)
        return fail(Errc::conflict,
                    fmt::format("several teams are called '{}'", wanted),
                    "Name it by its id.");
    return std::move(found.front());
}

Result<access::Grant> Desk::grant(const std::string& role) const {
    TRY(auto grant, grant_of(session_->arguments, role));
    for (auto& team : grant.scope.groups) {
        TRY(const auto known, group(team));
        team = known.id;
    }
    return grant;
}

std::string Desk::text(const access::Grant& grant) const {
    std::string text(access::name(grant.role));
    const auto& scope = grant.scope;
    if (scope.everything) text += ", everything";
    const auto add = [&](std::string_view what, const std::vector<std::string>& list) {
        if (!list.empty()) text += fmt::format(", {}: {}", what, joined(list));
    };
    add("clients", scope.clients);
    add("employees", scope.employees);
    add("teams", people_->read([&](const access::People& people) {
        auto teams = scope.groups;
        for (auto& team : teams)
            if (const auto* known = people.group(team)) team = known->name;
        return teams;
    }));
    add("channels", scope.channels);
    add("sources", scope.sources);
    if (scope.from) text += ", from " + rfc3339(*scope.from);
    if (scope.until) text += ", until " + rfc3339(*scope.until);
    if (grant.until) text += ", expires " + rfc3339(*grant.until);
    return text;
}

std::vector<std::string> list_of(std::string_view text) {
    std::vector<std::string> list;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        auto one = text.substr(0, end);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (!one.empty()) list.emplace_back(one);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return list;
}

std::string joined(const std::vector<std::string>& list) {
    return fmt::format("{}", fmt::join(list, ", "));
}

Result<std::optional<Instant>> moment_of(const Arguments& arguments, std::string_view option) {
    auto text = arguments.get(option);
    if (text.empty()) return std::optional<Instant>();
    if (text.size() == 10) text += "T00:00:00Z";
    const auto moment = parse_rfc3339(text);
    if (!moment) return fail(Errc::invalid, fmt::format("{} takes a date like 2026-12-31", option));
    return moment;
}

Result<access::Grant> grant_of(const Arguments& arguments, const std::string& role) {
    const auto named = access::role_named(role);
    if (!named)
        return fail(Errc::invalid,
                    fmt::format("there is no role '{}'", role),
                    "`letopis role list` names them.");
    access::Grant grant{.role = *named};
    auto& scope = grant.scope;
    scope.everything = arguments.has("--everything");
    scope.clients = list_of(arguments.get("--clients"));
    scope.employees = list_of(arguments.get("--employees"));
    scope.groups = list_of(arguments.get("--teams"));
    scope.channels = list_of(arguments.get("--channels"));
    scope.sources = list_of(arguments.get("--sources"));
    TRY(scope.from, moment_of(arguments, "--from"));
    TRY(scope.until, moment_of(arguments, "--until"));
    TRY(grant.until, moment_of(arguments, "--expires"));
    grant.reason = arguments.get("--reason");
    return grant;
}

}  // namespace letopis::cli
