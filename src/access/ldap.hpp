// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in with the company's directory (LDAP v3, RFC 4511): the login is searched, then the
// password is tried by a bind as what was found. Blocks for up to some timeouts: call it where
// waiting is allowed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/access.hpp"

namespace letopis::access {

struct LdapSettings {
    // "ldaps://…", or "ldap://…" with StartTLS. In clear only with `plain` and to 127.0.0.1 itself.
    std::string url;
    bool plain = false;
    std::string ca_file;                 // PEM; empty: the system's
    std::string bind_dn, bind_password;  // who searches; both empty: nobody in particular
    std::string base;                    // "ou=people,dc=firm,dc=example"
    std::string filter = "(uid={login})";
    std::string name_attribute = "cn", email_attribute = "mail";
    std::string group_base;  // empty: no groups are looked for
    std::string group_filter = "(member={dn})";
    std::vector<std::pair<std::string, Role>> roles;  // of a group's DN, as the server writes it
    std::chrono::seconds timeout = std::chrono::seconds(5);
    friend bool operator==(const LdapSettings&, const LdapSettings&) = default;
};

struct LdapIdentity {
    std::string server, dn;  // who it is: nothing else identifies
    std::string name, email;
    std::vector<std::string> groups;
    std::set<Role> roles;
};

// Errors: forbidden (login or password wrong; it does not say which), unavailable (no answer in
// time, no TLS), invalid (settings that are not safe, or that the server does not understand).
Result<LdapIdentity> ldap_sign_in(const LdapSettings& settings,
                                  std::string_view login,
                                  std::string_view password);

// The parts that are pure.
Result<void> check_settings(const LdapSettings& settings);
// "{login}" in the pattern becomes the value, escaped (RFC 4515 section 3).
std::string ldap_filter(std::string_view pattern, std::string_view name, std::string_view value);
std::set<Role> ldap_roles(const LdapSettings& settings, const std::vector<std::string>& groups);

}  // namespace letopis::access
