// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <thread>

#include "api/house.hpp"
#include "app/socket.hpp"
#include "cli/main.hpp"
#include "cli/serve/serve.hpp"
#include "http/server.hpp"
#include "net/tls.hpp"

namespace letopis::cli {

namespace {

std::atomic<bool> reload_requested = false;

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

// A certificate of our own, made once: the address bar of the browser warns, and the fingerprint
// that is printed tells whether it is the right one.
Result<http::TlsFiles> own_certificate(const Path& directory,
                                       const Address& address,
                                       Output& output) {
    const auto folder = beside(directory, ".tls");
    const http::TlsFiles files{folder / "certificate.pem", folder / "key.pem"};
    std::error_code ignored;
    if (std::filesystem::exists(files.certificate_chain, ignored)) return files;
    char name[256]{};
    ::gethostname(name, sizeof name - 1);
    std::vector<std::string> names{"localhost", "127.0.0.1"};
    if (*name != '\0') names.insert(names.begin(), name);
    if (address.host != "0.0.0.0" && address.host != "::") names.push_back(address.host);
    TRY(const auto made, net::self_signed(names, SystemClock().now()));
    TRY_DO(make_directories(std::filesystem::absolute(folder)));
    TRY_DO(write_file(files.private_key, made.key_pem, 0600));
    TRY_DO(write_file(files.certificate_chain, made.certificate_pem, 0644));
    output.print(
        fmt::format("certificate made; its SHA-256 fingerprint is\n  {}\n", made.fingerprint));
    return files;
}

Result<void> serve(const Arguments& arguments, Output& output) {
    TRY(const auto directory, archive_directory(arguments));
    TRY(const auto address, address_of(arguments.get("--listen")));
    http::Options server{.address = address.host, .port = address.port};
    if (arguments.has("--proxy")) server.proxies.push_back(arguments.get("--proxy"));
    server.proxy_protocol = arguments.has("--proxy-protocol");
    if (arguments.has("--tls-cert") != arguments.has("--tls-key"))
        return fail(Errc::invalid, "--tls-cert and --tls-key come together");
    if (arguments.has("--tls-cert"))
        server.tls = http::TlsFiles{arguments.get("--tls-cert"), arguments.get("--tls-key")};
    if (arguments.has("--tls-own")) {
        TRY(server.tls, own_certificate(directory, address, output));
    }
    if (!is_loopback(address.host) && !server.tls && server.proxies.empty())
        return fail(Errc::invalid,
                    "without encryption only this machine itself is served",
                    "Give --tls-cert and --tls-key, or --tls-own, or name the proxy that encrypts "
                    "with --proxy ADDRESS.");
    const SystemClock clock;
    api::HouseOptions options{.directory = directory,
                              .key_file = arguments.has("--key-file")
                                              ? Path(arguments.get("--key-file"))
                                              : beside(directory, ".key"),
                              .web = web_folder(arguments),
                              .sample = sample_folder(arguments)};
    std::error_code ignored;
    if (std::filesystem::exists(directory / "archive.toml", ignored)) {
        TRY(options.unlock, unlock_of(arguments, directory, true));
    }
    api::House house(std::move(options), clock);
    TRY_DO(house.open());
    TRY(auto http_server, http::Server::start(server, house.routes()));
    const auto base = fmt::format(
        "{}://{}:{}",
        server.tls ? "https" : "http",
        address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]",
        http_server->port());
    const auto first = house.setup_path();
    if (first.empty())
        output.print(fmt::format("Letopis is at {}\n", base));
    else
        output.print(
            fmt::format("Letopis is at {}\nSet it up here (the link is good once):\n  {}{}\n",
                        base,
                        base,
                        first));
    output.flush();
    struct sigaction action {};
    action.sa_handler = [](int) { reload_requested = true; };
    ::sigaction(SIGHUP, &action, nullptr);
    std::unique_ptr<app::Server> commands;
    while (!stop_wanted()) {
        if (auto* archive = house.archive(); archive != nullptr && !commands) {
            auto started = app::Server::start(
                directory, [archive](app::Call& call) { return serve_call(*archive, call); });
            if (!started) return tl::unexpected<Error>(started.error());
            commands = std::move(*started);
        }
        if (reload_requested.exchange(false)) {
            if (const auto reloaded = http_server->reload_tls(); !reloaded)
                output.note(
                    fmt::format("letopis: {}; the old certificate stays\n", reloaded.error().what));
        }
        if (auto* archive = house.archive(); archive != nullptr) (void)archive->sign(true);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    http_server->stop(std::chrono::seconds(10));
    if (auto* archive = house.archive(); archive != nullptr) TRY_DO(archive->sign(false));
    return {};
}

}  // namespace

Exit run_serve(const Arguments& arguments, Output& output) {
    const auto served = serve(arguments, output);
    return served ? Exit::done : report(output, served.error(), arguments.has("--json"));
}

}  // namespace letopis::cli
