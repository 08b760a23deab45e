// SPDX-License-Identifier: AGPL-3.0-or-later
// A provider made of OpenSSL: keys, key sets and tokens, right ones and forged ones.
#include "access/oidc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <boost/json.hpp>
#include <map>

#include "access/base64url_internal.hpp"
#include "access/jws.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Instant now = from_unix(1'790'000'000);

std::string number_of(EVP_PKEY* key, const char* name) {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key, name, &value);
    const int size = std::string_view(name) == OSSL_PKEY_PARAM_EC_PUB_X ||
                             std::string_view(name) == OSSL_PKEY_PARAM_EC_PUB_Y
                         ? 32
                         : BN_num_bytes(value);
    std::string out(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), size);
    BN_free(value);
    return base64url(out);
}

struct Signer {
    std::string algorithm, id;
    std::shared_ptr<EVP_PKEY> key;

    json::object jwk() const {
        json::object object{{"kid", id}, {"use", "sig"}, {"alg", algorithm}};
        if (algorithm == "ES256") {
            object["kty"] = "EC";
            object["crv"] = "P-256";
            object["x"] = number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_X);
            object["y"] = number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
        } else if (algorithm == "EdDSA") {
            std::string x(32, '\0');
            std::size_t size = 32;
            EVP_PKEY_get_raw_public_key(
                key.get(), reinterpret_cast<unsigned char*>(x.data()), &size);
            object["kty"] = "OKP";
            object["crv"] = "Ed25519";
            object["x"] = base64url(x);
        } else {
            object["kty"] = "RSA";
            object["n"] = number_of(key.get(), OSSL_PKEY_PARAM_RSA_N);
            object["e"] = number_of(key.get(), OSSL_PKEY_PARAM_RSA_E);
        }
        return object;
    }

    std::string sign(std::string_view text) const {
        std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
        EVP_PKEY_CTX* options = nullptr;
        EVP_DigestSignInit(context.get(),
                           &options,
                           algorithm == "EdDSA" ? nullptr : EVP_sha256(),
                           nullptr,
                           key.get());
        if (algorithm == "PS256") {
            EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
        }
        std::string out(1024, '\0');
        std::size_t size = out.size();
        EVP_DigestSign(context.get(),
                       reinterpret_cast<unsigned char*>(out.data()),
                       &size,
                       reinterpret_cast<const unsigned char*>(text.data()),
                       text.size());
        out.resize(size);
        if (algorithm != "ES256") return out;
        const auto* at = reinterpret_cast<const unsigned char*>(out.data());
        ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
        std::string both(64, '\0');
        BN_bn2binpad(ECDSA_SIG_get0_r(pair), reinterpret_cast<unsigned char*>(both.data()), 32);
        BN_bn2binpad(
            ECDSA_SIG_get0_s(pair), reinterpret_cast<unsigned char*>(both.data()) + 32, 32);
        ECDSA_SIG_free(pair);
        return both;
    }

    std::string token(const json::object& claims, json::object header) const {
        const auto text =
            base64url(json::serialize(header)) + "." + base64url(json::serialize(claims));
        return text + "." + base64url(sign(text));
    }
    std::string token(const json::object& claims) const {
        return token(claims, {{"alg", algorithm}, {"kid", id}, {"typ", "JWT"}});
    }
};

const Signer& signer(const std::string& algorithm) {
    static std::map<std::string, Signer> all;
    auto& one = all[algorithm];
    if (!one.key) {
        auto* key = algorithm == "ES256"   ? EVP_EC_gen("P-256")
                    : algorithm == "EdDSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                           : EVP_RSA_gen(2048);
        one = {.algorithm = algorithm, .id = "key-" + algorithm, .key = {key, EVP_PKEY_free}};
    }
    return one;
}

std::string set_of(const std::vector<json::object>& keys) {
    return json::serialize(json::object{{"keys", json::array(keys.begin(), keys.end())}});
}

class JwsTest : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Each, JwsTest, testing::Values("RS256", "PS256", "ES256", "EdDSA"));

TEST_P(JwsTest, a_signed_token_is_read_and_a_changed_one_is_not) {
    const auto& one = signer(GetParam());
    const auto set = KeySet::parse(set_of({one.jwk(), signer("RS256").jwk()}));
    const auto token = one.token({{"sub", "42"}});

    ASSERT_TRUE(set);
    const auto payload = set->payload(token);
    ASSERT_TRUE(payload) << payload.error().what;
    EXPECT_EQ(*payload, R"({"sub":"42"})");
    const auto first = token.find('.'), second = token.rfind('.');
    EXPECT_FALSE(set->payload(token.substr(0, first + 1) + base64url(R"({"sub":"43"})") +
                              token.substr(second)));
    EXPECT_FALSE(set->payload(token.substr(0, second + 1)));
    EXPECT_FALSE(set->payload(token + "A"));
    EXPECT_FALSE(set->payload(token + "." + token));
    for (std::size_t size = 0; size < token.size(); size += 5)
        EXPECT_FALSE(set->payload(token.substr(0, size)));
    EXPECT_FALSE(KeySet::parse(set_of({}))->payload(token));
}

TEST_P(JwsTest, the_token_does_not_choose_the_algorithm) {
    const auto& one = signer(GetParam());
    const auto set = KeySet::parse(set_of({one.jwk()}));

    for (const auto* name : {"none", "HS256", "RS256", "PS256", "ES256", "EdDSA", "RS512", ""})
        if (name != GetParam()) {
            EXPECT_FALSE(set->payload(one.token({{"sub", "42"}}, {{"alg", name}, {"kid", one.id}})))
                << name;
            EXPECT_FALSE(set->payload(one.token({{"sub", "42"}}, {{"alg", name}}))) << name;
        }
    EXPECT_FALSE(set->payload(one.token({{"sub", "42"}}, {{"kid", one.id}})));
    EXPECT_FALSE(
        set->payload(one.token({{"sub", "42"}}, {{"alg", one.algorithm}, {"kid", "other"}})));
    EXPECT_FALSE(set->payload(
        one.token({{"sub", "42"}}, {{"alg", one.algorithm}, {"kid", one.id}, {"crit", {"exp"}}})));
    EXPECT_TRUE(set->payload(one.token({{"sub", "42"}}, {{"alg", one.algorithm}})));
}

TEST(Jws, the_token_of_rfc_7515_appendix_a3_is_read) {
    const auto set = KeySet::parse(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");

    const auto payload = set->payload(
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5dj"
        "xLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");

    ASSERT_TRUE(payload) << payload.error().what;
    EXPECT_TRUE(payload->starts_with("{\"iss\":\"joe\""));
}

// The classic: the public key, as text, is the secret of an HMAC.
TEST(Jws, a_public_key_is_no_shared_secret) {
    const auto& one = signer("RS256");
    const auto set = KeySet::parse(set_of({one.jwk()}));
    const auto text =
        base64url(R"({"alg":"HS256","kid":"key-RS256"})") + "." + base64url(R"({"sub":"admin"})");
    const auto modulus = std::string(one.jwk().at("n").as_string());
    const auto mac =
        crypto::hmac_sha256(crypto::Key::from(as_bytes(crypto::sha256(modulus))), text);

    EXPECT_FALSE(set->payload(text + "." + base64url(as_bytes(mac))));
    EXPECT_FALSE(set->payload(base64url(R"({"alg":"none"})") + "." + base64url("{}") + "."));
}

TEST(Jws, keys_that_are_weak_or_for_something_else_are_left_out) {
    const auto good = signer("RS256").jwk();
    const auto with = [&](const char* name, json::value value) {
        auto changed = good;
        changed[name] = std::move(value);
        return changed;
    };
    const auto size = [](const json::object& key) { return KeySet::parse(set_of({key}))->size(); };
    EXPECT_EQ(size(good), 1u);
    EXPECT_EQ(size(with("use", "enc")), 0u);
    EXPECT_EQ(size(with("alg", "HS256")), 0u);
    EXPECT_EQ(size(with("kty", "oct")), 0u);
    EXPECT_EQ(size(with("n", json::string(base64url(std::string(128, '\xff'))))), 0u);
    EXPECT_EQ(size(with("n", json::string(base64url(std::string(2000, '\xff'))))), 0u);
    EXPECT_EQ(size(with("n", "")), 0u);
    EXPECT_EQ(size(with("e", json::string(base64url(std::string(256, '\xff'))))), 0u);
    auto point = signer("ES256").jwk();
    EXPECT_EQ(size(point), 1u);
    point["y"] = point["x"];  // not on the curve
    EXPECT_EQ(size(point), 0u);
    point["crv"] = "P-384";
    EXPECT_EQ(size(point), 0u);
    for (const auto* bad : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})"})
        EXPECT_FALSE(KeySet::parse(bad));
}

class OidcTest : public testing::Test {
protected:
    OidcTest() {
        settings_.issuer = "https://idp.firm.example/main";
        settings_.client_id = "letopis";
        settings_.client_secret = "s&cret";
        settings_.redirect_uri = "https://archive.firm.example/api/oidc";
        claims_ = {{"iss", settings_.issuer},
                   {"aud", "letopis"},
                   {"sub", "42"},
                   {"exp", to_unix(now) + 300},
                   {"iat", to_unix(now)},
                   {"nonce", "n"},
                   {"email", "anna@firm.example"},
                   {"preferred_username", "anna"},
                   {"acr", "2"},
                   {"amr", {"pwd", "otp"}},
                   {"auth_time", to_unix(now) - 60},
                   {"groups", {"lawyers"}}};
    }
    bool good() const {
        return check_claims(settings_, json::serialize(claims_), "n", "access", now).has_value();
    }
    void with(const char* name, json::value value, bool expected) {
        const auto before = claims_;
        if (value.is_null())
            claims_.erase(name);
        else
            claims_[name] = std::move(value);
        EXPECT_EQ(good(), expected) << json::serialize(claims_);
        claims_ = before;
    }
    Fetch provider() {
        return [this](const FetchRequest& request) -> Result<Fetched> {
            requests_.push_back(request);
            if (request.url.ends_with("openid-configuration"))
                return Fetched{200,
                               json::serialize(json::object{
                                   {"issuer", settings_.issuer},
                                   {"authorization_endpoint", "https://idp.firm.example/auth"},
                                   {"token_endpoint", "https://idp.firm.example/token"},
                                   {"jwks_uri", "https://idp.firm.example/keys"}})};
            if (request.url.ends_with("/token"))
                return Fetched{
                    200,
                    json::serialize(json::object{{"id_token", signer("ES256").token(claims_)},
                                                 {"access_token", "access"},
                                                 {"token_type", "Bearer"}})};
            return Fetched{200, set_of({signer("ES256").jwk()})};
        };
    }

    OidcSettings settings_;
    json::object claims_;
    std::vector<FetchRequest> requests_;
};

TEST_F(OidcTest, a_whole_sign_in_leads_to_an_identity) {
    const auto found = discover(settings_, provider());
    ASSERT_TRUE(found) << found.error().what;
    const auto start = begin_sign_in(settings_, *found);
    const auto memory = json::parse(start.remembered).as_object();
    const auto state = std::string(memory.at("state").as_string());
    const auto verifier = std::string(memory.at("verifier").as_string());
    claims_["nonce"] = memory.at("nonce");

    EXPECT_TRUE(start.url.starts_with("https://idp.firm.example/auth?response_type=code&"));
    EXPECT_THAT(start.url, HasSubstr("&code_challenge_method=S256"));
    EXPECT_THAT(start.url,
                HasSubstr("&code_challenge=" + base64url(as_bytes(crypto::sha256(verifier)))));
    EXPECT_THAT(start.url, Not(HasSubstr(verifier)));
    const auto identity = finish_sign_in(
        settings_, *found, start.remembered, {.state = state, .code = "a code"}, provider(), now);

    ASSERT_TRUE(identity) << identity.error().what;
    EXPECT_EQ(identity->issuer, settings_.issuer);
    EXPECT_EQ(identity->subject, "42");
    EXPECT_EQ(identity->login, "anna");
    EXPECT_THAT(identity->groups, ElementsAre("lawyers"));
    ASSERT_EQ(requests_.size(), 3u);
    EXPECT_THAT(requests_[1].form, HasSubstr("&code_verifier=" + verifier));
    EXPECT_THAT(requests_[1].form, HasSubstr("code=a%20code"));
    EXPECT_EQ(requests_[1].authorization, "Basic " + base64("letopis:s%26cret"));
}

TEST_F(OidcTest, an_answer_that_does_not_belong_to_the_request_fetches_nothing) {
    const auto found = discover(settings_, provider());
    const auto start = begin_sign_in(settings_, *found);
    const auto state = std::string(json::parse(start.remembered).at("state").as_string());
    requests_.clear();
    const auto finished = [&](const OidcAnswer& answer) {
        return finish_sign_in(settings_, *found, start.remembered, answer, provider(), now)
            .has_value();
    };

    EXPECT_FALSE(finished({.state = "other", .code = "c"}));
    EXPECT_FALSE(finished({.state = "", .code = "c"}));
    EXPECT_FALSE(finished({.state = state, .code = "c", .issuer = "https://evil.example"}));
    EXPECT_FALSE(finished({.state = state, .code = "c", .error = "access_denied"}));
    EXPECT_FALSE(finished({.state = state}));
    EXPECT_TRUE(requests_.empty());
    EXPECT_FALSE(finished({.state = state, .code = "c"}));  // the nonce of another request
    EXPECT_FALSE(requests_.empty());
}

TEST_F(OidcTest, a_description_of_another_provider_or_without_tls_is_refused) {
    const auto found = [&](const char* name, const char* value) {
        return discover(settings_,
                        [&](const FetchRequest& request) -> Result<Fetched> {
                            auto answer = *provider()(request);
                            auto object = json::parse(answer.body).as_object();
                            object[name] = value;
                            return Fetched{200, json::serialize(object)};
                        })
            .has_value();
    };

    EXPECT_TRUE(found("token_endpoint", "https://idp.firm.example/token"));
    EXPECT_FALSE(found("issuer", "https://evil.example"));
    EXPECT_FALSE(found("token_endpoint", "http://idp.firm.example/token"));
    EXPECT_FALSE(found("jwks_uri", "file:///etc/passwd"));
    EXPECT_FALSE(found("jwks_uri", "http://127.0.0.1:80@evil.example/"));
    EXPECT_FALSE(discover(settings_, [](const FetchRequest&) { return Fetched{302, ""}; }));
    EXPECT_FALSE(discover(settings_, [](const FetchRequest&) { return Fetched{200, "<html>"}; }));
    settings_.issuer = "http://idp.firm.example/main";
    EXPECT_FALSE(discover(settings_, provider()));
}

TEST_F(OidcTest, a_token_must_be_of_the_provider_and_for_us) {
    ASSERT_TRUE(good());
    with("iss", "https://evil.example", false);
    with("iss", nullptr, false);
    with("aud", "other", false);
    with("aud", nullptr, false);
    with("aud", json::array{"letopis"}, true);
    with("aud", json::array{"letopis", "other"}, false);
    with("azp", "other", false);
    with("azp", "letopis", true);
    with("sub", nullptr, false);
    with("sub", 42, false);
    with("sub", json::string(256, 'x'), false);
    with("nonce", "m", false);
    with("nonce", nullptr, false);
    claims_["azp"] = "letopis";
    with("aud", json::array{"letopis", "other"}, true);
    EXPECT_FALSE(check_claims(settings_, "{}", "", "", now));
    EXPECT_FALSE(check_claims(settings_, "no json", "n", "", now));
}

TEST_F(OidcTest, a_token_must_be_of_this_time_give_or_take_a_minute) {
    const auto at = [](int offset) { return json::value(to_unix(now) + offset); };
    with("exp", at(-59), true);
    with("exp", at(-60), false);
    with("exp", nullptr, false);
    with("exp", "soon", false);
    with("exp", 1e300, false);
    with("exp", static_cast<double>(to_unix(now)) + 0.5, true);
    with("iat", at(60), true);
    with("iat", at(61), false);
    with("iat", nullptr, false);
    with("nbf", at(60), true);
    with("nbf", at(61), false);
    with("nbf", "x", false);
}

TEST_F(OidcTest, what_the_company_asks_of_the_provider_must_be_shown) {
    settings_.acr_values = {"2", "3"};
    settings_.amr_values = {"otp"};
    settings_.max_age = hours(1);
    ASSERT_TRUE(good());
    with("acr", "1", false);
    with("acr", nullptr, false);
    with("amr", json::array{"pwd"}, false);
    with("amr", nullptr, false);
    with("auth_time", nullptr, false);
    with("auth_time", to_unix(now) - 3661, false);
    with("auth_time", to_unix(now) - 3660, true);
}

TEST_F(OidcTest, the_hash_of_the_access_token_is_held_against_it) {
    const auto half = [](std::string_view text) {
        return json::string(base64url(as_bytes(crypto::sha256(text)).substr(0, 16)));
    };
    with("at_hash", half("access"), true);
    with("at_hash", half("another"), false);
    with("at_hash", "", false);
    with("at_hash", 1, false);
}

}  // namespace
}  // namespace letopis::access
