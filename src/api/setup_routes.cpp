// SPDX-License-Identifier: AGPL-3.0-or-later
// The first run: an archive, its recovery sheet, the first user with a second factor. Whoever has
// the link that the server printed may do it, once.
#include <fmt/format.h>

#include <utility>

#include "access/totp.hpp"
#include "api/door.hpp"
#include "app/importer.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

json::object totp_json(std::string_view seed, const std::string& uri, const access::QrPath& qr) {
    auto secret = access::totp_seed_text(seed);
    std::erase(secret, ' ');
    return json::object{
        {"secret", json_text(secret)},
        {"uri", json_text(uri)},
        {"qr",
         json_text(fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} "
                               "{0}\"><path d=\"{1}\"/></svg>",
                               qr.size,
                               qr.path))}};
}

class SetUp {
public:
    explicit SetUp(House& house) : house_(house) {}

    std::shared_ptr<Open> open() const {
        const std::shared_lock lock(house_.mutex_);
        return house_.open_;
    }

    Result<void> check(const std::string& token) const {
        if (house_.is_setup_token(token)) return {};
        return fail(Errc::forbidden,
                    "this set-up link is not valid any more",
                    "The server prints a new one when it starts.");
    }

    // The first user, who is the owner; nothing before the third step.
    static const access::User* first_user(const access::People& people) {
        for (const auto& [id, user] : people.users())
            if (user.active) return &user;
        return nullptr;
    }

    Result<http::Response> state(Call& call) const {
        TRY_DO(check(query_of(call.request, "token")));
        const auto parts = open();
        if (!parts) return json_answer(json::object{{"state", "new"}});
        const auto settings = parts->directory->settings();
        const std::lock_guard lock(house_.setting_up_);
        const auto& login = house_.wanted_.login;
        const char* state = settings.sheet_seen.empty() ? "sheet"
                            : login.empty()             ? "user"
                                                        : "confirm";
        json::object object{{"state", state},
                            {"language", json_text(settings.language)},
                            {"company", json_text(settings.company)},
                            {"login", json_text(login)}};
        if (settings.sheet_seen.empty())
            object["sheet"] = json_text(crypto::recovery_sheet(parts->archive->keyring()));
        return json_answer(object);
    }

    Result<http::Response> make_archive(Call& call) const {
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto token, fields.text("token"));
        TRY_DO(check(token));
        const std::lock_guard lock(house_.setting_up_);
        TRY(const auto language, fields.text("language", 10));
        TRY(const auto company, fields.optional_text("company", 200));
        TRY(const auto passphrase, fields.optional_text("passphrase", 1024));
        if (language != "ru" && language != "en")
            return fail(Errc::invalid, "language takes ru or en");
        if (!open()) {
            TRY_DO(create(passphrase));
        }
        const auto parts = open();
        TRY_DO(parts->directory->amend("set-up", {}, [&](Settings& settings) {
            settings.company = company;
            settings.language = language;
        }));
        return json_answer(json::object{
            {"sheet", json_text(crypto::recovery_sheet(parts->archive->keyring()))},
            {"key_file",
             json_text(passphrase.empty() ? house_.options_.key_file.string() : std::string())}});
    }

    Result<void> create(const std::string& passphrase) const {
        auto& options = house_.options_;
        if (passphrase.empty()) {
            std::error_code ignored;
            if (!std::filesystem::exists(options.key_file, ignored))
                TRY_DO(crypto::create_key_file(options.key_file));
            options.unlock =
                crypto::Unlock{.key_file = options.key_file, .passphrase = std::nullopt};
        } else {
            TRY_DO(access::acceptable(passphrase, {}));
            options.unlock = crypto::Unlock{.key_file = std::nullopt, .passphrase = passphrase};
        }
        TRY_DO(
            app::Archive::create(options.directory, *options.unlock, {}, house_.clock_, nullptr));
        return house_.open();
    }

    Result<http::Response> sheet(Call& call) const {
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto token, fields.text("token"));
        TRY_DO(check(token));
        TRY(const auto code, fields.text("code", 4000));
        const std::lock_guard lock(house_.setting_up_);
        const auto parts = open();
        if (!parts) return fail(Errc::conflict, "there is no archive yet");
        TRY_DO(crypto::Keyring::open_with_recovery(house_.options_.directory, code));
        TRY_DO(parts->directory->amend("set-up", {}, [&](Settings& settings) {
            settings.sheet_seen = rfc3339(house_.clock_.now());
        }));
        return json_answer(json::object{});
    }

    Result<http::Response> make_user(Call& call) const {
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto token, fields.text("token"));
        TRY_DO(check(token));
        const std::lock_guard lock(house_.setting_up_);
        const auto parts = open();
        if (!parts || parts->directory->settings().sheet_seen.empty())
            return fail(Errc::conflict, "the recovery sheet comes first");
        TRY(const auto login, fields.text("login", 64));
        TRY(const auto name, fields.text("name", 200));
        TRY(const auto password, fields.text("password", 4096));
        const auto settings = parts->directory->settings();
        TRY_DO(access::acceptable(password, {.login = login, .company = settings.company}));
        TRY(const auto kept, house_.passwords_.hash(password));
        // Nothing is stored before the second factor was shown, so that a mistyped login can be
        // said again.
        house_.wanted_ = {.login = login, .name = name, .kept = kept};
        house_.setup_totp_ = access::new_totp_seed();
        const auto uri = access::totp_uri(house_.setup_totp_, login, settings.company);
        TRY(const auto qr, access::qr_path(uri));
        return json_answer(json::object{{"totp", totp_json(house_.setup_totp_, uri, qr)}});
    }

    Result<http::Response> confirm(Call& call) const {
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto token, fields.text("token"));
        TRY_DO(check(token));
        TRY(const auto code, fields.text("code", 32));
        const std::lock_guard lock(house_.setting_up_);
        const auto parts = open();
        if (!parts || house_.setup_totp_.empty())
            return fail(Errc::conflict, "the first user comes first");
        const auto now = house_.clock_.now();
        const auto step = access::totp_step(house_.setup_totp_, code, now, 0);
        if (!step)
            return fail(Errc::invalid,
                        "this code is not the one of now",
                        "Look whether the phone's clock is right, and type the newest code.");
        access::NewUser wanted{.login = house_.wanted_.login,
                               .name = house_.wanted_.name,
                               .locale = parts->directory->settings().language};
        wanted.grants = {{.role = access::Role::owner,
                          .scope = {.everything = true},
                          .by = std::string(access::operator_id)}};
        TRY(const auto id, first_user_id(*parts, wanted, now));
        const auto codes = access::new_recovery_codes();
        TRY_DO(parts->directory->change([&](const access::People& people) {
            const auto* invitation = people.invitation_of(id, now);
            return access::enrol(people,
                                 id,
                                 {.invitation = invitation ? invitation->id : std::string(),
                                  .password = house_.wanted_.kept,
                                  .totp = house_.setup_totp_,
                                  .recovery = codes.kept},
                                 now);
        }));
        TRY(const bool first, parts->sessions->use_totp_step(id, *step));
        (void)first;
        house_.setup_totp_.clear();
        house_.wanted_ = {};
        TRY(auto response, begin_session(*parts, call.request, id, house_.clock_));
        access::Caller who;
        who.user = id;
        who.name = parts->directory->read(
            [&](const access::People& people) { return people.user(id)->name; });
        who.peer = call.request.peer;
        TRY_DO(parts->service->note(journal::Kind::login, who, "set up"));
        json::array shown;
        for (const auto& one : codes.shown) shown.push_back(json_text(one));
        response.body = json::serialize(json::object{{"recovery_codes", std::move(shown)}});
        return response;
    }

    // The user, with an invitation for what is stored next. After a power cut between the two the
    // one who is there is taken again.
    static Result<std::string> first_user_id(Open& parts,
                                             const access::NewUser& wanted,
                                             Instant now) {
        const access::Author author{.id = std::string(access::operator_id), .now = now};
        auto id = parts.directory->read([&](const access::People& people) {
            const auto* user = people.user_by_login(wanted.login);
            return user == nullptr || !user->password.empty() ? std::string() : user->id;
        });
        if (id.empty()) {
            TRY(const auto made, parts.directory->change([&](const access::People& people) {
                return access::add_user(people, wanted, author);
            }));
            id = made.id;
        }
        TRY_DO(parts.directory->change([&](const access::People& people) {
            return access::invite(people, id, true, author);
        }));
        return id;
    }

    // An archive of the sample, for looking around: everybody with the link is its owner.
    Result<http::Response> demo(Call& call) const {
        TRY(const auto fields, Fields::of(call.request));
        TRY(const auto token, fields.text("token"));
        TRY_DO(check(token));
        const std::lock_guard lock(house_.setting_up_);
        if (house_.options_.sample.empty())
            return fail(Errc::not_found, "this installation brings no sample");
        if (!open()) TRY_DO(create(""));
        const auto parts = open();
        const auto settings = parts->directory->settings();
        if (!settings.demo) {
            if (!settings.sheet_seen.empty())
                return fail(Errc::conflict, "this archive is being set up for real work");
            TRY_DO(import_sample(*parts->archive));
            TRY_DO(parts->directory->change([&](const access::People& people) {
                access::NewUser wanted{.login = "demo", .name = "Ольга Кузнецова"};
                wanted.grants = {{.role = access::Role::owner,
                                  .scope = {.everything = true},
                                  .by = std::string(access::operator_id)}};
                return access::add_user(
                    people,
                    wanted,
                    {.id = std::string(access::operator_id), .now = house_.clock_.now()});
            }));
            TRY_DO(parts->directory->amend("set-up", {}, [](Settings& sample) {
                sample.demo = true;
                sample.company = "Окна Ромашка";
                sample.own = {"okna-romashka.example", "user1000100", "user1000102", "user1000104"};
            }));
        }
        const auto id = parts->directory->read(
            [](const access::People& people) { return first_user(people)->id; });
        TRY(auto response, begin_session(*parts, call.request, id, house_.clock_));
        response.body = "{}";
        return response;
    }

    Result<void> import_sample(app::Archive& archive) const {
        app::ImportOptions options{.root = house_.options_.sample, .zone = "Europe/Moscow"};
        for (const char* part : {"mail", "telegram", "whatsapp", "site-chat"})
            options.paths.push_back(house_.options_.sample / part);
        const std::atomic<bool> stop = false;
        TRY_DO(app::import(archive, options, stop, {}));
        return {};
    }

private:
    House& house_;
};

std::vector<Entry> setup_routes(House& house) {
    using enum http::Method;
    const auto room = std::make_shared<const SetUp>(house);
    const auto entry = [&](http::Method method, std::string path, std::string summary, auto act) {
        return at_door<SetUp>(room, method, std::move(path), {}, std::move(summary), act);
    };
    return {
        entry(get, "/setup", "How far the set-up is", &SetUp::state),
        entry(post, "/setup/archive", "Makes the archive", &SetUp::make_archive),
        entry(post, "/setup/sheet", "The recovery sheet, typed back", &SetUp::sheet),
        entry(post, "/setup/user", "The first user", &SetUp::make_user),
        entry(post, "/setup/demo", "An archive of the sample, to look around", &SetUp::demo),
        entry(post, "/setup/confirm", "The second factor of the first user", &SetUp::confirm),
    };
}

}  // namespace letopis::api
