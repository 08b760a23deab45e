// SPDX-License-Identifier: AGPL-3.0-or-later
// How people sign in beside a password of ours: an administrator says it, secrets go in and never
// out.
#include <fmt/format.h>

#include "api/door.hpp"
#include "api/external.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

json::array texts(const std::vector<std::string>& list) {
    json::array array;
    for (const auto& one : list) array.push_back(json_text(one));
    return array;
}

json::object as_json(const access::SignIn& sign_in) {
    json::object object{
        {"address", json_text(sign_in.address)}, {"oidc", nullptr}, {"ldap", nullptr}};
    if (const auto& oidc = sign_in.oidc)
        object["oidc"] = json::object{{"name", json_text(oidc->name)},
                                      {"issuer", json_text(oidc->issuer)},
                                      {"client_id", json_text(oidc->client_id)},
                                      {"has_secret", !oidc->sealed_secret.empty()},
                                      {"acr_values", texts(oidc->acr_values)},
                                      {"amr_values", texts(oidc->amr_values)}};
    if (const auto& ldap = sign_in.ldap)
        object["ldap"] = json::object{{"name", json_text(ldap->name)},
                                      {"url", json_text(ldap->settings.url)},
                                      {"plain", ldap->settings.plain},
                                      {"certificates", json_text(ldap->certificates)},
                                      {"bind_dn", json_text(ldap->settings.bind_dn)},
                                      {"has_password", !ldap->sealed_password.empty()},
                                      {"base", json_text(ldap->settings.base)},
                                      {"filter", json_text(ldap->settings.filter)}};
    return object;
}

Result<std::vector<std::string>> words(const Fields& fields, std::string_view name) {
    std::vector<std::string> list;
    const auto* value = fields.find(name);
    if (value == nullptr || value->is_null()) return list;
    if (!value->is_array()) return fail(Errc::invalid, fmt::format("{} must be a list", name));
    for (const auto& one : value->get_array()) {
        if (!one.is_string())
            return fail(Errc::invalid, fmt::format("{} must be a list of texts", name));
        list.emplace_back(one.get_string());
    }
    return list;
}

// A secret that is not named stays; an empty one is taken away. It stays only with whom it was
// meant for: else a new address would be sent what the old one was trusted with.
Result<std::string> secret(Open& parts,
                           const Fields& fields,
                           std::string_view name,
                           const std::string& before,
                           Instant now) {
    if (fields.find(name) == nullptr) return before;
    TRY(const auto text, fields.optional_text(name, 2000));
    if (text.empty()) return std::string();
    return seal_secret(parts, text, now);
}

Result<access::OidcSignIn> oidc_of(Open& parts,
                                   const Fields& fields,
                                   const std::optional<access::OidcSignIn>& before,
                                   Instant now) {
    access::OidcSignIn wanted;
    TRY(wanted.name, fields.text("name", 100));
    TRY(wanted.issuer, fields.text("issuer", 1000));
    TRY(wanted.client_id, fields.text("client_id", 500));
    TRY(wanted.acr_values, words(fields, "acr_values"));
    TRY(wanted.amr_values, words(fields, "amr_values"));
    const bool same = before && before->issuer == wanted.issuer;
    TRY(wanted.sealed_secret,
        secret(parts, fields, "secret", same ? before->sealed_secret : "", now));
    return wanted;
}

Result<access::LdapSignIn> ldap_of(Open& parts,
                                   const Fields& fields,
                                   const std::optional<access::LdapSignIn>& before,
                                   Instant now) {
    access::LdapSignIn wanted;
    TRY(wanted.name, fields.text("name", 100));
    TRY(wanted.settings.url, fields.text("url", 1000));
    TRY(wanted.settings.plain, fields.flag("plain", false));
    TRY(wanted.certificates, fields.optional_text("certificates", 60'000));
    TRY(wanted.settings.bind_dn, fields.optional_text("bind_dn", 1000));
    TRY(wanted.settings.base, fields.text("base", 1000));
    TRY(wanted.settings.filter, fields.text("filter", 1000));
    const bool same = before && before->settings.url == wanted.settings.url &&
                      before->settings.plain == wanted.settings.plain &&
                      before->certificates == wanted.certificates &&
                      before->settings.bind_dn == wanted.settings.bind_dn;
    TRY(wanted.sealed_password,
        secret(parts, fields, "bind_password", same ? before->sealed_password : "", now));
    return wanted;
}

}  // namespace

class SignInSettingsRoom : public Door {
public:
    using Door::Door;

    Result<http::Response> show(Call&) const {
        TRY(const auto parts, open());
        return json_answer(as_json(now_set(*parts)));
    }

    Result<http::Response> set(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(call.request));
        const auto now = clock().now();
        const auto before = now_set(*parts);
        access::SignIn wanted;
        TRY(wanted.address, fields.optional_text("address", 260));
        if (const auto* oidc = fields.find("oidc"); oidc != nullptr && oidc->is_object()) {
            TRY(wanted.oidc, oidc_of(*parts, Fields::within(oidc->get_object()), before.oidc, now));
        }
        if (const auto* ldap = fields.find("ldap"); ldap != nullptr && ldap->is_object()) {
            TRY(wanted.ldap, ldap_of(*parts, Fields::within(ldap->get_object()), before.ldap, now));
        }
        TRY_DO(parts->directory->change([&](const access::People& people) {
            return access::set_sign_in(people, wanted, {.id = call.caller.user, .now = now});
        }));
        return json_answer(as_json(wanted));
    }

    // Whether those who were set answer just now, with what they say when they do not.
    Result<http::Response> check(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        const auto sign_in = now_set(*parts);
        const auto now = clock().now();
        json::object object{{"oidc", nullptr}, {"ldap", nullptr}};
        const auto said = [](const Result<void>& done) {
            return done ? json::string("ok") : json::string(json_text(done.error().what));
        };
        if (sign_in.oidc) object["oidc"] = said(provider_answers(*parts, now));
        if (sign_in.ldap) object["ldap"] = said(try_directory(*parts, *sign_in.ldap, now));
        return json_answer(object);
    }

private:
    static Result<void> provider_answers(Open& parts, Instant now) {
        TRY(const auto settings, provider_settings(parts, now));
        TRY_DO(access::discover(settings, fetch_over_net()));
        return {};
    }

    static access::SignIn now_set(const Open& parts) {
        return parts.directory->read([](const access::People& people) { return people.sign_in(); });
    }
};

std::vector<Entry> sign_in_settings_routes(House& house) {
    using enum http::Method;
    using Room = SignInSettingsRoom;
    constexpr auto right = access::Right::settings_manage;
    const auto room = std::make_shared<const Room>(house);
    return {
        at_door<Room>(room, get, "/sign-in", right, "How people sign in", &Room::show),
        at_door<Room>(room, put, "/sign-in", right, "Sets how people sign in", &Room::set),
        at_door<Room>(room, post, "/sign-in/check", right, "Do they answer?", &Room::check),
    };
}

}  // namespace letopis::api
