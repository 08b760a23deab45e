// SPDX-License-Identifier: AGPL-3.0-or-later
// What belongs to a person: tokens of programs, saved searches, how the page is set.
#include "api/people_json.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

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
        return access::add_token(people, wanted, author_of(service, call));
    }));
    auto object = changed(made);
    object["secret"] = json_text(made.secret);
    return json_answer(object, 201);
}

Result<http::Response> revoke_token(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::revoke_token(people, id, author_of(service, call));
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
        return access::save_search(people, wanted, author_of(service, call));
    }));
    return json_answer(changed(made), 201);
}

Result<http::Response> forget(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::remove_search(people, id, author_of(service, call));
    }));
    return empty_answer();
}

Result<void> set_locale(Service& service, const Call& call, const std::string& locale) {
    const auto known = service.directory().read(
        [&](const access::People& people) { return *people.user(call.caller.user); });
    const access::Description wanted{.name = known.name,
                                     .email = known.email,
                                     .locale = locale,
                                     .addresses = known.addresses,
                                     .external = known.external};
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::describe_user(people, call.caller.user, wanted, author_of(service, call));
    }));
    return {};
}

Result<http::Response> set_own(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    TRY(const auto locale, fields.optional_text("locale", 10));
    TRY(const auto theme, fields.optional_text("theme", 10));
    auto own = service.preferences().of(call.caller.user);
    TRY(own.keys, fields.flag("keys", own.keys));
    if (!locale.empty() && locale != "ru" && locale != "en")
        return fail(Errc::invalid, "locale takes ru or en");
    if (!theme.empty() && theme != "auto" && theme != "light" && theme != "dark")
        return fail(Errc::invalid, "theme takes auto, light or dark");
    if (!theme.empty()) own.theme = theme;
    if (!locale.empty()) TRY_DO(set_locale(service, call, locale));
    TRY_DO(service.preferences().set(call.caller.user, own));
    return json_answer(json::object{});
}

}  // namespace

std::vector<Entry> token_routes() {
    using enum http::Method;
    using access::Right;
    constexpr auto whole = http::Body::whole;
    return {
        {get, "/tokens", Right::self, "Tokens of programs: one's own, or all", tokens},
        {post, "/tokens", Right::self, "A new token; its secret is shown once", add_token, whole},
        {del, "/tokens/{id}", Right::self, "Revokes a token", revoke_token},
        {get, "/saved-searches", Right::search, "Saved searches", saved},
        {post, "/saved-searches", Right::search, "Saves a search", save, whole},
        {del, "/saved-searches/{id}", Right::search, "Forgets a saved search", forget},
        {patch,
         "/session/settings",
         Right::self,
         "One's own language, theme and keys",
         set_own,
         whole},
    };
}

}  // namespace letopis::api
