// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in at the company's identity provider: OpenID Connect Core 1.0, code flow with PKCE. This
// folder opens no connection: `Fetch` does, and is expected to verify TLS, to follow no redirect
// and to have a limit of time and size.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/jws.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::access {

struct Fetched {
    int status = 0;
    std::string body;
};
struct FetchRequest {
    std::string url;
    std::string form;           // empty: GET; else POST application/x-www-form-urlencoded
    std::string authorization;  // the header's value; may be empty
};
using Fetch = std::function<Result<Fetched>(const FetchRequest&)>;

struct OidcSettings {
    std::string issuer;  // "https://idp.firm.example/realms/main"
    std::string client_id, client_secret;
    std::string redirect_uri;
    std::vector<std::string> scopes = {"openid", "email", "profile"};
    // Where not empty, the token must show one of these.
    std::vector<std::string> acr_values, amr_values;
    std::optional<std::chrono::seconds> max_age;  // since the provider saw the person
};

struct OidcProvider {
    std::string authorization_endpoint, token_endpoint, jwks_uri;
};
// From <issuer>/.well-known/openid-configuration. Errors: invalid (not of this issuer, an address
// that is not https), unavailable, those of Fetch.
Result<OidcProvider> discover(const OidcSettings& settings, const Fetch& fetch);

struct OidcStart {
    std::string url;         // where the browser goes
    std::string remembered;  // state, nonce, verifier: Sessions::begin(Purpose::redirect)
};
OidcStart begin_sign_in(const OidcSettings& settings, const OidcProvider& provider);

struct OidcAnswer {  // the query of the redirect
    std::string state, code, issuer, error;
};
struct OidcIdentity {
    std::string issuer, subject;  // who it is: nothing else identifies
    std::string session;          // `sid`: which sign-in there; may be empty
    std::string name, email, login, acr;
    bool email_verified = false;  // the provider looked whether the address is theirs
    std::vector<std::string> amr, groups;
    std::optional<Instant> auth_time;
};
// Errors: forbidden (another state, a token that is not for us, not now, not signed), invalid,
// unavailable, those of Fetch.
Result<OidcIdentity> finish_sign_in(const OidcSettings& settings,
                                    const OidcProvider& provider,
                                    std::string_view remembered,
                                    const OidcAnswer& answer,
                                    const Fetch& fetch,
                                    Instant now);

// A key set of the provider. Errors: invalid, unavailable, those of Fetch.
Result<KeySet> keys_of(const OidcProvider& provider, const Fetch& fetch);

// OpenID Connect Back-Channel Logout 1.0: whose sign-in has ended at the provider.
struct OidcLogout {
    std::string subject, session;  // one of them may be empty: all of the subject's; whoever it was
    std::string id;                // `jti`: such a token is good once
    Instant until{};               // later it is refused for its age
};
// Of a token that one of the keys signed (section 2.6). Errors: forbidden, invalid.
Result<OidcLogout> check_logout(const OidcSettings& settings,
                                const KeySet& keys,
                                std::string_view token,
                                Instant now);

// https, or http to this machine itself; no name and password in it.
bool is_safe_url(std::string_view url);

// The claims of an ID token whose signature holds (section 3.1.3.7). `access_token` for at_hash;
// may be empty.
Result<OidcIdentity> check_claims(const OidcSettings& settings,
                                  std::string_view payload,
                                  std::string_view nonce,
                                  std::string_view access_token,
                                  Instant now);

}  // namespace letopis::access
