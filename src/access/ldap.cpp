// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/ldap.hpp"

#include <ldap.h>
#include <sys/time.h>

#include <algorithm>
#include <memory>

#include "base/check.hpp"

namespace letopis::access {
namespace {

constexpr std::size_t login_max = 256;
constexpr std::size_t password_max = 512;
constexpr int groups_max = 1000;

struct Close {
    void operator()(LDAP* one) const { ldap_unbind_ext_s(one, nullptr, nullptr); }
    void operator()(LDAPMessage* one) const { ldap_msgfree(one); }
    void operator()(LDAPURLDesc* one) const { ldap_free_urldesc(one); }
    void operator()(char* one) const { ldap_memfree(one); }
};
using Connection = std::unique_ptr<LDAP, Close>;
using Message = std::unique_ptr<LDAPMessage, Close>;
using Url = std::unique_ptr<LDAPURLDesc, Close>;

auto wrong() { return fail(Errc::forbidden, "the login or the password is wrong", "try again"); }

tl::unexpected<Error> failed(int code, std::string_view doing) {
    const auto what = "the directory: " + std::string(doing) + ": " + ldap_err2string(code);
    const bool away = code == LDAP_SERVER_DOWN || code == LDAP_TIMEOUT ||
                      code == LDAP_UNAVAILABLE || code == LDAP_BUSY || code == LDAP_CONNECT_ERROR;
    return fail(away ? Errc::unavailable : Errc::invalid, what);
}

timeval as_timeval(std::chrono::seconds time) { return {.tv_sec = time.count(), .tv_usec = 0}; }

Url parsed(const std::string& url) {
    LDAPURLDesc* out = nullptr;
    if (ldap_url_parse(url.c_str(), &out) != LDAP_URL_SUCCESS) return nullptr;
    return Url(out);
}

Result<Connection> connected(const LdapSettings& settings) {
    LDAP* raw = nullptr;
    if (const int code = ldap_initialize(&raw, settings.url.c_str()); code != LDAP_SUCCESS)
        return failed(code, "its address");
    Connection connection(raw);
    const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, fresh = 0;
    const int tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    const auto timeout = as_timeval(settings.timeout);
    bool set = true;
    const auto option = [&](int name, const void* value) {
        set = set && ldap_set_option(raw, name, value) == LDAP_OPT_SUCCESS;
    };
    option(LDAP_OPT_PROTOCOL_VERSION, &version);
    option(LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    option(LDAP_OPT_NETWORK_TIMEOUT, &timeout);
    option(LDAP_OPT_TIMEOUT, &timeout);
    option(LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    option(LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls12);
    if (!settings.ca_file.empty()) option(LDAP_OPT_X_TLS_CACERTFILE, settings.ca_file.c_str());
    option(LDAP_OPT_X_TLS_NEWCTX, &fresh);
    if (!set) return fail(Errc::invalid, "the directory: TLS cannot be set up as it must be");
    if (settings.url.starts_with("ldap://") && !settings.plain)
        if (const int code = ldap_start_tls_s(raw, nullptr, nullptr); code != LDAP_SUCCESS)
            return fail(Errc::unavailable,
                        std::string("the directory: StartTLS: ") + ldap_err2string(code));
    return connection;
}

int bind_as(LDAP* connection, const std::string& dn, std::string_view password) {
    // RFC 4513 section 5.1.2: a bind with a name and no password is no proof, and may succeed.
    CHECK(dn.empty() == password.empty());
    std::string secret(password);
    berval credentials{.bv_len = secret.size(), .bv_val = secret.data()};
    return ldap_sasl_bind_s(
        connection, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, nullptr);
}

Result<Message> search(LDAP* connection,
                       const LdapSettings& settings,
                       const std::string& base,
                       const std::string& filter,
                       std::vector<const char*> attributes,
                       int limit) {
    attributes.push_back(nullptr);
    auto timeout = as_timeval(settings.timeout);
    LDAPMessage* raw = nullptr;
    const int code = ldap_search_ext_s(connection,
                                       base.c_str(),
                                       LDAP_SCOPE_SUBTREE,
                                       filter.c_str(),
                                       const_cast<char**>(attributes.data()),
                                       0,
                                       nullptr,
                                       nullptr,
                                       &timeout,
                                       limit,
                                       &raw);
    Message message(raw);
    if (code != LDAP_SUCCESS) return failed(code, "a search");
    return message;
}

std::string dn_of(LDAP* connection, LDAPMessage* entry) {
    const std::unique_ptr<char, Close> dn(ldap_get_dn(connection, entry));
    return dn ? dn.get() : "";
}

std::string first_value(LDAP* connection, LDAPMessage* entry, const std::string& attribute) {
    berval** values = ldap_get_values_len(connection, entry, attribute.c_str());
    if (values == nullptr) return {};
    std::string text = values[0] ? std::string(values[0]->bv_val, values[0]->bv_len) : "";
    ldap_value_free_len(values);
    return text;
}

Result<LdapIdentity> found(LDAP* connection, const LdapSettings& settings, std::string_view login) {
    TRY(const auto message,
        search(connection,
               settings,
               settings.base,
               ldap_filter(settings.filter, "login", login),
               {settings.name_attribute.c_str(), settings.email_attribute.c_str()},
               2));
    // Two who fit are as good as none: it must be clear who it is.
    if (ldap_count_entries(connection, message.get()) != 1) return wrong();
    auto* entry = ldap_first_entry(connection, message.get());
    LdapIdentity identity{.server = settings.url,
                          .dn = dn_of(connection, entry),
                          .name = first_value(connection, entry, settings.name_attribute),
                          .email = first_value(connection, entry, settings.email_attribute),
                          .groups = {},
                          .roles = {}};
    if (identity.dn.empty()) return wrong();
    return identity;
}

Result<void> add_groups(LDAP* connection, const LdapSettings& settings, LdapIdentity& identity) {
    if (settings.group_base.empty()) return {};
    TRY(const auto message,
        search(connection,
               settings,
               settings.group_base,
               ldap_filter(settings.group_filter, "dn", identity.dn),
               {LDAP_NO_ATTRS},
               groups_max));
    for (auto* entry = ldap_first_entry(connection, message.get()); entry != nullptr;
         entry = ldap_next_entry(connection, entry))
        identity.groups.push_back(dn_of(connection, entry));
    identity.roles = ldap_roles(settings, identity.groups);
    return {};
}

}  // namespace

Result<void> check_settings(const LdapSettings& settings) {
    const auto url = parsed(settings.url);
    if (!url || url->lud_host == nullptr || url->lud_next != nullptr)
        return fail(Errc::invalid, "the directory's address is not of the form ldaps://host");
    const std::string_view scheme = url->lud_scheme, host = url->lud_host;
    if (scheme != "ldap" && scheme != "ldaps")
        return fail(Errc::invalid, "the directory's address is neither ldap:// nor ldaps://");
    if (settings.plain && (scheme != "ldap" || host != "127.0.0.1"))
        return fail(Errc::invalid, "in clear only to ldap://127.0.0.1");
    if (settings.bind_dn.empty() != settings.bind_password.empty())
        return fail(Errc::invalid, "a bind to the directory needs a name and a password");
    if (settings.filter.find("{login}") == std::string::npos ||
        (!settings.group_base.empty() && settings.group_filter.find("{dn}") == std::string::npos))
        return fail(Errc::invalid, "the directory's filter does not name {login} or {dn}");
    return {};
}

std::string ldap_filter(std::string_view pattern, std::string_view name, std::string_view value) {
    std::string copy(value);
    berval in{.bv_len = copy.size(), .bv_val = copy.data()}, out{};
    CHECK(ldap_bv2escaped_filter_value(&in, &out) == 0);
    const std::string escaped(out.bv_val, out.bv_len);
    ber_memfree(out.bv_val);
    const auto mark = "{" + std::string(name) + "}";
    std::string filter(pattern);
    for (auto at = filter.find(mark); at != std::string::npos;
         at = filter.find(mark, at + escaped.size()))
        filter.replace(at, mark.size(), escaped);
    return filter;
}

std::set<Role> ldap_roles(const LdapSettings& settings, const std::vector<std::string>& groups) {
    std::set<Role> roles;
    for (const auto& [dn, role] : settings.roles)
        if (std::find(groups.begin(), groups.end(), dn) != groups.end()) roles.insert(role);
    return roles;
}

Result<LdapIdentity> ldap_sign_in(const LdapSettings& settings,
                                  std::string_view login,
                                  std::string_view password) {
    if (login.empty() || password.empty() || login.size() > login_max ||
        password.size() > password_max || password.find('\0') != std::string_view::npos)
        return wrong();
    TRY_DO(check_settings(settings));
    TRY(const auto searching, connected(settings));
    if (const int code = bind_as(searching.get(), settings.bind_dn, settings.bind_password);
        code != LDAP_SUCCESS)
        return failed(code, "our own bind");
    TRY(auto identity, found(searching.get(), settings, login));
    TRY(const auto proving, connected(settings));
    const int code = bind_as(proving.get(), identity.dn, password);
    if (code == LDAP_INVALID_CREDENTIALS || code == LDAP_INAPPROPRIATE_AUTH ||
        code == LDAP_UNWILLING_TO_PERFORM)
        return wrong();
    if (code != LDAP_SUCCESS) return failed(code, "the bind");
    TRY_DO(add_groups(searching.get(), settings, identity));
    return identity;
}

}  // namespace letopis::access
