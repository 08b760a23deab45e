// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/shape.hpp"

namespace letopis::api {

using namespace shape;

namespace {

std::vector<Shape> setup() {
    using enum http::Method;
    const auto codes = object({{"recovery_codes", list(text())}});
    const auto totp = object({{"totp", ref("Totp")}});
    return {
        {get, "/setup", {ok(ref("Setup"))}, {}, {{"token", text()}}},
        {post,
         "/setup/archive",
         {ok(ref("Sheet"))},
         object({{"token", text()},
                 {"language", one_of({"ru", "en"})},
                 {"company?", text()},
                 {"passphrase?", text()}})},
        {post, "/setup/sheet", {ok(object({}))}, object({{"token", text()}, {"code", text()}})},
        {post,
         "/setup/user",
         {ok(totp)},
         object({{"token", text()}, {"login", text()}, {"name", text()}, {"password", text()}})},
        {post, "/setup/demo", {ok(object({}))}, object({{"token", text()}})},
        {post, "/setup/confirm", {ok(codes)}, object({{"token", text()}, {"code", text()}})},
        {get, "/join/{secret}", {ok(object({{"login", text()}, {"name", text()}}))}},
        {post, "/join/{secret}", {ok(totp)}, object({{"password", text()}})},
        {post, "/join/{secret}/confirm", {ok(codes)}, object({{"code", text()}})},
    };
}

}  // namespace

Part session_shapes() {
    using enum http::Method;
    const auto factor = object({{"code?", text()}, {"recovery?", text()}});
    const auto method = one_of({"totp", "recovery", "passkey"});
    Part part;
    part.named = {
        {"Health",
         object({{"ok", flag()}, {"state", one_of({"setup", "open"})}, {"version", text()}})},
        {"Setup",
         object({{"state", one_of({"new", "sheet", "user", "confirm"})},
                 {"language?", text()},
                 {"company?", text()},
                 {"login?", text()},
                 {"sheet?", text()}})},
        {"Sheet", object({{"sheet", text()}, {"key_file", text()}})},
        {"Totp", object({{"secret", text()}, {"uri", text()}, {"qr", text()}})},
        {"SignIn", object({{"next", one_of({"totp", "passkey"})}, {"methods", list(method)}})},
        {"Session",
         object({{"user",
                  object({{"id", text()},
                          {"login", text()},
                          {"name", text()},
                          {"email", text()},
                          {"locale", text()}})},
                 {"roles", list(text())},
                 {"rights", list(text())},
                 {"sees_all", flag()},
                 {"second_factor", or_null(time())},
                 {"idle_until", time()},
                 {"company", text()},
                 {"demo", flag()}})},
        {"SessionRow",
         object({{"id", text()},
                 {"created", time()},
                 {"seen", time()},
                 {"peer", text()},
                 {"agent", text()},
                 {"current", flag()}})},
    };
    part.shapes = {
        {get, "/health", {ok(ref("Health"))}},
        {post, "/session", {ok(ref("SignIn"))}, object({{"login", text()}, {"password", text()}})},
        {post, "/session/second", {ok(ref("Session"))}, factor},
        {get, "/session", {ok(ref("Session"))}},
        {del, "/session", {done()}},
        {post, "/session/step-up", {ok(object({}))}, factor},
        {patch,
         "/session/settings",
         {ok(object({}))},
         object({{"locale?", one_of({"ru", "en", ""})}})},
        {get, "/sessions", {ok(items(ref("SessionRow")))}},
        {del, "/sessions/{id}", {done()}},
    };
    for (auto& one : setup()) part.shapes.push_back(std::move(one));
    return part;
}

}  // namespace letopis::api
