// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/oidc.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "access/json_internal.hpp"
#include "base/files.hpp"
#include "base/percent.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {

namespace json = boost::json;
using std::chrono::seconds;

namespace {

constexpr auto skew = seconds(60);
constexpr std::size_t body_max = 256 * 1024;
constexpr std::size_t subject_max = 255;  // OpenID Connect Core section 2
constexpr std::size_t list_max = 500;
constexpr std::size_t depth_max = 16;

auto refused(std::string_view why) {
    return fail(Errc::forbidden, "the sign-in was refused: " + std::string(why));
}

// One text or a list of them; other values: nothing.
std::vector<std::string> texts_at(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr) return {};
    if (value->is_string()) return {std::string(value->get_string())};
    if (!value->is_array() || value->get_array().size() > list_max) return {};
    std::vector<std::string> texts;
    for (const auto& one : value->get_array()) {
        if (!one.is_string()) return {};
        texts.emplace_back(one.get_string());
    }
    return texts;
}

// Seconds since 1970, which may have a fraction (RFC 7519 section 2, NumericDate).
std::optional<Instant> moment_at(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const auto number = value->to_number<double>();
    if (!(number >= 0 && number < 1e11)) return std::nullopt;
    return from_unix(static_cast<std::int64_t>(std::floor(number)));
}

bool same(std::string_view one, std::string_view other) {
    return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string form(const std::vector<std::pair<std::string_view, std::string>>& fields) {
    std::string out;
    for (const auto& [name, value] : fields)
        out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, percent_encoded(value));
    return out;
}

Result<json::object> fetched(const Fetch& fetch,
                             const FetchRequest& request,
                             std::string_view what) {
    if (!is_safe_url(request.url))
        return fail(Errc::invalid, "the provider's address is not https: " + request.url);
    auto answer = fetch(request);
    if (!answer) return within("the provider's " + std::string(what), std::move(answer).error());
    if (answer->status != 200)
        return fail(Errc::unavailable,
                    fmt::format("the provider's {} answered {}", what, answer->status));
    auto object = object_in(answer->body, body_max, depth_max);
    if (!object) return fail(Errc::invalid, fmt::format("the provider's {} is no JSON", what));
    return *std::move(object);
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, " "));
}

bool meet(const std::vector<std::string>& wanted, const std::vector<std::string>& shown) {
    return wanted.empty() || std::any_of(shown.begin(), shown.end(), [&](const auto& one) {
               return std::find(wanted.begin(), wanted.end(), one) != wanted.end();
           });
}

// Section 3.1.3.6: the left half of the digest, whatever the token's algorithm, all of which here
// go with SHA-256. (EdDSA goes with SHA-512.)
bool fits_at_hash(std::string_view at_hash, std::string_view access_token) {
    const auto short_hash =
        base64url(as_bytes(crypto::sha256(access_token)).substr(0, sizeof(Digest) / 2));
    std::string long_hash(crypto_hash_sha512_BYTES, '\0');
    crypto_hash_sha512(reinterpret_cast<unsigned char*>(long_hash.data()),
                       reinterpret_cast<const unsigned char*>(access_token.data()),
                       access_token.size());
    return same(at_hash, short_hash) || same(at_hash, base64url(long_hash.substr(0, 32)));
}

// Who made the token, and for whom.
Result<void> check_sides(const OidcSettings& settings, const json::object& claims) {
    if (text_at(claims, "iss") != settings.issuer)
        return refused("another provider made the token");
    const auto audience = texts_at(claims, "aud");
    if (std::find(audience.begin(), audience.end(), settings.client_id) == audience.end())
        return refused("the token is for somebody else");
    return {};
}

Result<void> check_times(const OidcSettings& settings, const json::object& claims, Instant now) {
    const auto expires = moment_at(claims, "exp"), issued = moment_at(claims, "iat");
    if (!expires || now >= *expires + skew) return refused("the token has expired");
    if (!issued || *issued > now + skew) return refused("the token is of a time to come");
    if (claims.contains("nbf")) {
        const auto from = moment_at(claims, "nbf");
        if (!from || *from > now + skew) return refused("the token is not valid yet");
    }
    if (settings.max_age) {
        const auto seen = moment_at(claims, "auth_time");
        if (!seen || now - *seen > *settings.max_age + skew)
            return refused("the provider saw the person too long ago");
    }
    return {};
}

}  // namespace

bool is_safe_url(std::string_view url) {
    const bool plain =
        std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
    return plain && url.find('@') == std::string_view::npos &&
           (url.starts_with("https://") || url.starts_with("http://127.0.0.1:") ||
            url.starts_with("http://127.0.0.1/"));
}

Result<OidcProvider> discover(const OidcSettings& settings, const Fetch& fetch) {
    std::string_view base = settings.issuer;
    if (base.ends_with('/')) base.remove_suffix(1);
    const FetchRequest request{.url = std::string(base) + "/.well-known/openid-configuration",
                               .form = {},
                               .authorization = {}};
    TRY(const auto object, fetched(fetch, request, "description"));
    if (text_at(object, "issuer") != settings.issuer)
        return fail(Errc::invalid, "the description is of another provider");
    OidcProvider provider{.authorization_endpoint = text_at(object, "authorization_endpoint"),
                          .token_endpoint = text_at(object, "token_endpoint"),
                          .jwks_uri = text_at(object, "jwks_uri")};
    for (const auto& url :
         {provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri})
        if (!is_safe_url(url)) return fail(Errc::invalid, "the provider names no https address");
    return provider;
}

OidcStart begin_sign_in(const OidcSettings& settings, const OidcProvider& provider) {
    const auto state = base64url(random_bytes(32)), nonce = base64url(random_bytes(32)),
               verifier = base64url(random_bytes(32));
    std::vector<std::pair<std::string_view, std::string>> fields = {
        {"response_type", "code"},
        {"client_id", settings.client_id},
        {"redirect_uri", settings.redirect_uri},
        {"scope", joined(settings.scopes)},
        {"state", state},
        {"nonce", nonce},
        {"code_challenge", base64url(as_bytes(crypto::sha256(verifier)))},
        {"code_challenge_method", "S256"}};
    if (!settings.acr_values.empty())
        fields.emplace_back("acr_values", joined(settings.acr_values));
    if (settings.max_age) fields.emplace_back("max_age", std::to_string(settings.max_age->count()));
    const auto& endpoint = provider.authorization_endpoint;
    const char* joint = endpoint.find('?') == std::string::npos ? "?" : "&";
    return {.url = endpoint + joint + form(fields),
            .remembered = json::serialize(
                json::object{{"state", state}, {"nonce", nonce}, {"verifier", verifier}})};
}

Result<KeySet> keys_of(const OidcProvider& provider, const Fetch& fetch) {
    const FetchRequest request{.url = provider.jwks_uri, .form = {}, .authorization = {}};
    TRY(const auto keys, fetched(fetch, request, "key set"));
    return KeySet::parse(json::serialize(keys));
}

Result<OidcIdentity> finish_sign_in(const OidcSettings& settings,
                                    const OidcProvider& provider,
                                    std::string_view remembered,
                                    const OidcAnswer& answer,
                                    const Fetch& fetch,
                                    Instant now) {
    const auto memory = object_in(remembered, body_max, depth_max);
    if (!memory) return fail(Errc::invalid, "what was remembered cannot be read");
    const auto state = text_at(*memory, "state"), nonce = text_at(*memory, "nonce");
    if (state.empty() || !same(state, answer.state)) return refused("it was begun elsewhere");
    // RFC 9207: an answer of another provider to our request.
    if (!answer.issuer.empty() && answer.issuer != settings.issuer)
        return refused("another provider answered");
    if (!answer.error.empty() || answer.code.empty()) return refused("the provider said no");

    FetchRequest request{.url = provider.token_endpoint,
                         .form = form({{"grant_type", "authorization_code"},
                                       {"code", answer.code},
                                       {"redirect_uri", settings.redirect_uri},
                                       {"client_id", settings.client_id},
                                       {"code_verifier", text_at(*memory, "verifier")}}),
                         .authorization = {}};
    if (!settings.client_secret.empty())  // RFC 6749 section 2.3.1
        request.authorization = "Basic " + base64(percent_encoded(settings.client_id) + ":" +
                                                  percent_encoded(settings.client_secret));
    TRY(const auto tokens, fetched(fetch, request, "token"));
    TRY(const auto set, keys_of(provider, fetch));
    TRY(const auto payload, set.payload(text_at(tokens, "id_token")));
    return check_claims(settings, payload, nonce, text_at(tokens, "access_token"), now);
}

Result<OidcIdentity> check_claims(const OidcSettings& settings,
                                  std::string_view payload,
                                  std::string_view nonce,
                                  std::string_view access_token,
                                  Instant now) {
    const auto claims = object_in(payload, body_max, depth_max);
    if (!claims) return fail(Errc::invalid, "the token's claims are no JSON");
    TRY_DO(check_sides(settings, *claims));
    const auto audience = texts_at(*claims, "aud");
    if ((audience.size() > 1 || claims->contains("azp")) &&
        text_at(*claims, "azp") != settings.client_id)
        return refused("the token was made for somebody else");
    TRY_DO(check_times(settings, *claims, now));
    if (nonce.empty() || !same(text_at(*claims, "nonce"), nonce))
        return refused("the token answers another request");
    if (claims->contains("at_hash") && !access_token.empty() &&
        !fits_at_hash(text_at(*claims, "at_hash"), access_token))
        return refused("the tokens do not belong together");

    OidcIdentity identity{.issuer = settings.issuer,
                          .subject = text_at(*claims, "sub"),
                          .session = text_at(*claims, "sid"),
                          .name = text_at(*claims, "name"),
                          .email = text_at(*claims, "email"),
                          .login = text_at(*claims, "preferred_username"),
                          .acr = text_at(*claims, "acr"),
                          .amr = texts_at(*claims, "amr"),
                          .groups = texts_at(*claims, "groups"),
                          .auth_time = moment_at(*claims, "auth_time")};
    if (const auto* verified = claims->if_contains("email_verified"))
        identity.email_verified = verified->is_bool() && verified->get_bool();
    if (identity.subject.empty() || identity.subject.size() > subject_max ||
        identity.session.size() > subject_max)
        return refused("the token names nobody");
    if (!meet(settings.acr_values, {identity.acr}) || !meet(settings.amr_values, identity.amr))
        return refused("the provider did not check the person as it must");
    return identity;
}

Result<OidcLogout> check_logout(const OidcSettings& settings,
                                const KeySet& keys,
                                std::string_view token,
                                Instant now) {
    constexpr std::string_view event = "http://schemas.openid.net/event/backchannel-logout";
    constexpr auto age_max = std::chrono::minutes(5);
    TRY(const auto payload, keys.payload(token));
    const auto claims = object_in(payload, body_max, depth_max);
    if (!claims) return fail(Errc::invalid, "the token's claims are no JSON");
    TRY_DO(check_sides(settings, *claims));
    const auto expires = moment_at(*claims, "exp"), issued = moment_at(*claims, "iat");
    if (!expires || now >= *expires + skew) return refused("the token has expired");
    if (!issued || *issued > now + skew || now >= *issued + age_max + skew)
        return refused("the token is not of now");
    const auto* events = claims->if_contains("events");
    const auto* kind = events != nullptr && events->is_object()
                           ? events->get_object().if_contains(json::string_view(event))
                           : nullptr;
    if (kind == nullptr || !kind->is_object()) return refused("this is no token to sign out");
    // What an ID token has, so that neither is taken for the other.
    if (claims->contains("nonce")) return refused("this is a token to sign in");
    OidcLogout logout{.subject = text_at(*claims, "sub"),
                      .session = text_at(*claims, "sid"),
                      .id = text_at(*claims, "jti"),
                      .until = *issued + age_max + skew};
    const auto fits = [](const std::string& text) { return text.size() <= subject_max; };
    if (logout.id.empty() || !fits(logout.id)) return refused("the token has no id");
    if ((logout.subject.empty() && logout.session.empty()) || !fits(logout.subject) ||
        !fits(logout.session))
        return refused("the token names nobody");
    return logout;
}

}  // namespace letopis::access
