// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in with what the company has already: its directory and its identity provider. Only
// people who are there may come in; the first time only while they are invited.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/oidc.hpp"
#include "api/house.hpp"

namespace letopis::api {

// Secrets of other systems in our settings: with a key of their own beside the encryption of the
// journal, so that nobody who reads documents of people reads them.
Result<std::string> seal_secret(Open& parts, std::string_view secret, Instant now);
Result<std::string> open_secret(Open& parts, std::string_view sealed, Instant now);

// Is it the directory that knows this person's password? So it is for who came in by it once, and
// for who is invited and has no password of ours.
bool asks_directory(const Open& parts, const access::User& user, Instant now);
// Nothing: wrong. An enrolment without an invitation: somebody known; with one: their first time,
// and what is to be stored. Errors: unavailable, invalid (settings that the directory refuses).
Result<std::optional<access::Enrolment>> directory_shown(Open& parts,
                                                         const access::User& user,
                                                         std::string_view login,
                                                         std::string_view password,
                                                         Instant now);
// Asks the directory for nobody, to see whether it answers. Errors: as above.
Result<void> try_directory(Open& parts, const access::LdapSignIn& ldap, Instant now);

Result<access::OidcSettings> provider_settings(Open& parts, Instant now);
// Over libcurl.
access::Fetch fetch_over_net();

}  // namespace letopis::api
