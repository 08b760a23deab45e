// SPDX-License-Identifier: AGPL-3.0-or-later
// Teams: what their members have in common is given to the team.
#include <algorithm>

#include "api/people_json.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

Result<http::Response> groups(Service& service, Call&) {
    json::array items;
    service.directory().read([&](const access::People& people) {
        for (const auto& group : people.groups()) items.push_back(group_json(people, group));
        return 0;
    });
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> put(Service& service, Call& call, access::Group group, int status) {
    TRY(const auto fields, Fields::of(call.request));
    TRY(const auto author, author_of(service, call, fields));
    if (author.sheet_typed && !shown_just_now(service, call.caller))
        return step_up_required(call.request);
    access::GroupChange wanted{.group = std::move(group), .members = std::nullopt};
    if (wanted.group.name.empty() || fields.find("name") != nullptr) {
        TRY(wanted.group.name, fields.text("name", 200));
    }
    if (const auto* grants = fields.find("grants")) {
        TRY(wanted.group.grants, grants_of(grants));
    }
    if (fields.find("members") != nullptr) {
        TRY(wanted.members, texts_of(fields.object(), "members"));
    }
    TRY(auto either, made_or_asked(service, call, [&](const access::People& people) {
            return access::change_group(people, wanted, author);
        }));
    if (auto* problem = std::get_if<http::Response>(&either)) return std::move(*problem);
    const auto& made = std::get<access::Change>(either);
    return json_answer(changed(made), made.asked ? 202 : status);
}

Result<http::Response> add(Service& service, Call& call) { return put(service, call, {}, 201); }

Result<http::Response> change(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    auto known = service.directory().read([&](const access::People& people) {
        const auto* group = people.group(id);
        return group == nullptr ? std::optional<access::Group>() : *group;
    });
    if (!known) return fail(Errc::not_found, "there is no such team");
    return put(service, call, std::move(*known), 200);
}

Result<http::Response> remove(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::remove_group(people, id, author_of(service, call));
    }));
    return empty_answer();
}

}  // namespace

std::vector<Entry> group_routes() {
    using enum http::Method;
    using access::Right;
    constexpr auto whole = http::Body::whole;
    return {
        {get, "/groups", Right::people_view, "Teams, their members and rights", groups},
        {post, "/groups", Right::people_manage, "A new team", add, whole},
        {patch,
         "/groups/{id}",
         Right::people_manage,
         "Name, rights and members of a team: all of it or nothing",
         change,
         whole},
        {del, "/groups/{id}", Right::people_manage, "Removes a team", remove},
    };
}

}  // namespace letopis::api
