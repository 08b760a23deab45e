// SPDX-License-Identifier: AGPL-3.0-or-later
// Users, roles, tokens of programs, saved searches, approvals. What may be done is decided in
// access; here it is asked and told.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/house.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

json::array texts(const std::vector<std::string>& list) {
    json::array array;
    for (const auto& one : list) array.push_back(json_text(one));
    return array;
}

json::object scope_json(const access::Scope& scope) {
    return json::object{{"everything", scope.everything},
                        {"clients", texts(scope.clients)},
                        {"employees", texts(scope.employees)},
                        {"channels", texts(scope.channels)},
                        {"sources", texts(scope.sources)},
                        {"from", time_value(scope.from)},
                        {"until", time_value(scope.until)}};
}

json::array grants_json(const std::vector<access::Grant>& grants) {
    json::array array;
    for (const auto& grant : grants)
        array.push_back(json::object{{"role", json_text(access::name(grant.role))},
                                     {"scope", scope_json(grant.scope)},
                                     {"from", time_value(grant.from)},
                                     {"until", time_value(grant.until)},
                                     {"reason", json_text(grant.reason)},
                                     {"by", json_text(grant.by)}});
    return array;
}

Result<std::vector<std::string>> texts_of(const json::object& object, std::string_view name) {
    std::vector<std::string> list;
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || value->is_null()) return list;
    if (!value->is_array()) return fail(Errc::invalid, fmt::format("{} must be a list", name));
    for (const auto& one : value->get_array()) {
        if (!one.is_string())
            return fail(Errc::invalid, fmt::format("{} must be a list of texts", name));
        list.emplace_back(one.get_string().data(), one.get_string().size());
    }
    return list;
}

Result<std::optional<Instant>> time_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || value->is_null()) return std::optional<Instant>();
    if (value->is_string()) {
        const auto& text = value->get_string();
        if (const auto time = parse_rfc3339({text.data(), text.size()}))
            return std::optional<Instant>(*time);
    }
    return fail(Errc::invalid, fmt::format("{} must be a time", name));
}

Result<access::Scope> scope_of_json(const json::value* value) {
    access::Scope scope;
    if (value == nullptr || value->is_null()) return scope;
    if (!value->is_object()) return fail(Errc::invalid, "scope must be an object");
    const auto& object = value->get_object();
    // A limit that is misspelt and passed over would give more than was meant.
    constexpr std::array<std::string_view, 7> known = {
        "everything", "clients", "employees", "channels", "sources", "from", "until"};
    for (const auto& one : object)
        if (std::ranges::find(known, std::string_view(one.key().data(), one.key().size())) ==
            known.end())
            return fail(Errc::invalid, "scope has a field that is not known");
    if (const auto* everything = object.if_contains("everything")) {
        if (!everything->is_bool()) return fail(Errc::invalid, "everything must be true or false");
        scope.everything = everything->get_bool();
    }
    TRY(scope.clients, texts_of(object, "clients"));
    TRY(scope.employees, texts_of(object, "employees"));
    TRY(scope.channels, texts_of(object, "channels"));
    TRY(scope.sources, texts_of(object, "sources"));
    TRY(scope.from, time_of(object, "from"));
    TRY(scope.until, time_of(object, "until"));
    return scope;
}

Result<std::vector<access::Grant>> grants_of(const json::value* value) {
    std::vector<access::Grant> grants;
    if (value == nullptr) return grants;
    if (!value->is_array()) return fail(Errc::invalid, "grants must be a list");
    for (const auto& one : value->get_array()) {
        if (!one.is_object()) return fail(Errc::invalid, "a grant must be an object");
        const auto& object = one.get_object();
        const auto* role = object.if_contains("role");
        const auto named =
            role != nullptr && role->is_string()
                ? access::role_named({role->get_string().data(), role->get_string().size()})
                : std::nullopt;
        if (!named) return fail(Errc::invalid, "a grant names no role that there is");
        access::Grant grant{.role = *named};
        TRY(grant.scope, scope_of_json(object.if_contains("scope")));
        TRY(grant.from, time_of(object, "from"));
        TRY(grant.until, time_of(object, "until"));
        if (const auto* reason = object.if_contains("reason");
            reason != nullptr && reason->is_string())
            grant.reason = std::string(reason->get_string().data(), reason->get_string().size());
        grants.push_back(std::move(grant));
    }
    return grants;
}

access::Author author(Service& service, const Call& call, const Fields* fields = nullptr) {
    access::Author made{.id = call.caller.user, .now = service.clock().now()};
    if (fields != nullptr) {
        if (auto approval = fields->optional_text("approval", 100)) made.approval = *approval;
        if (auto reason = fields->optional_text("reason", 1000)) made.ask = *reason;
    }
    return made;
}

json::object user_json(const access::User& user) {
    json::array roles;
    for (const auto& grant : user.grants) roles.push_back(json_text(access::name(grant.role)));
    return json::object{{"id", json_text(user.id)},
                        {"login", json_text(user.login)},
                        {"name", json_text(user.name)},
                        {"email", json_text(user.email)},
                        {"active", user.active},
                        {"roles", std::move(roles)},
                        {"groups", texts(user.groups)},
                        {"grants", grants_json(user.grants)},
                        {"second_factor", !user.totp.empty() || !user.passkeys.empty()},
                        {"passkeys", user.passkeys.size()},
                        {"created", json_text(rfc3339(user.created))}};
}

Result<http::Response> users(Service& service, Call&) {
    json::array items;
    service.directory().read([&](const access::People& people) {
        for (const auto& [id, user] : people.users()) items.push_back(user_json(user));
        return 0;
    });
    for (auto& item : items) {
        auto& object = item.get_object();
        const auto& id = object["id"].get_string();
        TRY(const auto sessions, service.sessions().list({id.data(), id.size()}));
        std::optional<Instant> seen;
        for (const auto& session : sessions)
            if (!seen || *seen < session.seen) seen = session.seen;
        object["last_seen"] = time_value(seen);
    }
    return json_answer(json::object{{"items", std::move(items)}});
}

json::object changed(const access::Change& change) {
    json::object object{{"id", json_text(change.id)}};
    if (change.asked) object["asked"] = true;
    return object;
}

Result<http::Response> add_user(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    access::NewUser wanted;
    TRY(wanted.login, fields.text("login", 64));
    TRY(wanted.name, fields.text("name", 200));
    TRY(wanted.email, fields.optional_text("email", 320));
    wanted.locale = service.directory().settings().language;
    TRY(wanted.grants, grants_of(fields.find("grants")));
    for (auto& grant : wanted.grants) grant.by = call.caller.user;
    TRY(const auto made, service.directory().change([&](const access::People& people) {
        return access::add_user(people, wanted, author(service, call, &fields));
    }));
    auto object = changed(made);
    if (!made.asked) {
        TRY(const auto invited, service.directory().change([&](const access::People& people) {
            return access::invite(people, made.id, true, author(service, call));
        }));
        object["invite"] = json_text("/join/" + invited.secret);
    }
    return json_answer(object, 201);
}

Result<http::Response> change_user(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    const std::string id(call.request.parameter("id"));
    auto& directory = service.directory();
    const auto known = directory.read([&](const access::People& people) {
        const auto* user = people.user(id);
        return user == nullptr ? std::optional<access::User>() : *user;
    });
    if (!known) return fail(Errc::not_found, "there is no such person");
    json::object object{{"id", json_text(id)}};
    const auto note = [&](const access::Change& change) {
        if (change.asked) object["asked"] = json_text(change.id);
    };
    if (fields.find("name") != nullptr || fields.find("email") != nullptr) {
        access::Description wanted{.name = known->name,
                                   .email = known->email,
                                   .locale = known->locale,
                                   .addresses = known->addresses,
                                   .external = known->external};
        if (fields.find("name") != nullptr) {
            TRY(wanted.name, fields.text("name", 200));
        }
        if (fields.find("email") != nullptr) {
            TRY(wanted.email, fields.optional_text("email", 320));
        }
        TRY(const auto done, directory.change([&](const access::People& people) {
            return access::describe_user(people, id, wanted, author(service, call, &fields));
        }));
        note(done);
    }
    if (const auto* grants = fields.find("grants")) {
        TRY(auto wanted, grants_of(grants));
        for (auto& grant : wanted) grant.by = call.caller.user;
        TRY(const auto done, directory.change([&](const access::People& people) {
            return access::set_grants(people, id, wanted, author(service, call, &fields));
        }));
        note(done);
    }
    if (fields.find("active") != nullptr) {
        TRY(const bool active, fields.flag("active", true));
        TRY(const auto done, directory.change([&](const access::People& people) {
            return access::set_active(people, id, active, author(service, call, &fields));
        }));
        note(done);
        if (!active) TRY_DO(service.sessions().end_all(id));
    }
    return json_answer(object);
}

Result<http::Response> invite_again(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    TRY(const auto invited, service.directory().change([&](const access::People& people) {
        return access::invite(people, id, true, author(service, call));
    }));
    auto object = changed(invited);
    if (!invited.asked) object["invite"] = json_text("/join/" + invited.secret);
    return json_answer(object, 201);
}

Result<http::Response> roles(Service&, Call&) {
    json::array items;
    for (const auto role : access::all_roles()) {
        json::array rights;
        for (const auto right : access::rights_of(role))
            rights.push_back(json_text(access::name(right)));
        items.push_back(
            json::object{{"name", json_text(access::name(role))}, {"rights", std::move(rights)}});
    }
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> tokens(Service& service, Call& call) {
    const bool all = access::may(call.caller, access::Right::people_manage);
    json::array items;
    service.directory().read([&](const access::People& people) {
        for (const auto& [id, token] : people.tokens()) {
            if (!all && token.user != call.caller.user) continue;
            json::array rights;
            for (const auto right : token.rights) rights.push_back(json_text(access::name(right)));
            items.push_back(json::object{{"id", json_text(id)},
                                         {"name", json_text(token.name)},
                                         {"user", json_text(token.user)},
                                         {"rights", std::move(rights)},
                                         {"until", time_value(token.until)},
                                         {"created", json_text(rfc3339(token.created))}});
        }
        return 0;
    });
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> add_token(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    access::NewToken wanted;
    TRY(wanted.name, fields.text("name", 200));
    const auto* rights = fields.find("rights");
    if (rights == nullptr || !rights->is_array())
        return fail(Errc::invalid, "rights must be a list");
    for (const auto& one : rights->get_array()) {
        const auto right =
            one.is_string()
                ? access::right_named({one.get_string().data(), one.get_string().size()})
                : std::nullopt;
        if (!right) return fail(Errc::invalid, "there is no such right");
        wanted.rights.insert(*right);
    }
    TRY(const auto until, fields.optional_text("until", 40));
    if (!until.empty()) {
        const auto time = parse_rfc3339(until);
        if (!time) return fail(Errc::invalid, "until must be a time");
        wanted.until = *time;
    }
    TRY(const auto made, service.directory().change([&](const access::People& people) {
        return access::add_token(people, wanted, author(service, call));
    }));
    auto object = changed(made);
    object["secret"] = json_text(made.secret);
    return json_answer(object, 201);
}

Result<http::Response> revoke_token(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::revoke_token(people, id, author(service, call));
    }));
    return empty_answer();
}

Result<http::Response> saved(Service& service, Call& call) {
    json::array items;
    service.directory().read([&](const access::People& people) {
        for (const auto& [id, search] : people.searches())
            if (search.user == call.caller.user || search.shared)
                items.push_back(json::object{{"id", json_text(id)},
                                             {"name", json_text(search.name)},
                                             {"query", json_text(search.query)},
                                             {"own", search.user == call.caller.user}});
        return 0;
    });
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> save(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    access::SavedSearch wanted{.user = call.caller.user};
    TRY(wanted.name, fields.text("name", 200));
    TRY(wanted.query, fields.text("query", 4096));
    TRY(wanted.shared, fields.flag("shared", false));
    TRY(const auto made, service.directory().change([&](const access::People& people) {
        return access::save_search(people, wanted, author(service, call));
    }));
    return json_answer(changed(made), 201);
}

Result<http::Response> forget(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::remove_search(people, id, author(service, call));
    }));
    return empty_answer();
}

std::string_view state_name(access::ApprovalState state) {
    switch (state) {
        case access::ApprovalState::waiting: return "waiting";
        case access::ApprovalState::approved: return "approved";
        case access::ApprovalState::refused: return "refused";
        case access::ApprovalState::used: return "used";
    }
    return "waiting";
}

Result<http::Response> approvals(Service& service, Call&) {
    json::array items;
    service.directory().read([&](const access::People& people) {
        for (const auto& [id, approval] : people.approvals()) {
            const auto* asker = people.user(approval.by);
            items.push_back(json::object{
                {"id", json_text(id)},
                {"action", json_text(approval.action)},
                {"what", json_text(approval.what)},
                {"reason", json_text(approval.reason)},
                {"by",
                 json::object{{"id", json_text(approval.by)},
                              {"name", json_text(asker == nullptr ? approval.by : asker->name)}}},
                {"at", json_text(rfc3339(approval.created))},
                {"until", json_text(rfc3339(approval.until))},
                {"state", json_text(state_name(approval.state))},
                {"decided_by", json_text(approval.decided_by)}});
        }
        return 0;
    });
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> decide(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    TRY(const bool yes, fields.flag("yes", false));
    if (auto refused = without_fresh_factor(service, call)) return *std::move(refused);
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::decide_approval(people, id, yes, author(service, call));
    }));
    return empty_answer();
}

Result<http::Response> set_locale(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    TRY(const auto locale, fields.optional_text("locale", 10));
    if (locale.empty()) return json_answer(json::object{});
    if (locale != "ru" && locale != "en") return fail(Errc::invalid, "locale takes ru or en");
    const auto known = service.directory().read(
        [&](const access::People& people) { return *people.user(call.caller.user); });
    const access::Description wanted{.name = known.name,
                                     .email = known.email,
                                     .locale = locale,
                                     .addresses = known.addresses,
                                     .external = known.external};
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::describe_user(people, call.caller.user, wanted, author(service, call));
    }));
    return json_answer(json::object{});
}

}  // namespace

std::vector<Entry> people_routes() {
    using enum http::Method;
    using access::Right;
    constexpr auto whole = http::Body::whole;
    return {
        {get, "/users", Right::people_view, "Who may come in", users},
        {post,
         "/users",
         Right::people_manage,
         "A new person, with a link to join",
         add_user,
         whole},
        {patch, "/users/{id}", Right::people_manage, "Name, rights, on or off", change_user, whole},
        {post,
         "/users/{id}/invite",
         Right::people_manage,
         "A new link to join",
         invite_again,
         whole},
        {get, "/roles", Right::self, "Roles and their rights", roles},
        {get, "/tokens", Right::self, "Tokens of programs: one's own, or all", tokens},
        {post, "/tokens", Right::self, "A new token; its secret is shown once", add_token, whole},
        {del, "/tokens/{id}", Right::self, "Revokes a token", revoke_token},
        {get, "/saved-searches", Right::search, "Saved searches", saved},
        {post, "/saved-searches", Right::search, "Saves a search", save, whole},
        {del, "/saved-searches/{id}", Right::search, "Forgets a saved search", forget},
        {get, "/approvals", Right::approve, "What waits for a second person", approvals},
        {post, "/approvals/{id}", Right::approve, "Yes or no", decide, whole},
        {patch, "/session/settings", Right::self, "One's own language", set_locale, whole},
    };
}

}  // namespace letopis::api
