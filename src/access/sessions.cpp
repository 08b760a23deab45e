// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/sessions.hpp"

#include <filesystem>

#include "base/bytes.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::size_t secret_size = 32;
constexpr std::size_t text_max = 300;
constexpr std::size_t data_max = 16 * 1024;
constexpr std::int64_t strangers_max = 2000;
constexpr auto seen_granularity = minutes(1);
constexpr auto factor_window = hours(1);
constexpr std::size_t factor_tries_max = 30;
constexpr auto attempts_kept = hours(24);

constexpr const char* schema = R"sql(
    CREATE TABLE IF NOT EXISTS session(id TEXT PRIMARY KEY, secret BLOB NOT NULL UNIQUE,
        user TEXT NOT NULL, peer TEXT NOT NULL, agent TEXT NOT NULL, created INTEGER NOT NULL,
        seen INTEGER NOT NULL, factor INTEGER) STRICT;
    CREATE INDEX IF NOT EXISTS session_user ON session(user);
    CREATE TABLE IF NOT EXISTS pending(secret BLOB NOT NULL, purpose INTEGER NOT NULL,
        user TEXT NOT NULL, data BLOB NOT NULL, until INTEGER NOT NULL, tries INTEGER NOT NULL,
        PRIMARY KEY(secret, purpose)) STRICT;
    CREATE TABLE IF NOT EXISTS totp(user TEXT PRIMARY KEY, step INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS passkey(credential BLOB PRIMARY KEY, counter INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS attempt(key TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS attempt_key ON attempt(key, at);
    CREATE INDEX IF NOT EXISTS attempt_at ON attempt(at);
    CREATE TABLE IF NOT EXISTS known(key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS came(session TEXT PRIMARY KEY, issuer TEXT NOT NULL,
        sid TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS used(what BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT;
)sql";

constexpr std::string_view session_columns = "id,user,peer,agent,created,seen,factor";

Session session_at(const sql::Statement& row) {
    Session session{.id = std::string(row.text(0)),
                    .user = std::string(row.text(1)),
                    .peer = std::string(row.text(2)),
                    .agent = std::string(row.text(3)),
                    .created = from_micros(row.integer(4)),
                    .seen = from_micros(row.integer(5)),
                    .second_factor = {}};
    if (!row.is_null(6)) session.second_factor = from_micros(row.integer(6));
    return session;
}

// As it is kept; nothing for what cannot be a secret.
std::optional<Digest> kept(std::string_view secret) {
    const auto raw = secret.size() == 2 * secret_size ? unhex(secret) : std::nullopt;
    if (!raw) return std::nullopt;
    return crypto::sha256(*raw);
}

auto nothing_there() { return fail(Errc::not_found, "not signed in", "sign in again"); }

minutes lifetime(Purpose purpose) {
    switch (purpose) {
        case Purpose::second_factor:
        case Purpose::challenge: return minutes(5);
        case Purpose::redirect: return minutes(10);
        case Purpose::enrol: return minutes(30);
        case Purpose::set_up: return hours(24);
    }
    return minutes(0);
}

Result<Pending> pending_at(sql::Database& db, Purpose purpose, const Digest& digest, Instant now) {
    TRY(auto row,
        db.prepare("SELECT user,data,tries FROM pending WHERE secret=? AND purpose=? AND until>? "
                   "AND tries>0"));
    TRY(const bool there, row.bind(sql::Blob{as_bytes(digest)}, purpose, to_micros(now)).step());
    if (!there) return nothing_there();
    return Pending{.user = std::string(row.text(0)),
                   .data = std::string(row.blob(1)),
                   .tries_left = static_cast<int>(row.integer(2))};
}

Path beside(const Path& file, const char* suffix) {
    auto path = file;
    path += suffix;
    return path;
}

}  // namespace

Result<std::unique_ptr<Sessions>> Sessions::open(const Path& file,
                                                 std::string_view key,
                                                 const Clock& clock) {
    for (const bool again : {false, true}) {
        auto db = sql::Database::open(file, key, {.cache_kib = 1024});
        auto done = db ? Result<void>{} : fail(db.error().code, db.error().what, db.error().hint);
        std::unique_ptr<Sessions> sessions;
        if (db) {
            sessions.reset(new Sessions(*std::move(db), clock));
            done = sessions->prepare();
        }
        if (done) return sessions;
        const auto code = done.error().code;
        if (again || (code != Errc::wrong_key && code != Errc::corrupt))
            return tl::unexpected<Error>(std::move(done).error());
        sessions.reset();
        for (const auto* suffix : {"", "-wal", "-shm"}) {
            std::error_code ignored;  // the next open says what is wrong
            std::filesystem::remove(beside(file, suffix), ignored);
        }
    }
    return fail(Errc::io, "the sessions cannot be opened");
}

Result<void> Sessions::prepare() {
    TRY_DO(db_.run(schema));
    return sweep();
}

Result<void> Sessions::sweep() {
    const auto now = clock_.now();
    TRY_DO(run("DELETE FROM session WHERE seen<=? OR created<=?",
               to_micros(now - session_idle_max),
               to_micros(now - session_age_max)));
    TRY_DO(run("DELETE FROM came WHERE session NOT IN (SELECT id FROM session)"));
    TRY_DO(run("DELETE FROM used WHERE until<=?", to_micros(now)));
    TRY_DO(run("DELETE FROM pending WHERE until<=?", to_micros(now)));
    TRY_DO(run("DELETE FROM known WHERE at<=?", to_micros(now - hours(24 * 90))));
    return run("DELETE FROM attempt WHERE at<=?", to_micros(now - attempts_kept));
}

// ---- sessions

Result<NewSession> Sessions::start(std::string_view user,
                                   std::string_view peer,
                                   std::string_view agent,
                                   std::optional<Instant> second_factor,
                                   const Came& came) {
    const std::lock_guard lock(mutex_);
    TRY_DO(sweep());
    const auto now = clock_.now();
    const auto secret = random_bytes(secret_size);
    Session session{.id = "e-" + hex(random_bytes(8)),
                    .user = std::string(user),
                    .peer = std::string(peer.substr(0, text_max)),
                    .agent = std::string(agent.substr(0, text_max)),
                    .created = now,
                    .seen = now,
                    .second_factor = second_factor};
    const auto digest = crypto::sha256(secret);
    std::optional<std::int64_t> factor;
    if (second_factor) factor = to_micros(*second_factor);
    TRY_DO(
        run("INSERT INTO session(id,secret,user,peer,agent,created,seen,factor) "
            "VALUES(?,?,?,?,?,?,?,?)",
            session.id,
            sql::Blob{as_bytes(digest)},
            session.user,
            session.peer,
            session.agent,
            to_micros(now),
            to_micros(now),
            factor));
    if (!came.issuer.empty())
        TRY_DO(run("INSERT INTO came(session,issuer,sid) VALUES(?,?,?)",
                   session.id,
                   came.issuer,
                   came.session));
    return NewSession{.session = std::move(session), .secret = hex(secret)};
}

Result<Session> Sessions::find(std::string_view secret) {
    const auto digest = kept(secret);
    if (!digest) return nothing_there();
    TRY(auto row,
        db_.prepare("SELECT " + std::string(session_columns) + " FROM session WHERE secret=?"));
    TRY(const bool there, row.bind(sql::Blob{as_bytes(*digest)}).step());
    if (!there) return nothing_there();
    auto session = session_at(row);
    const auto now = clock_.now();
    if (now - session.seen >= session_idle_max || now - session.created >= session_age_max)
        return nothing_there();
    return session;
}

Result<Session> Sessions::use(std::string_view secret) {
    const std::lock_guard lock(mutex_);
    TRY(auto session, find(secret));
    const auto now = clock_.now();
    // Not at every request: each write waits for the disk.
    if (now - session.seen >= seen_granularity) {
        TRY_DO(run("UPDATE session SET seen=? WHERE id=?", to_micros(now), session.id));
        session.seen = now;
    }
    return session;
}

Result<NewSession> Sessions::step_up(std::string_view secret) {
    const std::lock_guard lock(mutex_);
    TRY(auto session, find(secret));
    const auto now = clock_.now();
    const auto fresh = random_bytes(secret_size);
    const auto digest = crypto::sha256(fresh);
    TRY_DO(run("UPDATE session SET secret=?, seen=?, factor=? WHERE id=?",
               sql::Blob{as_bytes(digest)},
               to_micros(now),
               to_micros(now),
               session.id));
    session.seen = now;
    session.second_factor = now;
    return NewSession{.session = std::move(session), .secret = hex(fresh)};
}

Result<std::vector<Session>> Sessions::list(std::string_view user) {
    const std::lock_guard lock(mutex_);
    TRY_DO(sweep());
    TRY(auto row,
        db_.prepare("SELECT " + std::string(session_columns) +
                    " FROM session WHERE user=? ORDER BY created DESC, id"));
    row.bind(user);
    std::vector<Session> sessions;
    for (;;) {
        TRY(const bool there, row.step());
        if (!there) return sessions;
        sessions.push_back(session_at(row));
    }
}

Result<std::uint64_t> Sessions::count() {
    const std::lock_guard lock(mutex_);
    TRY_DO(sweep());
    TRY(auto statement, db_.prepare("SELECT count(*) FROM session"));
    TRY_DO(statement.step());
    return statement.number(0);
}

Result<void> Sessions::end(std::string_view user, std::string_view id) {
    const std::lock_guard lock(mutex_);
    TRY_DO(run("DELETE FROM session WHERE user=? AND id=?", user, id));
    if (db_.changes() == 0) return fail(Errc::not_found, "there is no such session");
    return {};
}

Result<void> Sessions::end_all(std::string_view user, std::string_view except) {
    const std::lock_guard lock(mutex_);
    TRY_DO(run("DELETE FROM pending WHERE user=?", user));
    return run("DELETE FROM session WHERE user=? AND id<>?", user, except);
}

Result<std::vector<std::string>> Sessions::end_of_provider(std::string_view user,
                                                           const Came& came) {
    const std::lock_guard lock(mutex_);
    TRY(auto transaction, sql::Transaction::begin(db_));
    if (!user.empty()) TRY_DO(run("DELETE FROM pending WHERE user=?", user));
    constexpr std::string_view theirs =
        "FROM session WHERE id IN (SELECT session FROM came WHERE issuer=?1 AND "
        "((sid=?2 AND ?2<>'') OR (sid='' AND user=?3)))";
    std::vector<std::string> users;
    {
        TRY(auto row, db_.prepare("SELECT DISTINCT user " + std::string(theirs)));
        row.bind(came.issuer, came.session, user);
        for (;;) {
            TRY(const bool there, row.step());
            if (!there) break;
            users.emplace_back(row.text(0));
        }
    }
    TRY_DO(run("DELETE " + std::string(theirs), came.issuer, came.session, user));
    TRY_DO(transaction.commit());
    return users;
}

Result<bool> Sessions::use_once(std::string_view what, Instant until) {
    const auto digest = crypto::sha256(what);
    const std::lock_guard lock(mutex_);
    TRY_DO(sweep());
    TRY_DO(run("INSERT INTO used(what,until) VALUES(?,?) ON CONFLICT DO NOTHING",
               sql::Blob{as_bytes(digest)},
               to_micros(until)));
    return db_.changes() == 1;
}

// ---- before there is a session

Result<std::string> Sessions::begin(Purpose purpose, std::string_view user, std::string_view data) {
    constexpr int tries = 5;
    if (data.size() > data_max) return fail(Errc::too_large, "too much to remember");
    const std::lock_guard lock(mutex_);
    TRY_DO(sweep());
    if (purpose == Purpose::set_up) TRY_DO(run("DELETE FROM pending WHERE purpose=?", purpose));
    // Who is not known yet may begin as often as they like; only so many are remembered.
    TRY_DO(
        run("DELETE FROM pending WHERE user='' AND rowid NOT IN (SELECT rowid FROM pending WHERE "
            "user='' ORDER BY until DESC LIMIT ?)",
            strangers_max));
    const auto secret = random_bytes(secret_size);
    const auto digest = crypto::sha256(secret);
    TRY_DO(run("INSERT INTO pending(secret,purpose,user,data,until,tries) VALUES(?,?,?,?,?,?)",
               sql::Blob{as_bytes(digest)},
               purpose,
               user,
               sql::Blob{data},
               to_micros(clock_.now() + lifetime(purpose)),
               tries));
    return hex(secret);
}

Result<Pending> Sessions::attempt(Purpose purpose, std::string_view secret) {
    const auto digest = kept(secret);
    if (!digest) return nothing_there();
    const std::lock_guard lock(mutex_);
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY(auto pending, pending_at(db_, purpose, *digest, clock_.now()));
    --pending.tries_left;
    if (purpose == Purpose::second_factor) {
        const auto key = "factor|" + pending.user;
        TRY(const auto before, attempts(key, factor_window));
        if (before.size() >= factor_tries_max)
            return fail(Errc::unavailable,
                        "too many tries of the second factor",
                        "somebody may know the password: change it; try again in an hour");
        TRY_DO(note_attempt(key));
    }
    TRY_DO(run("UPDATE pending SET tries=tries-1 WHERE secret=? AND purpose=?",
               sql::Blob{as_bytes(*digest)},
               purpose));
    TRY_DO(transaction.commit());
    return pending;
}

Result<Pending> Sessions::look(Purpose purpose, std::string_view secret) {
    const auto digest = kept(secret);
    if (!digest) return nothing_there();
    const std::lock_guard lock(mutex_);
    return pending_at(db_, purpose, *digest, clock_.now());
}

Result<void> Sessions::finish(Purpose purpose, std::string_view secret) {
    const auto digest = kept(secret);
    if (!digest) return nothing_there();
    const std::lock_guard lock(mutex_);
    TRY_DO(run("DELETE FROM pending WHERE secret=? AND purpose=? AND until>?",
               sql::Blob{as_bytes(*digest)},
               purpose,
               to_micros(clock_.now())));
    if (db_.changes() == 0) return nothing_there();
    return {};
}

// ---- second factors that are good once

Result<bool> Sessions::use_totp_step(std::string_view user, std::int64_t step) {
    const std::lock_guard lock(mutex_);
    TRY_DO(
        run("INSERT INTO totp(user,step) VALUES(?,?) ON CONFLICT(user) DO UPDATE SET "
            "step=excluded.step WHERE excluded.step>step",
            user,
            step));
    return db_.changes() == 1;
}

Result<std::int64_t> Sessions::last_totp_step(std::string_view user) {
    const std::lock_guard lock(mutex_);
    TRY(auto row, db_.prepare("SELECT step FROM totp WHERE user=?"));
    TRY(const bool there, row.bind(user).step());
    return there ? row.integer(0) : 0;
}

Result<bool> Sessions::use_passkey_counter(std::string_view credential,
                                           std::uint32_t at_registration,
                                           std::uint32_t counter) {
    const std::lock_guard lock(mutex_);
    // WebAuthn section 7.2, step 22: not looked at where both are zero.
    TRY_DO(run("INSERT INTO passkey(credential,counter) VALUES(?1,?2) ON CONFLICT DO NOTHING",
               sql::Blob{credential},
               at_registration));
    TRY_DO(
        run("UPDATE passkey SET counter=?2 WHERE credential=?1 AND (counter<?2 OR (counter=0 "
            "AND ?2=0))",
            sql::Blob{credential},
            counter));
    return db_.changes() == 1;
}

}  // namespace letopis::access
