// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/idempotency.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "crypto/crypto.hpp"

namespace letopis::api {

namespace {

constexpr auto kept_for = std::chrono::hours(24);
constexpr std::size_t key_max = 200;
constexpr std::size_t answer_max = 256 * 1024;
constexpr std::uint64_t keys_of_caller_max = 10'000;  // then the oldest go

constexpr const char* schema = R"sql(
    CREATE TABLE IF NOT EXISTS answer(name BLOB PRIMARY KEY, caller TEXT NOT NULL,
        request BLOB NOT NULL, run TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL,
        type TEXT NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS answer_caller ON answer(caller, at);
)sql";

// Names before the texts, so that no two requests give the same bytes.
std::string digest_of(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const auto part : parts) {
        all += std::to_string(part.size()) + ":";
        all += part;
    }
    return std::string(as_bytes(crypto::sha256(all)));
}

bool acceptable(std::string_view key) {
    return key.size() <= key_max &&
           std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Idempotency::Idempotency(sql::Database db, const Clock& clock)
    : db_(std::move(db)), clock_(clock), run_(hex(random_bytes(8))) {}

Result<std::unique_ptr<Idempotency>> Idempotency::open(const Path& file,
                                                       std::string_view key,
                                                       const Clock& clock) {
    TRY(auto db, sql::Database::open(file, key, {.cache_kib = 1024}));
    TRY_DO(db.run(schema));
    return std::unique_ptr<Idempotency>(new Idempotency(std::move(db), clock));
}

http::Response Idempotency::once(const std::string& caller,
                                 const http::Request& request,
                                 const std::function<http::Response()>& act) {
    const auto key = request.header("idempotency-key");
    if (key.empty()) return act();
    if (!acceptable(key))
        return problem_answer(request,
                              {400,
                               "invalid",
                               "Idempotency-Key takes up to 200 visible ASCII characters",
                               "A random UUID is right.",
                               {}});
    const auto name = digest_of({caller, key});
    const auto failed = [&](const Error& error) {
        return problem_answer(request, problem_of(error));
    };
    auto found = begin(name, request, caller);
    if (!found) return failed(found.error());
    if (!found->is_new) return std::move(found->answer);
    auto answer = act();
    const bool done = answer.status < 300;
    const auto noted = done ? keep(name, answer) : forget(name);
    // The work was done and cannot be taken back: its answer goes out all the same.
    if (!noted && !done) return failed(noted.error());
    return answer;
}

Result<Idempotency::Found> Idempotency::begin(std::string_view name,
                                              const http::Request& request,
                                              std::string_view caller) {
    const auto now = clock_.now();
    const auto digest = digest_of({http::name(request.method), request.target, request.body});
    const std::lock_guard lock(mutex_);
    TRY(auto old, db_.prepare("DELETE FROM answer WHERE at<=?"));
    TRY_DO(old.run_with(to_micros(now - kept_for)));
    TRY(auto find, db_.prepare("SELECT request,run,status,type,body FROM answer WHERE name=?"));
    find.bind(sql::Blob{name});
    TRY(const bool there, find.step());
    if (!there) {
        TRY(auto add, db_.prepare("INSERT INTO answer VALUES(?,?,?,?,?,0,'',x'')"));
        TRY_DO(add.run_with(
            sql::Blob{name}, caller, sql::Blob{digest}, std::string_view(run_), to_micros(now)));
        TRY(auto most,
            db_.prepare("DELETE FROM answer WHERE name IN (SELECT name FROM answer WHERE caller=? "
                        "AND status!=0 ORDER BY at DESC LIMIT -1 OFFSET ?)"));
        TRY_DO(most.run_with(caller, keys_of_caller_max));
        return Found{.is_new = true, .answer = {}};
    }
    Found found;
    const auto refuse = [&](int status, const char* code, const char* what, const char* hint) {
        found.answer = problem_answer(request, {status, code, what, hint, {}});
        return found;
    };
    if (find.blob(0) != digest)
        return refuse(422,
                      "key_reused",
                      "this Idempotency-Key was used for another request",
                      "Take a new key for every request.");
    if (find.integer(2) == 0 && find.text(1) == run_)
        return refuse(409,
                      "conflict",
                      "the same request is still being worked on",
                      "Ask again with the same key.");
    if (find.integer(2) == 0)
        return refuse(409,
                      "outcome_unknown",
                      "the server ended while it worked on this request",
                      "Look whether it was done; if not, repeat it with a new key.");
    found.answer = json_text_answer(std::string(find.blob(4)), static_cast<int>(find.integer(2)));
    if (find.text(3).empty()) found.answer.headers.clear();
    found.answer.with("Idempotent-Replayed", "true");
    return found;
}

Result<void> Idempotency::keep(std::string_view name, const http::Response& answer) {
    // Larger ones stay unanswered: whoever repeats is told to look.
    if (answer.body.size() > answer_max || answer.source) return {};
    const auto type = answer.body.empty() ? std::string_view() : std::string_view("json");
    const std::lock_guard lock(mutex_);
    TRY(auto update, db_.prepare("UPDATE answer SET status=?,type=?,body=? WHERE name=?"));
    return update.run_with(
        std::int64_t(answer.status), type, sql::Blob{answer.body}, sql::Blob{name});
}

Result<void> Idempotency::forget(std::string_view name) {
    const std::lock_guard lock(mutex_);
    TRY(auto remove, db_.prepare("DELETE FROM answer WHERE name=?"));
    return remove.run_with(sql::Blob{name});
}

}  // namespace letopis::api
