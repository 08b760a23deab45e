// SPDX-License-Identifier: AGPL-3.0-or-later
// Users and roles. What may be done is decided in access; here it is asked and told.
#include <fmt/format.h>

#include <algorithm>

#include "api/people_json.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

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

Result<http::Response> add_user(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    TRY(const auto author, author_of(service, call, fields));
    if (author.sheet_typed && !shown_just_now(service, call.caller))
        return step_up_required(call.request);
    access::NewUser wanted;
    TRY(wanted.login, fields.text("login", 64));
    TRY(wanted.name, fields.text("name", 200));
    TRY(wanted.email, fields.optional_text("email", 320));
    wanted.locale = service.directory().settings().language;
    TRY(wanted.grants, grants_of(fields.find("grants")));
    TRY(wanted.addresses, texts_of(fields.object(), "addresses"));
    TRY(wanted.groups, texts_of(fields.object(), "groups"));
    for (auto& grant : wanted.grants) grant.by = call.caller.user;
    TRY(auto either, made_or_asked(service, call, [&](const access::People& people) {
            return access::add_user(people, wanted, author);
        }));
    if (auto* problem = std::get_if<http::Response>(&either)) return std::move(*problem);
    const auto& made = std::get<access::Change>(either);
    auto object = changed(made);
    if (!made.asked) {
        TRY(const auto invited, service.directory().change([&](const access::People& people) {
            return access::invite(people, made.id, true, author_of(service, call));
        }));
        object["invite"] = json_text("/join/" + invited.secret);
    }
    return json_answer(object, 201);
}

// The fields that are there, over what is known.
Result<access::UserChange> wanted_change(const Fields& fields,
                                         const access::User& known,
                                         const std::string& author) {
    access::UserChange wanted;
    const auto named = [&](const char* name) { return fields.find(name) != nullptr; };
    if (named("name") || named("email") || named("addresses")) {
        access::Description description{.name = known.name,
                                        .email = known.email,
                                        .locale = known.locale,
                                        .addresses = known.addresses,
                                        .external = known.external};
        if (named("name")) {
            TRY(description.name, fields.text("name", 200));
        }
        if (named("email")) {
            TRY(description.email, fields.optional_text("email", 254));
        }
        if (named("addresses")) {
            TRY(description.addresses, texts_of(fields.object(), "addresses"));
        }
        wanted.described = std::move(description);
    }
    if (const auto* grants = fields.find("grants")) {
        TRY(auto list, grants_of(grants));
        for (auto& grant : list) {
            const auto same = std::ranges::find_if(known.grants, [&](access::Grant had) {
                had.by = grant.by;
                return had == grant;
            });
            grant.by = same == known.grants.end() ? author : same->by;
        }
        wanted.grants = std::move(list);
    }
    if (named("groups")) {
        TRY(wanted.groups, texts_of(fields.object(), "groups"));
    }
    if (named("active")) {
        TRY(wanted.active, fields.flag("active", true));
    }
    return wanted;
}

Result<http::Response> change_user(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    const std::string id(call.request.parameter("id"));
    const auto known = service.directory().read([&](const access::People& people) {
        const auto* user = people.user(id);
        return user == nullptr ? std::optional<access::User>() : *user;
    });
    if (!known) return fail(Errc::not_found, "there is no such person");
    TRY(const auto author, author_of(service, call, fields));
    if (author.sheet_typed && !shown_just_now(service, call.caller))
        return step_up_required(call.request);
    TRY(const auto wanted, wanted_change(fields, *known, call.caller.user));
    if (!wanted.described && !wanted.grants && !wanted.groups && !wanted.active)
        return fail(Errc::invalid,
                    "nothing is named that could be changed",
                    "name, email, addresses, grants, groups or active");
    TRY(auto either, made_or_asked(service, call, [&](const access::People& people) {
            return access::change_user(people, id, wanted, author);
        }));
    if (auto* problem = std::get_if<http::Response>(&either)) return std::move(*problem);
    const auto& done = std::get<access::Change>(either);
    json::object object{{"id", json_text(id)}};
    if (done.asked) object["asked"] = json_text(done.id);
    if (!done.asked && wanted.active && !*wanted.active) TRY_DO(service.sessions().end_all(id));
    return json_answer(object);
}

Result<http::Response> invite_again(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    auto author = author_of(service, call);
    if (!call.request.body.empty()) {
        TRY(const auto fields, Fields::of(call.request));
        TRY(author, author_of(service, call, fields));
        if (author.sheet_typed && !shown_just_now(service, call.caller))
            return step_up_required(call.request);
    }
    TRY(auto either, made_or_asked(service, call, [&](const access::People& people) {
            return access::invite(people, id, true, author);
        }));
    if (auto* problem = std::get_if<http::Response>(&either)) return std::move(*problem);
    const auto& invited = std::get<access::Change>(either);
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

}  // namespace

std::vector<Entry> people_routes() {
    using enum http::Method;
    using access::Right;
    constexpr auto whole = http::Body::whole;
    std::vector<Entry> entries = {
        {get, "/users", Right::people_view, "Who may come in", users},
        {post,
         "/users",
         Right::people_manage,
         "A new person, with a link to join",
         add_user,
         whole},
        {patch,
         "/users/{id}",
         Right::people_manage,
         "Name, addresses, rights, teams, on or off: all of it or nothing",
         change_user,
         whole},
        {post,
         "/users/{id}/invite",
         Right::people_manage,
         "A new link to join",
         invite_again,
         whole},
        {get, "/roles", Right::self, "Roles and their rights", roles},
    };
    for (auto part : {group_routes(), token_routes(), approval_routes()})
        for (auto& entry : part) entries.push_back(std::move(entry));
    return entries;
}

}  // namespace letopis::api
