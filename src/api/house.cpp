// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/house.hpp"

#include <fmt/format.h>

#include "api/door.hpp"
#include "app/descriptor.hpp"
#include "app/views.hpp"
#include "crypto/crypto.hpp"

namespace letopis::api {

using app::json_text;

namespace {

constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'";

bool has_header(const http::Response& response, std::string_view name) {
    for (const auto& header : response.headers)
        if (header.name == name) return true;
    return false;
}

// A policy of its own does not inherit from default-src what is not about loading.
void complete_policy(http::Response& response) {
    constexpr std::pair<std::string_view, std::string_view> always[] = {
        {"base-uri", "'none'"}, {"form-action", "'none'"}, {"frame-ancestors", "'self'"}};
    for (auto& header : response.headers) {
        if (header.name != "Content-Security-Policy") continue;
        for (const auto& [directive, value] : always)
            if (header.value.find(directive) == std::string::npos)
                header.value += fmt::format("; {} {}", directive, value);
    }
}

void protect(const http::Request& request, http::Response& response) {
    complete_policy(response);
    const auto add = [&](const char* name, std::string_view value) {
        if (!has_header(response, name)) response.with(name, std::string(value));
    };
    add("Content-Security-Policy", content_policy);
    add("X-Content-Type-Options", "nosniff");
    add("Referrer-Policy", "no-referrer");
    add("Cross-Origin-Opener-Policy", "same-origin");
    add("Cross-Origin-Resource-Policy", "same-origin");
    add("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    add("Cache-Control", "no-store");
    if (request.secure) add("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
}

bool changes(http::Method method) {
    return method != http::Method::get && method != http::Method::head;
}

// A page of another site can make a browser send its cookies, but neither this header nor these.
bool from_our_page(const http::Request& request) {
    const auto site = request.header("sec-fetch-site");
    return request.header("x-letopis") == "1" &&
           (site.empty() || site == "same-origin" || site == "none");
}

std::string_view type_of(const Path& file) {
    const auto extension = file.extension().string();
    if (extension == ".html") return "text/html; charset=utf-8";
    if (extension == ".js") return "text/javascript; charset=utf-8";
    if (extension == ".css") return "text/css; charset=utf-8";
    if (extension == ".svg") return "image/svg+xml";
    if (extension == ".json") return "application/json";
    if (extension == ".txt") return "text/plain; charset=utf-8";
    if (extension == ".png") return "image/png";
    if (extension == ".ico") return "image/x-icon";
    return "application/octet-stream";
}

Problem unauthenticated() {
    return {.status = 401,
            .code = "unauthenticated",
            .detail = "nobody is signed in",
            .hint = "Sign in, and come back here.",
            .at = std::nullopt};
}

http::Response answer_of(const Entry& entry, Call& call, Open* open) {
    auto done = entry.at_door ? entry.at_door(call) : entry.run(*open->service, call);
    return done ? std::move(*done) : problem_answer(call.request, problem_of(done.error()));
}

http::Response too_often(const http::Request& request, std::chrono::seconds wait) {
    auto response = problem_answer(
        request,
        {429,
         "too_many",
         fmt::format("too many requests of this kind; the next one in {} s", wait.count()),
         "Go on later, or ask the operator for a higher limit (`letopis serve --rate`).",
         {}});
    response.with("Retry-After", std::to_string(wait.count()));
    return response;
}

}  // namespace

House::House(HouseOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      observer_(options_.log, options_.slow),
      rates_(options_.rates, clock),
      setup_token_(hex(random_bytes(16))) {}

House::~House() = default;

Result<void> House::open() {
    std::error_code ignored;
    if (!std::filesystem::exists(options_.directory / "archive.toml", ignored)) return {};
    if (!options_.unlock) return fail(Errc::wrong_key, "this archive needs its key");
    TRY(auto lock, app::Lock::take(options_.directory));
    TRY(auto archive,
        app::Archive::open(options_.directory, *options_.unlock, clock_, std::move(lock)));
    return open_parts(std::move(archive));
}

Result<void> House::open_parts(std::unique_ptr<app::Archive> archive) {
    auto parts = std::make_shared<Open>();
    parts->archive = std::move(archive);
    TRY_DO(parts->archive->check_logs());
    TRY(parts->directory, Directory::open(*parts->archive));
    TRY(const auto key,
        parts->archive->keyring().ensure(crypto::Purpose::page, "state.db", clock_.now()));
    TRY(parts->sessions,
        access::Sessions::open(options_.directory / "state.db", key.key.bytes(), clock_));
    TRY(parts->idempotency,
        Idempotency::open(options_.directory / "state.db", key.key.bytes(), clock_));
    parts->service =
        std::make_unique<Service>(*parts->archive, *parts->directory, *parts->sessions, clock_);
    TRY_DO(parts->service->preferences().load());
    TRY_DO(parts->service->follow());
    parts->service->keep_in_background();  // behind the writing, or it would find it half done
    const std::unique_lock lock(mutex_);
    open_ = std::move(parts);
    return {};
}

app::Archive* House::archive() {
    const std::shared_lock lock(mutex_);
    return open_ ? open_->archive.get() : nullptr;
}

std::shared_ptr<Open> House::opened() {
    const std::shared_lock lock(mutex_);
    return open_;
}

std::string House::setup_path() const {
    const std::shared_lock lock(mutex_);
    if (open_ && open_->directory->read([](const access::People& people) {
            for (const auto& [id, user] : people.users())
                if (!user.totp.empty() || !user.passkeys.empty()) return true;
            return false;
        }))
        return {};
    return "/start/1?token=" + setup_token_;
}

bool House::is_setup_token(std::string_view token) const {
    return !setup_path().empty() && crypto::sha256(token) == crypto::sha256(setup_token_);
}

Result<access::Caller> House::caller_of(const http::Request& request, Open& open) const {
    const auto now = clock_.now();
    const auto none = fail(Errc::forbidden, "nobody is signed in");
    constexpr std::string_view bearer = "Bearer ";
    const auto authorization = request.header("authorization");
    if (authorization.starts_with(bearer)) {
        auto caller = open.directory->read([&](const access::People& people) {
            return people.caller_by_token(authorization.substr(bearer.size()), now);
        });
        if (!caller) return none;
        caller->peer = request.peer;
        return std::move(*caller);
    }
    const auto cookie = request.cookie(session_cookie_name(request));
    if (cookie.empty()) return none;
    const auto session = open.sessions->use(cookie);
    if (!session) return none;
    auto caller = open.directory->read(
        [&](const access::People& people) { return people.caller(session->user, now); });
    if (!caller) return none;
    caller->session = session->id;
    caller->peer = request.peer;
    caller->second_factor = session->second_factor;
    return std::move(*caller);
}

http::Response House::enter(const Entry& entry, http::Request& request) {
    std::shared_ptr<Open> open;
    {
        const std::shared_lock lock(mutex_);
        open = open_;
    }
    Call call{.request = request, .caller = {}};
    if (!entry.right) {
        if (changes(entry.method) && !entry.from_elsewhere && !from_our_page(request))
            return problem_answer(request,
                                  {403, "forbidden", "this did not come from our page", {}, {}});
        call.caller.peer = request.peer;
        return answer_of(entry, call, open.get());
    }
    if (!open && entry.at_door) return problem_answer(request, unauthenticated());
    if (!open)
        return problem_answer(request,
                              {503,
                               "setup_required",
                               "there is no open archive yet",
                               "Open the set-up link that the server printed.",
                               {}});
    auto caller = caller_of(request, *open);
    if (!caller) return problem_answer(request, unauthenticated());
    if (changes(entry.method) && caller->token.empty() && !from_our_page(request)) {
        (void)open->service->note(
            journal::Kind::denied,
            *caller,
            fmt::format("from another page: {} {}", http::name(entry.method), entry.path));
        return problem_answer(request,
                              {403, "forbidden", "this did not come from our page", {}, {}});
    }
    call.caller = std::move(*caller);
    request.caller = call.caller.token.empty() ? call.caller.user : call.caller.token;
    return admit(entry, call, *open);
}

// Somebody who is known: may they, and not too often?
http::Response House::admit(const Entry& entry, Call& call, Open& open) {
    auto& request = call.request;
    // A program must not give itself a longer life or another program rights.
    const bool by_itself =
        !call.caller.token.empty() && *entry.right == access::Right::self && changes(entry.method);
    if (by_itself || !access::may(call.caller, *entry.right)) {
        (void)open.service->note(journal::Kind::denied,
                                 call.caller,
                                 fmt::format("{} {}", http::name(entry.method), entry.path));
        return problem_answer(
            request,
            {403,
             "forbidden",
             by_itself ? std::string("a program cannot do this by a token")
                       : fmt::format("this needs the right `{}`", access::name(*entry.right)),
             "Somebody with the role of an administrator can give it.",
             {}});
    }
    if (const auto rate = rate_of(entry, request))
        if (const auto wait = rates_.take(request.caller, *rate)) return too_often(request, *wait);
    const auto act = [&] { return answer_of(entry, call, &open); };
    return takes_idempotency_key(entry) ? open.idempotency->once(request.caller, request, act)
                                        : act();
}

http::Response House::asset(const http::Request& request) const {
    auto path = request.path.substr(1);
    auto file = options_.web / path;
    std::error_code ignored;
    const bool is_asset = path.starts_with("assets/") || path.find('.') != std::string::npos;
    if (!is_asset) file = options_.web / "index.html";  // rooms of the page
    // `//etc/passwd` is absolute behind its first slash, and would replace the folder.
    auto bytes = Path(path).is_relative() && std::filesystem::is_regular_file(file, ignored)
                     ? read_file(file, 16 << 20)
                     : Result<std::string>(fail(Errc::not_found, "there is no such page"));
    if (!bytes) return problem_answer(request, {404, "not_found", "there is no such page", {}, {}});
    http::Response response;
    response.body = std::move(*bytes);
    response.with("Content-Type", std::string(type_of(file)));
    // Names of assets hold a hash of what is in them.
    response.with("Cache-Control",
                  path.starts_with("assets/") ? "public, max-age=31536000, immutable" : "no-cache");
    return response;
}

Table House::table() {
    Table table;
    const auto add = [&](Entry entry) {
        table.push_back(std::make_shared<const Entry>(std::move(entry)));
    };
    for (auto part : {session_routes(*this),
                      account_routes(*this),
                      passkey_routes(*this),
                      sign_in_settings_routes(*this),
                      oidc_routes(*this),
                      setup_routes(*this),
                      search_routes(),
                      message_routes(),
                      conversation_routes(),
                      client_routes(),
                      source_routes(),
                      import_routes(),
                      job_routes(),
                      audit_routes(),
                      people_routes(),
                      archive_routes(),
                      key_routes(),
                      own_routes()})
        for (auto& entry : part) add(std::move(entry));
    add({.method = http::Method::get,
         .path = "/metrics",
         .right = access::Right::integrity_view,
         .summary = "Figures for Prometheus",
         .at_door = [this](Call&) { return Result<http::Response>(metrics()); }});
    return table;
}

http::Routes House::routes() {
    http::Routes routes;
    const auto known = table();
    for (const auto& entry : known)
        routes.add(
            {.method = entry->method,
             .pattern = "/api/v1" + entry->path,
             .body = entry->body,
             .body_max = entry->body_max,
             .handler = [this, entry](http::Request& request) { return enter(*entry, request); }});
    routes.add({.method = http::Method::get,
                .pattern = "/api/v1/openapi.json",
                .handler = [document = json::serialize(describe(known, all_shapes()))](
                               http::Request&) { return json_text_answer(document); }});
    routes.add({.method = http::Method::get,
                .pattern = "/{path...}",
                .handler = [this](http::Request& request) {
                    if (request.path.starts_with("/api/"))
                        return problem_answer(request,
                                              {404, "not_found", "there is no such route", {}, {}});
                    return asset(request);
                }});
    routes.problem = [](const http::Request& request, int status, std::string_view what) {
        auto response = problem_answer(request,
                                       {status,
                                        status == 404   ? "not_found"
                                        : status == 405 ? "method_not_allowed"
                                        : status == 413 ? "too_large"
                                        : status == 503 ? "unavailable"
                                                        : "invalid",
                                        std::string(what),
                                        {},
                                        {}});
        protect(request, response);
        return response;
    };
    routes.after = protect;
    routes.seen = [this](const http::Seen& seen) { observer_.seen(seen); };
    return routes;
}

std::string session_cookie_name(const http::Request& request) {
    return request.secure ? "__Host-letopis" : "letopis";
}
std::string pending_cookie_name(const http::Request& request) {
    return request.secure ? "__Host-letopis-door" : "letopis-door";
}

std::string set_cookie(const http::Request& request,
                       const std::string& name,
                       const std::string& value,
                       std::optional<int> seconds) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}",
                       name,
                       value,
                       request.secure ? "; Secure" : "",
                       seconds ? fmt::format("; Max-Age={}", *seconds) : "");
}

}  // namespace letopis::api
