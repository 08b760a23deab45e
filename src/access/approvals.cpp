// SPDX-License-Identifier: AGPL-3.0-or-later
// What is not one person's doing: asked for with a reason, agreed to by somebody else, done once.
#include <algorithm>

#include "access/people_deciding_internal.hpp"
#include "access/people_rules_internal.hpp"
#include "base/bytes.hpp"
#include "base/files.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {

namespace json = boost::json;
using std::chrono::hours;

namespace {

constexpr auto approval_time = hours(24);
constexpr auto alone_waits = hours(72);
constexpr std::string_view raise_rights = "raise_rights";

// What an approver sees: the change without what differs from one attempt to the next.
json::object what_is_wanted(const People& people, json::object object) {
    for (const auto* name : {"v", "at", "by", "approval"}) object.erase(name);
    const auto* group = object.if_contains("group");
    const bool is_new = group != nullptr && group->is_object() &&
                        !people.group(std::string(group->get_object().at("id").as_string()));
    if (auto* made = object.if_contains("new_user")) {
        made->get_object().erase("id");
        made->get_object().erase("created");
    }
    if (auto* made = object.if_contains("group"); made != nullptr && made->is_object() && is_new)
        made->get_object().erase("id");
    if (auto* made = object.if_contains("invitation"))
        for (const auto* name : {"id", "secret_sha256", "until"}) made->get_object().erase(name);
    return object;
}

Result<People> tried(const People& people, const std::string& json) {
    People after = people;
    if (auto done = after.apply(json, people.last() ? *people.last() + 1 : 0); !done) {
        auto error = std::move(done).error();
        if (error.code == Errc::corrupt) error.code = Errc::invalid;
        return tl::unexpected<Error>(std::move(error));
    }
    return after;
}

Result<const Approval*> good_approval(const People& people,
                                      std::string_view id,
                                      std::string_view action,
                                      const Author& author) {
    const auto* approval = people.approval(id);
    if (approval == nullptr) return fail(Errc::not_found, "there is no such approval");
    if (approval->by != author.id || approval->action != action)
        return fail(Errc::forbidden, "this is not what was approved");
    switch (approval->state) {
        case ApprovalState::approved: break;
        case ApprovalState::waiting: return fail(Errc::forbidden, "nobody has approved this yet");
        case ApprovalState::refused: return fail(Errc::forbidden, "this was refused");
        case ApprovalState::used:
            return fail(Errc::forbidden, "this was done already", "ask again");
    }
    if (author.now < approval->from) return fail(Errc::forbidden, "the 72 hours are not over");
    if (author.now >= approval->until)
        return fail(Errc::forbidden, "the approval has expired", "ask again");
    return approval;
}

Result<json::object> parsed(const Approval& approval) {
    boost::system::error_code problem;
    auto value = json::parse(view(approval.what), problem);
    if (problem || !value.is_object()) return fail(Errc::corrupt, "a request that cannot be read");
    return std::move(value.get_object());
}

bool nobody_else(const People& people, const Author& author) {
    return people.approvers(author.id, author.now) == 0;
}

// A request: the change is not done, but asked for.
Result<Change> ask(const People& people, const json::object& wanted, const Author& author) {
    TRY(auto made,
        request_approval(people,
                         {.action = std::string(raise_rights),
                          .what = as_text(wanted),
                          .reason = author.ask,
                          .sheet_typed = author.sheet_typed},
                         author));
    made.asked = true;
    return made;
}

}  // namespace

json::object document(std::string_view change, const Author& author) {
    json::object object;
    object["v"] = 1;
    object["change"] = view(change);
    object["at"] = rfc3339(author.now);
    object["by"] = view(author.id);
    return object;
}

Result<Change> finish(
    const People& people, json::object object, const Author& author, Change made, bool takes_over) {
    made.json = as_text(object);
    TRY(const auto after, tried(people, made.json));
    TRY_DO(hold_rules(people, after, author.now));
    if (!takes_over && !raises_rights(people, after, author.now)) return made;
    const bool alone = nobody_else(people, author);
    if (alone && !beyond_one_person(people, after, author.id, author.now, takes_over)) return made;
    auto wanted = what_is_wanted(people, object);
    if (!author.approval.empty()) {
        TRY(const auto* approval, good_approval(people, author.approval, raise_rights, author));
        TRY(const auto approved, parsed(*approval));
        if (approved != wanted) return fail(Errc::forbidden, "this is not what was approved");
        object["approval"] = author.approval;
        made.json = as_text(object);
        TRY_DO(tried(people, made.json));
        return made;
    }
    if (!author.ask.empty()) return ask(people, wanted, author);
    return fail(Errc::forbidden,
                std::string(alone ? needs_sheet : needs_another),
                alone ? "give a reason and type in the recovery sheet; it can be done after 72 "
                        "hours"
                      : "give a reason and ask for approval");
}

Result<Change> carry_out(const People& people, std::string_view id, const Author& author) {
    TRY(const auto* approval, good_approval(people, id, raise_rights, author));
    TRY(const auto wanted, parsed(*approval));
    const auto* change = wanted.if_contains("change");
    if (change == nullptr || !change->is_string())
        return fail(Errc::corrupt, "a request that cannot be read");
    auto doing = author;
    doing.approval = id;
    const auto& name = change->get_string();
    auto object = document({name.data(), name.size()}, doing);
    for (const auto& field : wanted) object[field.key()] = field.value();
    Change made;
    if (auto* user = object.if_contains("new_user")) {
        made.id = new_id('u');
        user->get_object()["id"] = made.id;
        user->get_object()["created"] = rfc3339(author.now);
    }
    if (auto* group = object.if_contains("group"); group != nullptr && group->is_object())
        if (!group->get_object().contains("id")) group->get_object()["id"] = new_id('g');
    if (auto* invitation = object.if_contains("invitation")) {
        const auto secret = random_bytes(32);
        made.id = new_id('i');
        made.secret = hex(secret);
        auto& fields = invitation->get_object();
        fields["id"] = made.id;
        fields["secret_sha256"] = base64(as_bytes(crypto::sha256(secret)));
        fields["until"] = rfc3339(author.now + invitation_time);
    }
    // A yes was given, so one is needed, whoever has left since.
    object["approval"] = view(id);
    made.json = as_text(object);
    TRY(const auto after, tried(people, made.json));
    TRY_DO(hold_rules(people, after, author.now));
    return made;
}

Result<Change> request_approval(const People& people, const Wanted& wanted, const Author& author) {
    const bool alone = nobody_else(people, author);
    if (alone && !wanted.sheet_typed)
        return fail(Errc::forbidden,
                    std::string(needs_sheet),
                    "type in the recovery sheet; it can be done after 72 hours");
    const auto from = alone ? author.now + alone_waits : author.now;
    const Approval approval{.id = new_id('a'),
                            .action = wanted.action,
                            .what = wanted.what,
                            .reason = wanted.reason,
                            .by = author.id,
                            .created = author.now,
                            .from = from,
                            .until = from + approval_time,
                            .alone = alone,
                            .decided_by = {}};
    auto object = document("approval_requested", author);
    object["request"] = out(approval);
    return finish(people, std::move(object), author, {.id = approval.id});
}

Result<Change> decide_approval(const People& people,
                               std::string_view id,
                               bool yes,
                               const Author& author) {
    const auto* approval = people.approval(id);
    if (approval == nullptr) return fail(Errc::not_found, "there is no such request");
    if (!people.effective_of(author.id, author.now).rights.contains(Right::approve))
        return fail(Errc::forbidden, "only who may approve decides");
    if (author.now >= approval->until) return fail(Errc::conflict, "the request has expired");
    if (yes && approval->by == author.id)
        return fail(Errc::forbidden, "nobody approves what they asked for");
    if (yes ? approval->state != ApprovalState::waiting
            : approval->state != ApprovalState::waiting &&
                  approval->state != ApprovalState::approved)
        return fail(Errc::conflict, "the request is decided already");
    auto object = document("approval_decided", author);
    object["of"] = view(id);
    object["yes"] = yes;
    return finish(people, std::move(object), author, {.id = std::string(id)});
}

Result<Change> withdraw_approval(const People& people, std::string_view id, const Author& author) {
    const auto* approval = people.approval(id);
    if (approval == nullptr || approval->by != author.id)
        return fail(Errc::not_found, "there is no such request");
    if (approval->state != ApprovalState::waiting && approval->state != ApprovalState::approved)
        return fail(Errc::conflict, "the request is decided already");
    auto object = document("approval_decided", author);
    object["of"] = view(id);
    object["yes"] = false;
    return finish(people, std::move(object), author, {.id = std::string(id)});
}

Result<Change> use_approval(const People& people,
                            std::string_view id,
                            std::string_view action,
                            std::string_view what,
                            const Author& author) {
    TRY(const auto* approval, good_approval(people, id, action, author));
    if (approval->what != what) return fail(Errc::forbidden, "this is not what was approved");
    auto object = document("approval_used", author);
    object["approval"] = view(id);
    return finish(people, std::move(object), author, {.id = std::string(id)});
}

}  // namespace letopis::access
