// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/shape.hpp"

namespace letopis::api {

using namespace shape;

namespace {

Fields named() {
    const auto texts = list(text());
    const auto moment = or_null(time());
    return {
        {"Scope",
         object({{"everything?", flag()},
                 {"clients?", texts},
                 {"employees?", texts},
                 {"groups?", texts},
                 {"channels?", texts},
                 {"sources?", texts},
                 {"from?", moment},
                 {"until?", moment}})},
        {"Grant",
         object({{"role", text()},
                 {"scope?", ref("Scope")},
                 {"from?", moment},
                 {"until?", moment},
                 {"reason?", text()},
                 {"by?", text()}})},
        {"User",
         object({{"id", text()},
                 {"login", text()},
                 {"name", text()},
                 {"email", text()},
                 {"active", flag()},
                 {"roles", texts},
                 {"groups", texts},
                 {"grants", list(ref("Grant"))},
                 {"addresses", texts},
                 {"second_factor", flag()},
                 {"passkeys", count()},
                 {"created", time()},
                 {"last_seen", moment}})},
        {"Changed", object({{"id", text()}, {"asked?", flag()}})},
        {"Invited", object({{"id", text()}, {"asked?", flag()}, {"invite?", text()}})},
        {"Role", object({{"name", text()}, {"rights", texts}})},
        {"Token",
         object({{"id", text()},
                 {"name", text()},
                 {"user", text()},
                 {"rights", texts},
                 {"until", moment},
                 {"created", time()}})},
        {"SavedSearch",
         object({{"id", text()}, {"name", text()}, {"query", text()}, {"own", flag()}})},
    };
}

// What waits for a second person, with the change as its record will say it.
Fields requests() {
    const auto texts = list(text());
    const auto grants = list(ref("Grant"));
    const Fields description = {{"name?", text()},
                                {"email?", text()},
                                {"locale?", text()},
                                {"addresses?", texts},
                                {"external?", list(texts)}};
    return {
        {"Group",
         object({{"id", text()},
                 {"name", text()},
                 {"grants", grants},
                 {"members", list(ref("Who"))}})},
        {"WantedChange",
         object(joined(description,
                       {{"change", text()},
                        {"user?", ref("Who")},
                        {"new_user?",
                         object({{"login", text()},
                                 {"name", text()},
                                 {"email?", text()},
                                 {"locale?", text()},
                                 {"addresses?", texts},
                                 {"groups?", texts},
                                 {"grants?", grants},
                                 {"external?", list(texts)}})},
                        {"described?",
                         object({{"name", text()},
                                 {"email?", text()},
                                 {"locale", text()},
                                 {"addresses", texts},
                                 {"external", list(texts)}})},
                        {"grants?", grants},
                        {"groups?", texts},
                        {"active?", flag()},
                        {"group?", object({{"id?", text()}, {"name", text()}, {"grants", grants}})},
                        {"members?", texts},
                        {"invitation?",
                         object({{"user", text()}, {"by", text()}, {"new_factor?", flag()}})}}))},
        {"Approval",
         object({{"id", text()},
                 {"action", text()},
                 {"what", text()},
                 {"change", or_null(ref("WantedChange"))},
                 {"reason", text()},
                 {"by", ref("Who")},
                 {"at", time()},
                 {"from", time()},
                 {"until", time()},
                 {"alone", flag()},
                 {"own", flag()},
                 {"may_decide", flag()},
                 {"may_do", flag()},
                 {"state", one_of({"waiting", "approved", "refused", "used", "expired"})},
                 {"decided_by", text()}})},
    };
}

// What comes with a change that may take two.
Fields asking() { return {{"reason?", text()}, {"approval?", text()}, {"sheet?", text()}}; }

std::vector<Shape> groups_and_requests() {
    using enum http::Method;
    const auto changed = ref("Changed");
    const Fields group =
        joined({{"grants?", list(ref("Grant"))}, {"members?", list(text())}}, asking());
    return {
        {get, "/groups", {ok(items(ref("Group")))}},
        {post,
         "/groups",
         {created(changed), accepted(changed)},
         object(joined({{"name", text()}}, group))},
        {patch,
         "/groups/{id}",
         {ok(changed), accepted(changed)},
         object(joined({{"name?", text()}}, group))},
        {del, "/groups/{id}", {done()}},
        {get, "/approvals", {ok(items(ref("Approval")))}},
        {post, "/approvals/{id}", {done()}, object({{"yes", flag()}})},
        {del, "/approvals/{id}", {done()}},
        {post, "/approvals/{id}/do", {ok(ref("Invited"))}},
    };
}

}  // namespace

Part people_shapes() {
    using enum http::Method;
    const Fields more = joined({{"addresses?", list(text())}, {"groups?", list(text())}}, asking());
    Part part{.named = joined(named(), requests()), .shapes = {}};
    part.shapes = {
        {get, "/users", {ok(items(ref("User")))}},
        {post,
         "/users",
         {created(ref("Invited"))},
         object(joined({{"login", text()},
                        {"name", text()},
                        {"email?", text()},
                        {"grants?", list(ref("Grant"))}},
                       more))},
        {patch,
         "/users/{id}",
         {ok(object({{"id", text()}, {"asked?", text()}}))},
         object(joined({{"name?", text()},
                        {"email?", or_null(text())},
                        {"active?", flag()},
                        {"grants?", list(ref("Grant"))}},
                       more))},
        {post, "/users/{id}/invite", {created(ref("Invited"))}, object(asking()), {}, false},
        {get, "/roles", {ok(items(ref("Role")))}},
        {get, "/tokens", {ok(items(ref("Token")))}},
        {post,
         "/tokens",
         {created(object({{"id", text()}, {"asked?", flag()}, {"secret", text()}}))},
         object({{"name", text()}, {"rights", list(text())}, {"until?", or_null(text())}})},
        {del, "/tokens/{id}", {done()}},
        {get, "/saved-searches", {ok(items(ref("SavedSearch")))}},
        {post,
         "/saved-searches",
         {created(ref("Changed"))},
         object({{"name", text()}, {"query", text()}, {"shared?", flag()}})},
        {del, "/saved-searches/{id}", {done()}},
    };
    for (auto& one : groups_and_requests()) part.shapes.push_back(std::move(one));
    return part;
}

}  // namespace letopis::api
