// SPDX-License-Identifier: AGPL-3.0-or-later
// Ways in: setting up, signing in, one's own account.
#include "api/shape.hpp"

namespace letopis::api {

using namespace shape;

namespace {

std::vector<Shape> setup() {
    using enum http::Method;
    const auto codes = ref("RecoveryCodes");
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

// What is shown and what is answered when signing in.
Fields steps() {
    const auto method = one_of({"totp", "recovery", "passkey"});
    const auto provider = or_null(text());
    return {
        {"Ways", object({{"passkey", flag()}, {"provider", provider}, {"directory", provider}})},
        {"SecondStep", object({{"next", one_of({"totp", "passkey"})}, {"methods", list(method)}})},
        {"EnrolStep",
         object({{"next", one_of({"enrol"})}, {"name?", text()}, {"totp", ref("Totp")}})},
        {"RecoveryCodes", object({{"recovery_codes", list(text())}})},
    };
}

// WebAuthn's JSON forms: PublicKeyCredentialCreationOptionsJSON and so on.
Fields passkeys() {
    const auto known = list(object({{"type", text()}, {"id", text()}}));
    return {
        {"PasskeyMade",
         object({{"rp", object({{"id", text()}, {"name", text()}})},
                 {"user", object({{"id", text()}, {"name", text()}, {"displayName", text()}})},
                 {"challenge", text()},
                 {"pubKeyCredParams", list(object({{"type", text()}, {"alg", number()}}))},
                 {"timeout", count()},
                 {"excludeCredentials", known},
                 {"authenticatorSelection",
                  object({{"residentKey", text()}, {"userVerification", text()}})},
                 {"attestation", text()}})},
        {"PasskeyAsked",
         object({{"challenge", text()},
                 {"rpId", text()},
                 {"timeout", count()},
                 {"allowCredentials", known},
                 {"userVerification", text()}})},
        {"Passkey",
         object({{"type", one_of({"public-key"})},
                 {"rawId", text()},
                 {"response",
                  object({{"clientDataJSON", text()},
                          {"attestationObject?", text()},
                          {"authenticatorData?", text()},
                          {"signature?", text()}})}})},
    };
}

Fields oidc() { return {{"name", text()}, {"issuer", text()}, {"client_id", text()}}; }

Fields ldap() { return {{"name", text()}, {"url", text()}, {"base", text()}, {"filter", text()}}; }

Fields settings() {
    const auto texts = list(text());
    return {
        {"Account",
         object({{"password", flag()},
                 {"totp", flag()},
                 {"recovery_codes", count()},
                 {"passkeys", list(object({{"id", text()}, {"name", text()}, {"added", time()}}))},
                 {"passkeys_possible", flag()},
                 {"external", texts}})},
        {"Oidc",
         object(joined(oidc(),
                       {{"has_secret", flag()}, {"acr_values", texts}, {"amr_values", texts}}))},
        {"Ldap",
         object(joined(ldap(),
                       {{"plain", flag()},
                        {"certificates", text()},
                        {"bind_dn", text()},
                        {"has_password", flag()}}))},
        {"SignInSettings",
         object({{"address", text()},
                 {"oidc", or_null(ref("Oidc"))},
                 {"ldap", or_null(ref("Ldap"))}})},
        // A secret that is not named stays.
        {"WantedOidc",
         object(joined(oidc(),
                       {{"secret?", text()}, {"acr_values?", texts}, {"amr_values?", texts}}))},
        {"WantedLdap",
         object(joined(ldap(),
                       {{"plain?", flag()},
                        {"certificates?", text()},
                        {"bind_dn?", text()},
                        {"bind_password?", text()}}))},
    };
}

std::vector<Shape> account() {
    using enum http::Method;
    const auto codes = ok(ref("RecoveryCodes"));
    const auto answer = or_null(text());
    return {
        {get, "/account", {ok(ref("Account"))}},
        {post, "/account/password", {done()}, object({{"old", text()}, {"new", text()}})},
        {post, "/account/recovery-codes", {codes}},
        {post, "/account/totp", {ok(object({{"totp", ref("Totp")}}))}},
        {post, "/account/totp/confirm", {codes}, object({{"code", text()}})},
        {del, "/account/totp", {done()}},
        {post, "/account/passkeys/options", {ok(ref("PasskeyMade"))}},
        {post,
         "/account/passkeys",
         {created(object({{"id", text()}}))},
         object({{"name", text()}, {"passkey", ref("Passkey")}})},
        {del, "/account/passkeys/{id}", {done()}},
        {get, "/sign-in", {ok(ref("SignInSettings"))}},
        {put,
         "/sign-in",
         {ok(ref("SignInSettings"))},
         object({{"address?", text()},
                 {"oidc?", or_null(ref("WantedOidc"))},
                 {"ldap?", or_null(ref("WantedLdap"))}})},
        {post, "/sign-in/check", {ok(object({{"oidc", answer}, {"ldap", answer}}))}},
    };
}

std::vector<Shape> outside() {
    using enum http::Method;
    const auto asked = ok(ref("PasskeyAsked"));
    return {
        {post, "/session/passkey/options", {asked}},
        {post, "/session/passkey", {ok(ref("Session"))}, object({{"passkey", ref("Passkey")}})},
        {post, "/session/step-up/options", {asked}},
        {post, "/session/provider", {ok(object({{"url", text()}}))}},
        {post,
         "/session/provider/ended",
         {empty()},
         object({{"logout_token", text()}}),
         {},
         true,
         true},
        {get,
         "/session/provider/back",
         {moved()},
         {},
         {{"state?", text()}, {"code?", text()}, {"iss?", text()}, {"error?", text()}}},
    };
}

}  // namespace

Part session_shapes() {
    using enum http::Method;
    const Fields factor = {{"code?", text()}, {"recovery?", text()}, {"passkey?", ref("Passkey")}};
    const Fields of_whom = {{"user?", text()}};
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
        {"Session",
         object({{"user",
                  object({{"id", text()},
                          {"login", text()},
                          {"name", text()},
                          {"email", text()},
                          {"locale", text()},
                          {"theme", one_of({"auto", "light", "dark"})},
                          {"keys", flag()}})},
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
                 {"browser", text()},
                 {"system", text()},
                 {"agent", text()},
                 {"current", flag()}})},
    };
    for (const auto& fields : {steps(), passkeys(), settings()})
        part.named = joined(std::move(part.named), fields);
    part.shapes = {
        {get, "/health", {ok(ref("Health"))}},
        {get, "/session/ways", {ok(ref("Ways"))}},
        {post,
         "/session",
         {ok(either(ref("SecondStep"), ref("EnrolStep")))},
         object({{"login", text()}, {"password", text()}})},
        {get, "/session/second", {ok(ref("SecondStep"))}},
        {post,
         "/session/second",
         {ok(either(ref("Session"), ref("EnrolStep")))},
         object(joined(factor, {{"lost?", flag()}}))},
        {get, "/session/enrol", {ok(ref("EnrolStep"))}},
        {post, "/session/enrol", {ok(ref("RecoveryCodes"))}, object({{"code", text()}})},
        {get, "/session", {ok(ref("Session"))}},
        {del, "/session", {done()}},
        {post, "/session/step-up", {ok(object({}))}, object(factor)},
        {patch,
         "/session/settings",
         {ok(object({}))},
         object({{"locale?", one_of({"ru", "en", ""})},
                 {"theme?", one_of({"auto", "light", "dark", ""})},
                 {"keys?", flag()}})},
        {get, "/sessions", {ok(items(ref("SessionRow")))}, {}, of_whom},
        {del, "/sessions", {done()}},
        {del, "/sessions/{id}", {done()}, {}, of_whom},
        {del, "/users/{id}/sessions", {done()}},
    };
    for (auto& some : {setup(), outside(), account()})
        for (const auto& one : some) part.shapes.push_back(one);
    return part;
}

}  // namespace letopis::api
