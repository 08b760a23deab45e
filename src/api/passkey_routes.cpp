// SPDX-License-Identifier: AGPL-3.0-or-later
// Coming in by a passkey alone, which is both factors (it is there, and it saw its user's finger or
// PIN), or as the second one.
#include "api/door.hpp"

namespace letopis::api {

class PasskeyRoom : public Door {
public:
    using Door::Door;

    Result<http::Response> options(Call& call) const {
        TRY(const auto parts, open());
        const auto pending = call.request.cookie(pending_cookie_name(call.request));
        const auto half_way = parts->sessions->look(access::Purpose::second_factor, pending);
        const auto user = half_way ? user_of(*parts, half_way->user) : std::nullopt;
        return asked(*parts, call, user);
    }

    Result<http::Response> step_up_options(Call& call) const {
        TRY(const auto parts, open());
        return asked(*parts, call, user_of(*parts, call.caller.user));
    }

    Result<http::Response> sign_in(Call& call) const {
        auto& request = call.request;
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(request));
        const auto response = nested_text(fields, "passkey");
        TRY(const auto credential, access::credential_of(response));
        const auto user = parts->directory->read([&](const access::People& people) {
            const auto* found = people.user_by_passkey(credential);
            return found == nullptr || !found->active ? std::optional<access::User>() : *found;
        });
        // A passkey that nobody has counts for the address that it came from, and for nobody else.
        TRY(const auto pause,
            parts->sessions->login_attempt(user ? user->login : "passkey " + request.peer,
                                           request.peer));
        if (pause) return wait(request, *pause);
        TRY(const auto asked, challenge(*parts, request, {}));
        bool right = false;
        if (user) {
            TRY(right, passkey_shown(*parts, *user, request, asked, response));
        }
        if (right) return enter(*parts, request, *user, "in, by a passkey");
        TRY_DO(parts->service->note(journal::Kind::login,
                                    user ? person(request, *user) : nobody(request, {}),
                                    "passkey refused"));
        return refused(request);
    }

private:
    Result<http::Response> asked(Open& parts,
                                 const Call& call,
                                 const std::optional<access::User>& user) const {
        return ask_passkey(
            parts,
            call.request,
            user ? std::string_view(user->id) : std::string_view(),
            [&](const access::RelyingParty& site, std::string_view challenge) {
                return access::request_options(
                    site, user ? user->passkeys : std::vector<access::Passkey>(), challenge);
            });
    }
};

std::vector<Entry> passkey_routes(House& house) {
    using enum http::Method;
    using Room = PasskeyRoom;
    const auto room = std::make_shared<const Room>(house);
    return {
        at_door<Room>(
            room, post, "/session/passkey/options", {}, "What a passkey answers", &Room::options),
        at_door<Room>(room, post, "/session/passkey", {}, "Shows a passkey alone", &Room::sign_in),
        at_door<Room>(room,
                      post,
                      "/session/step-up/options",
                      access::Right::self,
                      "What a passkey answers to show it again",
                      &Room::step_up_options),
    };
}

}  // namespace letopis::api
