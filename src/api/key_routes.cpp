// SPDX-License-Identifier: AGPL-3.0-or-later
// What an administrator may know of the keys, and two things to do with them. No key and no secret
// leaves through here.
#include <fmt/format.h>

#include <map>

#include "api/directory.hpp"
#include "api/handlers.hpp"
#include "api/people_json.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

std::string_view purpose_name(crypto::Purpose purpose) {
    using enum crypto::Purpose;
    switch (purpose) {
        case epoch: return "epoch";
        case page: return "page";
        case index_page: return "index_page";
        case intake: return "intake";
        case client: return "client";
        case log: return "log";
        case dedup: return "dedup";
        case audit: return "audit";
        case system: return "system";
    }
    return "other";  // of a newer version
}

json::object keys_json(Service& service) {
    auto& archive = service.archive();
    auto& keyring = archive.keyring();
    const auto keys = keyring.list();
    std::map<std::string_view, std::uint64_t> counted;
    for (const auto& key : keys) ++counted[purpose_name(key.purpose)];
    json::array counts, logs;
    for (const auto& [purpose, count] : counted)
        counts.push_back(json::object{{"purpose", json_text(purpose)}, {"count", count}});
    for (const auto origin : {journal::Origin::archive, journal::Origin::audit})
        if (const auto options = archive.log_options(origin); options.key)
            logs.push_back(json::object{{"name", json_text(options.key->name)},
                                        {"key", json_text(ledger::write_vkey(*options.key))}});
    const auto seen = service.directory().settings().sheet_seen;
    return json::object{
        {"unlock", keyring.passphrase_protected() ? "passphrase" : "key_file"},
        {"generation", keyring.generation()},
        {"rotated_at", json_text(rfc3339(keys.front().made))},
        {"rotation_due", json_text(rfc3339(keyring.rotation_due()))},
        {"sheet_checked_at", seen.empty() ? json::value(nullptr) : json::value(json_text(seen))},
        {"counts", std::move(counts)},
        {"logs", std::move(logs)}};
}

Result<http::Response> keys(Service& service, Call&) { return json_answer(keys_json(service)); }

Result<http::Response> rotate(Service& service, Call& call) {
    if (!shown_just_now(service, call.caller)) return step_up_required(call.request);
    TRY_DO(service.archive().keyring().rotate(service.clock().now()));
    TRY_DO(service.note(journal::Kind::keys, call.caller, "rotated"));
    return json_answer(keys_json(service));
}

// Is the paper in the safe the right one?
Result<http::Response> check_sheet(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    TRY(const auto sheet, fields.text("sheet", 4000));
    const auto opened = crypto::Keyring::open_with_recovery(service.archive().directory(), sheet);
    TRY_DO(service.note(
        journal::Kind::keys, call.caller, opened ? "sheet checked" : "sheet did not fit"));
    if (!opened) return tl::unexpected(opened.error());
    TRY_DO(service.directory().amend(call.caller.user, "sheet_seen", [&](Settings& settings) {
        settings.sheet_seen = rfc3339(service.clock().now());
    }));
    return json_answer(keys_json(service));
}

}  // namespace

std::vector<Entry> key_routes() {
    using enum http::Method;
    using access::Right;
    return {{get, "/keys", Right::integrity_view, "What keys there are; none of them", keys},
            {post, "/keys/rotate", Right::keys_manage, "Wraps all keys under a new one", rotate},
            {post,
             "/keys/check-sheet",
             Right::keys_manage,
             "Is this the recovery sheet?",
             check_sheet,
             http::Body::whole}};
}

}  // namespace letopis::api
