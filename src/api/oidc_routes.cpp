// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in at the company's identity provider, in place of a password: the second factor of ours
// is asked for after it. Who comes is known by (issuer, subject); the first time by an address that
// the provider has verified, and only as long as an invitation waits for them.
#include <fmt/format.h>

#include <mutex>

#include "api/door.hpp"
#include "api/external.hpp"
#include "app/views.hpp"
#include "http/form.hpp"

namespace letopis::api {

using app::json_text;

namespace {

// The browser brings it back from another site, where a strict cookie would stay behind.
std::string redirect_cookie_name(const http::Request& request) {
    return request.secure ? "__Host-letopis-away" : "letopis-away";
}

http::Response sent_back(const http::Request& request, std::string_view next) {
    http::Response response;
    response.status = 303;
    response.with("Location", fmt::format("/?provider={}", next));
    response.with("Set-Cookie", set_cookie(request, redirect_cookie_name(request), "", 0));
    return response;
}

http::Response sent_back_with(const http::Request& request,
                              std::string_view next,
                              const http::Response& cookies) {
    auto response = sent_back(request, next);
    for (const auto& header : cookies.headers)
        if (header.name == "Set-Cookie") response.headers.push_back(header);
    return response;
}

bool same_address(std::string_view one, std::string_view other) {
    return !one.empty() && std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
        return (a < 0x80 ? std::tolower(a) : a) == (b < 0x80 ? std::tolower(b) : b);
    });
}

}  // namespace

class ProviderRoom : public Door {
public:
    using Door::Door;

    Result<http::Response> away(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto settings, provider_settings(*parts, clock().now()));
        TRY(const auto provider, provider_of(settings));
        const auto start = access::begin_sign_in(settings, provider);
        TRY(const auto secret,
            parts->sessions->begin(access::Purpose::redirect, {}, start.remembered));
        auto response = json_answer(json::object{{"url", json_text(start.url)}});
        response.with("Set-Cookie",
                      fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax{}; Max-Age=600",
                                  redirect_cookie_name(call.request),
                                  secret,
                                  call.request.secure ? "; Secure" : ""));
        return response;
    }

    Result<http::Response> back(Call& call) const {
        auto& request = call.request;
        TRY(const auto parts, open());
        const auto counted = "provider " + request.peer;
        TRY(const auto pause, parts->sessions->login_attempt(counted, request.peer));
        if (pause) return sent_back(request, "wait");
        const auto identity = shown(*parts, request);
        if (!identity) {
            TRY_DO(parts->service->note(journal::Kind::login,
                                        nobody(request, {}),
                                        "provider refused: " + identity.error().what));
            const bool down = identity.error().code == Errc::unavailable;
            return sent_back(request, down ? "unavailable" : "refused");
        }
        TRY_DO(parts->sessions->login_succeeded(counted, request.peer));
        const auto found = whose(*parts, *identity);
        if (!found) {
            TRY_DO(parts->service->note(
                journal::Kind::login, nobody(request, identity->email), "provider: nobody here"));
            return sent_back(request, "nobody");
        }
        const access::Came came{identity->issuer, identity->session};
        if (!found->invitation.empty()) {
            TRY(const auto asked,
                ask_phone(*parts,
                          request,
                          found->user,
                          {.invitation = found->invitation,
                           .external = std::pair(identity->issuer, identity->subject)},
                          {},
                          came));
            return sent_back_with(request, "enrol", asked);
        }
        TRY(const auto asked, ask_second(*parts, request, found->user, came));
        return sent_back_with(request, "second", asked);
    }

    // From the provider itself: a sign-in has ended there.
    Result<http::Response> ended(Call& call) const {
        TRY(const auto parts, open());
        const auto logout = told(*parts, call.request);
        if (!logout) {
            // Anybody can send one; only so many are written down.
            const auto counted = "provider signs out " + call.request.peer;
            TRY(const auto pause, parts->sessions->login_attempt(counted, call.request.peer));
            if (!pause)
                TRY_DO(parts->service->note(journal::Kind::login,
                                            nobody(call.request, {}),
                                            "provider refused: " + logout.error().what));
            return problem_answer(call.request, {400, "invalid", logout.error().what, {}, {}});
        }
        const auto user = parts->directory->read([&](const access::People& people) {
            const auto* found = people.user_by_external(logout->issuer, logout->subject);
            return found == nullptr ? std::string() : found->id;
        });
        TRY(auto whose, parts->sessions->end_of_provider(user, {logout->issuer, logout->session}));
        if (logout->session.empty() && !user.empty()) {
            TRY_DO(parts->sessions->end_all(user));
            whose = {user};
        }
        for (const auto& id : whose)
            if (const auto found = user_of(*parts, id))
                TRY_DO(parts->service->note(
                    journal::Kind::login, person(call.request, *found), "out, by the provider"));
        http::Response response;  // section 2.8
        response.status = 200;
        return response;
    }

private:
    struct Ended : access::OidcLogout {
        std::string issuer;
    };
    Result<Ended> told(Open& parts, const http::Request& request) const {
        const auto now = clock().now();
        if (!request.header("content-type").starts_with("application/x-www-form-urlencoded"))
            return fail(Errc::invalid, "the body must be application/x-www-form-urlencoded");
        const auto fields = http::form_fields(request.body);
        const auto token = fields ? fields->find("logout_token") : decltype(fields->end())();
        if (!fields || token == fields->end())
            return fail(Errc::invalid, "logout_token is missing");
        TRY(const auto settings, provider_settings(parts, now));
        TRY(auto keys, kept_keys(settings, std::chrono::minutes(10)));
        auto logout = access::check_logout(settings, keys, token->second, now);
        // Perhaps it has new keys. Whoever sends tokens that nobody signed does not make us ask
        // often.
        if (!logout && logout.error().code == Errc::forbidden) {
            TRY(keys, kept_keys(settings, std::chrono::seconds(5)));
            logout = access::check_logout(settings, keys, token->second, now);
        }
        TRY(const auto checked, std::move(logout));
        const auto once = json::serialize(
            json::array{"logout", json_text(settings.issuer), json_text(checked.id)});
        TRY(const bool first, parts.sessions->use_once(once, checked.until));
        if (!first) return fail(Errc::forbidden, "this token was used before");
        return Ended{checked, settings.issuer};
    }

    Result<access::KeySet> kept_keys(const access::OidcSettings& settings,
                                     std::chrono::seconds age_max) const {
        const auto now = clock().now();
        {
            const std::lock_guard lock(mutex_);
            if (keys_ && keys_of_ == settings.issuer && now - keys_asked_ < age_max) return *keys_;
        }
        TRY(const auto provider, provider_of(settings));
        TRY(const auto keys, access::keys_of(provider, fetch_over_net()));
        const std::lock_guard lock(mutex_);
        keys_ = keys;
        keys_of_ = settings.issuer;
        keys_asked_ = now;
        return keys;
    }

    struct Found {
        access::User user;
        std::string invitation;  // id, at the first time
    };
    std::optional<Found> whose(const Open& parts, const access::OidcIdentity& identity) const {
        const auto now = clock().now();
        return parts.directory->read([&](const access::People& people) -> std::optional<Found> {
            const auto* known = people.user_by_external(identity.issuer, identity.subject);
            if (known != nullptr) {
                const auto* again = people.invitation_of(known->id, now);
                if (!known->active) return std::nullopt;
                if (has_factor(*known)) return Found{*known, {}};
                return again == nullptr ? std::nullopt : std::optional(Found{*known, again->id});
            }
            std::optional<Found> found;
            for (const auto& [id, user] : people.users()) {
                const auto* invitation = people.invitation_of(id, now);
                if (!user.active || !user.password.empty() || !user.external.empty() ||
                    has_factor(user) || invitation == nullptr || !identity.email_verified ||
                    !same_address(user.email, identity.email))
                    continue;
                if (found) return std::nullopt;  // two who fit are as good as none
                found = Found{user, invitation->id};
            }
            return found;
        });
    }

    Result<access::OidcIdentity> shown(Open& parts, const http::Request& request) const {
        const auto now = clock().now();
        const auto secret = request.cookie(redirect_cookie_name(request));
        const auto remembered = parts.sessions->look(access::Purpose::redirect, secret);
        if (!remembered || !parts.sessions->finish(access::Purpose::redirect, secret))
            return fail(Errc::forbidden, "it was begun elsewhere");
        TRY(const auto settings, provider_settings(parts, now));
        TRY(const auto provider, provider_of(settings));
        const access::OidcAnswer answer{.state = query_of(request, "state"),
                                        .code = query_of(request, "code"),
                                        .issuer = query_of(request, "iss"),
                                        .error = query_of(request, "error")};
        return access::finish_sign_in(
            settings, provider, remembered->data, answer, fetch_over_net(), now);
    }

    Result<access::OidcProvider> provider_of(const access::OidcSettings& settings) const {
        constexpr auto kept_for = std::chrono::minutes(10);
        const auto now = clock().now();
        {
            const std::lock_guard lock(mutex_);
            if (of_ == settings.issuer && now - asked_ < kept_for) return provider_;
        }
        TRY(const auto provider, access::discover(settings, fetch_over_net()));
        const std::lock_guard lock(mutex_);
        of_ = settings.issuer;
        asked_ = now;
        provider_ = provider;
        return provider;
    }

    mutable std::mutex mutex_;
    mutable std::string of_;                      // guarded by mutex_, as the next two
    mutable Instant asked_{};                     // when it said what follows
    mutable access::OidcProvider provider_;       // of the issuer `of_`
    mutable std::optional<access::KeySet> keys_;  // guarded by mutex_, as the next two
    mutable std::string keys_of_;
    mutable Instant keys_asked_{};
};

std::vector<Entry> oidc_routes(House& house) {
    using enum http::Method;
    using Room = ProviderRoom;
    const auto room = std::make_shared<const Room>(house);
    auto ended = at_door<Room>(room,
                               post,
                               "/session/provider/ended",
                               {},
                               "The provider says that somebody signed out there; a signed token",
                               &Room::ended);
    ended.from_elsewhere = true;
    return {
        std::move(ended),
        at_door<Room>(room, post, "/session/provider", {}, "Where to sign in outside", &Room::away),
        at_door<Room>(
            room, get, "/session/provider/back", {}, "Back from the provider", &Room::back),
    };
}

}  // namespace letopis::api
