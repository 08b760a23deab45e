// SPDX-License-Identifier: AGPL-3.0-or-later
// letopis user, role, group: people and what they may, by whoever holds the archive's key.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "access/sessions.hpp"
#include "app/views.hpp"
#include "cli/serve/people_desk.hpp"
#include "cli/serve/serve.hpp"

namespace letopis::cli {

namespace json = boost::json;
using app::json_text;

namespace {

std::string word(const Session& session, std::size_t at) {
    const auto& words = session.arguments.positional;
    return at < words.size() ? words[at] : std::string();
}

// How many words the action takes, itself included.
Result<void> takes(const Session& session, std::size_t least, std::size_t most, const char* usage) {
    const auto count = session.arguments.positional.size();
    if (count >= least && count <= most) return {};
    return fail(Errc::invalid, fmt::format("usage: letopis {}", usage));
}

auto unknown_action(const Session& session) {
    return fail(
        Errc::invalid,
        fmt::format("`{}` does not know '{}'", session.arguments.command->name, word(session, 0)),
        fmt::format("`letopis help {}` lists what it does.", session.arguments.command->name));
}

Exit ended(Session& session, const Result<void>& done) {
    if (!done) return report(session.output, done.error(), session.json());
    session.output.flush();
    return Exit::done;
}

json::array texts(const std::vector<std::string>& list) {
    json::array array;
    for (const auto& one : list) array.push_back(json_text(one));
    return array;
}

json::array grants_json(const Desk& desk, const std::vector<access::Grant>& grants) {
    json::array array;
    for (const auto& grant : grants) array.push_back(json_text(desk.text(grant)));
    return array;
}

std::string grants_lines(const Desk& desk, const std::vector<access::Grant>& grants) {
    std::string lines;
    for (const auto& grant : grants) lines += "  " + desk.text(grant) + "\n";
    return lines;
}

// ---- users

json::object user_json(const Desk& desk, const access::User& user) {
    return json::object{{"id", json_text(user.id)},
                        {"login", json_text(user.login)},
                        {"name", json_text(user.name)},
                        {"email", json_text(user.email)},
                        {"active", user.active},
                        {"second_factor", !user.totp.empty() || !user.passkeys.empty()},
                        {"addresses", texts(user.addresses)},
                        {"groups", texts(user.groups)},
                        {"grants", grants_json(desk, user.grants)}};
}

std::string user_line(const access::User& user) {
    const bool factor = !user.totp.empty() || !user.passkeys.empty();
    std::vector<std::string> roles;
    for (const auto& grant : user.grants) roles.emplace_back(access::name(grant.role));
    return fmt::format("{}  {}  {}{}\n",
                       user.login,
                       user.name,
                       roles.empty() ? "no role" : joined(roles),
                       !user.active ? "  (switched off)"
                       : !factor    ? "  (has not joined yet)"
                                    : "");
}

Result<void> list_users(Desk& desk) {
    std::vector<access::User> users;
    desk.people().read([&](const access::People& people) {
        for (const auto& [_, user] : people.users()) users.push_back(user);
        return 0;
    });
    auto& output = desk.session().output;
    json::array items;
    for (const auto& user : users) {
        if (desk.session().json())
            items.push_back(user_json(desk, user));
        else
            output.print(user_line(user));
    }
    if (desk.session().json()) output.print(json::serialize(items) + "\n");
    return {};
}

Result<void> show_user(Desk& desk) {
    TRY(const auto user, desk.user(word(desk.session(), 1)));
    if (desk.session().json())
        desk.session().output.print(json::serialize(user_json(desk, user)) + "\n");
    else
        desk.session().output.print(
            fmt::format("{}id {}\ne-mail {}\naddresses {}\nteams {}\nrights\n{}",
                        user_line(user),
                        user.id,
                        user.email,
                        joined(user.addresses),
                        joined(user.groups),
                        grants_lines(desk, user.grants)));
    return {};
}

void print_link(Desk& desk, const std::string& id, const std::string& secret) {
    auto& session = desk.session();
    session.output.print(
        session.json()
            ? json::serialize(
                  json::object{{"id", json_text(id)}, {"invite", json_text("/join/" + secret)}}) +
                  "\n"
            : fmt::format("good once and for 72 hours, behind the server's address:\n  /join/{}\n",
                          secret));
}

Result<void> invite(Desk& desk, const std::string& id) {
    TRY(const auto made, desk.change([&](const access::People& people) {
        return access::invite(people, id, true, desk.author());
    }));
    if (made) print_link(desk, id, made->secret);
    return {};
}

Result<std::vector<std::string>> groups_of(const Desk& desk, std::string_view names) {
    std::vector<std::string> ids;
    for (const auto& name : list_of(names)) {
        TRY(const auto group, desk.group(name));
        ids.push_back(group.id);
    }
    return ids;
}

Result<void> add_user(Desk& desk) {
    const auto& arguments = desk.session().arguments;
    access::NewUser wanted{.login = word(desk.session(), 1),
                           .name = word(desk.session(), 2),
                           .email = arguments.get("--email"),
                           .locale = desk.people().settings().language,
                           .addresses = list_of(arguments.get("--addresses"))};
    if (arguments.has("--role")) {
        TRY(auto grant, desk.grant(arguments.get("--role")));
        wanted.grants.push_back(std::move(grant));
    }
    TRY(wanted.groups, groups_of(desk, arguments.get("--groups")));
    TRY(const auto made, desk.change([&](const access::People& people) {
        return access::add_user(people, wanted, desk.author());
    }));
    return made ? invite(desk, made->id) : Result<void>();
}

Result<void> change_user(Desk& desk, const access::User& user, const access::UserChange& wanted) {
    TRY(const auto made, desk.change([&](const access::People& people) {
        return access::change_user(people, user.id, wanted, desk.author());
    }));
    if (made) {
        TRY(const auto now, desk.user(user.id));
        desk.session().output.print(
            desk.session().json() ? json::serialize(user_json(desk, now)) + "\n" : user_line(now));
    }
    return {};
}

Result<void> set_user(Desk& desk, const access::User& user) {
    const auto& arguments = desk.session().arguments;
    access::Description wanted{.name = arguments.get("--name", user.name),
                               .email = arguments.get("--email", user.email),
                               .locale = user.locale,
                               .addresses = user.addresses,
                               .external = user.external};
    if (arguments.has("--addresses")) wanted.addresses = list_of(arguments.get("--addresses"));
    access::UserChange change{.described = wanted};
    if (arguments.has("--role")) {
        TRY(auto grant, desk.grant(arguments.get("--role")));
        change.grants = std::vector{std::move(grant)};
    }
    if (arguments.has("--groups")) {
        TRY(change.groups, groups_of(desk, arguments.get("--groups")));
    }
    return change_user(desk, user, change);
}

Result<void> switch_user(Desk& desk, const access::User& user, bool active) {
    TRY_DO(change_user(desk, user, {.active = active}));
    // Beside a server the sessions end at once; without one there is nobody to notice.
    if (!active && desk.session().sessions != nullptr)
        TRY_DO(desk.session().sessions->end_all(user.id));
    return {};
}

Result<void> user_command(Session& session) {
    TRY(auto desk, Desk::open(session));
    const auto action = word(session, 0);
    if (action == "list") return list_users(desk);
    if (action == "add") {
        TRY_DO(takes(session, 3, 3, "user add LOGIN 'NAME' [--role ROLE …]"));
        return add_user(desk);
    }
    TRY_DO(takes(session, 2, 2, "user ACTION LOGIN"));
    if (action == "show") return show_user(desk);
    TRY(const auto user, desk.user(word(session, 1)));
    if (action == "set") return set_user(desk, user);
    if (action == "invite" || action == "reset") return invite(desk, user.id);
    if (action == "disable") return switch_user(desk, user, false);
    if (action == "enable") return switch_user(desk, user, true);
    return unknown_action(session);
}

// ---- roles

Result<void> list_roles(Session& session) {
    json::array items;
    for (const auto role : access::all_roles()) {
        std::vector<std::string> rights;
        for (const auto right : access::rights_of(role)) rights.emplace_back(access::name(right));
        if (session.json())
            items.push_back(
                json::object{{"name", json_text(access::name(role))}, {"rights", texts(rights)}});
        else
            session.output.print(fmt::format("{}: {}\n", access::name(role), joined(rights)));
    }
    if (session.json()) session.output.print(json::serialize(items) + "\n");
    return {};
}

// The grants with one more, or without those of the role.
Result<std::vector<access::Grant>> changed(Desk& desk, std::vector<access::Grant> grants) {
    const auto& session = desk.session();
    const auto role = word(session, 2);
    TRY(auto grant, desk.grant(role));
    if (word(session, 0) == "give")
        grants.push_back(std::move(grant));
    else if (std::erase_if(grants, [&](const auto& had) { return had.role == grant.role; }) == 0)
        return fail(Errc::not_found, fmt::format("'{}' has no role '{}'", word(session, 1), role));
    return grants;
}

Result<void> role_command(Session& session) {
    const auto action = word(session, 0);
    if (action == "list") return list_roles(session);
    if (action != "give" && action != "take") return unknown_action(session);
    TRY_DO(takes(session, 3, 3, "role give|take LOGIN ROLE"));
    TRY(auto desk, Desk::open(session));
    TRY(const auto user, desk.user(word(session, 1)));
    TRY(auto grants, changed(desk, user.grants));
    return change_user(desk, user, {.grants = std::move(grants)});
}

// ---- teams

std::vector<std::string> members_of(const access::People& people, const std::string& group) {
    std::vector<std::string> members;
    for (const auto& [id, user] : people.users())
        if (std::ranges::find(user.groups, group) != user.groups.end()) members.push_back(id);
    return members;
}

void print_group(Desk& desk, const access::Group& group, json::array* items) {
    std::vector<std::string> logins;
    desk.people().read([&](const access::People& people) {
        for (const auto& id : members_of(people, group.id))
            logins.push_back(people.user(id)->login);
        return 0;
    });
    if (items != nullptr)
        items->push_back(json::object{{"id", json_text(group.id)},
                                      {"name", json_text(group.name)},
                                      {"members", texts(logins)},
                                      {"grants", grants_json(desk, group.grants)}});
    else
        desk.session().output.print(fmt::format("{}  {}: {}\n{}",
                                                group.id,
                                                group.name,
                                                logins.empty() ? "nobody" : joined(logins),
                                                grants_lines(desk, group.grants)));
}

Result<void> list_groups(Desk& desk) {
    std::vector<access::Group> groups;
    desk.people().read([&](const access::People& people) {
        groups = people.groups();
        return 0;
    });
    json::array items;
    for (const auto& group : groups)
        print_group(desk, group, desk.session().json() ? &items : nullptr);
    if (desk.session().json()) desk.session().output.print(json::serialize(items) + "\n");
    return {};
}

Result<void> put_group(Desk& desk, const access::GroupChange& wanted) {
    TRY(const auto made, desk.change([&](const access::People& people) {
        return access::change_group(people, wanted, desk.author());
    }));
    if (!made) return {};
    TRY(const auto now, desk.group(made->id));
    json::array items;
    print_group(desk, now, desk.session().json() ? &items : nullptr);
    if (desk.session().json()) desk.session().output.print(json::serialize(items.front()) + "\n");
    return {};
}

// Those who are in, with or without the logins that are named.
Result<std::vector<std::string>> with_members(Desk& desk, const access::Group& group, bool in) {
    auto members = desk.people().read(
        [&](const access::People& people) { return members_of(people, group.id); });
    const auto& words = desk.session().arguments.positional;
    for (std::size_t i = 2; i < words.size(); ++i) {
        TRY(const auto user, desk.user(words[i]));
        std::erase(members, user.id);
        if (in) members.push_back(user.id);
    }
    return members;
}

Result<void> group_command(Session& session) {
    TRY(auto desk, Desk::open(session));
    const auto action = word(session, 0);
    if (action == "list") return list_groups(desk);
    if (action == "add") {
        TRY_DO(takes(session, 2, 2, "group add 'NAME'"));
        return put_group(desk, {.group = {.id = {}, .name = word(session, 1), .grants = {}}});
    }
    TRY_DO(takes(session, 2, 1000, "group ACTION GROUP …"));
    TRY(auto group, desk.group(word(session, 1)));
    if (action == "remove") {
        TRY_DO(desk.change([&](const access::People& people) {
            return access::remove_group(people, group.id, desk.author());
        }));
        return {};
    }
    TRY_DO(takes(session, 3, 1000, "group ACTION GROUP …"));
    if (action == "rename") {
        group.name = word(session, 2);
        return put_group(desk, {.group = group});
    }
    if (action == "join" || action == "leave") {
        TRY(const auto members, with_members(desk, group, action == "join"));
        return put_group(desk, {.group = group, .members = members});
    }
    if (action != "give" && action != "take") return unknown_action(session);
    TRY(group.grants, changed(desk, group.grants));
    return put_group(desk, {.group = group});
}

// ---- tokens

Result<void> list_tokens(Desk& desk) {
    auto& session = desk.session();
    const auto login = word(session, 1);
    json::array items;
    desk.people().read([&](const access::People& people) {
        for (const auto& [id, token] : people.tokens()) {
            const auto* owner = people.user(token.user);
            const auto whose = owner == nullptr ? token.user : owner->login;
            if (!login.empty() && login != whose) continue;
            std::vector<std::string> rights;
            for (const auto right : token.rights) rights.emplace_back(access::name(right));
            if (session.json())
                items.push_back(json::object{
                    {"id", json_text(id)},
                    {"name", json_text(token.name)},
                    {"login", json_text(whose)},
                    {"rights", texts(rights)},
                    {"until",
                     token.until ? json::value(rfc3339(*token.until)) : json::value(nullptr)}});
            else
                session.output.print(
                    fmt::format("{}  {}  of {}: {}{}\n",
                                id,
                                token.name,
                                whose,
                                joined(rights),
                                token.until ? ", until " + rfc3339(*token.until) : std::string()));
        }
        return 0;
    });
    if (session.json()) session.output.print(json::serialize(items) + "\n");
    return {};
}

Result<void> make_token(Desk& desk) {
    auto& session = desk.session();
    TRY(const auto user, desk.user(word(session, 1)));
    access::NewToken wanted{.name = word(session, 2), .rights = {}, .until = {}, .user = user.id};
    for (const auto& name : list_of(session.arguments.get("--rights"))) {
        const auto right = access::right_named(name);
        if (!right)
            return fail(Errc::invalid,
                        fmt::format("there is no right '{}'", name),
                        "`letopis role list` names them.");
        wanted.rights.insert(*right);
    }
    if (wanted.rights.empty())
        return fail(Errc::invalid, "--rights is missing", "For example: --rights search,read");
    TRY(wanted.until, moment_of(session.arguments, "--until"));
    TRY(const auto made, desk.change([&](const access::People& people) {
        return access::add_token(people, wanted, desk.author());
    }));
    if (!made) return {};
    session.output.print(session.json()
                             ? json::serialize(json::object{{"id", json_text(made->id)},
                                                            {"secret", json_text(made->secret)}}) +
                                   "\n"
                             : fmt::format("{}\nshown once: keep it now\n", made->secret));
    return {};
}

Result<void> token_command(Session& session) {
    TRY(auto desk, Desk::open(session));
    const auto action = word(session, 0);
    if (action == "list") return list_tokens(desk);
    if (action == "make") {
        TRY_DO(takes(session, 3, 3, "token make LOGIN 'NAME' --rights RIGHTS"));
        return make_token(desk);
    }
    if (action != "revoke") return unknown_action(session);
    TRY_DO(takes(session, 2, 2, "token revoke ID"));
    TRY_DO(desk.change([&](const access::People& people) {
        return access::revoke_token(people, word(session, 1), desk.author());
    }));
    return {};
}

}  // namespace

Exit run_people(Session& session) {
    const auto& name = session.arguments.command->name;
    if (name == "own") return run_own(session);
    if (name == "user") return ended(session, user_command(session));
    if (name == "role") return ended(session, role_command(session));
    if (name == "group") return ended(session, group_command(session));
    return ended(session, token_command(session));
}

}  // namespace letopis::cli
