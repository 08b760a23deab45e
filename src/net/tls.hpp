// SPDX-License-Identifier: AGPL-3.0-or-later
// What a server shows in a TLS handshake. Immutable: a new certificate is a new context, and a
// connection keeps the one that it began with. Functions may be called from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::net {

// TLS 1.2 and 1.3, no renegotiation, forward secrecy always.
class TlsContext {
public:
    // Invalid when one of them is not PEM, or the key is encrypted or not that of the certificate.
    static Result<std::shared_ptr<const TlsContext>> load(std::string_view chain_pem,
                                                          std::string_view key_pem);
    ~TlsContext();
    const std::string& fingerprint() const { return fingerprint_; }  // SHA-256, hex
    Instant expires() const { return expires_; }

    struct State;
    State& state() const { return *state_; }

private:
    explicit TlsContext(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    std::string fingerprint_;  // of the server's own certificate
    Instant expires_{};
};

// A certificate that nobody vouches for: enough for the first start, when somebody compares the
// fingerprint. EC P-256, valid for 398 days from `now`.
struct SelfSigned {
    std::string certificate_pem;
    std::string key_pem;
    std::string fingerprint;  // SHA-256 of the certificate, hex
};
// `names`: host names (also "*.example.org") and addresses; invalid when there is none, or one is
// neither.
Result<SelfSigned> self_signed(const std::vector<std::string>& names, Instant now);

}  // namespace letopis::net
