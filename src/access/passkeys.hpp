// SPDX-License-Identifier: AGPL-3.0-or-later
// Passkeys (WebAuthn level 2): which answers of a browser prove that a key is there? ES256, EdDSA
// and RS256, user verification always, attestation never looked at. Pure functions; the challenge
// is kept by Sessions (Purpose::challenge), and so is the counter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"

namespace letopis::access {

struct RelyingParty {
    std::string id;      // "archive.firm.example"
    std::string origin;  // "https://archive.firm.example"
    std::string name;    // for people
};

std::string new_challenge();  // 32 random bytes, raw

// What navigator.credentials.create() and get() take, as JSON with base64url
// (PublicKeyCredential.parseCreationOptionsFromJSON and its sister).
std::string creation_options(const RelyingParty& party,
                             const User& user,
                             std::string_view challenge);
std::string request_options(const RelyingParty& party,
                            const std::vector<Passkey>& passkeys,  // empty: whichever is there
                            std::string_view challenge);

// `response`: PublicKeyCredential.toJSON(), from the browser and as hostile as anything. Errors:
// invalid, forbidden (well formed, but not for this challenge, origin or party, or without user
// verification).
Result<Passkey> register_passkey(const RelyingParty& party,
                                 std::string_view challenge,
                                 std::string_view response,
                                 std::string name,
                                 Instant now);

// Which passkey does the response name? The raw credential id, not verified. Errors: invalid.
Result<std::string> credential_of(std::string_view response);
// The counter that the authenticator showed: give it to Sessions::use_passkey_counter. Errors:
// invalid, forbidden.
Result<std::uint32_t> verify_passkey(const RelyingParty& party,
                                     std::string_view challenge,
                                     const Passkey& passkey,
                                     std::string_view response);

}  // namespace letopis::access
