// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/passkeys.hpp"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <memory>

#include "access/json_internal.hpp"
#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/files.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {

namespace json = boost::json;

namespace {

constexpr std::size_t depth_max = 6;
constexpr std::size_t response_max = 64 * 1024;
constexpr std::size_t client_data_max = 4096;
constexpr std::size_t part_max = 16 * 1024;
constexpr std::size_t credential_max = 1023;
constexpr std::array<int, 3> algorithms = {COSE_ES256, COSE_EDDSA, COSE_RS256};

struct Free {
    void operator()(fido_cred_t* one) const { fido_cred_free(&one); }
    void operator()(fido_assert_t* one) const { fido_assert_free(&one); }
    void operator()(es256_pk_t* one) const { es256_pk_free(&one); }
    void operator()(eddsa_pk_t* one) const { eddsa_pk_free(&one); }
    void operator()(rs256_pk_t* one) const { rs256_pk_free(&one); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

auto malformed() { return fail(Errc::invalid, "the answer of the passkey cannot be read"); }
auto refused(std::string_view why) {
    return fail(Errc::forbidden, "the passkey was refused: " + std::string(why));
}

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct Response {
    std::string credential, client_data, attestation, authenticator_data, signature;
};
std::optional<Response> response_in(std::string_view text) {
    const auto object = object_in(text, response_max, depth_max);
    if (!object || text_at(*object, "type") != "public-key") return std::nullopt;
    const auto* inner = object->if_contains("response");
    if (inner == nullptr || !inner->is_object()) return std::nullopt;
    const auto& fields = inner->get_object();
    Response response{.credential = bytes_at(*object, "rawId", credential_max),
                      .client_data = bytes_at(fields, "clientDataJSON", client_data_max),
                      .attestation = bytes_at(fields, "attestationObject", part_max),
                      .authenticator_data = bytes_at(fields, "authenticatorData", part_max),
                      .signature = bytes_at(fields, "signature", 1024)};
    if (response.credential.empty() || response.client_data.empty()) return std::nullopt;
    return response;
}

// WebAuthn section 7.1 steps 7 to 10, 7.2 steps 11 to 14.
Result<void> check_client_data(std::string_view text,
                               std::string_view type,
                               const RelyingParty& party,
                               std::string_view challenge) {
    const auto data = object_in(text, client_data_max, depth_max);
    if (!data) return malformed();
    if (text_at(*data, "type") != type) return refused("it answers another question");
    const auto shown = text_at(*data, "challenge");
    const auto expected = base64url(challenge);
    if (challenge.size() < 16 || shown.size() != expected.size() ||
        sodium_memcmp(shown.data(), expected.data(), shown.size()) != 0)
        return refused("it answers another challenge");
    if (text_at(*data, "origin") != party.origin) return refused("it was asked by another site");
    if (const auto* crossed = data->if_contains("crossOrigin"))
        if (!crossed->is_bool() || crossed->get_bool())
            return refused("it was asked inside a frame");
    if (data->contains("topOrigin")) return refused("it was asked inside a frame");
    return {};
}

// The head of a CBOR item (RFC 8949 section 3); CTAP2's form has no indefinite lengths.
struct Head {
    unsigned major = 0;
    std::uint64_t value = 0;
};
std::optional<Head> head(Reader& in) {
    const unsigned first = in.u8(), low = first & 31;
    Head head{.major = first >> 5, .value = low};
    if (low >= 24) {
        if (low > 27) return std::nullopt;
        head.value = 0;
        for (unsigned bytes = 1u << (low - 24); bytes > 0; --bytes)
            head.value = head.value << 8 | in.u8();
    }
    return in.ok() ? std::optional(head) : std::nullopt;
}

bool skip_item(Reader& in) {
    constexpr std::uint64_t items_max = 1000;
    for (std::uint64_t left = 1, seen = 0; left > 0; --left) {
        const auto item = head(in);
        if (!item || ++seen > items_max) return false;
        const bool is_number = item->major < 2 || item->major == 7;
        const auto least = item->major == 5 ? 2 * std::min(item->value, items_max) : item->value;
        if (!is_number && item->major != 6 && least > in.left()) return false;
        if (item->major == 2 || item->major == 3) in.raw(item->value);
        if (item->major == 4) left += item->value;
        if (item->major == 5) left += 2 * item->value;
        if (item->major == 6) left += 1;
    }
    return in.ok();
}

// Section 6.1: 37 bytes, then what the flags name, and nothing else. libcbor would take a length
// that the bytes do not have at its word and spend seconds on it.
bool is_whole(std::string_view data) {
    constexpr unsigned attested = 0x40, extended = 0x80;
    Reader in(data);
    in.raw(32);
    const auto flags = in.u8();
    in.raw(4);
    if ((flags & attested) != 0) {
        in.raw(16);
        const auto high = in.u8(), low = in.u8();
        in.raw(static_cast<std::size_t>(high << 8 | low));
        if (!skip_item(in)) return false;
    }
    if ((flags & extended) != 0 && !skip_item(in)) return false;
    return in.done();
}

// It begins with SHA-256 of the party's id, then flags.
Result<void> check_authenticator(std::string_view data, const RelyingParty& party) {
    constexpr unsigned present = 0x01, verified = 0x04;
    const auto digest = crypto::sha256(party.id);
    if (!is_whole(data)) return malformed();
    if (data.substr(0, 32) != as_bytes(digest)) return refused("it is for another site");
    const auto flags = static_cast<unsigned char>(data[32]);
    if ((flags & present) == 0 || (flags & verified) == 0)
        return refused("it did not verify its user");
    return {};
}

// The attestation object is a map of "fmt", "attStmt" and "authData"; only the last one is of
// interest.
std::optional<std::string_view> authenticator_data_in(std::string_view attestation) {
    Reader in(attestation);
    const auto map = head(in);
    if (!map || map->major != 5 || map->value > 16) return std::nullopt;
    std::optional<std::string_view> found;
    for (std::uint64_t i = 0; i < map->value; ++i) {
        const auto key = head(in);
        if (!key || key->major != 3 || key->value > 64) return std::nullopt;
        if (in.raw(key->value) != "authData") {
            if (!skip_item(in)) return std::nullopt;
            continue;
        }
        const auto data = head(in);
        if (!data || data->major != 2 || data->value > part_max || found) return std::nullopt;
        found = in.raw(data->value);
    }
    return in.done() ? found : std::nullopt;
}

Owned<fido_cred_t> credential_in(std::string_view data, const RelyingParty& party) {
    for (const int algorithm : algorithms) {
        Owned<fido_cred_t> credential(fido_cred_new());
        CHECK(credential != nullptr);
        if (fido_cred_set_type(credential.get(), algorithm) == FIDO_OK &&
            fido_cred_set_rp(credential.get(), party.id.c_str(), nullptr) == FIDO_OK &&
            fido_cred_set_authdata_raw(credential.get(), raw(data), data.size()) == FIDO_OK)
            return credential;
    }
    return nullptr;
}

template <class Key, class New, class From>
bool verified(
    const fido_assert_t* answer, int algorithm, std::string_view bytes, New make, From from) {
    const Owned<Key> key(make());
    CHECK(key != nullptr);
    return from(key.get(), bytes.data(), bytes.size()) == FIDO_OK &&
           fido_assert_verify(answer, 0, algorithm, key.get()) == FIDO_OK;
}

bool signature_holds(const fido_assert_t* answer, int algorithm, std::string_view key) {
    switch (algorithm) {
        case COSE_ES256:
            return verified<es256_pk_t>(answer, algorithm, key, es256_pk_new, es256_pk_from_ptr);
        case COSE_EDDSA:
            return verified<eddsa_pk_t>(answer, algorithm, key, eddsa_pk_new, eddsa_pk_from_ptr);
        case COSE_RS256:
            return verified<rs256_pk_t>(answer, algorithm, key, rs256_pk_new, rs256_pk_from_ptr);
        default: return false;
    }
}

json::array listed(const std::vector<Passkey>& passkeys) {
    json::array list;
    for (const auto& passkey : passkeys)
        list.push_back(json::object{{"type", "public-key"}, {"id", base64url(passkey.id)}});
    return list;
}

}  // namespace

std::string new_challenge() { return random_bytes(32); }

std::string creation_options(const RelyingParty& party,
                             const User& user,
                             std::string_view challenge) {
    json::array parameters;
    for (const int algorithm : algorithms)
        parameters.push_back(json::object{{"type", "public-key"}, {"alg", algorithm}});
    return json::serialize(json::object{
        {"rp", {{"id", party.id}, {"name", party.name}}},
        {"user", {{"id", base64url(user.id)}, {"name", user.login}, {"displayName", user.name}}},
        {"challenge", base64url(challenge)},
        {"pubKeyCredParams", std::move(parameters)},
        {"timeout", 300'000},
        {"excludeCredentials", listed(user.passkeys)},
        {"authenticatorSelection",
         {{"residentKey", "preferred"}, {"userVerification", "required"}}},
        {"attestation", "none"}});
}

std::string request_options(const RelyingParty& party,
                            const std::vector<Passkey>& passkeys,
                            std::string_view challenge) {
    return json::serialize(json::object{{"challenge", base64url(challenge)},
                                        {"rpId", party.id},
                                        {"timeout", 300'000},
                                        {"allowCredentials", listed(passkeys)},
                                        {"userVerification", "required"}});
}

Result<Passkey> register_passkey(const RelyingParty& party,
                                 std::string_view challenge,
                                 std::string_view text,
                                 std::string name,
                                 Instant now) {
    const auto response = response_in(text);
    if (!response || response->attestation.empty()) return malformed();
    TRY_DO(check_client_data(response->client_data, "webauthn.create", party, challenge));
    const auto data = authenticator_data_in(response->attestation);
    if (!data) return malformed();
    TRY_DO(check_authenticator(*data, party));
    const auto credential = credential_in(*data, party);
    if (!credential) return malformed();
    const std::string_view id(reinterpret_cast<const char*>(fido_cred_id_ptr(credential.get())),
                              fido_cred_id_len(credential.get()));
    const std::string_view key(
        reinterpret_cast<const char*>(fido_cred_pubkey_ptr(credential.get())),
        fido_cred_pubkey_len(credential.get()));
    if (id.empty() || id.size() > credential_max || id != response->credential || key.empty())
        return malformed();
    Passkey passkey;
    passkey.id = id;
    Writer(passkey.public_key).u32(static_cast<std::uint32_t>(fido_cred_type(credential.get())));
    passkey.public_key += key;
    passkey.counter = fido_cred_sigcount(credential.get());
    passkey.name = std::move(name);
    passkey.added = now;
    return passkey;
}

Result<std::string> credential_of(std::string_view text) {
    auto response = response_in(text);
    if (!response) return malformed();
    return std::move(response->credential);
}

Result<std::uint32_t> verify_passkey(const RelyingParty& party,
                                     std::string_view challenge,
                                     const Passkey& passkey,
                                     std::string_view text) {
    const auto response = response_in(text);
    if (!response || response->authenticator_data.empty() || response->signature.empty())
        return malformed();
    if (response->credential != passkey.id) return refused("it is another one");
    TRY_DO(check_client_data(response->client_data, "webauthn.get", party, challenge));
    TRY_DO(check_authenticator(response->authenticator_data, party));

    const Owned<fido_assert_t> answer(fido_assert_new());
    CHECK(answer != nullptr);
    const auto digest = crypto::sha256(response->client_data);
    if (fido_assert_set_rp(answer.get(), party.id.c_str()) != FIDO_OK ||
        fido_assert_set_clientdata_hash(answer.get(), digest.data(), digest.size()) != FIDO_OK ||
        fido_assert_set_count(answer.get(), 1) != FIDO_OK ||
        fido_assert_set_up(answer.get(), FIDO_OPT_TRUE) != FIDO_OK ||
        fido_assert_set_uv(answer.get(), FIDO_OPT_TRUE) != FIDO_OK ||
        fido_assert_set_authdata_raw(answer.get(),
                                     0,
                                     raw(response->authenticator_data),
                                     response->authenticator_data.size()) != FIDO_OK ||
        fido_assert_set_sig(
            answer.get(), 0, raw(response->signature), response->signature.size()) != FIDO_OK)
        return malformed();
    Reader key(passkey.public_key);
    const auto algorithm = static_cast<int>(key.u32());
    if (!key.ok() || !signature_holds(answer.get(), algorithm, key.rest()))
        return refused("its signature is wrong");
    return fido_assert_sigcount(answer.get(), 0);
}

}  // namespace letopis::access
