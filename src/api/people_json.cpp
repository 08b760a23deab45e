// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/people_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

json::array texts_json(const std::vector<std::string>& list) {
    json::array array;
    for (const auto& one : list) array.push_back(json_text(one));
    return array;
}

namespace {
json::object scope_json(const access::Scope& scope) {
    return json::object{{"everything", scope.everything},
                        {"clients", texts_json(scope.clients)},
                        {"employees", texts_json(scope.employees)},
                        {"groups", texts_json(scope.groups)},
                        {"channels", texts_json(scope.channels)},
                        {"sources", texts_json(scope.sources)},
                        {"from", time_value(scope.from)},
                        {"until", time_value(scope.until)}};
}

}  // namespace

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

json::object user_json(const access::User& user) {
    json::array roles;
    for (const auto& grant : user.grants) roles.push_back(json_text(access::name(grant.role)));
    return json::object{{"id", json_text(user.id)},
                        {"login", json_text(user.login)},
                        {"name", json_text(user.name)},
                        {"email", json_text(user.email)},
                        {"active", user.active},
                        {"roles", std::move(roles)},
                        {"groups", texts_json(user.groups)},
                        {"grants", grants_json(user.grants)},
                        {"addresses", texts_json(user.addresses)},
                        {"second_factor", !user.totp.empty() || !user.passkeys.empty()},
                        {"passkeys", user.passkeys.size()},
                        {"created", json_text(rfc3339(user.created))}};
}

json::object group_json(const access::People& people, const access::Group& group) {
    json::array members;
    for (const auto& [id, user] : people.users())
        if (std::ranges::find(user.groups, group.id) != user.groups.end())
            members.push_back(json::object{{"id", json_text(id)}, {"name", json_text(user.name)}});
    return json::object{{"id", json_text(group.id)},
                        {"name", json_text(group.name)},
                        {"grants", grants_json(group.grants)},
                        {"members", std::move(members)}};
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

namespace {

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
    constexpr std::array<std::string_view, 8> known = {
        "everything", "clients", "employees", "groups", "channels", "sources", "from", "until"};
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
    TRY(scope.groups, texts_of(object, "groups"));
    TRY(scope.channels, texts_of(object, "channels"));
    TRY(scope.sources, texts_of(object, "sources"));
    TRY(scope.from, time_of(object, "from"));
    TRY(scope.until, time_of(object, "until"));
    return scope;
}

}  // namespace

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

access::Author author_of(Service& service, const Call& call) {
    return {.id = call.caller.user, .now = service.clock().now()};
}

bool shown_just_now(Service& service, const access::Caller& caller) {
    return caller.second_factor &&
           service.clock().now() - *caller.second_factor <= access::step_up_age_max;
}

http::Response step_up_required(const http::Request& request) {
    return problem_answer(request,
                          {403,
                           "step_up_required",
                           "this needs the second factor of just now",
                           "Show it again, then repeat.",
                           {}});
}

Result<access::Author> author_of(Service& service, const Call& call, const Fields& fields) {
    auto author = author_of(service, call);
    TRY(author.approval, fields.optional_text("approval", 100));
    TRY(author.ask, fields.optional_text("reason", 500));
    TRY(const auto sheet, fields.optional_text("sheet", 4000));
    if (sheet.empty()) return author;
    // Guesses are as costly here as at the door.
    TRY(const auto pause, service.sessions().login_attempt(call.caller.login, call.caller.peer));
    if (pause)
        return fail(Errc::unavailable, fmt::format("too many tries; wait {} s", pause->count()));
    if (!crypto::Keyring::open_with_recovery(service.archive().directory(), sheet)) {
        TRY_DO(service.note(journal::Kind::denied, call.caller, "recovery sheet refused"));
        return fail(Errc::wrong_key,
                    "this is not the recovery sheet of this archive",
                    "Type it as it is printed; case, spaces and dashes do not matter.");
    }
    TRY_DO(service.sessions().login_succeeded(call.caller.login, call.caller.peer));
    author.sheet_typed = true;
    return author;
}

Result<std::variant<access::Change, http::Response>> made_or_asked(
    Service& service, const Call& call, const Directory::Decide& decide) {
    using Either = std::variant<access::Change, http::Response>;
    auto made = service.directory().change(decide);
    if (made) return Either(std::move(*made));
    const auto& error = made.error();
    const bool another = error.what == access::needs_another;
    if (!another && error.what != access::needs_sheet) return tl::unexpected<Error>(error);
    return Either(problem_answer(
        call.request,
        {403, another ? "approval_required" : "sheet_required", error.what, error.hint, {}}));
}

json::object changed(const access::Change& change) {
    json::object object{{"id", json_text(change.id)}};
    if (change.asked) object["asked"] = true;
    return object;
}

}  // namespace letopis::api
