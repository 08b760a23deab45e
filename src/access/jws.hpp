// SPDX-License-Identifier: AGPL-3.0-or-later
// Signed tokens (RFC 7515, compact form) and the keys that may sign them (RFC 7517). The algorithm
// is the key's, never the token's: a token cannot ask to be checked in a way that suits it. RS256,
// PS256, ES256, EdDSA (Ed25519).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace letopis::access {

class KeySet {
public:
    // A JWKS document, hostile or not. Keys of other kinds or uses, RSA keys under 2048 bits and
    // symmetric keys are left out. Errors: invalid.
    static Result<KeySet> parse(std::string_view json);
    std::size_t size() const { return keys_.size(); }

    // The payload of a token that one of the keys signed: the one that its header names, or the
    // only one. Errors: invalid (no such form), forbidden (no such key, wrong algorithm or
    // signature).
    Result<std::string> payload(std::string_view token) const;

private:
    struct Key;
    std::vector<std::shared_ptr<const Key>> keys_;
};

}  // namespace letopis::access
