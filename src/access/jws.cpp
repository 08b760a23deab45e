// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/jws.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <boost/json.hpp>
#include <optional>

#include "access/json_internal.hpp"

namespace letopis::access {

namespace json = boost::json;

struct KeySet::Key {
    std::string id;
    std::string algorithm;
    std::shared_ptr<EVP_PKEY> key;
};

namespace {

constexpr std::size_t set_max = 256 * 1024;
constexpr std::size_t keys_max = 100;
constexpr std::size_t token_max = 64 * 1024;
constexpr int rsa_bits_min = 2048;
constexpr std::size_t depth_max = 8;
constexpr std::size_t part_max = 3069;  // bytes of a number: 4096 letters
constexpr int rsa_bits_max = 8192;

struct Free {
    void operator()(EVP_PKEY_CTX* one) const { EVP_PKEY_CTX_free(one); }
    void operator()(EVP_MD_CTX* one) const { EVP_MD_CTX_free(one); }
    void operator()(BIGNUM* one) const { BN_free(one); }
    void operator()(OSSL_PARAM* one) const { OSSL_PARAM_free(one); }
    void operator()(OSSL_PARAM_BLD* one) const { OSSL_PARAM_BLD_free(one); }
    void operator()(ECDSA_SIG* one) const { ECDSA_SIG_free(one); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using PublicKey = std::shared_ptr<EVP_PKEY>;

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

PublicKey made(const char* type, OSSL_PARAM_BLD* builder) {
    const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    PublicKey owned(key, EVP_PKEY_free);
    const Owned<EVP_PKEY_CTX> check(EVP_PKEY_CTX_new(key, nullptr));
    if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
    return owned;
}

PublicKey rsa_key(const json::object& object) {
    const auto n = bytes_at(object, "n", part_max), e = bytes_at(object, "e", part_max);
    // Before anything is computed with it: a long exponent makes every check slow.
    if (n.empty() || e.empty() || n.size() > rsa_bits_max / 8 || e.size() > 4) return nullptr;
    const Owned<BIGNUM> modulus(BN_bin2bn(raw(n), static_cast<int>(n.size()), nullptr));
    const Owned<BIGNUM> exponent(BN_bin2bn(raw(e), static_cast<int>(e.size()), nullptr));
    if (!modulus || !exponent || BN_num_bits(modulus.get()) < rsa_bits_min) return nullptr;
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (!builder || !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) ||
        !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()))
        return nullptr;
    return made("RSA", builder.get());
}

PublicKey p256_key(const json::object& object) {
    const auto x = bytes_at(object, "x", part_max), y = bytes_at(object, "y", part_max);
    if (text_at(object, "crv") != "P-256" || x.size() != 32 || y.size() != 32) return nullptr;
    const auto point = "\x04" + x + y;
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        !OSSL_PARAM_BLD_push_utf8_string(
            builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ||
        !OSSL_PARAM_BLD_push_octet_string(
            builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()))
        return nullptr;
    return made("EC", builder.get());
}

PublicKey ed25519_key(const json::object& object) {
    const auto x = bytes_at(object, "x", part_max);
    if (text_at(object, "crv") != "Ed25519" || x.size() != 32) return nullptr;
    return {EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw(x), x.size()),
            EVP_PKEY_free};
}

bool is_signed(EVP_PKEY* key,
               std::string_view algorithm,
               std::string_view text,
               std::string_view signature) {
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;
    const auto* method = algorithm == "EdDSA" ? nullptr : EVP_sha256();
    if (!context || EVP_DigestVerifyInit(context.get(), &options, method, nullptr, key) != 1)
        return false;
    if (algorithm == "PS256" &&
        (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_DigestVerify(
               context.get(), raw(signature), signature.size(), raw(text), text.size()) == 1;
}

// RFC 7518 section 3.4: r and s side by side; OpenSSL wants them as ASN.1.
std::optional<std::string> as_der(std::string_view signature) {
    if (signature.size() != 64) return std::nullopt;
    const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
    Owned<BIGNUM> r(BN_bin2bn(raw(signature), 32, nullptr));
    Owned<BIGNUM> s(BN_bin2bn(raw(signature) + 32, 32, nullptr));
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
    (void)r.release();  // now the pair's
    (void)s.release();
    unsigned char* out = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &out);
    if (size <= 0) return std::nullopt;
    std::string der(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
    OPENSSL_free(out);
    return der;
}

auto no_token() { return fail(Errc::invalid, "this is no signed token"); }

}  // namespace

Result<KeySet> KeySet::parse(std::string_view text) {
    if (text.size() > set_max) return fail(Errc::invalid, "the key set is too large");
    const auto document = object_in(text, set_max, depth_max);
    const auto* list = document ? document->if_contains("keys") : nullptr;
    if (list == nullptr || !list->is_array() || list->get_array().size() > keys_max)
        return fail(Errc::invalid, "this is no key set");
    KeySet set;
    for (const auto& value : list->get_array()) {
        const auto* object = value.if_object();
        if (object == nullptr) return fail(Errc::invalid, "this is no key set");
        if (object->contains("use") && text_at(*object, "use") != "sig") continue;
        const auto type = text_at(*object, "kty"), wanted = text_at(*object, "alg");
        Key key{.id = text_at(*object, "kid"), .algorithm = {}, .key = {}};
        if (type == "RSA") {
            key.algorithm = wanted == "PS256" ? "PS256" : "RS256";
            key.key = rsa_key(*object);
        } else if (type == "EC") {
            key.algorithm = "ES256";
            key.key = p256_key(*object);
        } else if (type == "OKP") {
            key.algorithm = "EdDSA";
            key.key = ed25519_key(*object);
        }
        if (!key.key || (!wanted.empty() && wanted != key.algorithm)) continue;
        set.keys_.push_back(std::make_shared<const Key>(std::move(key)));
    }
    return set;
}

Result<std::string> KeySet::payload(std::string_view token) const {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (token.size() > token_max || second == std::string_view::npos) return no_token();
    const auto header_bytes = unbase64url(token.substr(0, first));
    auto payload = unbase64url(token.substr(first + 1, second - first - 1));
    auto signature = unbase64url(token.substr(second + 1));  // a third dot is no base64url
    const auto header =
        header_bytes ? object_in(*header_bytes, token_max, depth_max) : std::nullopt;
    if (!header || !payload || !signature) return no_token();
    // RFC 7515 section 4.1.11: what must be understood and is not.
    if (header->contains("crit")) return fail(Errc::forbidden, "the token wants an extension");

    const Key* key = nullptr;
    if (header->contains("kid")) {
        for (const auto& one : keys_)
            if (one->id == text_at(*header, "kid") && one->algorithm == text_at(*header, "alg"))
                key = one.get();
    } else if (keys_.size() == 1) {
        key = keys_.front().get();
    }
    if (key == nullptr || text_at(*header, "alg") != key->algorithm)
        return fail(Errc::forbidden, "no key of the provider fits the token");
    if (key->algorithm == "ES256") {
        signature = as_der(*signature);
        if (!signature) return fail(Errc::forbidden, "the token's signature is wrong");
    }
    if (!is_signed(key->key.get(), key->algorithm, token.substr(0, second), *signature))
        return fail(Errc::forbidden, "the token's signature is wrong");
    return *std::move(payload);
}

}  // namespace letopis::access
