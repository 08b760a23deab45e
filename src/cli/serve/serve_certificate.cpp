// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/serve/serve_certificate.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "app/views.hpp"
#include "net/tls.hpp"

namespace letopis::cli {

namespace {

using app::json_text;

constexpr std::uint64_t pem_max = 1 << 20;
constexpr auto renewed_before = std::chrono::hours(24 * 30);
constexpr auto warned_before = std::chrono::hours(24 * 14);

bool is_good(const http::TlsFiles& files, Instant now) {
    const auto chain = read_file(files.certificate_chain, pem_max);
    const auto key = read_file(files.private_key, pem_max);
    if (!chain || !key) return false;
    const auto loaded = net::TlsContext::load(*chain, *key);
    return loaded && (*loaded)->expires() - now > renewed_before;
}

}  // namespace

Result<http::TlsFiles> own_certificate(const Path& folder, const std::string& host) {
    const http::TlsFiles files{folder / "certificate.pem", folder / "key.pem"};
    const auto now = SystemClock().now();
    if (is_good(files, now)) return files;
    char name[256]{};
    ::gethostname(name, sizeof name - 1);
    std::vector<std::string> names{"localhost", "127.0.0.1"};
    if (*name != '\0') names.insert(names.begin(), name);
    if (host != "0.0.0.0" && host != "::") names.push_back(host);
    TRY(const auto made, net::self_signed(names, now));
    TRY_DO(make_directories(std::filesystem::absolute(folder)));
    TRY_DO(write_file(files.private_key, made.key_pem, 0600));
    TRY_DO(write_file(files.certificate_chain, made.certificate_pem, 0644));
    return files;
}

CertificateWatch::CertificateWatch(http::Server& server,
                                   std::optional<http::TlsFiles> files,
                                   api::Log& log)
    : server_(server), files_(std::move(files)), log_(log), known_(stamps()) {
    if (files_) told("certificate");
}

std::array<CertificateWatch::Stamp, 2> CertificateWatch::stamps() const {
    std::array<Stamp, 2> found;
    if (!files_) return found;
    const Path* paths[] = {&files_->certificate_chain, &files_->private_key};
    for (std::size_t i = 0; i < found.size(); ++i) {
        struct stat status {};
        if (::stat(paths[i]->c_str(), &status) != 0) continue;
        found[i] = {.inode = status.st_ino,
                    .size = static_cast<std::uint64_t>(status.st_size),
                    .changed = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
    }
    return found;
}

void CertificateWatch::look(bool asked) {
    if (!files_) return;
    const auto now = stamps();
    if (!asked && now == known_) return;
    known_ = now;
    if (const auto loaded = server_.reload_tls(); !loaded) {
        log_.write(api::Level::warning,
                   "certificate_kept",
                   {{"why", json_text(loaded.error().what)},
                    {"note", "the certificate cannot be used; the old one stays"}});
        return;
    }
    told("certificate");
}

void CertificateWatch::told(const char* event) const {
    const auto certificate = server_.certificate();
    const bool soon = certificate->expires() - SystemClock().now() < warned_before;
    log_.write(soon ? api::Level::warning : api::Level::info,
               event,
               {{"sha256", json_text(certificate->fingerprint())},
                {"expires", json_text(rfc3339(certificate->expires()))}});
}

}  // namespace letopis::cli
