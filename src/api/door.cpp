// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/door.hpp"

#include <fmt/format.h>

#include "access/totp.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

// What is remembered between the picture for the phone and its code.
struct Remembered {
    access::Enrolment wanted;
    access::Came came;
};

std::string remembered(const access::Enrolment& wanted, const access::Came& came) {
    json::object object{{"totp", hex(wanted.totp)},
                        {"came", json_text(came_text(came))},
                        {"invitation", json_text(wanted.invitation)},
                        {"password", json_text(wanted.password)}};
    if (wanted.external)
        object["external"] =
            json::array{json_text(wanted.external->first), json_text(wanted.external->second)};
    return json::serialize(object);
}

std::optional<Remembered> recalled(std::string_view text) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object()) return std::nullopt;
    const auto& object = value.get_object();
    const auto at = [&](const char* name) { return std::string(object.at(name).as_string()); };
    access::Enrolment wanted{.invitation = at("invitation"), .password = at("password")};
    const auto seed = unhex(at("totp"));
    if (!seed) return std::nullopt;
    wanted.totp = *seed;
    if (const auto* external = object.if_contains("external"))
        wanted.external.emplace(external->as_array().at(0).as_string(),
                                external->as_array().at(1).as_string());
    return Remembered{std::move(wanted), came_of(at("came"))};
}

Result<json::object> phone_json(const Open& parts,
                                const access::User& user,
                                std::string_view seed) {
    const auto uri = access::totp_uri(seed, user.login, parts.directory->settings().company);
    TRY(const auto qr, access::qr_path(uri));
    return totp_json(seed, uri, qr);
}

}  // namespace

std::string came_text(const access::Came& came) {
    if (came.issuer.empty()) return {};
    return json::serialize(json::array{json_text(came.issuer), json_text(came.session)});
}

access::Came came_of(std::string_view text) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    const auto* pair = error ? nullptr : value.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string())
        return {};
    return {std::string((*pair)[0].get_string()), std::string((*pair)[1].get_string())};
}

std::string challenge_cookie_name(const http::Request& request) {
    return request.secure ? "__Host-letopis-key" : "letopis-key";
}

bool has_factor(const access::User& user) { return !user.totp.empty() || !user.passkeys.empty(); }

json::object second_json(const access::User& user) {
    json::array methods;
    if (!user.totp.empty()) methods.emplace_back("totp");
    if (!user.recovery.empty()) methods.emplace_back("recovery");
    if (!user.passkeys.empty()) methods.emplace_back("passkey");
    return {{"next", user.totp.empty() ? "passkey" : "totp"}, {"methods", std::move(methods)}};
}

json::array shown_codes(const access::RecoveryCodes& codes) {
    json::array list;
    for (const auto& one : codes.shown) list.push_back(json_text(one));
    return list;
}

std::string nested_text(const Fields& fields, std::string_view name) {
    const auto* value = fields.find(name);
    return value != nullptr && value->is_object() ? json::serialize(*value) : std::string();
}

Result<std::shared_ptr<Open>> Door::open() const {
    const std::shared_lock lock(house_.mutex_);
    if (!house_.open_) return fail(Errc::unavailable, "there is no open archive yet");
    return house_.open_;
}

http::Response Door::refused(const http::Request& request) {
    return problem_answer(request,
                          {401,
                           "unauthenticated",
                           "login, password or code are not right",
                           "Try again; after several tries there are pauses.",
                           {}});
}

http::Response Door::wait(const http::Request& request, std::chrono::seconds time) {
    auto response =
        problem_answer(request,
                       {429,
                        "too_many",
                        fmt::format("too many tries; the next one in {} s", time.count()),
                        {},
                        {}});
    response.with("Retry-After", std::to_string(time.count()));
    return response;
}

access::Caller Door::nobody(const http::Request& request, std::string_view login) {
    access::Caller caller;
    caller.name = std::string(login);
    caller.peer = request.peer;
    return caller;
}

access::Caller Door::person(const http::Request& request, const access::User& user) {
    auto caller = nobody(request, user.name);
    caller.user = user.id;
    return caller;
}

std::optional<access::User> Door::user_of(const Open& parts, std::string_view id) {
    return parts.directory->read([&](const access::People& people) {
        const auto* user = people.user(id);
        return user == nullptr || !user->active ? std::optional<access::User>() : *user;
    });
}

std::optional<http::Response> Door::stale(const Call& call) const {
    const auto& shown = call.caller.second_factor;
    if (shown && clock().now() - *shown <= access::step_up_age_max) return std::nullopt;
    return problem_answer(call.request,
                          {403,
                           "step_up_required",
                           "this needs the second factor of just now",
                           "Show it again, then repeat.",
                           {}});
}

Door::Answer Door::ask_second(Open& parts,
                              const http::Request& request,
                              const access::User& user,
                              const access::Came& came) const {
    TRY(const auto secret,
        parts.sessions->begin(access::Purpose::second_factor, user.id, came_text(came)));
    auto response = json_answer(second_json(user));
    response.with("Set-Cookie", set_cookie(request, pending_cookie_name(request), secret, 300));
    return response;
}

Door::Answer Door::ask_phone(Open& parts,
                             const http::Request& request,
                             const access::User& user,
                             access::Enrolment wanted,
                             json::object more,
                             const access::Came& came) const {
    wanted.totp = access::new_totp_seed();
    TRY(const auto secret,
        parts.sessions->begin(access::Purpose::enrol, user.id, remembered(wanted, came)));
    TRY(more["totp"], phone_json(parts, user, wanted.totp));
    auto response = json_answer(more);
    response.with("Set-Cookie", set_cookie(request, pending_cookie_name(request), secret, 1800));
    return response;
}

Result<json::object> Door::phone_again(Open& parts, const http::Request& request) const {
    const auto pending = request.cookie(pending_cookie_name(request));
    const auto found = parts.sessions->look(access::Purpose::enrol, pending);
    const auto user = found ? user_of(parts, found->user) : std::nullopt;
    const auto wanted = found ? recalled(found->data) : std::nullopt;
    if (!user || !wanted) return fail(Errc::not_found, "nothing is to be set up here");
    TRY(auto picture, phone_json(parts, *user, wanted->wanted.totp));
    return json::object{
        {"next", "enrol"}, {"name", json_text(user->name)}, {"totp", std::move(picture)}};
}

Result<std::optional<Door::Phone>> Door::phone_of(Open& parts,
                                                  const http::Request& request,
                                                  std::string_view code) const {
    using Shown = std::optional<Phone>;
    const auto pending = request.cookie(pending_cookie_name(request));
    const auto tried = parts.sessions->attempt(access::Purpose::enrol, pending);
    auto user = tried ? user_of(parts, tried->user) : std::nullopt;
    auto wanted = tried ? recalled(tried->data) : std::nullopt;
    if (!user || !wanted) return Shown();
    const auto step = access::totp_step(wanted->wanted.totp, code, clock().now(), 0);
    if (!step) return Shown();
    if (!parts.sessions->finish(access::Purpose::enrol, pending)) return Shown();
    TRY_DO(parts.sessions->use_totp_step(user->id, *step));
    return Shown(Phone{std::move(*user), std::move(wanted->wanted), std::move(wanted->came)});
}

Door::Answer Door::phone_shown(Open& parts,
                               const http::Request& request,
                               std::string_view code,
                               std::string_view note) const {
    TRY(auto phone, phone_of(parts, request, code));
    if (!phone) return refused(request);
    const auto codes = access::new_recovery_codes();
    phone->wanted.recovery = codes.kept;
    TRY_DO(parts.directory->change([&](const access::People& people) {
        return access::enrol(people, phone->user.id, phone->wanted, clock().now());
    }));
    TRY_DO(parts.sessions->end_all(phone->user.id));
    TRY(auto response, enter(parts, request, phone->user, note, phone->came));
    response.body = json::serialize(json::object{{"recovery_codes", shown_codes(codes)}});
    return response;
}

Result<Door::Factor> Door::shown(Open& parts,
                                 const access::User& user,
                                 const http::Request& request,
                                 const Fields& fields) const {
    TRY(const auto code, fields.optional_text("code", 32));
    TRY(const auto recovery, fields.optional_text("recovery", 100));
    const auto passkey = nested_text(fields, "passkey");
    const auto now = clock().now();
    if (!passkey.empty()) {
        TRY(const auto asked, challenge(parts, request, user.id));
        TRY(const bool right, passkey_shown(parts, user, request, asked, passkey));
        return right ? Factor::passkey : Factor::none;
    }
    if (!code.empty() && !user.totp.empty()) {
        TRY(const auto last, parts.sessions->last_totp_step(user.id));
        const auto step = access::totp_step(user.totp, code, now, last);
        if (!step) return Factor::none;
        TRY(const bool first, parts.sessions->use_totp_step(user.id, *step));
        return first ? Factor::totp : Factor::none;
    }
    const auto digest =
        recovery.empty() ? std::nullopt : access::recovery_digest(user.recovery, recovery);
    if (!digest) return Factor::none;
    const auto used = parts.directory->change([&](const access::People& people) {
        return access::use_recovery_code(people, *digest, {.id = user.id, .now = now});
    });
    return used ? Factor::recovery : Factor::none;
}

Door::Answer Door::enter(Open& parts,
                         const http::Request& request,
                         const access::User& user,
                         std::string_view note,
                         const access::Came& came) const {
    TRY_DO(parts.sessions->login_succeeded(user.login, request.peer));
    TRY(auto response, begin_session(parts, request, user.id, clock(), came));
    TRY_DO(parts.service->note(journal::Kind::login, person(request, user), note));
    return response;
}

// ---- passkeys

Result<access::RelyingParty> Door::party(const Open& parts, const http::Request& request) const {
    auto origin = parts.directory->read(
        [](const access::People& people) { return people.sign_in().address; });
    // For trying it out on this machine: no browser takes this name for another's.
    const std::string host(request.header("host"));
    if (origin.empty() && (host == "localhost" || host.starts_with("localhost:")))
        origin = (request.secure ? "https://" : "http://") + host;
    if (!access::is_public_address(origin))
        return fail(Errc::unavailable,
                    "passkeys need the address of the archive",
                    "An administrator sets it under Administration, Signing in.");
    auto id = origin.substr(origin.find("//") + 2);
    id = id.substr(0, id.find(':'));
    return access::RelyingParty{.id = std::move(id), .origin = origin, .name = "Letopis"};
}

Door::Answer Door::ask_passkey(Open& parts,
                               const http::Request& request,
                               std::string_view user,
                               const std::function<std::string(const access::RelyingParty&,
                                                               std::string_view)>& options) const {
    TRY(const auto site, party(parts, request));
    const auto asked = access::new_challenge();
    TRY(const auto secret, parts.sessions->begin(access::Purpose::challenge, user, asked));
    auto response = json_answer(json::object{});
    response.body = options(site, asked);
    response.with("Set-Cookie", set_cookie(request, challenge_cookie_name(request), secret, 300));
    return response;
}

Result<std::string> Door::challenge(Open& parts,
                                    const http::Request& request,
                                    std::string_view user) const {
    const auto secret = request.cookie(challenge_cookie_name(request));
    const auto gone = [] {
        return fail(Errc::conflict, "this request of a passkey is over", "Ask for a new one.");
    };
    auto found = parts.sessions->look(access::Purpose::challenge, secret);
    if (!found || found->user != user) return gone();
    if (!parts.sessions->finish(access::Purpose::challenge, secret)) return gone();
    return std::move(found->data);
}

Result<bool> Door::passkey_shown(Open& parts,
                                 const access::User& user,
                                 const http::Request& request,
                                 std::string_view challenge,
                                 const std::string& response) const {
    TRY(const auto site, party(parts, request));
    const auto credential = access::credential_of(response);
    if (!credential) return false;
    for (const auto& passkey : user.passkeys) {
        if (passkey.id != *credential) continue;
        const auto counter = access::verify_passkey(site, challenge, passkey, response);
        if (!counter) return false;
        return parts.sessions->use_passkey_counter(passkey.id, passkey.counter, *counter);
    }
    return false;
}

}  // namespace letopis::api
