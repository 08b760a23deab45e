// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is signed in just now, and how often did somebody try? All of it is in state.db, which may be
// lost: then everybody signs in again. Secrets are 256 random bits, handed out once and kept as
// SHA-256. Any thread may call. Errors beside those named: io, no_space, unavailable.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sql/sqlite.hpp"

namespace letopis::access {

constexpr auto session_idle_max = std::chrono::minutes(30);
constexpr auto session_age_max = std::chrono::hours(12);
constexpr auto step_up_age_max = std::chrono::minutes(5);  // for what needs a fresh second factor

struct Session {
    std::string id;  // "e-…", to list and to end; not the secret
    std::string user;
    std::string peer;   // address it was begun from
    std::string agent;  // what the browser says it is
    Instant created{};
    Instant seen{};  // to the minute
    std::optional<Instant> second_factor;
    friend bool operator==(const Session&, const Session&) = default;
};

struct NewSession {
    Session session;
    std::string secret;  // the cookie's value: 64 hexadecimal digits
};

// What a browser holds before there is a session. Each is for one purpose.
enum class Purpose : std::uint8_t {
    second_factor,  // the password was right; 5 minutes, 5 tries
    enrol,          // likewise, and a second factor must be set up first; 30 minutes
    redirect,       // gone to an identity provider: `data` is what must come back; 10 minutes
    challenge,      // a passkey's challenge; 5 minutes
    set_up,         // the first user is about to be made; 24 hours, one at a time
};
struct Pending {
    std::string user;
    std::string data;
    int tries_left = 0;
};

// Which sign-in at a provider a session came out of.
struct Came {
    std::string issuer;   // empty: none, it was a password or a passkey of ours
    std::string session;  // what the provider calls it; may be empty
};

class Sessions {
public:
    // A file that cannot be read with this key is begun anew.
    static Result<std::unique_ptr<Sessions>> open(const Path& file,
                                                  std::string_view key,
                                                  const Clock& clock);

    Result<NewSession> start(std::string_view user,
                             std::string_view peer,
                             std::string_view agent,
                             std::optional<Instant> second_factor,
                             const Came& came = {});
    // The session of a cookie, which counts as used. not_found: none, or 30 minutes idle, or 12
    // hours old.
    Result<Session> use(std::string_view secret);
    // The second factor was shown again: the session gets a new secret, the old one is gone; it
    // lives no longer for it.
    Result<NewSession> step_up(std::string_view secret);
    Result<std::vector<Session>> list(std::string_view user);
    Result<std::uint64_t> count();                                 // of everybody
    Result<void> end(std::string_view user, std::string_view id);  // not_found
    // Every session of the user and everything pending, `except` (an id) aside.
    Result<void> end_all(std::string_view user, std::string_view except = {});

    // The sign-in `came.session` has ended at the provider: so do its sessions and, where the
    // provider never told of which sign-in they are, all that `user` has from there; and what
    // `user` has half begun. Either may be empty. Whose sessions they were.
    Result<std::vector<std::string>> end_of_provider(std::string_view user, const Came& came);
    // true: nobody used this before; remembered until then.
    Result<bool> use_once(std::string_view what, Instant until);

    // The secret of a new pending state.
    Result<std::string> begin(Purpose purpose, std::string_view user, std::string_view data = {});
    // Counts as a try, before it is known whether it is right. not_found: none such, too late, no
    // tries left. For second_factor also unavailable: over 30 tries of this user in an hour.
    Result<Pending> attempt(Purpose purpose, std::string_view secret);
    // What is there, without counting as a try. not_found.
    Result<Pending> look(Purpose purpose, std::string_view secret);
    // It was right: gone. not_found when somebody else was first.
    Result<void> finish(Purpose purpose, std::string_view secret);

    // true: the step was not used before, and is now. One of two who come at once gets false.
    Result<bool> use_totp_step(std::string_view user, std::int64_t step);
    Result<std::int64_t> last_totp_step(std::string_view user);
    // false: the counter did not grow, so that the passkey may be a copy. Zero for ever is fine.
    Result<bool> use_passkey_counter(std::string_view credential,
                                     std::uint32_t at_registration,
                                     std::uint32_t counter);

    // May somebody at `peer` try the password of `login` now? Counts as a failure until
    // login_succeeded(). Allowed: 5 in 15 minutes for a login from one network (/24, /64), with
    // growing pauses from the third on; 30 in an hour from an address; and for a login from
    // networks where it never succeeded, after 50 in an hour one every 10 seconds. So nobody can
    // lock out another person where that person usually works. Nothing, or how long to wait.
    Result<std::optional<std::chrono::seconds>> login_attempt(std::string_view login,
                                                              std::string_view peer);
    // After the second factor, not before.
    Result<void> login_succeeded(std::string_view login, std::string_view peer);

private:
    Sessions(sql::Database db, const Clock& clock) : db_(std::move(db)), clock_(clock) {}
    Result<void> prepare();
    Result<void> sweep();
    Result<Session> find(std::string_view secret);
    Result<std::vector<Instant>> attempts(std::string_view key, std::chrono::seconds window);
    Result<void> note_attempt(std::string_view key);
    template <class... Args>
    Result<void> run(std::string_view sql, const Args&... args) {
        TRY(auto statement, db_.prepare(sql));
        return statement.run_with(args...);
    }

    std::mutex mutex_;
    sql::Database db_;  // guarded by mutex_
    const Clock& clock_;
};

// The network that an address counts for: "192.0.2.0/24", "2001:db8:0:1::/64"; the text itself
// where it is no address.
std::string network_of(std::string_view peer);

}  // namespace letopis::access
