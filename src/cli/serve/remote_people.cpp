// SPDX-License-Identifier: AGPL-3.0-or-later
// letopis --server … user and role: people and what they may, over the API.
#include <fmt/format.h>

#include "api/people_json.hpp"
#include "app/views.hpp"
#include "base/percent.hpp"
#include "cli/serve/people_desk.hpp"
#include "cli/serve/remote_calls.hpp"

namespace letopis::cli {

namespace json = boost::json;
using app::json_text;
using http::Method;

namespace {

Result<json::object> found_user(RemoteCalls& server, const std::string& login) {
    TRY(const auto users, server.object(Method::get, "/users"));
    for (const auto& item : items(users)) {
        const auto* user = item.if_object();
        if (user != nullptr && (text_in(*user, "login") == login || text_in(*user, "id") == login))
            return *user;
    }
    return fail(Errc::not_found, fmt::format("there is no user '{}'", login));
}

Result<std::vector<std::string>> team_ids(RemoteCalls& server, std::vector<std::string> names) {
    if (names.empty()) return names;
    TRY(const auto teams, server.object(Method::get, "/groups"));
    for (auto& name : names) {
        std::string id;
        for (const auto& item : items(teams)) {
            const auto* team = item.if_object();
            if (team == nullptr || (text_in(*team, "name") != name && text_in(*team, "id") != name))
                continue;
            if (!id.empty())
                return fail(Errc::conflict,
                            fmt::format("several teams are called '{}'", name),
                            "Name it by its id.");
            id = text_in(*team, "id");
        }
        if (id.empty()) return fail(Errc::not_found, fmt::format("there is no team '{}'", name));
        name = id;
    }
    return names;
}

// The role with its scope, as `role give` takes them.
Result<json::value> grant_json(RemoteCalls& server, const std::string& role) {
    TRY(auto grant, grant_of(server.arguments(), role));
    TRY(grant.scope.groups, team_ids(server, std::move(grant.scope.groups)));
    return api::grants_json({grant})[0];
}

json::object asking(const Arguments& arguments) {
    json::object body;
    for (const auto* name : {"reason", "approval"})
        if (const auto value = arguments.get(fmt::format("--{}", name)); !value.empty())
            body[name] = json_text(value);
    return body;
}

// What the options say of a person.
Result<void> describe(RemoteCalls& server, json::object& body) {
    const auto& arguments = server.arguments();
    if (arguments.has("--email")) body["email"] = json_text(arguments.get("--email"));
    if (arguments.has("--addresses"))
        body["addresses"] = api::texts_json(list_of(arguments.get("--addresses")));
    if (arguments.has("--groups")) {
        TRY(const auto ids, team_ids(server, list_of(arguments.get("--groups"))));
        body["groups"] = api::texts_json(ids);
    }
    if (arguments.has("--role")) {
        TRY(auto grant, grant_json(server, arguments.get("--role")));
        body["grants"] = json::array{std::move(grant)};
    }
    return {};
}

Result<void> tell(RemoteCalls& server, const json::object& done) {
    if (server.arguments().has("--json")) return server.print(done), Result<void>();
    if (done.contains("asked"))
        server.output().print(
            "asked: within 24 hours somebody who may approve must agree on the page, where it is "
            "then done\n");
    if (const auto link = text_in(done, "invite"); !link.empty())
        server.output().print(
            fmt::format("good once and for 72 hours, behind the server's address:\n  {}\n", link));
    return {};
}

Result<void> show(RemoteCalls& server, const json::object& user) {
    if (server.arguments().has("--json")) return server.print(user), Result<void>();
    for (const auto* name :
         {"login", "name", "email", "active", "second_factor", "addresses", "groups", "grants"})
        server.output().print(fmt::format("{}: {}\n", name, shown(user, name)));
    return {};
}

Result<void> change(RemoteCalls& server, const std::string& id, json::object body) {
    TRY(const auto done, server.object(Method::patch, "/users/" + id, std::move(body)));
    return tell(server, done);
}

}  // namespace

Result<void> remote_user(RemoteCalls& server) {
    const auto action = server.word(0);
    if (action == "list") return server.list("/users", "{login}  {name}  {roles}");
    const auto& arguments = server.arguments();
    auto body = asking(arguments);
    if (action == "add") {
        body["login"] = json_text(server.word(1));
        body["name"] = json_text(server.word(2));
        TRY_DO(describe(server, body));
        TRY(const auto done, server.object(Method::post, "/users", std::move(body)));
        return tell(server, done);
    }
    TRY(const auto user, found_user(server, server.word(1)));
    const auto id = percent_encoded(text_in(user, "id"));
    if (action == "show") return show(server, user);
    if (action == "set") {
        if (arguments.has("--name")) body["name"] = json_text(arguments.get("--name"));
        TRY_DO(describe(server, body));
        return change(server, id, std::move(body));
    }
    if (action == "invite" || action == "reset") {
        TRY(const auto done,
            server.object(Method::post, "/users/" + id + "/invite", std::move(body)));
        return tell(server, done);
    }
    if (action != "disable" && action != "enable")
        return fail(Errc::invalid,
                    "`user` knows list, show, add, set, invite, reset, disable and enable, and "
                    "nothing else");
    body["active"] = action == "enable";
    return change(server, id, std::move(body));
}

Result<void> remote_role(RemoteCalls& server) {
    const auto action = server.word(0);
    if (action == "list") return server.list("/roles", "{name}: {rights}");
    if (action != "give" && action != "take")
        return fail(Errc::invalid, "`role` knows list, give and take, and nothing else");
    const auto role = server.word(2);
    TRY(const auto user, found_user(server, server.word(1)));
    TRY(auto wanted, grant_json(server, role));
    json::array grants;
    bool had = false;
    for (const auto& item : items(user, "grants")) {
        const auto* grant = item.if_object();
        const bool same = grant != nullptr && text_in(*grant, "role") == role;
        had = had || same;
        if (action == "give" || !same) grants.push_back(item);
    }
    if (action == "give") grants.push_back(std::move(wanted));
    if (action == "take" && !had)
        return fail(Errc::not_found, fmt::format("'{}' has no role '{}'", server.word(1), role));
    auto body = asking(server.arguments());
    body["grants"] = std::move(grants);
    return change(server, percent_encoded(text_in(user, "id")), std::move(body));
}

}  // namespace letopis::cli
