// SPDX-License-Identifier: AGPL-3.0-or-later
// What all ways in share: who is asked for what next, how a second factor is shown, and the one
// text for every refusal, so that nobody learns who exists.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access/passkeys.hpp"
#include "api/house.hpp"

namespace letopis::api {

class Door {
public:
    explicit Door(House& house) : house_(house) {}

protected:
    using Answer = Result<http::Response>;

    Result<std::shared_ptr<Open>> open() const;
    const Clock& clock() const { return house_.clock_; }
    access::Passwords& passwords() const { return house_.passwords_; }

    static http::Response refused(const http::Request& request);
    static http::Response wait(const http::Request& request, std::chrono::seconds time);
    static access::Caller nobody(const http::Request& request, std::string_view login);
    static access::Caller person(const http::Request& request, const access::User& user);
    static std::optional<access::User> user_of(const Open& parts, std::string_view id);
    // What changes how somebody signs in needs a second factor of just now. An answer: not shown.
    std::optional<http::Response> stale(const Call& call) const;

    // The password (or what stands for it) was right: what is to be shown next.
    Answer ask_second(Open& parts,
                      const http::Request& request,
                      const access::User& user,
                      const access::Came& came = {}) const;
    // The same for a phone that is yet to be set up; `wanted` says what is stored with it.
    Answer ask_phone(Open& parts,
                     const http::Request& request,
                     const access::User& user,
                     access::Enrolment wanted,
                     json::object more = {},
                     const access::Came& came = {}) const;
    // The same picture again, for a browser that came back from a provider. not_found.
    Result<json::object> phone_again(Open& parts, const http::Request& request) const;
    struct Phone {
        access::User user;
        access::Enrolment wanted;  // with the seed whose code was shown
        access::Came came;
    };
    // Nothing: not the code of the phone that ask_phone() gave this browser.
    Result<std::optional<Phone>> phone_of(Open& parts,
                                          const http::Request& request,
                                          std::string_view code) const;
    // The code of the phone that ask_phone() gave: everything is stored, a session begins.
    Answer phone_shown(Open& parts,
                       const http::Request& request,
                       std::string_view code,
                       std::string_view note) const;

    enum class Factor : std::uint8_t { none, totp, recovery, passkey };
    // What the fields `code`, `recovery` or `passkey` show; each is good once.
    Result<Factor> shown(Open& parts,
                         const access::User& user,
                         const http::Request& request,
                         const Fields& fields) const;
    // Both factors are shown.
    Answer enter(Open& parts,
                 const http::Request& request,
                 const access::User& user,
                 std::string_view note,
                 const access::Came& came = {}) const;

    // ---- passkeys

    // Whose site this is for a browser. Errors: unavailable, when no address is set.
    Result<access::RelyingParty> party(const Open& parts, const http::Request& request) const;
    // The secret of a new challenge goes with the answer as a cookie.
    Answer ask_passkey(Open& parts,
                       const http::Request& request,
                       std::string_view user,
                       const std::function<std::string(const access::RelyingParty&,
                                                       std::string_view challenge)>& options) const;
    // The challenge that this browser was given for this user; it is used up by asking.
    Result<std::string> challenge(Open& parts,
                                  const http::Request& request,
                                  std::string_view user) const;
    Result<bool> passkey_shown(Open& parts,
                               const access::User& user,
                               const http::Request& request,
                               std::string_view challenge,
                               const std::string& response) const;

    House& house_;
};

// What a pending state remembers of a sign-in at a provider, and back.
std::string came_text(const access::Came& came);
access::Came came_of(std::string_view text);
std::string challenge_cookie_name(const http::Request& request);
bool has_factor(const access::User& user);
json::object second_json(const access::User& user);  // what may be shown next
json::array shown_codes(const access::RecoveryCodes& codes);
// An object or nothing, as the text that access reads.
std::string nested_text(const Fields& fields, std::string_view name);

template <class Room>
Entry at_door(const std::shared_ptr<const Room>& room,
              http::Method method,
              std::string path,
              std::optional<access::Right> right,
              std::string summary,
              Result<http::Response> (Room::*act)(Call&) const) {
    Entry made;
    made.method = method;
    made.path = std::move(path);
    made.right = right;
    made.summary = std::move(summary);
    const bool has_body = method == http::Method::post || method == http::Method::put;
    made.body = has_body ? http::Body::whole : http::Body::none;
    made.at_door = [room, act](Call& call) { return ((*room).*act)(call); };
    return made;
}

std::vector<Entry> account_routes(House& house);
std::vector<Entry> passkey_routes(House& house);
std::vector<Entry> oidc_routes(House& house);
std::vector<Entry> sign_in_settings_routes(House& house);

}  // namespace letopis::api
