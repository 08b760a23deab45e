// SPDX-License-Identifier: AGPL-3.0-or-later
// Key sets, tokens and their claims. The first byte chooses. With the key of RFC 7515 appendix A.3
// only the token that stands there is signed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "access/jws.hpp"
#include "access/oidc.hpp"

using namespace letopis;
using namespace letopis::access;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    static const auto rfc = KeySet::parse(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    static const std::string signed_there =
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    OidcSettings settings;
    settings.issuer = "https://idp.example";
    settings.client_id = "letopis";
    switch (data[0] % 3) {
        case 0:
            if (const auto payload = rfc->payload(text); payload && *payload != signed_there)
                std::abort();
            break;
        case 1:
            if (const auto set = KeySet::parse(text); set && set->payload("e30.e30.e30"))
                std::abort();
            break;
        default:
            if (const auto identity =
                    check_claims(settings, text, "n", "access", from_unix(1'790'000'000));
                identity && identity->subject.empty())
                std::abort();
    }
    return 0;
}
