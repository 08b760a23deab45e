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
                 {"second_factor", flag()},
                 {"passkeys", count()},
                 {"created", time()},
                 {"last_seen", moment}})},
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
        {"Approval",
         object({{"id", text()},
                 {"action", text()},
                 {"what", text()},
                 {"reason", text()},
                 {"by", ref("Who")},
                 {"at", time()},
                 {"until", time()},
                 {"state", one_of({"waiting", "approved", "refused", "used"})},
                 {"decided_by", text()}})},
    };
}

}  // namespace

Part people_shapes() {
    using enum http::Method;
    const Fields asking = {{"reason?", text()}, {"approval?", text()}};
    Part part{.named = named(), .shapes = {}};
    part.shapes = {
        {get, "/users", {ok(items(ref("User")))}},
        {post,
         "/users",
         {created(ref("Invited"))},
         object(joined({{"login", text()},
                        {"name", text()},
                        {"email?", text()},
                        {"grants?", list(ref("Grant"))}},
                       asking))},
        {patch,
         "/users/{id}",
         {ok(object({{"id", text()}, {"asked?", text()}}))},
         object(joined({{"name?", text()},
                        {"email?", or_null(text())},
                        {"active?", flag()},
                        {"grants?", list(ref("Grant"))}},
                       asking))},
        {post, "/users/{id}/invite", {created(ref("Invited"))}},
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
         {created(object({{"id", text()}, {"asked?", flag()}}))},
         object({{"name", text()}, {"query", text()}, {"shared?", flag()}})},
        {del, "/saved-searches/{id}", {done()}},
        {get, "/approvals", {ok(items(ref("Approval")))}},
        {post, "/approvals/{id}", {done()}, object({{"yes?", flag()}})},
    };
    return part;
}

}  // namespace letopis::api
