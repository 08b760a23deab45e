// SPDX-License-Identifier: AGPL-3.0-or-later
// An authenticator made of OpenSSL and CBOR by hand, so that every part of an answer can be forged.
#include "access/passkeys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <map>
#include <random>

#include "access/base64url_internal.hpp"
#include "base/files.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {
namespace {

using testing::HasSubstr;

const RelyingParty firm = {
    .id = "archive.firm.example", .origin = "https://archive.firm.example", .name = "Firm"};
const Instant now = from_unix(1'790'000'000);

std::string cbor_head(unsigned major, std::size_t value) {
    std::string out;
    if (value < 24)
        out = {static_cast<char>(major << 5 | value)};
    else if (value < 256)
        out = {static_cast<char>(major << 5 | 24), static_cast<char>(value)};
    else
        out = {static_cast<char>(major << 5 | 25),
               static_cast<char>(value >> 8),
               static_cast<char>(value)};
    return out;
}
std::string cbor_bytes(std::string_view bytes) {
    return cbor_head(2, bytes.size()) + std::string(bytes);
}
std::string cbor_text(std::string_view text) {
    return cbor_head(3, text.size()) + std::string(text);
}
std::string cbor_int(int value) {
    return value >= 0 ? cbor_head(0, static_cast<std::size_t>(value))
                      : cbor_head(1, static_cast<std::size_t>(-1 - value));
}

enum class Algorithm { es256, eddsa, rs256 };

std::string number_of(EVP_PKEY* key, const char* name, int size) {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key, name, &value);
    std::string out(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), size);
    BN_free(value);
    return out;
}

struct Authenticator {
    explicit Authenticator(Algorithm which)
        : algorithm(which),
          key(which == Algorithm::es256   ? EVP_EC_gen("P-256")
              : which == Algorithm::eddsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                          : EVP_RSA_gen(2048),
              EVP_PKEY_free) {}

    std::string cose_key() const {
        if (algorithm == Algorithm::eddsa) {
            std::string x(32, '\0');
            std::size_t size = x.size();
            EVP_PKEY_get_raw_public_key(
                key.get(), reinterpret_cast<unsigned char*>(x.data()), &size);
            return cbor_head(5, 4) + cbor_int(1) + cbor_int(1) + cbor_int(3) + cbor_int(-8) +
                   cbor_int(-1) + cbor_int(6) + cbor_int(-2) + cbor_bytes(x);
        }
        if (algorithm == Algorithm::rs256)
            return cbor_head(5, 4) + cbor_int(1) + cbor_int(3) + cbor_int(3) + cbor_int(-257) +
                   cbor_int(-1) + cbor_bytes(number_of(key.get(), OSSL_PKEY_PARAM_RSA_N, 256)) +
                   cbor_int(-2) + cbor_bytes(number_of(key.get(), OSSL_PKEY_PARAM_RSA_E, 3));
        return cbor_head(5, 5) + cbor_int(1) + cbor_int(2) + cbor_int(3) + cbor_int(-7) +
               cbor_int(-1) + cbor_int(1) + cbor_int(-2) +
               cbor_bytes(number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32)) + cbor_int(-3) +
               cbor_bytes(number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    }

    std::string sign(std::string_view text) const {
        std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
        EVP_DigestSignInit(context.get(),
                           nullptr,
                           algorithm == Algorithm::eddsa ? nullptr : EVP_sha256(),
                           nullptr,
                           key.get());
        std::string out(512, '\0');
        std::size_t size = out.size();
        EVP_DigestSign(context.get(),
                       reinterpret_cast<unsigned char*>(out.data()),
                       &size,
                       reinterpret_cast<const unsigned char*>(text.data()),
                       text.size());
        out.resize(size);
        return out;
    }

    Algorithm algorithm;
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key;
    std::string id = random_bytes(32);
};

// One ceremony, each part of which a test may spoil.
struct Ceremony {
    std::string type, challenge = std::string(32, 'c'), origin = firm.origin, rp = firm.id;
    unsigned char flags = 0x05;
    std::uint32_t counter = 9;
    std::string extra_client_data;

    std::string client_data() const {
        return R"({"type":")" + type + R"(","challenge":")" + base64url(challenge) +
               R"(","origin":")" + origin + R"(","crossOrigin":false)" + extra_client_data + "}";
    }
    std::string data(std::string_view attested = {}) const {
        std::string out(as_bytes(crypto::sha256(rp)));
        out.push_back(static_cast<char>(flags | (attested.empty() ? 0 : 0x40)));
        for (int shift = 24; shift >= 0; shift -= 8)
            out.push_back(static_cast<char>(counter >> shift));
        return out + std::string(attested);
    }
};

std::string response(std::string_view id, const std::string& fields) {
    const auto text = base64url(id);
    return R"({"id":")" + text + R"(","rawId":")" + text + R"(","type":"public-key","response":{)" +
           fields + "}}";
}
std::string field(std::string_view name, std::string_view bytes) {
    return "\"" + std::string(name) + "\":\"" + base64url(bytes) + "\"";
}

std::string attestation_object(std::string_view data) {
    return cbor_head(5, 3) + cbor_text("fmt") + cbor_text("none") + cbor_text("attStmt") +
           cbor_head(5, 0) + cbor_text("authData") + cbor_bytes(data);
}

std::string registration(const Authenticator& device, Ceremony ceremony) {
    ceremony.type = ceremony.type.empty() ? "webauthn.create" : ceremony.type;
    const auto attested = std::string(16, '\0') + static_cast<char>(device.id.size() >> 8) +
                          static_cast<char>(device.id.size()) + device.id + device.cose_key();
    return response(device.id,
                    field("clientDataJSON", ceremony.client_data()) + "," +
                        field("attestationObject", attestation_object(ceremony.data(attested))));
}

std::string assertion(const Authenticator& device, Ceremony ceremony) {
    ceremony.type = ceremony.type.empty() ? "webauthn.get" : ceremony.type;
    const auto data = ceremony.data(), client = ceremony.client_data();
    const auto signature = device.sign(data + std::string(as_bytes(crypto::sha256(client))));
    return response(device.id,
                    field("clientDataJSON", client) + "," + field("authenticatorData", data) + "," +
                        field("signature", signature));
}

class PasskeysTest : public testing::TestWithParam<Algorithm> {
protected:
    PasskeysTest() : device_(device_of(GetParam())) {
        auto made =
            register_passkey(firm, Ceremony{}.challenge, registration(device_, {}), "key", now);
        EXPECT_TRUE(made) << made.error().what;
        if (made) passkey_ = *std::move(made);
    }
    void refused(const std::string& answer, Errc code = Errc::forbidden) {
        const auto shown = verify_passkey(firm, Ceremony{}.challenge, passkey_, answer);
        ASSERT_FALSE(shown);
        EXPECT_EQ(shown.error().code, code) << shown.error().what;
    }
    // Made once for each algorithm: RSA keys take their time.
    static Authenticator& device_of(Algorithm algorithm) {
        static std::map<Algorithm, Authenticator> all;
        return all.try_emplace(algorithm, algorithm).first->second;
    }
    Authenticator& device_;
    Passkey passkey_;
};

INSTANTIATE_TEST_SUITE_P(Each,
                         PasskeysTest,
                         testing::Values(Algorithm::es256, Algorithm::eddsa, Algorithm::rs256),
                         [](const auto& one) {
                             return std::string(one.param == Algorithm::es256   ? "es256"
                                                : one.param == Algorithm::eddsa ? "eddsa"
                                                                                : "rs256");
                         });

TEST_P(PasskeysTest, a_registered_key_signs_in_and_shows_its_counter) {
    EXPECT_EQ(passkey_.id, device_.id);
    EXPECT_EQ(passkey_.counter, 9u);

    const auto shown = verify_passkey(
        firm, Ceremony{}.challenge, passkey_, assertion(device_, {.counter = 4'000'000'000}));

    ASSERT_TRUE(shown) << shown.error().what;
    EXPECT_EQ(*shown, 4'000'000'000u);
    EXPECT_EQ(*credential_of(assertion(device_, {})), device_.id);
}

TEST_P(PasskeysTest, an_answer_for_something_else_is_refused) {
    refused(assertion(device_, {.challenge = std::string(32, 'd')}));
    refused(assertion(device_, {.challenge = ""}));
    refused(assertion(device_, {.origin = "https://archive.firm.example.evil.example"}));
    refused(assertion(device_, {.origin = "http://archive.firm.example"}));
    refused(assertion(device_, {.rp = "evil.example"}));
    refused(assertion(device_, {.type = "webauthn.create"}));
    refused(assertion(device_, {.extra_client_data = R"(,"crossOrigin":true)"}));
    refused(assertion(device_, {.extra_client_data = R"(,"topOrigin":"https://evil.example")"}));
}

TEST_P(PasskeysTest, presence_and_verification_of_the_user_are_needed) {
    refused(assertion(device_, {.flags = 0x01}));
    refused(assertion(device_, {.flags = 0x04}));
    refused(assertion(device_, {.flags = 0x00}));
}

TEST_P(PasskeysTest, another_keys_signature_is_refused) {
    Authenticator other(GetParam());
    refused(assertion(other, {}));
    other.id = device_.id;
    refused(assertion(other, {}));
}

TEST_P(PasskeysTest, a_key_of_another_kind_is_refused) {
    for (const std::uint32_t algorithm : {0u,
                                          7u,
                                          static_cast<std::uint32_t>(-7),
                                          static_cast<std::uint32_t>(-8),
                                          static_cast<std::uint32_t>(-257)}) {
        auto changed = passkey_;
        std::string key;
        Writer(key).u32(algorithm);
        if (changed.public_key.starts_with(key)) continue;
        changed.public_key.replace(0, 4, key);
        EXPECT_FALSE(verify_passkey(firm, Ceremony{}.challenge, changed, assertion(device_, {})));
    }
    auto cut = passkey_;
    cut.public_key.resize(3);
    EXPECT_FALSE(verify_passkey(firm, Ceremony{}.challenge, cut, assertion(device_, {})));
}

TEST_P(PasskeysTest, what_was_signed_cannot_be_changed) {
    const auto good = assertion(device_, {});
    Ceremony grown{.type = "webauthn.get", .counter = 10};
    auto bad = good;
    const auto from = field("authenticatorData", Ceremony{}.data());
    bad.replace(bad.find(from), from.size(), field("authenticatorData", grown.data()));

    refused(bad);
}

TEST_P(PasskeysTest, answers_that_are_cut_or_damaged_are_refused) {
    const auto good = assertion(device_, {});
    for (std::size_t size = 0; size < good.size(); size += 7)
        EXPECT_FALSE(verify_passkey(firm, Ceremony{}.challenge, passkey_, good.substr(0, size)));
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        auto bad = good;
        const auto at =
            bad.find("\"response\"") + random() % (bad.size() - bad.find("\"response\""));
        bad[at] = static_cast<char>('A' + random() % 26);
        if (bad == good) continue;
        EXPECT_FALSE(verify_passkey(firm, Ceremony{}.challenge, passkey_, bad)) << bad;
    }
    for (const auto* bad : {"", "{}", "[]", "null", "{\"type\":\"public-key\"}"})
        refused(bad, Errc::invalid);
}

TEST_P(PasskeysTest, a_registration_for_something_else_is_refused) {
    const auto code = [&](const Ceremony& ceremony) {
        const auto made =
            register_passkey(firm, Ceremony{}.challenge, registration(device_, ceremony), "k", now);
        return made ? Errc::io : made.error().code;
    };

    EXPECT_EQ(code({.challenge = std::string(32, 'd')}), Errc::forbidden);
    EXPECT_EQ(code({.origin = "https://evil.example"}), Errc::forbidden);
    EXPECT_EQ(code({.rp = "evil.example"}), Errc::forbidden);
    EXPECT_EQ(code({.type = "webauthn.get"}), Errc::forbidden);
    EXPECT_EQ(code({.flags = 0x01}), Errc::forbidden);
    EXPECT_FALSE(register_passkey(firm, "", registration(device_, {.challenge = ""}), "k", now));
}

TEST_P(PasskeysTest, a_registration_that_is_cut_or_damaged_is_refused) {
    const auto attested =
        std::string(16, '\0') + std::string("\0\x20", 2) + device_.id + device_.cose_key();
    Ceremony ceremony{.type = "webauthn.create"};
    const auto object = attestation_object(ceremony.data(attested));
    const auto tried = [&](const std::string& attestation) {
        return register_passkey(firm,
                                ceremony.challenge,
                                response(device_.id,
                                         field("clientDataJSON", ceremony.client_data()) + "," +
                                             field("attestationObject", attestation)),
                                "k",
                                now);
    };
    ASSERT_TRUE(tried(object));

    for (std::size_t size = 0; size < object.size(); ++size)
        EXPECT_FALSE(tried(object.substr(0, size)));
    EXPECT_FALSE(tried(object + "x"));
    EXPECT_FALSE(tried(std::string(5000, '\x81')));  // deep
    EXPECT_FALSE(tried("\xbf" + object));            // indefinite
    EXPECT_FALSE(tried(std::string("\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 9)));
    // A length of four thousand million in the key: refused before a library believes it.
    auto long_key = attested;
    long_key.replace(16 + 2 + 32, 1, "\xba\xff\xff\xff\xff");
    EXPECT_FALSE(tried(attestation_object(ceremony.data(long_key))));
    auto other_id = ceremony.data(std::string(16, '\0') + std::string("\0\x20", 2) +
                                  std::string(32, 'i') + device_.cose_key());
    EXPECT_FALSE(tried(attestation_object(other_id)));
    std::mt19937 random(2);
    for (int i = 0; i < 5000; ++i) {  // whatever comes of it: no crash
        auto bad = object;
        bad[random() % bad.size()] = static_cast<char>(random());
        (void)tried(bad);
    }
}

TEST(PasskeyOptions, ask_for_verification_and_no_attestation) {
    User user;
    user.id = "u-0123456789";
    user.login = "anna";
    user.name = "Анна \"";
    user.passkeys = {{.id = "id"}};

    const auto text = creation_options(firm, user, std::string(32, 'c'));

    EXPECT_THAT(text, HasSubstr(R"("userVerification":"required")"));
    EXPECT_THAT(text, HasSubstr(R"("attestation":"none")"));
    EXPECT_THAT(text, HasSubstr(R"("excludeCredentials":[{"type":"public-key","id":"aWQ"}])"));
    EXPECT_THAT(request_options(firm, user.passkeys, "c"),
                HasSubstr(R"("rpId":"archive.firm.example")"));
    EXPECT_EQ(new_challenge().size(), 32u);
}

}  // namespace
}  // namespace letopis::access
