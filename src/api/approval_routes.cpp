// SPDX-License-Identifier: AGPL-3.0-or-later
// What waits for a second person: asked for by one, agreed to by another, carried out by the first.
#include <algorithm>

#include "api/people_json.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

std::string_view state_name(access::ApprovalState state) {
    switch (state) {
        case access::ApprovalState::waiting: return "waiting";
        case access::ApprovalState::approved: return "approved";
        case access::ApprovalState::refused: return "refused";
        case access::ApprovalState::used: return "used";
    }
    return "waiting";
}

bool expired(const access::Approval& approval, Instant now) {
    return now >= approval.until && (approval.state == access::ApprovalState::waiting ||
                                     approval.state == access::ApprovalState::approved);
}

json::object person(const access::People& people, const std::string& id) {
    const auto* user = people.user(id);
    return json::object{{"id", json_text(id)},
                        {"name", json_text(user == nullptr ? id : user->name)}};
}

// The change that waits, with names for its ids, so that the page can say it in words.
json::value change_json(const access::People& people, const access::Approval& approval) {
    boost::system::error_code error;
    auto value = json::parse(approval.what, error);
    if (error || !value.is_object()) return nullptr;
    auto& object = value.get_object();
    if (const auto* id = object.if_contains("user"); id != nullptr && id->is_string())
        object["user"] = person(people, std::string(id->get_string()));
    if (auto* invitation = object.if_contains("invitation");
        invitation != nullptr && invitation->is_object())
        if (const auto* id = invitation->get_object().if_contains("user"); id && id->is_string())
            object["user"] = person(people, std::string(id->get_string()));
    return value;
}

json::object approval_json(const access::People& people,
                           const access::Approval& approval,
                           const access::Caller& caller,
                           Instant now) {
    const bool own = approval.by == caller.user;
    const bool waits = approval.state == access::ApprovalState::waiting && now < approval.until;
    return json::object{
        {"id", json_text(approval.id)},
        {"action", json_text(approval.action)},
        {"what", json_text(approval.what)},
        {"change", change_json(people, approval)},
        {"reason", json_text(approval.reason)},
        {"by", person(people, approval.by)},
        {"at", json_text(rfc3339(approval.created))},
        {"from", json_text(rfc3339(approval.from))},
        {"until", json_text(rfc3339(approval.until))},
        {"alone", approval.alone},
        {"own", own},
        {"may_decide", waits && !own && access::may(caller, access::Right::approve)},
        {"may_do",
         own && approval.state == access::ApprovalState::approved && now >= approval.from &&
             now < approval.until},
        {"state", json_text(expired(approval, now) ? "expired" : state_name(approval.state))},
        {"decided_by", json_text(approval.decided_by)}};
}

// Whoever may approve sees all of them; everybody their own.
Result<http::Response> approvals(Service& service, Call& call) {
    const bool all = access::may(call.caller, access::Right::approve);
    const auto now = service.clock().now();
    std::vector<std::pair<Instant, json::object>> found;
    service.directory().read([&](const access::People& people) {
        for (const auto& [id, approval] : people.approvals())
            if (all || approval.by == call.caller.user)
                found.emplace_back(approval.created,
                                   approval_json(people, approval, call.caller, now));
        return 0;
    });
    std::ranges::stable_sort(found, std::greater<>(), [](const auto& one) { return one.first; });
    json::array items;
    for (auto& [_, item] : found) items.push_back(std::move(item));
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> decide(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    const auto* yes = fields.find("yes");
    if (yes == nullptr || !yes->is_bool()) return fail(Errc::invalid, "yes must be true or false");
    if (!shown_just_now(service, call.caller)) return step_up_required(call.request);
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::decide_approval(people, id, yes->get_bool(), author_of(service, call));
    }));
    return empty_answer();
}

Result<http::Response> withdraw(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    TRY_DO(service.directory().change([&](const access::People& people) {
        return access::withdraw_approval(people, id, author_of(service, call));
    }));
    return empty_answer();
}

// Exactly what was approved, out of the request that was kept.
Result<http::Response> carry_out(Service& service, Call& call) {
    if (!shown_just_now(service, call.caller)) return step_up_required(call.request);
    const std::string id(call.request.parameter("id"));
    TRY(const auto made, service.directory().change([&](const access::People& people) {
        return access::carry_out(people, id, author_of(service, call));
    }));
    auto object = changed(made);
    auto secret = made.secret;
    const bool is_new = service.directory().read([&](const access::People& people) {
        const auto* user = people.user(made.id);
        return user != nullptr && user->password.empty() && user->external.empty();
    });
    if (is_new) {
        TRY(const auto invited, service.directory().change([&](const access::People& people) {
            return access::invite(people, made.id, true, author_of(service, call));
        }));
        secret = invited.secret;
    }
    if (!secret.empty()) object["invite"] = json_text("/join/" + secret);
    return json_answer(object);
}

}  // namespace

std::vector<Entry> approval_routes() {
    using enum http::Method;
    using access::Right;
    constexpr auto whole = http::Body::whole;
    return {
        {get,
         "/approvals",
         Right::self,
         "What waits for a second person: one's own, or all",
         approvals},
        {post, "/approvals/{id}", Right::approve, "Yes or no", decide, whole},
        {del, "/approvals/{id}", Right::self, "Takes one's own request back", withdraw},
        {post,
         "/approvals/{id}/do",
         Right::people_manage,
         "Does what was approved",
         carry_out,
         whole},
    };
}

}  // namespace letopis::api
