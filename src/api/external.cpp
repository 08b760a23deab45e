// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/external.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "fetch/fetch.hpp"

namespace letopis::api {

namespace {

constexpr std::string_view sealing_context = "letopis/sign-in/v1";

Result<crypto::Key> sealing_key(Open& parts, Instant now) {
    TRY(const auto named, parts.archive->keyring().ensure(crypto::Purpose::system, "sign-in", now));
    return named.key;
}

// libldap reads certificates out of a file only; this one has no name and ends with the sign-in.
class CertificateFile {
public:
    explicit CertificateFile(const std::string& pem)
        : file_(pem.empty() ? -1 : ::memfd_create("certificates", MFD_CLOEXEC)) {
        if (file_ < 0) return;
        written_ = ::write(file_, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size());
    }
    ~CertificateFile() {
        if (file_ >= 0) ::close(file_);
    }
    CertificateFile(const CertificateFile&) = delete;
    CertificateFile& operator=(const CertificateFile&) = delete;
    bool written() const { return written_; }
    std::string path() const { return fmt::format("/proc/self/fd/{}", file_); }

private:
    int file_;
    bool written_ = false;
};

Result<access::LdapIdentity> ask(Open& parts,
                                 const access::LdapSignIn& ldap,
                                 std::string_view login,
                                 std::string_view password,
                                 Instant now) {
    auto settings = ldap.settings;
    if (!ldap.sealed_password.empty()) {
        TRY(settings.bind_password, open_secret(parts, ldap.sealed_password, now));
    }
    const CertificateFile certificates(ldap.certificates);
    if (!ldap.certificates.empty()) {
        if (!certificates.written()) return fail(Errc::unavailable, "no room for certificates");
        settings.ca_file = certificates.path();
    }
    return access::ldap_sign_in(settings, login, password);
}

std::optional<access::LdapSignIn> directory_of(const Open& parts) {
    return parts.directory->read(
        [](const access::People& people) { return people.sign_in().ldap; });
}

bool came_by(const access::User& user, std::string_view server) {
    return std::ranges::any_of(user.external,
                               [&](const auto& pair) { return pair.first == server; });
}

}  // namespace

Result<std::string> seal_secret(Open& parts, std::string_view secret, Instant now) {
    TRY(const auto key, sealing_key(parts, now));
    return crypto::xaes_seal(key, secret, sealing_context);
}

Result<std::string> open_secret(Open& parts, std::string_view sealed, Instant now) {
    TRY(const auto key, sealing_key(parts, now));
    return crypto::xaes_open(key, sealed, sealing_context);
}

bool asks_directory(const Open& parts, const access::User& user, Instant now) {
    const auto ldap = directory_of(parts);
    if (!ldap) return false;
    return came_by(user, ldap->settings.url) ||
           (user.password.empty() && user.external.empty() &&
            parts.directory->read([&](const access::People& people) {
                return people.invitation_of(user.id, now) != nullptr;
            }));
}

Result<std::optional<access::Enrolment>> directory_shown(Open& parts,
                                                         const access::User& user,
                                                         std::string_view login,
                                                         std::string_view password,
                                                         Instant now) {
    using Shown = std::optional<access::Enrolment>;
    const auto ldap = directory_of(parts);
    if (!ldap) return Shown();
    const auto identity = ask(parts, *ldap, login, password, now);
    if (!identity && identity.error().code == Errc::forbidden) return Shown();
    if (!identity) return tl::unexpected<Error>(identity.error());
    const std::pair<std::string, std::string> pair{identity->server, identity->dn};
    const auto owner = parts.directory->read([&](const access::People& people) {
        const auto* found = people.user_by_external(pair.first, pair.second);
        return found == nullptr ? std::string() : found->id;
    });
    const auto invitation = parts.directory->read([&](const access::People& people) {
        const auto* found = people.invitation_of(user.id, now);
        return found == nullptr ? std::string() : found->id;
    });
    const bool has_factor = !user.totp.empty() || !user.passkeys.empty();
    if (owner == user.id && (invitation.empty() || has_factor)) return Shown(access::Enrolment());
    // Who is found must be nobody else here, and who was linked to one stays that one.
    if (owner.empty() ? came_by(user, pair.first) : owner != user.id) return Shown();
    if (invitation.empty()) return Shown();
    return Shown(access::Enrolment{.invitation = invitation, .external = pair});
}

Result<void> try_directory(Open& parts, const access::LdapSignIn& ldap, Instant now) {
    const auto answer = ask(parts, ldap, "letopis-looks-whether-you-answer", "-", now);
    if (answer || answer.error().code == Errc::forbidden) return {};
    return tl::unexpected<Error>(answer.error());
}

Result<access::OidcSettings> provider_settings(Open& parts, Instant now) {
    const auto sign_in =
        parts.directory->read([](const access::People& people) { return people.sign_in(); });
    if (!sign_in.oidc) return fail(Errc::not_found, "no provider is set up");
    access::OidcSettings settings{.issuer = sign_in.oidc->issuer,
                                  .client_id = sign_in.oidc->client_id,
                                  .redirect_uri = sign_in.address + "/api/v1/session/provider/back",
                                  .acr_values = sign_in.oidc->acr_values,
                                  .amr_values = sign_in.oidc->amr_values};
    if (!sign_in.oidc->sealed_secret.empty()) {
        TRY(settings.client_secret, open_secret(parts, sign_in.oidc->sealed_secret, now));
    }
    return settings;
}

access::Fetch fetch_over_net() {
    return [](const access::FetchRequest& request) -> Result<access::Fetched> {
        TRY(auto answer,
            fetch::fetch({.url = request.url,
                          .form = request.form,
                          .authorization = request.authorization}));
        return access::Fetched{.status = answer.status, .body = std::move(answer.body)};
    };
}

}  // namespace letopis::api
