// SPDX-License-Identifier: AGPL-3.0-or-later
// One's own account: how oneself signs in. Whatever changes here needs a second factor of just now,
// is a record in the journal, and ends the other sessions where a thief may sit in one.
#include <fmt/format.h>

#include "access/totp.hpp"
#include "api/door.hpp"
#include "app/views.hpp"
#include "base/bytes.hpp"

namespace letopis::api {

using app::json_text;

class AccountRoom : public Door {
public:
    using Door::Door;

    Result<http::Response> show(Call& call) const {
        TRY(const auto parts, open());
        const auto user = user_of(*parts, call.caller.user);
        if (!user) return refused(call.request);
        json::array passkeys;
        for (const auto& one : user->passkeys)
            passkeys.push_back(json::object{{"id", json_text(hex(one.id))},
                                            {"name", json_text(one.name)},
                                            {"added", json_text(rfc3339(one.added))}});
        json::array external;
        for (const auto& [issuer, _] : user->external) external.push_back(json_text(issuer));
        return json_answer(
            json::object{{"password", !user->password.empty()},
                         {"totp", !user->totp.empty()},
                         {"recovery_codes", user->recovery.size()},
                         {"passkeys", std::move(passkeys)},
                         {"passkeys_possible", party(*parts, call.request).has_value()},
                         {"external", std::move(external)}});
    }

    Result<http::Response> password(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto old, fields.text("old", 4096));
        TRY(const auto fresh, fields.text("new", 4096));
        const auto user = user_of(*parts, call.caller.user);
        if (!user) return refused(call.request);
        if (user->password.empty())
            return fail(Errc::conflict,
                        "your password is not kept here",
                        "Change it where your company keeps it.");
        TRY(const auto pause, parts->sessions->login_attempt(user->login, call.request.peer));
        if (pause) return wait(call.request, *pause);
        TRY(const auto checked, passwords().verify(user->password, old));
        if (!checked.right) {
            TRY_DO(parts->service->note(journal::Kind::login, call.caller, "own password refused"));
            return fail(Errc::invalid, "the old password is not right");
        }
        TRY_DO(parts->sessions->login_succeeded(user->login, call.request.peer));
        if (old == fresh) return fail(Errc::invalid, "the new password is the old one");
        const auto company = parts->directory->settings().company;
        TRY_DO(access::acceptable(fresh, {.login = user->login, .company = company}));
        TRY(const auto kept, passwords().hash(fresh));
        return stored(*parts, call, "password changed", [&](const access::People& people) {
            return access::set_password(people, kept, author(call));
        });
    }

    Result<http::Response> recovery_codes(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        const auto codes = access::new_recovery_codes();
        TRY_DO(stored(*parts, call, "recovery codes made anew", [&](const access::People& people) {
            return access::set_recovery(people, codes.kept, author(call));
        }));
        return json_answer(json::object{{"recovery_codes", shown_codes(codes)}});
    }

    // ---- the phone

    Result<http::Response> new_phone(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        const auto user = user_of(*parts, call.caller.user);
        if (!user) return refused(call.request);
        return ask_phone(*parts, call.request, *user, {});
    }

    Result<http::Response> phone(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto code, fields.text("code", 32));
        TRY(const auto shown, phone_of(*parts, call.request, code));
        if (!shown || shown->user.id != call.caller.user || !shown->wanted.invitation.empty())
            return fail(Errc::invalid, "this code is not the one of now");
        const auto codes = access::new_recovery_codes();
        TRY_DO(stored(*parts, call, "phone for codes changed", [&](const access::People& people) {
            return access::set_totp(people, shown->wanted.totp, codes.kept, author(call));
        }));
        return json_answer(json::object{{"recovery_codes", shown_codes(codes)}});
    }

    Result<http::Response> no_phone(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        return stored(*parts, call, "phone for codes removed", [&](const access::People& people) {
            return access::remove_totp(people, author(call));
        });
    }

    // ---- passkeys

    Result<http::Response> new_passkey(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        const auto user = user_of(*parts, call.caller.user);
        if (!user) return refused(call.request);
        return ask_passkey(*parts,
                           call.request,
                           user->id,
                           [&](const access::RelyingParty& site, std::string_view asked) {
                               return access::creation_options(site, *user, asked);
                           });
    }

    Result<http::Response> add_passkey(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto name, fields.text("name", 100));
        TRY(const auto site, party(*parts, call.request));
        TRY(const auto asked, challenge(*parts, call.request, call.caller.user));
        TRY(const auto made,
            access::register_passkey(
                site, asked, nested_text(fields, "passkey"), name, clock().now()));
        TRY_DO(stored(*parts, call, "passkey added", [&](const access::People& people) {
            return access::add_passkey(people, made, author(call));
        }));
        return json_answer(json::object{{"id", json_text(hex(made.id))}}, 201);
    }

    Result<http::Response> remove_passkey(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        const auto id = unhex(call.request.parameter("id"));
        if (!id) return fail(Errc::not_found, "there is no such passkey");
        return stored(*parts, call, "passkey removed", [&](const access::People& people) {
            return access::remove_passkey(people, *id, author(call));
        });
    }

private:
    access::Author author(const Call& call) const {
        return {.id = call.caller.user, .now = clock().now()};
    }

    Result<http::Response> stored(Open& parts,
                                  const Call& call,
                                  std::string_view note,
                                  const Directory::Decide& decide) const {
        TRY_DO(parts.directory->change(decide));
        TRY_DO(parts.sessions->end_all(call.caller.user, call.caller.session));
        TRY_DO(parts.service->note(journal::Kind::login, call.caller, note));
        return empty_answer();
    }
};

std::vector<Entry> account_routes(House& house) {
    using enum http::Method;
    using Room = AccountRoom;
    const auto room = std::make_shared<const Room>(house);
    constexpr auto right = access::Right::self;
    const auto entry = [&](http::Method method, std::string path, std::string summary, auto act) {
        return at_door<Room>(room, method, std::move(path), right, std::move(summary), act);
    };
    return {
        entry(get, "/account", "How oneself signs in", &Room::show),
        entry(post, "/account/password", "A new password of one's own", &Room::password),
        entry(post, "/account/recovery-codes", "Ten new recovery codes", &Room::recovery_codes),
        entry(post, "/account/totp", "A picture for a new phone", &Room::new_phone),
        entry(post, "/account/totp/confirm", "The new phone's first code", &Room::phone),
        entry(del, "/account/totp", "No more codes of a phone", &Room::no_phone),
        entry(post, "/account/passkeys/options", "What a new passkey answers", &Room::new_passkey),
        entry(post, "/account/passkeys", "A new passkey", &Room::add_passkey),
        entry(del, "/account/passkeys/{id}", "Forgets a passkey", &Room::remove_passkey),
    };
}

}  // namespace letopis::api
