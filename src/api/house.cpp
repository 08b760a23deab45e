// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/house.hpp"

#include <fmt/format.h>

#include "app/build_info.hpp"
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

void protect(const http::Request& request, http::Response& response) {
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

}  // namespace

House::House(HouseOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), setup_token_(hex(random_bytes(16))) {}

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
    parts->service =
        std::make_unique<Service>(*parts->archive, *parts->directory, *parts->sessions, clock_);
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
    const auto answer = [&](Result<http::Response> done) {
        return done ? std::move(*done) : problem_answer(request, problem_of(done.error()));
    };
    if (!entry.right) {
        if (changes(entry.method) && !from_our_page(request))
            return problem_answer(request,
                                  {403, "forbidden", "this did not come from our page", {}, {}});
        call.caller.peer = request.peer;
        return answer(entry.at_door ? entry.at_door(call) : entry.run(*open->service, call));
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
    if (changes(entry.method) && caller->token.empty() && !from_our_page(request))
        return problem_answer(request,
                              {403, "forbidden", "this did not come from our page", {}, {}});
    call.caller = std::move(*caller);
    // A program must not give itself a longer life or another program rights.
    const bool by_itself =
        !call.caller.token.empty() && *entry.right == access::Right::self && changes(entry.method);
    if (by_itself || !access::may(call.caller, *entry.right)) {
        (void)open->service->note(journal::Kind::denied,
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
    return answer(entry.at_door ? entry.at_door(call) : entry.run(*open->service, call));
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

// OpenAPI 3.1, out of the table itself.
http::Response House::described(const std::vector<std::shared_ptr<const Entry>>& entries) const {
    json::object paths;
    for (const auto& entry : entries) {
        std::string method(http::name(entry->method));
        for (auto& letter : method) letter = static_cast<char>(letter | 0x20);
        json::object operation{{"summary", json_text(entry->summary)}};
        json::array parameters;
        for (std::size_t at = entry->path.find('{'); at != std::string::npos;
             at = entry->path.find('{', at + 1)) {
            const auto end = entry->path.find('}', at);
            parameters.push_back(
                json::object{{"name", json_text(entry->path.substr(at + 1, end - at - 1))},
                             {"in", "path"},
                             {"required", true},
                             {"schema", json::object{{"type", "string"}}}});
        }
        if (!parameters.empty()) operation["parameters"] = std::move(parameters);
        if (entry->right) {
            operation["x-right"] = json_text(access::name(*entry->right));
            operation["security"] = json::array{json::object{{"session", json::array{}}},
                                                json::object{{"token", json::array{}}}};
        }
        operation["responses"] = json::object{
            {"2XX", json::object{{"description", "Done"}}},
            {"default",
             json::object{
                 {"description", "A problem (RFC 9457)"},
                 {"content", json::object{{"application/problem+json", json::object{}}}}}}};
        auto& path = paths["/api/v1" + entry->path];
        if (!path.is_object()) path = json::object();
        path.get_object()[method] = std::move(operation);
    }
    return json_answer(json::object{
        {"openapi", "3.1.0"},
        {"info", json::object{{"title", "Letopis"}, {"version", json_text(app::build_name())}}},
        {"components",
         json::object{
             {"securitySchemes",
              json::object{
                  {"session",
                   json::object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-letopis"}}},
                  {"token", json::object{{"type", "http"}, {"scheme", "bearer"}}}}}}},
        {"paths", std::move(paths)}});
}

// Prometheus' text form (version 0.0.4); figures, no names.
http::Response House::metrics() const {
    std::shared_ptr<Open> open;
    {
        const std::shared_lock lock(mutex_);
        open = open_;
    }
    std::string text;
    const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
        text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
    };
    gauge("letopis_archive_open", "1 when the archive is open", open ? 1 : 0);
    if (open) {
        const auto head = open->archive->journal().head();
        const auto integrity = open->service->integrity();
        gauge("letopis_records", "records of the journal", head.records);
        gauge("letopis_access_records",
              "records of who saw what",
              head.leaves[static_cast<std::size_t>(journal::Origin::audit)]);
        gauge("letopis_integrity_ok",
              "1 when the last look found everything as it was stored",
              integrity.checked && integrity.ok ? 1 : 0);
        if (const auto space = disk_space(options_.directory))
            gauge("letopis_disk_free_bytes", "free on the disk of the archive", space->free_bytes);
    }
    http::Response response;
    response.body = std::move(text);
    response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
}

http::Routes House::routes() {
    http::Routes routes;
    std::vector<Entry> entries;
    for (auto part : {session_routes(*this),
                      setup_routes(*this),
                      search_routes(),
                      message_routes(),
                      conversation_routes(),
                      client_routes(),
                      source_routes(),
                      import_routes(),
                      audit_routes(),
                      people_routes(),
                      archive_routes(),
                      key_routes()})
        for (auto& entry : part) entries.push_back(std::move(entry));
    std::vector<std::shared_ptr<const Entry>> table;
    entries.push_back({.method = http::Method::get,
                       .path = "/metrics",
                       .right = access::Right::integrity_view,
                       .summary = "Figures for Prometheus",
                       .at_door = [this](Call&) { return Result<http::Response>(metrics()); }});
    for (auto& entry : entries) {
        const auto shared = std::make_shared<const Entry>(std::move(entry));
        table.push_back(shared);
        routes.add({.method = shared->method,
                    .pattern = "/api/v1" + shared->path,
                    .body = shared->body,
                    .body_max = shared->body_max,
                    .handler = [this, shared](http::Request& request) {
                        return enter(*shared, request);
                    }});
    }
    routes.add({.method = http::Method::get,
                .pattern = "/api/v1/openapi.json",
                .handler = [this, table](http::Request&) { return described(table); }});
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
