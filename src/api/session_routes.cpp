// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in: a password, then a second factor, then a session. One text for every refusal, so that
// nobody learns who exists.
#include <fmt/format.h>

#include "access/totp.hpp"
#include "api/house.hpp"
#include "app/build_info.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

json::object session_json(const access::User& user,
                          const access::Caller& caller,
                          const Settings& settings,
                          const Clock& clock) {
    json::array roles, rights;
    for (const auto& grant : user.grants) roles.push_back(json_text(access::name(grant.role)));
    for (const auto right : caller.rights) rights.push_back(json_text(access::name(right)));
    return json::object{{"user",
                         json::object{{"id", json_text(user.id)},
                                      {"login", json_text(user.login)},
                                      {"name", json_text(user.name)},
                                      {"email", json_text(user.email)},
                                      {"locale", json_text(user.locale)}}},
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
                                     const Clock& clock) {
    const auto now = clock.now();
    TRY(const auto started,
        open.sessions->start(user_id, request.peer, request.header("user-agent"), now));
    auto caller = open.directory->read(
        [&](const access::People& people) { return people.caller(user_id, now); });
    if (!caller) return fail(Errc::forbidden, "this person is switched off");
    caller->second_factor = now;
    const auto user =
        open.directory->read([&](const access::People& people) { return *people.user(user_id); });
    auto response = json_answer(session_json(user, *caller, open.directory->settings(), clock));
    response.with("Set-Cookie",
                  set_cookie(request, session_cookie_name(request), started.secret, std::nullopt));
    response.with("Set-Cookie", set_cookie(request, pending_cookie_name(request), "", 0));
    return response;
}

namespace {

http::Response refused(const http::Request& request) {
    return problem_answer(request,
                          {401,
                           "unauthenticated",
                           "login, password or code are not right",
                           "Try again; after several tries there are pauses.",
                           {}});
}

http::Response wait(const http::Request& request, std::chrono::seconds time) {
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

access::Caller nobody(const http::Request& request, std::string_view login) {
    access::Caller caller;
    caller.name = std::string(login);
    caller.peer = request.peer;
    return caller;
}

}  // namespace

class Door {
public:
    explicit Door(House& house) : house_(house) {}

    Result<std::shared_ptr<Open>> open() const {
        const std::shared_lock lock(house_.mutex_);
        if (!house_.open_) return fail(Errc::unavailable, "there is no open archive yet");
        return house_.open_;
    }

    Result<http::Response> health(Call&) const {
        const std::shared_lock lock(house_.mutex_);
        return json_answer(json::object{{"ok", true},
                                        {"state", house_.open_ ? "open" : "setup"},
                                        {"version", json_text(app::build_name())}});
    }

    Result<http::Response> sign_in(Call& call) const {
        auto& request = call.request;
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(request));
        TRY(const auto login, fields.text("login", 200));
        TRY(const auto password, fields.text("password", 4096));
        TRY(const auto pause, parts->sessions->login_attempt(login, request.peer));
        if (pause) return wait(request, *pause);
        struct Known {
            std::string id, kept;
            bool active = false, totp = false, passkeys = false;
        };
        const auto known = parts->directory->read([&](const access::People& people) {
            const auto* user = people.user_by_login(login);
            if (user == nullptr) return Known();
            return Known{user->id,
                         user->password,
                         user->active,
                         !user->totp.empty(),
                         !user->passkeys.empty()};
        });
        TRY(const auto checked, house_.passwords_.verify(known.kept, password));
        if (!checked.right || !known.active || !(known.totp || known.passkeys)) {
            TRY_DO(parts->service->note(journal::Kind::login, nobody(request, login), "refused"));
            return refused(request);
        }
        TRY(const auto secret, parts->sessions->begin(access::Purpose::second_factor, known.id));
        json::array methods;
        if (known.totp) methods.emplace_back("totp");
        if (known.totp) methods.emplace_back("recovery");
        if (known.passkeys) methods.emplace_back("passkey");
        auto response = json_answer(
            json::object{{"next", known.totp ? "totp" : "passkey"}, {"methods", methods}});
        response.with("Set-Cookie", set_cookie(request, pending_cookie_name(request), secret, 300));
        return response;
    }

    Result<http::Response> second(Call& call) const {
        auto& request = call.request;
        TRY(const auto parts, open());
        TRY(const auto fields, Fields::of(request));
        const auto pending = request.cookie(pending_cookie_name(request));
        const auto tried = parts->sessions->attempt(access::Purpose::second_factor, pending);
        if (!tried) return refused(request);
        const auto user = parts->directory->read([&](const access::People& people) {
            const auto* found = people.user(tried->user);
            return found == nullptr ? std::optional<access::User>() : *found;
        });
        if (!user || !user->active) return refused(request);
        TRY(const bool right, shown(*parts, *user, fields));
        if (!right) {
            auto who = nobody(request, user->name);
            who.user = user->id;
            TRY_DO(parts->service->note(journal::Kind::login, who, "second factor refused"));
            return refused(request);
        }
        if (!parts->sessions->finish(access::Purpose::second_factor, pending))
            return refused(request);
        TRY_DO(parts->sessions->login_succeeded(user->login, request.peer));
        TRY(auto response, begin_session(*parts, request, user->id, house_.clock_));
        auto who = nobody(request, user->name);
        who.user = user->id;
        TRY_DO(parts->service->note(journal::Kind::login, who, "in"));
        return response;
    }

    // A code of the phone, or one of the codes on paper; each is good once.
    Result<bool> shown(Open& parts, const access::User& user, const Fields& fields) const {
        TRY(const auto code, fields.optional_text("code", 32));
        TRY(const auto recovery, fields.optional_text("recovery", 100));
        const auto now = house_.clock_.now();
        if (!code.empty() && !user.totp.empty()) {
            TRY(const auto last, parts.sessions->last_totp_step(user.id));
            const auto step = access::totp_step(user.totp, code, now, last);
            if (!step) return false;
            return parts.sessions->use_totp_step(user.id, *step);
        }
        if (recovery.empty()) return false;
        const auto digest = access::recovery_digest(user.recovery, recovery);
        if (!digest) return false;
        return parts.directory
            ->change([&](const access::People& people) {
                return access::use_recovery_code(people, *digest, {.id = user.id, .now = now});
            })
            .has_value();
    }

    Result<http::Response> who_am_i(Call& call) const {
        TRY(const auto parts, open());
        const auto user = parts->directory->read([&](const access::People& people) {
            const auto* found = people.user(call.caller.user);
            return found == nullptr ? std::optional<access::User>() : *found;
        });
        if (!user) return fail(Errc::not_found, "there is no such person any more");
        return json_answer(
            session_json(*user, call.caller, parts->directory->settings(), house_.clock_));
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
        TRY(const bool right, shown(*parts, user, fields));
        if (!right) {
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
        for (const auto& one : list)
            items.push_back(json::object{{"id", json_text(one.id)},
                                         {"created", json_text(rfc3339(one.created))},
                                         {"seen", json_text(rfc3339(one.seen))},
                                         {"peer", json_text(one.peer)},
                                         {"agent", json_text(one.agent)},
                                         {"current", one.id == call.caller.session}});
        return json_answer(json::object{{"items", std::move(items)}});
    }

    Result<http::Response> end_session(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto user, whose(*parts, call));
        TRY_DO(parts->sessions->end(user, std::string(call.request.parameter("id"))));
        if (user != call.caller.user)
            TRY_DO(parts->service->note(
                journal::Kind::login, call.caller, "ended a session of " + user));
        return empty_answer();
    }

    // ---- a new person, by the link that somebody gave them

    Result<std::optional<access::User>> invited(Open& parts, const http::Request& request) const {
        const auto now = house_.clock_.now();
        return parts.directory->read([&](const access::People& people) {
            const auto* invitation = people.invitation_by_secret(request.parameter("secret"), now);
            const auto* user = invitation == nullptr ? nullptr : people.user(invitation->user);
            return user == nullptr ? std::optional<access::User>() : *user;
        });
    }

    static http::Response no_invitation(const http::Request& request) {
        return problem_answer(
            request,
            {404, "not_found", "this link is not valid any more", "Ask for a new one.", {}});
    }

    Result<http::Response> invitation(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto user, invited(*parts, call.request));
        if (!user) return no_invitation(call.request);
        return json_answer(
            json::object{{"login", json_text(user->login)}, {"name", json_text(user->name)}});
    }

    // Nothing changes before the second factor was shown.
    Result<http::Response> join(Call& call) const {
        TRY(const auto parts, open());
        TRY(const auto user, invited(*parts, call.request));
        if (!user) return no_invitation(call.request);
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto password, fields.text("password", 4096));
        const auto company = parts->directory->settings().company;
        TRY_DO(access::acceptable(password, {.login = user->login, .company = company}));
        TRY(const auto kept, house_.passwords_.hash(password));
        const auto seed = access::new_totp_seed();
        TRY(const auto secret,
            parts->sessions->begin(access::Purpose::enrol, user->id, hex(seed) + "\n" + kept));
        const auto uri = access::totp_uri(seed, user->login, company);
        TRY(const auto qr, access::qr_path(uri));
        auto response = json_answer(json::object{{"totp", totp_json(seed, uri, qr)}});
        response.with("Set-Cookie",
                      set_cookie(call.request, pending_cookie_name(call.request), secret, 1800));
        return response;
    }

    Result<http::Response> join_confirm(Call& call) const {
        auto& request = call.request;
        TRY(const auto parts, open());
        TRY(const auto user, invited(*parts, request));
        if (!user) return no_invitation(request);
        TRY(const auto fields, Fields::of(request));
        TRY(const auto code, fields.text("code", 32));
        const auto pending = request.cookie(pending_cookie_name(request));
        const auto tried = parts->sessions->attempt(access::Purpose::enrol, pending);
        if (!tried || tried->user != user->id) return refused(request);
        const auto line = tried->data.find('\n');
        const auto seed = unhex(std::string_view(tried->data).substr(0, line));
        if (line == std::string::npos || !seed) return refused(request);
        const auto now = house_.clock_.now();
        const auto step = access::totp_step(*seed, code, now, 0);
        if (!step) return refused(request);
        TRY_DO(parts->sessions->finish(access::Purpose::enrol, pending));
        TRY_DO(parts->directory->change([&](const access::People& people) {
            return access::join(
                people, request.parameter("secret"), tried->data.substr(line + 1), now);
        }));
        const auto codes = access::new_recovery_codes();
        TRY_DO(parts->directory->change([&](const access::People& people) {
            return access::set_totp(people, *seed, codes.kept, {.id = user->id, .now = now});
        }));
        TRY(const bool first, parts->sessions->use_totp_step(user->id, *step));
        (void)first;
        TRY(auto response, begin_session(*parts, request, user->id, house_.clock_));
        json::array shown_codes;
        for (const auto& one : codes.shown) shown_codes.push_back(json_text(one));
        response.body = json::serialize(json::object{{"recovery_codes", std::move(shown_codes)}});
        auto who = nobody(request, user->name);
        who.user = user->id;
        TRY_DO(parts->service->note(journal::Kind::login, who, "joined"));
        return response;
    }

private:
    House& house_;
};

std::vector<Entry> session_routes(House& house) {
    using enum http::Method;
    const auto door = std::make_shared<const Door>(house);
    using Act = Result<http::Response> (Door::*)(Call&) const;
    const auto entry = [&](http::Method method,
                           std::string path,
                           std::optional<access::Right> right,
                           std::string summary,
                           Act act) {
        Entry made;
        made.method = method;
        made.path = std::move(path);
        made.right = right;
        made.summary = std::move(summary);
        made.body = method == post ? http::Body::whole : http::Body::none;
        made.at_door = [door, act](Call& call) { return ((*door).*act)(call); };
        return made;
    };
    using access::Right;
    return {
        entry(get, "/health", std::nullopt, "Is the server up?", &Door::health),
        entry(post, "/session", std::nullopt, "Shows login and password", &Door::sign_in),
        entry(post, "/session/second", std::nullopt, "Shows the second factor", &Door::second),
        entry(get, "/session", Right::self, "Who am I, and what may I?", &Door::who_am_i),
        entry(del, "/session", Right::self, "Signs out", &Door::sign_out),
        entry(
            post, "/session/step-up", Right::self, "Shows the second factor again", &Door::step_up),
        entry(get, "/join/{secret}", std::nullopt, "Whom a link invites", &Door::invitation),
        entry(post, "/join/{secret}", std::nullopt, "A password for the invited", &Door::join),
        entry(post,
              "/join/{secret}/confirm",
              std::nullopt,
              "The second factor of the invited",
              &Door::join_confirm),
        entry(get,
              "/sessions",
              Right::self,
              "One's own sessions; user=… of a person, for who manages people",
              &Door::sessions),
        entry(del, "/sessions/{id}", Right::self, "Ends one of them", &Door::end_session),
    };
}

}  // namespace letopis::api
