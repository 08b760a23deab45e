// SPDX-License-Identifier: AGPL-3.0-or-later
// `letopis serve`: the page and the API, and the other commands meanwhile.
#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <thread>

#include "api/house.hpp"
#include "app/build_info.hpp"
#include "app/socket.hpp"
#include "app/views.hpp"
#include "cli/main.hpp"
#include "cli/serve/serve.hpp"
#include "cli/serve/serve_certificate.hpp"
#include "cli/serve/service_manager.hpp"
#include "cli/session.hpp"
#include "http/server.hpp"
#include "net/tls.hpp"

namespace letopis::cli {

namespace {

std::atomic<bool> reload_requested = false;
constexpr std::uint64_t turns_a_second = 10;
constexpr auto stop_grace = std::chrono::seconds(10);

struct Address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8470;
};

Result<Address> address_of(const std::string& text) {
    Address address;
    if (text.empty()) return address;
    const auto colon = text.rfind(':');
    const auto port = colon == std::string::npos ? text : text.substr(colon + 1);
    if (colon != std::string::npos) address.host = text.substr(0, colon);
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size())
        return fail(Errc::invalid, "--listen takes ADDRESS:PORT, as 127.0.0.1:8470");
    return address;
}

bool is_loopback(const std::string& host) {
    return host == "::1" || host == "localhost" || host.starts_with("127.");
}

// The page stands beside the program, or in the build folder's neighbour of a source tree.
Path web_folder(const Arguments& arguments) {
    if (arguments.has("--web")) return arguments.get("--web");
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const auto& folder :
         {program / "web", program / "../share/letopis/web", program / "../../web/dist"})
        if (std::filesystem::exists(folder / "index.html", error)) return folder.lexically_normal();
    return program / "web";
}

// The sample of the demo archive, likewise.
Path sample_folder(const Arguments& arguments) {
    if (arguments.has("--sample")) return arguments.get("--sample");
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const auto& folder : {program / "../share/letopis/sample", program / "../../tests/sample"})
        if (std::filesystem::exists(folder / "mail", error)) return folder.lexically_normal();
    return {};
}

Path beside(const Path& directory, std::string_view suffix) {
    auto path = directory;
    if (path.filename().empty()) path = path.parent_path();
    path += suffix;
    return path;
}

Result<api::Log::Options> log_options(const Arguments& arguments, const Output& output) {
    api::Log::Options options{.least = output.terminal() ? api::Level::warning : api::Level::info};
    if (arguments.has("--log")) {
        const auto level = api::level_named(arguments.get("--log"));
        if (!level) return fail(Errc::invalid, "--log takes error, warning or info");
        options.least = *level;
    }
    const auto format = arguments.get("--log-format", "json");
    if (format != "json" && format != "text")
        return fail(Errc::invalid, "--log-format takes json or text");
    options.json = format == "json";
    return options;
}

Result<http::Options> server_options(const Arguments& arguments, const Path& directory) {
    TRY(const auto address, address_of(arguments.get("--listen")));
    http::Options server{.address = address.host, .port = address.port};
    if (arguments.has("--proxy")) server.proxies.push_back(arguments.get("--proxy"));
    server.proxy_protocol = arguments.has("--proxy-protocol");
    if (arguments.has("--tls-cert") != arguments.has("--tls-key"))
        return fail(Errc::invalid, "--tls-cert and --tls-key come together");
    if (arguments.has("--tls-cert"))
        server.tls = http::TlsFiles{arguments.get("--tls-cert"), arguments.get("--tls-key")};
    if (arguments.has("--tls-own")) {
        TRY(server.tls, own_certificate(beside(directory, ".tls"), address.host));
    }
    if (!is_loopback(address.host) && !server.tls && server.proxies.empty())
        return fail(Errc::invalid,
                    "without encryption only this machine itself is served",
                    "Give --tls-cert and --tls-key, or --tls-own, or name the proxy that encrypts "
                    "with --proxy ADDRESS.");
    return server;
}

Result<api::HouseOptions> house_options(const Arguments& arguments, const Path& directory) {
    api::HouseOptions options{.directory = directory,
                              .key_file = arguments.has("--key-file")
                                              ? Path(arguments.get("--key-file"))
                                              : beside(directory, ".key"),
                              .web = web_folder(arguments),
                              .sample = sample_folder(arguments)};
    TRY(options.rates, api::rate_limits_of(arguments.get("--rate")));
    TRY(const auto slow, arguments.number("--slow", 2000, 3'600'000));
    options.slow = std::chrono::milliseconds(slow);
    std::error_code ignored;
    if (std::filesystem::exists(directory / "archive.toml", ignored)) {
        TRY(options.unlock, unlock_of(arguments, directory, true));
    }
    return options;
}

// One write, so that one look has all of it.
void greet(const api::House& house,
           const http::Options& options,
           const http::Server& server,
           Output& output) {
    const auto& host = options.address;
    const auto base = fmt::format("{}://{}:{}",
                                  options.tls ? "https" : "http",
                                  host.find(':') == std::string::npos ? host : "[" + host + "]",
                                  server.port());
    output.print(fmt::format("Letopis is at {}\n", base));
    if (const auto certificate = server.certificate())
        output.print(fmt::format("SHA-256 fingerprint of its certificate, valid until {}:\n  {}\n",
                                 rfc3339(certificate->expires()).substr(0, 10),
                                 certificate->fingerprint()));
    if (const auto first = house.setup_path(); !first.empty())
        output.print(fmt::format("Set it up here (the link is good once):\n  {}{}\n", base, first));
    output.flush();
}

// Until somebody wants an end: what must be done now and then.
Result<void> run(api::House& house,
                 http::Server& server,
                 const http::Options& options,
                 const Path& directory,
                 api::Log& log) {
    CertificateWatch certificates(server, options.tls, log);
    std::unique_ptr<app::Server> commands;
    const ServiceManager manager;
    manager.tell("READY=1\nSTATUS=serving");
    for (std::uint64_t turn = 0; !stop_wanted(); ++turn) {
        if (auto* archive = house.archive(); archive != nullptr && !commands) {
            TRY(commands,
                app::Server::start(directory, [archive, open = house.opened()](app::Call& call) {
                    return serve_call(*archive, call, open->directory.get(), open->sessions.get());
                }));
        }
        const bool asked = reload_requested.exchange(false);
        if (asked || turn % turns_a_second == 0) certificates.look(asked);
        if (auto* archive = house.archive(); archive != nullptr) (void)archive->sign(true);
        house.tell();
        if (turn % turns_a_second == 0) manager.tell("WATCHDOG=1");
        std::this_thread::sleep_for(std::chrono::milliseconds(1000 / turns_a_second));
    }
    manager.tell("STOPPING=1\nSTATUS=ending");
    log.write(api::Level::info, "stopping");
    house.end_jobs();
    server.stop(stop_grace);
    return {};
}

Result<void> serve(const Arguments& arguments, Output& output) {
    TRY(const auto directory, archive_directory(arguments));
    TRY(auto server, server_options(arguments, directory));
    TRY(auto options, house_options(arguments, directory));
    TRY(const auto wanted, log_options(arguments, output));
    const SystemClock clock;
    api::Log log(wanted, clock);
    options.log = &log;
    server.failure = [&log](std::string_view what) {
        log.write(api::Level::error, "failure", {{"what", app::json_text(what)}});
    };
    api::House house(std::move(options), clock);
    TRY_DO(house.open());
    TRY(auto http_server, http::Server::start(server, house.routes()));
    house.served_by(http_server.get());
    struct sigaction action {};
    action.sa_handler = [](int) { reload_requested = true; };
    ::sigaction(SIGHUP, &action, nullptr);
    log.write(api::Level::info,
              "started",
              {{"version", app::json_text(app::build_name())},
               {"tls", server.tls.has_value()},
               {"archive", house.archive() != nullptr ? "open" : "none"}});
    greet(house, server, *http_server, output);
    TRY_DO(run(house, *http_server, server, directory, log));
    house.served_by(nullptr);
    http_server.reset();
    if (auto* archive = house.archive(); archive != nullptr) TRY_DO(archive->sign(false));
    log.write(api::Level::info, "stopped");
    return {};
}

}  // namespace

Exit run_serve(const Arguments& arguments, Output& output) {
    const auto served = serve(arguments, output);
    return served ? Exit::done : report(output, served.error(), arguments.has("--json"));
}

}  // namespace letopis::cli
