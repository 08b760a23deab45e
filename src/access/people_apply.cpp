// SPDX-License-Identifier: AGPL-3.0-or-later
// Applying change documents. Each handler reads its fields, looks whether they fit, and only then
// changes anything.
#include <algorithm>
#include <array>

#include "access/people.hpp"
#include "access/people_internal.hpp"
#include "base/bytes.hpp"

namespace letopis::access {

namespace json = boost::json;

namespace {

auto misfit(std::string_view what) { return fail(Errc::corrupt, std::string(what)); }

}  // namespace

struct Changes {
    struct Stamp {
        Instant at;
        std::string by;
    };
    using Handler = Result<void> (*)(People&, In&, const Stamp&);

    static Result<User*> user(People& people, In& in) {
        const auto id = in.id("user", 'u');
        TRY_DO(in.done());
        const auto at = people.users_.find(id);
        if (at == people.users_.end()) return misfit("the user is not there");
        return &at->second;
    }

    static bool external_free(const People& people,
                              const std::vector<std::pair<std::string, std::string>>& pairs,
                              std::string_view of) {
        return std::all_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
            const auto* owner = people.user_by_external(pair.first, pair.second);
            return owner == nullptr || owner->id == of;
        });
    }

    static bool groups_there(const People& people, const std::vector<std::string>& ids) {
        return std::all_of(
            ids.begin(), ids.end(), [&](const auto& id) { return people.group(id); });
    }

    static Result<void> user_added(People& people, In& in, const Stamp&) {
        In inner(in.object("new_user"));
        auto user = user_in(inner);
        in.take("new_user", inner);
        TRY_DO(in.done());
        if (people.user(user.id)) return misfit("the id of the user was used before");
        if (people.user_by_login(user.login)) return misfit("the login is taken");
        if (!groups_there(people, user.groups)) return misfit("the group is not there");
        if (!external_free(people, user.external, user.id)) return misfit("the identity is taken");
        people.users_.emplace(user.id, std::move(user));
        return {};
    }

    static Result<void> user_described(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        auto name = in.text("name", 200), email = in.line("email", 254),
             locale = in.text("locale", 16);
        auto addresses = in.texts("addresses", 50, 320);
        auto external = in.pairs("external");
        TRY_DO(in.done());
        if (!external_free(people, external, user->id)) return misfit("the identity is taken");
        user->name = std::move(name);
        user->email = std::move(email);
        user->locale = std::move(locale);
        user->addresses = std::move(addresses);
        user->external = std::move(external);
        return {};
    }

    static Result<void> user_changed(People& people, In& in, const Stamp&) {
        TRY(auto* const found, Changes::user(people, in));
        auto user = *found;
        if (in.has("described")) {
            In inner(in.object("described"));
            user.name = inner.text("name", 200);
            user.email = inner.line("email", 254);
            user.locale = inner.text("locale", 16);
            user.addresses = inner.texts("addresses", 50, 320);
            user.external = inner.pairs("external");
            in.take("described", inner);
        }
        if (in.has("grants")) user.grants = in.grants("grants");
        if (in.has("groups")) user.groups = in.ids("groups", 50, 'g');
        if (in.has("active")) user.active = in.flag("active");
        TRY_DO(in.done());
        if (!external_free(people, user.external, user.id)) return misfit("the identity is taken");
        if (!groups_there(people, user.groups)) return misfit("the group is not there");
        *found = std::move(user);
        return {};
    }

    static Result<void> grants_set(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        auto grants = in.grants("grants");
        TRY_DO(in.done());
        user->grants = std::move(grants);
        return {};
    }

    static Result<void> groups_set(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        auto groups = in.ids("groups", 50, 'g');
        TRY_DO(in.done());
        if (!groups_there(people, groups)) return misfit("the group is not there");
        user->groups = std::move(groups);
        return {};
    }

    static Result<void> active_set(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        const bool active = in.flag("active");
        TRY_DO(in.done());
        user->active = active;
        return {};
    }

    static Result<void> group_set(People& people, In& in, const Stamp&) {
        In inner(in.object("group"));
        auto group = group_in(inner);
        in.take("group", inner);
        TRY_DO(in.done());
        put_group(people, std::move(group));
        return {};
    }

    static Result<void> group_changed(People& people, In& in, const Stamp&) {
        In inner(in.object("group"));
        auto group = group_in(inner);
        in.take("group", inner);
        const auto members = in.ids("members", 10'000, 'u');
        TRY_DO(in.done());
        for (const auto& id : members) {
            const auto* user = people.user(id);
            if (user == nullptr) return misfit("the user is not there");
            if (user->groups.size() >= 50 &&
                std::ranges::find(user->groups, group.id) == user->groups.end())
                return misfit("the user is in fifty teams already");
        }
        if (in.has("members")) {
            for (auto& [id, user] : people.users_) {
                const bool is_in = std::ranges::find(user.groups, group.id) != user.groups.end();
                const bool wanted = std::ranges::find(members, id) != members.end();
                if (is_in && !wanted) std::erase(user.groups, group.id);
                if (wanted && !is_in) user.groups.push_back(group.id);
            }
        }
        put_group(people, std::move(group));
        return {};
    }

    static void put_group(People& people, Group group) {
        const auto at =
            std::ranges::find(people.groups_, group.id, [](const auto& g) { return g.id; });
        if (at == people.groups_.end())
            people.groups_.push_back(std::move(group));
        else
            *at = std::move(group);
    }

    static Result<void> group_removed(People& people, In& in, const Stamp&) {
        const auto id = in.id("group", 'g');
        TRY_DO(in.done());
        if (std::erase_if(people.groups_, [&](const auto& group) { return group.id == id; }) == 0)
            return misfit("the group is not there");
        for (auto& [_, user] : people.users_) std::erase(user.groups, id);
        return {};
    }

    static Result<void> password_set(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        auto kept = password(in);
        TRY_DO(in.done());
        user->password = std::move(kept);
        return {};
    }

    static std::string password(In& in) {
        auto kept = in.text("password", 127);
        if (!kept.starts_with("$argon2id$")) in.refuse("password");
        return kept;
    }

    static std::vector<std::string> recovery(In& in) { return in.bytes_list("recovery", 20, 64); }

    static Result<void> totp_set(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        auto seed = in.bytes("totp", 20);
        if (seed.size() != 20) in.refuse("totp");
        auto codes = recovery(in);
        TRY_DO(in.done());
        user->totp = std::move(seed);
        user->recovery = std::move(codes);
        return {};
    }

    static Result<void> recovery_set(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        auto codes = recovery(in);
        TRY_DO(in.done());
        user->recovery = std::move(codes);
        return {};
    }

    static Result<void> recovery_used(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        const auto digest = in.bytes("digest", 64);
        TRY_DO(in.done());
        if (std::erase(user->recovery, digest) == 0) return misfit("the code is not there");
        return {};
    }

    static Result<void> passkey_added(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        In inner(in.object("passkey"));
        auto passkey = passkey_in(inner);
        in.take("passkey", inner);
        TRY_DO(in.done());
        if (user->passkeys.size() >= 20) return misfit("twenty passkeys are there already");
        if (people.user_by_passkey(passkey.id)) return misfit("the passkey is known already");
        user->passkeys.push_back(std::move(passkey));
        return {};
    }

    static Result<void> passkey_removed(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        const auto id = in.bytes("credential", 1023);
        TRY_DO(in.done());
        if (std::erase_if(user->passkeys, [&](const auto& key) { return key.id == id; }) == 0)
            return misfit("the passkey is not there");
        return {};
    }

    static Result<void> invited(People& people, In& in, const Stamp&) {
        In inner(in.object("invitation"));
        auto invitation = invitation_in(inner);
        in.take("invitation", inner);
        TRY_DO(in.done());
        if (!people.user(invitation.user)) return misfit("the user is not there");
        std::erase_if(people.invitations_,
                      [&](const auto& other) { return other.second.user == invitation.user; });
        people.invitations_.insert_or_assign(invitation.id, std::move(invitation));
        return {};
    }

    static Result<void> joined(People& people, In& in, const Stamp&) {
        const auto id = in.id("invitation", 'i');
        auto kept = password(in);
        TRY_DO(in.done());
        const auto at = people.invitations_.find(id);
        if (at == people.invitations_.end()) return misfit("the invitation is not there");
        auto& user = people.users_.at(at->second.user);
        user.password = std::move(kept);
        if (at->second.new_factor) {
            user.totp.clear();
            user.recovery.clear();
            user.passkeys.clear();
        }
        people.invitations_.erase(at);
        return {};
    }

    static Result<void> enrolled(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        const auto invitation = in.has("invitation") ? in.id("invitation", 'i') : std::string();
        auto kept = in.has("password") ? password(in) : std::string();
        auto external = in.has("external") ? in.pairs("external") : decltype(user->external)();
        auto seed = in.bytes("totp", 20);
        if (seed.size() != 20) in.refuse("totp");
        auto codes = recovery(in);
        TRY_DO(in.done());
        const auto at = people.invitations_.find(invitation);
        if (!invitation.empty() && (at == people.invitations_.end() || at->second.user != user->id))
            return misfit("the invitation is not there");
        if (invitation.empty() && !(kept.empty() && external.empty()))
            return misfit("who was not invited sets a second factor only");
        if (!external_free(people, external, user->id)) return misfit("the identity is taken");
        if (user->external.size() + external.size() > 10) return misfit("too many identities");
        if (!kept.empty()) user->password = std::move(kept);
        for (auto& one : external)
            if (std::ranges::find(user->external, one) == user->external.end())
                user->external.push_back(std::move(one));
        if (!invitation.empty() && at->second.new_factor) user->passkeys.clear();
        user->totp = std::move(seed);
        user->recovery = std::move(codes);
        if (!invitation.empty()) people.invitations_.erase(at);
        return {};
    }

    static Result<void> totp_removed(People& people, In& in, const Stamp&) {
        TRY(auto* const user, Changes::user(people, in));
        if (user->passkeys.empty()) return misfit("it is the only second factor");
        user->totp.clear();
        return {};
    }

    static Result<void> sign_in_set(People& people, In& in, const Stamp&) {
        In inner(in.object("sign_in"));
        auto sign_in = sign_in_in(inner);
        in.take("sign_in", inner);
        TRY_DO(in.done());
        people.sign_in_ = std::move(sign_in);
        return {};
    }

    static Result<void> token_added(People& people, In& in, const Stamp&) {
        In inner(in.object("token"));
        auto token = token_in(inner);
        in.take("token", inner);
        TRY_DO(in.done());
        if (!people.user(token.user)) return misfit("the user is not there");
        if (people.tokens_.contains(token.id)) return misfit("the token is there already");
        people.tokens_.emplace(token.id, std::move(token));
        return {};
    }

    static Result<void> token_revoked(People& people, In& in, const Stamp&) {
        const auto id = in.id("token", 'k');
        TRY_DO(in.done());
        if (people.tokens_.erase(id) == 0) return misfit("the token is not there");
        return {};
    }

    static Result<void> search_saved(People& people, In& in, const Stamp&) {
        In inner(in.object("search"));
        auto search = search_in(inner);
        in.take("search", inner);
        TRY_DO(in.done());
        if (!people.user(search.user)) return misfit("the user is not there");
        people.searches_.insert_or_assign(search.id, std::move(search));
        return {};
    }

    static Result<void> search_removed(People& people, In& in, const Stamp&) {
        const auto id = in.id("search", 's');
        TRY_DO(in.done());
        if (people.searches_.erase(id) == 0) return misfit("the search is not there");
        return {};
    }

    static Result<void> approval_requested(People& people, In& in, const Stamp&) {
        In inner(in.object("request"));
        auto approval = approval_in(inner);
        in.take("request", inner);
        TRY_DO(in.done());
        if (people.approvals_.contains(approval.id)) return misfit("the request is there already");
        people.approvals_.emplace(approval.id, std::move(approval));
        return {};
    }

    static Result<void> approval_decided(People& people, In& in, const Stamp& stamp) {
        const auto id = in.id("of", 'a');
        const bool yes = in.flag("yes");
        TRY_DO(in.done());
        const auto at = people.approvals_.find(id);
        if (at == people.approvals_.end()) return misfit("the request is not there");
        auto& approval = at->second;
        if (approval.state == ApprovalState::used || approval.state == ApprovalState::refused)
            return misfit("the request is closed");
        if (yes && approval.by == stamp.by) return misfit("nobody approves what they asked for");
        approval.state = yes ? ApprovalState::approved : ApprovalState::refused;
        approval.decided_by = stamp.by;
        return {};
    }

    // Every document that needed a yes names it; it is used up with it.
    static Result<void> use(People& people, In& in, const Stamp& stamp) {
        const auto id = in.id("approval", 'a');
        TRY_DO(in.done());
        const auto at = people.approvals_.find(id);
        if (at == people.approvals_.end() || at->second.state != ApprovalState::approved ||
            at->second.by != stamp.by)
            return misfit("there is no such approval");
        at->second.state = ApprovalState::used;
        return {};
    }

    static Result<void> approval_used(People&, In& in, const Stamp&) {
        if (!in.has("approval")) in.refuse("approval");
        return in.done();
    }

    static Handler handler(std::string_view name) {
        static constexpr std::array<std::pair<std::string_view, Handler>, 27> all = {{
            {"user_added", user_added},
            {"user_described", user_described},
            {"user_changed", user_changed},
            {"grants_set", grants_set},
            {"groups_set", groups_set},
            {"active_set", active_set},
            {"group_set", group_set},
            {"group_changed", group_changed},
            {"group_removed", group_removed},
            {"password_set", password_set},
            {"totp_set", totp_set},
            {"recovery_set", recovery_set},
            {"recovery_used", recovery_used},
            {"passkey_added", passkey_added},
            {"passkey_removed", passkey_removed},
            {"invited", invited},
            {"joined", joined},
            {"enrolled", enrolled},
            {"totp_removed", totp_removed},
            {"sign_in_set", sign_in_set},
            {"token_added", token_added},
            {"token_revoked", token_revoked},
            {"search_saved", search_saved},
            {"search_removed", search_removed},
            {"approval_requested", approval_requested},
            {"approval_decided", approval_decided},
            {"approval_used", approval_used},
        }};
        for (const auto& [known, handler] : all)
            if (known == name) return handler;
        return nullptr;
    }

    static Result<void> run(People& people, const json::object& object) {
        In in(object);
        if (in.number("v", 1'000'000) != 1) {
            TRY_DO(in.done());
            return fail(Errc::unsupported, "made by a newer version", "update Letopis");
        }
        const auto change = in.text("change", 64);
        const Stamp stamp{.at = in.moment("at"), .by = in.author("by")};
        TRY_DO(in.done());
        const auto handler = Changes::handler(change);
        if (handler == nullptr)
            return fail(Errc::unsupported, "a change of a newer version", "update Letopis");
        if (!in.has("approval")) return handler(people, in, stamp);
        // Two steps that must both succeed: put the approval back where the second one fails.
        TRY_DO(use(people, in, stamp));
        auto done = handler(people, in, stamp);
        if (!done)
            people.approvals_.find(in.id("approval", 'a'))->second.state = ApprovalState::approved;
        return done;
    }
};

Result<void> People::apply(std::string_view text, std::uint64_t seq) {
    if (last_ && seq <= *last_) return fail(Errc::conflict, "the changes are not in order");
    if (text.size() > document_bytes_max) return misfit("a change of people is too large");
    boost::system::error_code problem;
    json::parse_options options;
    options.max_depth = document_depth_max;
    const auto value =
        json::parse(json::string_view(text.data(), text.size()), problem, {}, options);
    if (problem || !value.is_object()) return misfit("a change of people is no JSON object");
    if (auto done = Changes::run(*this, value.get_object()); !done) {
        auto error = std::move(done).error();
        if (error.code == Errc::invalid) error.code = Errc::corrupt;
        return within("a change of people", std::move(error));
    }
    last_ = seq;
    return {};
}

}  // namespace letopis::access
