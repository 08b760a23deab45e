// SPDX-License-Identifier: AGPL-3.0-or-later
// What a browser answers for a passkey. The first byte chooses what the bytes are: the whole
// answer, an attestation object, or authenticator data with a signature. Nobody signs in without
// the key.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "access/base64url_internal.hpp"
#include "access/passkeys.hpp"

using namespace letopis;
using namespace letopis::access;

namespace {

const RelyingParty party = {.id = "a.example", .origin = "https://a.example", .name = "A"};
const std::string challenge(32, 'c');

std::string answer(std::string_view type, std::string_view name, std::string_view bytes) {
    const auto client = R"({"type":"webauthn.)" + std::string(type) + R"(","challenge":")" +
                        base64url(challenge) + R"(","origin":"https://a.example"})";
    return R"({"type":"public-key","rawId":")" + base64url("id") +
           R"(","response":{"clientDataJSON":")" + base64url(client) + R"(",")" +
           std::string(name) + R"(":")" + base64url(bytes) + R"(","signature":")" +
           base64url(bytes.substr(0, 70)) + R"("}})";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto now = from_unix(1'790'000'000);
    std::string text(bytes);
    if (data[0] % 3 == 1) text = answer("create", "attestationObject", bytes);
    if (data[0] % 3 == 2) text = answer("get", "authenticatorData", bytes);

    const auto made = register_passkey(party, challenge, text, "key", now);
    if (made && (made->id.empty() || made->public_key.size() < 36)) std::abort();
    for (const std::uint32_t algorithm : {-7, -8, -257}) {
        Passkey passkey{.id = "id", .public_key = {}, .name = "key", .added = now};
        Writer(passkey.public_key).u32(algorithm);
        passkey.public_key += std::string(algorithm == static_cast<std::uint32_t>(-8)   ? 32
                                          : algorithm == static_cast<std::uint32_t>(-7) ? 64
                                                                                        : 259,
                                          '\x5b');
        if (verify_passkey(party, challenge, passkey, text)) std::abort();
    }
    (void)credential_of(text);
    return 0;
}
