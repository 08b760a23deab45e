// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in: a password, then a second factor, then a session. One text for every refusal, so that
// nobody learns who exists.
#include <fmt/format.h>

#include "api/device.hpp"
#include "api/door.hpp"
#include "api/external.hpp"
#include "app/build_info.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

json::object session_json(const access::User& user,
                          const access::Caller& caller,
                          const Open& open,
                          const Clock& clock) {
    const auto settings = open.directory->settings();
    const auto own = open.service->preferences().of(user.id);
    json::array roles, rights;
    for (const auto& grant : user.grants) roles.push_back(json_text(access::name(grant.role)));
    for (const auto right : caller.rights) rights.push_back(json_text(access::name(right)));
    return json::object{{"user",
                         json::object{{"id", json_text(user.id)},
                                      {"login", json_text(user.login)},
                                      {"name", json_text(user.name)},
                                      {"email", json_text(user.email)},
                                      {"locale", json_text(user.locale)},
                                      {"theme", json_text(own.theme)},
                                      {"keys", own.keys}}},
                        {"roles", std::move(roles)},
                        {"rights", std::move(rights)},
                        {"sees_all", caller.sees_all()},
                        {"second_factor", time_value(caller.second_factor)},
                        {"idle_until", json_text(rfc3339(clock.now() + access::session_idle_max))},
                        {"company", json_text(settings.company)},
                        {"demo", settings.demo}};
}

Result<http::Response> begin_session(Open& open,
                                     const http::Request& request,
                                     const std::string& user_id,
                                     const Clock& clock,
                                     const access::Came& came) {
    const auto now = clock.now();
    TRY(const auto started,
        open.sessions->start(user_id, request.peer, request.header("user-agent"), now, came));
    auto caller = open.directory->read(
        [&](const access::People& people) { return people.caller(user_id, now); });
    if (!caller) return fail(Errc::forbidden, "this person is switched off");
    caller->second_factor = now;
    const auto user =
        open.directory->read([&](const access::People& people) { return *people.user(user_id); });
    auto response = json_answer(session_json(user, *caller, open, clock));
    response.with("Set-Cookie",
                  set_cookie(request, session_cookie_name(request), started.secret, std::nullopt));
    response.with("Set-Cookie", set_cookie(request, pending_cookie_name(request), "", 0));
    return response;
}

class SignInRoom : public Door {
public:
    using Door::Door;

    Result<http::Response> health(Call&) const {
        return json_answer(json::object{{"ok", true},
                                        {"state", open() ? "open" : "setup"},
                                        {"version", json_text(app::build_name())}});
    }

    // What the page offers to somebody who is not signed in.
    Result<http::Response> ways(Call& call) const {
        TRY(const auto parts, open());
        const auto sign_in =
            parts->directory->read([](const access::People& people) { return people.sign_in(); });
        json::object object{{"passkey", party(*parts, call.request).has_value()},
                            {"provider", nullptr},
                            {"directory", nullptr}};
        if (sign_in.oidc) object["provider"] = json_text(sign_in.oidc->name);
        if (sign_in.ldap) object["directory"] = json_text(sign_in.ldap->name);
        return json_answer(object);
    }

    Result<http::Response> sign_in(Call& call) const {
        auto& request = call.request;
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(request));
        TRY(const auto login, fields.text("login", 200));
        TRY(const auto password, fields.text("password", 4096));
        TRY(const auto pause, parts->sessions->login_attempt(login, request.peer));
        if (pause) return wait(request, *pause);
        const auto known = parts->directory->read([&](const access::People& people) {
            const auto* user = people.user_by_login(login);
            return user == nullptr ? std::optional<access::User>() : *user;
        });
        // The directory decides where it is the one to ask; the work for a password of ours is done
        // all the same, so that time does not tell which.
        const bool elsewhere = known && asks_directory(*parts, *known, clock().now());
        TRY(const auto checked,
            passwords().verify(known && !elsewhere ? known->password : std::string(), password));
        if (elsewhere && known->active) {
            TRY(const auto shown, directory_shown(*parts, *known, login, password, clock().now()));
            if (shown && shown->invitation.empty() && has_factor(*known))
                return ask_second(*parts, request, *known);
            if (shown && !shown->invitation.empty())
                return ask_phone(*parts, request, *known, *shown, {{"next", "enrol"}});
        } else if (checked.right && known->active && has_factor(*known)) {
            return ask_second(*parts, request, *known);
        }
        TRY_DO(parts->service->note(journal::Kind::login, nobody(request, login), "refused"));
        return refused(request);
    }

    // Where this browser is on its way in: after a provider sent it back.
    Result<http::Response> half_way(Call& call) const {
        TRY(const auto parts, open());
        const auto pending = call.request.cookie(pending_cookie_name(call.request));
        const auto found = parts->sessions->look(access::Purpose::second_factor, pending);
        const auto user = found ? user_of(*parts, found->user) : std::nullopt;
        if (!user) return refused(call.request);
        return json_answer(second_json(*user));
    }

    Result<http::Response> second(Call& call) const {
        auto& request = call.request;
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(request));
        TRY(const bool lost, fields.flag("lost", false));
        const auto pending = request.cookie(pending_cookie_name(request));
        const auto tried = parts->sessions->attempt(access::Purpose::second_factor, pending);
        const auto user = tried ? user_of(*parts, tried->user) : std::nullopt;
        if (!user) return refused(request);
        TRY(const auto factor, shown(*parts, *user, request, fields));
        if (factor == Factor::none) {
            TRY_DO(parts->service->note(
                journal::Kind::login, person(request, *user), "second factor refused"));
            return refused(request);
        }
        if (!parts->sessions->finish(access::Purpose::second_factor, pending))
            return refused(request);
        // Who lost the phone, or has no code on paper left, is let in with a new phone only.
        if (factor == Factor::recovery && (lost || user->recovery.size() == 1))
            return ask_phone(*parts, request, *user, {}, {{"next", "enrol"}}, came_of(tried->data));
        return enter(*parts, request, *user, "in", came_of(tried->data));
    }

    Result<http::Response> new_phone(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto picture, phone_again(*parts, call.request));
        return json_answer(picture);
    }

    Result<http::Response> enrol(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto code, fields.text("code", 32));
        return phone_shown(*parts, call.request, code, "in, with a new phone");
    }

    Result<http::Response> who_am_i(Call& call) const {
        TRY(const auto parts, open());
        const auto user = parts->directory->read([&](const access::People& people) {
            const auto* found = people.user(call.caller.user);
            return found == nullptr ? std::optional<access::User>() : *found;
        });
        if (!user) return fail(Errc::not_found, "there is no such person any more");
        return json_answer(session_json(*user, call.caller, *parts, clock()));
    }

    Result<http::Response> sign_out(Call& call) const {
        TRY(const auto parts, open());
        if (!call.caller.session.empty())
            (void)parts->sessions->end(call.caller.user, call.caller.session);
        TRY_DO(parts->service->note(journal::Kind::login, call.caller, "out"));
        auto response = empty_answer();
        response.with("Set-Cookie",
                      set_cookie(call.request, session_cookie_name(call.request), "", 0));
        return response;
    }

    Result<http::Response> step_up(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(call.request));
        const auto user = parts->directory->read(
            [&](const access::People& people) { return *people.user(call.caller.user); });
        TRY(const auto pause, parts->sessions->login_attempt(user.login, call.request.peer));
        if (pause) return wait(call.request, *pause);
        TRY(const auto factor, shown(*parts, user, call.request, fields));
        if (factor == Factor::none) {
            TRY_DO(
                parts->service->note(journal::Kind::login, call.caller, "second factor refused"));
            return refused(call.request);
        }
        TRY_DO(parts->sessions->login_succeeded(user.login, call.request.peer));
        TRY(const auto fresh,
            parts->sessions->step_up(call.request.cookie(session_cookie_name(call.request))));
        auto response = json_answer(json::object{});
        response.with(
            "Set-Cookie",
            set_cookie(
                call.request, session_cookie_name(call.request), fresh.secret, std::nullopt));
        return response;
    }

    // Whose sessions: one's own, or with user=… somebody's, for who manages people.
    Result<std::string> whose(Open& parts, const Call& call) const {
        const auto user = query_of(call.request, "user");
        if (user.empty() || user == call.caller.user) return call.caller.user;
        if (!access::may(call.caller, access::Right::people_manage)) {
            TRY_DO(parts.service->note(
                journal::Kind::denied, call.caller, "sessions of another person"));
            return fail(Errc::forbidden,
                        "this needs the right `people_manage`",
                        "Somebody with the role of an administrator can give it.");
        }
        const bool known = parts.directory->read(
            [&](const access::People& people) { return people.user(user) != nullptr; });
        if (!known) return fail(Errc::not_found, "there is no such person");
        return user;
    }

    Result<http::Response> sessions(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto user, whose(*parts, call));
        TRY(const auto list, parts->sessions->list(user));
        json::array items;
        for (const auto& one : list) {
            const auto device = device_of(one.agent);
            items.push_back(json::object{{"id", json_text(one.id)},
                                         {"created", json_text(rfc3339(one.created))},
                                         {"seen", json_text(rfc3339(one.seen))},
                                         {"peer", json_text(one.peer)},
                                         {"browser", json_text(device.browser)},
                                         {"system", json_text(device.system)},
                                         {"agent", json_text(one.agent)},
                                         {"current", one.id == call.caller.session}});
        }
        return json_answer(json::object{{"items", std::move(items)}});
    }

    Result<http::Response> end_session(Call& call) const {
        const std::string id(call.request.parameter("id"));
        if (auto answer = id == call.caller.session ? std::nullopt : stale(call))
            return std::move(*answer);
        TRY(const auto parts, open());
        TRY(const auto user, whose(*parts, call));
        TRY_DO(parts->sessions->end(user, id));
        if (user != call.caller.user)
            TRY_DO(parts->service->note(
                journal::Kind::login, call.caller, "ended a session of " + user));
        return empty_answer();
    }

    Result<http::Response> end_others(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        TRY_DO(parts->sessions->end_all(call.caller.user, call.caller.session));
        TRY_DO(parts->service->note(journal::Kind::login, call.caller, "other sessions ended"));
        return empty_answer();
    }

    // By who manages people: a laptop was stolen.
    Result<http::Response> end_of_somebody(Call& call) const {
        if (auto answer = stale(call)) return std::move(*answer);
        TRY(const auto parts, open());
        const std::string id(call.request.parameter("id"));
        const auto user = parts->directory->read([&](const access::People& people) {
            const auto* found = people.user(id);
            return found == nullptr ? std::optional<access::User>() : *found;
        });
        if (!user) return fail(Errc::not_found, "there is no such person");
        TRY_DO(parts->sessions->end_all(id));
        TRY_DO(parts->service->note(
            journal::Kind::login, call.caller, "sessions ended of " + user->login));
        return empty_answer();
    }

    // ---- a new person, by the link that somebody gave them

    struct Invited {
        std::string invitation;
        access::User user;
    };
    std::optional<Invited> invited(const Open& parts, const http::Request& request) const {
        const auto now = clock().now();
        return parts.directory->read([&](const access::People& people) {
            const auto* found = people.invitation_by_secret(request.parameter("secret"), now);
            const auto* user = found == nullptr ? nullptr : people.user(found->user);
            return user == nullptr ? std::optional<Invited>() : Invited{found->id, *user};
        });
    }

    static http::Response no_invitation(const http::Request& request) {
        return problem_answer(
            request,
            {404, "not_found", "this link is not valid any more", "Ask for a new one.", {}});
    }

    Result<http::Response> invitation(Call& call) const {
        TRY(const auto parts, open());
        const auto guest = invited(*parts, call.request);
        if (!guest) return no_invitation(call.request);
        return json_answer(json::object{{"login", json_text(guest->user.login)},
                                        {"name", json_text(guest->user.name)}});
    }

    // Nothing changes before the second factor was shown.
    Result<http::Response> join(Call& call) const {
        TRY(const auto parts, open());
        const auto guest = invited(*parts, call.request);
        if (!guest) return no_invitation(call.request);
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto password, fields.text("password", 4096));
        const auto company = parts->directory->settings().company;
        TRY_DO(access::acceptable(password, {.login = guest->user.login, .company = company}));
        TRY(const auto kept, passwords().hash(password));
        return ask_phone(
            *parts, call.request, guest->user, {.invitation = guest->invitation, .password = kept});
    }

    Result<http::Response> join_confirm(Call& call) const {
        TRY(const auto parts, open());
        if (!invited(*parts, call.request)) return no_invitation(call.request);
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto code, fields.text("code", 32));
        return phone_shown(*parts, call.request, code, "joined");
    }
};

std::vector<Entry> session_routes(House& house) {
    using enum http::Method;
    using access::Right;
    const auto room = std::make_shared<const SignInRoom>(house);
    using Room = SignInRoom;
    const auto entry = [&](http::Method method,
                           std::string path,
                           std::optional<Right> right,
                           std::string summary,
                           Result<http::Response> (Room::*act)(Call&) const) {
        return at_door<Room>(room, method, std::move(path), right, std::move(summary), act);
    };
    return {
        entry(get, "/health", {}, "Is the server up?", &Room::health),
        entry(get, "/session/ways", {}, "How one may sign in here", &Room::ways),
        entry(post, "/session", {}, "Shows login and password", &Room::sign_in),
        entry(get, "/session/second", {}, "What is to be shown next", &Room::half_way),
        entry(post, "/session/second", {}, "Shows the second factor", &Room::second),
        entry(get, "/session/enrol", {}, "The picture for a new phone", &Room::new_phone),
        entry(post, "/session/enrol", {}, "The first code of a new phone", &Room::enrol),
        entry(get, "/session", Right::self, "Who am I, and what may I?", &Room::who_am_i),
        entry(del, "/session", Right::self, "Signs out", &Room::sign_out),
        entry(
            post, "/session/step-up", Right::self, "Shows the second factor again", &Room::step_up),
        entry(get, "/join/{secret}", {}, "Whom a link invites", &Room::invitation),
        entry(post, "/join/{secret}", {}, "A password for the invited", &Room::join),
        entry(post,
              "/join/{secret}/confirm",
              {},
              "The second factor of the invited",
              &Room::join_confirm),
        entry(get,
              "/sessions",
              Right::self,
              "One's own sessions; user=… of a person, for who manages people",
              &Room::sessions),
        entry(del, "/sessions", Right::self, "Ends all of them but this one", &Room::end_others),
        entry(del,
              "/users/{id}/sessions",
              Right::people_manage,
              "Ends every session of somebody",
              &Room::end_of_somebody),
        entry(del, "/sessions/{id}", Right::self, "Ends one of them", &Room::end_session),
    };
}

}  // namespace letopis::api
