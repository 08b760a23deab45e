// SPDX-License-Identifier: AGPL-3.0-or-later
// How people come in: the first time, with a new phone, through a provider or a directory. Only
// one's own account changes here, or how the door works: nobody gets rights by it.
#include <algorithm>

#include "access/oidc.hpp"
#include "access/people_internal.hpp"
#include "base/bytes.hpp"

namespace letopis::access {

namespace json = boost::json;

namespace {

json::object stamped(const char* change, std::string_view by, Instant now) {
    json::object object;
    object["v"] = 1;
    object["change"] = change;
    object["at"] = rfc3339(now);
    object["by"] = json::string_view(by.data(), by.size());
    return object;
}

// What is returned can be applied.
Result<Change> tried(const People& people, const json::object& object, std::string id) {
    People after = people;
    Change change{.json = as_text(object), .id = std::move(id)};
    if (auto done = after.apply(change.json, people.last() ? *people.last() + 1 : 0); !done) {
        auto error = std::move(done).error();
        if (error.code == Errc::corrupt) error.code = Errc::invalid;
        return tl::unexpected<Error>(std::move(error));
    }
    return change;
}

}  // namespace

const Invitation* People::invitation_of(std::string_view user, Instant now) const {
    for (const auto& [_, invitation] : invitations_)
        if (invitation.user == user && now < invitation.until) return &invitation;
    return nullptr;
}

Result<Change> enrol(const People& people,
                     std::string_view id,
                     const Enrolment& wanted,
                     Instant now) {
    const auto* user = people.user(id);
    if (user == nullptr || !user->active) return fail(Errc::not_found, "there is no such user");
    const auto* invitation = people.invitation_of(id, now);
    if (!wanted.invitation.empty() && (!invitation || invitation->id != wanted.invitation))
        return fail(Errc::not_found, "the invitation is not valid any more", "ask for a new one");
    auto object = stamped("enrolled", id, now);
    object["user"] = user->id;
    if (!wanted.invitation.empty()) object["invitation"] = wanted.invitation;
    if (!wanted.password.empty()) object["password"] = wanted.password;
    if (wanted.external) object["external"] = out(std::vector{*wanted.external});
    object["totp"] = base64(wanted.totp);
    json::array codes;
    for (const auto& code : wanted.recovery) codes.emplace_back(base64(code));
    object["recovery"] = std::move(codes);
    return tried(people, object, user->id);
}

Result<Change> remove_totp(const People& people, const Author& author) {
    const auto* user = people.user(author.id);
    if (user == nullptr || user->totp.empty())
        return fail(Errc::not_found, "there are no codes of a phone");
    if (user->passkeys.empty())
        return fail(Errc::conflict, "it is the only second factor", "Add a passkey first.");
    auto object = stamped("totp_removed", author.id, author.now);
    object["user"] = user->id;
    return tried(people, object, user->id);
}

Result<Change> set_sign_in(const People& people, const SignIn& wanted, const Author& author) {
    if (!wanted.address.empty() && !is_public_address(wanted.address))
        return fail(Errc::invalid,
                    "the address of the archive must be of the form https://archive.firm.example");
    if (wanted.oidc) {
        if (!is_safe_url(wanted.oidc->issuer))
            return fail(Errc::invalid, "the provider's address must begin with https://");
        if (wanted.address.empty())
            return fail(Errc::invalid, "a provider needs the address of the archive to come back");
    }
    if (wanted.ldap) {
        // What is sealed is there, and that is all that matters here.
        auto plain = wanted.ldap->settings;
        plain.bind_password = wanted.ldap->sealed_password;
        TRY_DO(check_settings(plain));
    }
    auto object = stamped("sign_in_set", author.id, author.now);
    object["sign_in"] = out(wanted);
    return tried(people, object, {});
}

bool is_public_address(std::string_view url) {
    constexpr std::string_view secure = "https://", here = "http://localhost";
    const bool is_secure = url.starts_with(secure);
    if (!is_secure &&
        !(url.starts_with(here) && (url.size() == here.size() || url[here.size()] == ':')))
        return false;
    const auto host = url.substr(is_secure ? secure.size() : std::string_view("http://").size());
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
    });
}

SignIn sign_in_in(In& in) {
    SignIn sign_in{.address = in.line("address", 260), .oidc = {}, .ldap = {}};
    if (in.has("oidc")) {
        In inner(in.object("oidc"));
        sign_in.oidc = OidcSignIn{.name = inner.text("name", 100),
                                  .issuer = inner.text("issuer", 1000),
                                  .client_id = inner.text("client_id", 500),
                                  .sealed_secret = {},
                                  .acr_values = inner.texts("acr_values", 20, 200),
                                  .amr_values = inner.texts("amr_values", 20, 200)};
        if (inner.has("secret")) sign_in.oidc->sealed_secret = inner.bytes("secret", 4096);
        in.take("oidc", inner);
    }
    if (in.has("ldap")) {
        In inner(in.object("ldap"));
        LdapSignIn ldap;
        ldap.name = inner.text("name", 100);
        auto& settings = ldap.settings;
        settings.url = inner.text("url", 1000);
        settings.plain = inner.flag("plain");
        ldap.certificates = inner.note("certificates", 64 * 1024);
        settings.bind_dn = inner.line("bind_dn", 1000);
        if (inner.has("bind_password")) ldap.sealed_password = inner.bytes("bind_password", 4096);
        settings.base = inner.text("base", 1000);
        settings.filter = inner.text("filter", 1000);
        in.take("ldap", inner);
        sign_in.ldap = std::move(ldap);
    }
    return sign_in;
}

json::object out(const SignIn& sign_in) {
    json::object object;
    const auto put = [](json::object& into, const char* name, const std::string& text) {
        if (!text.empty()) into[name] = text;
    };
    put(object, "address", sign_in.address);
    if (sign_in.oidc) {
        const auto& from = *sign_in.oidc;
        json::object oidc{
            {"name", from.name}, {"issuer", from.issuer}, {"client_id", from.client_id}};
        put(oidc, "secret", from.sealed_secret.empty() ? "" : base64(from.sealed_secret));
        if (!from.acr_values.empty()) oidc["acr_values"] = out(from.acr_values);
        if (!from.amr_values.empty()) oidc["amr_values"] = out(from.amr_values);
        object["oidc"] = std::move(oidc);
    }
    if (sign_in.ldap) {
        const auto& from = *sign_in.ldap;
        json::object ldap{{"name", from.name},
                          {"url", from.settings.url},
                          {"base", from.settings.base},
                          {"filter", from.settings.filter}};
        if (from.settings.plain) ldap["plain"] = true;
        put(ldap, "certificates", from.certificates);
        put(ldap, "bind_dn", from.settings.bind_dn);
        put(ldap,
            "bind_password",
            from.sealed_password.empty() ? "" : base64(from.sealed_password));
        object["ldap"] = std::move(ldap);
    }
    return object;
}

}  // namespace letopis::access
