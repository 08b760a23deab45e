// SPDX-License-Identifier: AGPL-3.0-or-later
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/files.hpp"
#include "net/tls.hpp"

namespace letopis::net {

namespace {

template <auto free_it>
struct Free {
    template <class T>
    void operator()(T* pointer) const {
        free_it(pointer);
    }
};
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;

constexpr std::int64_t seconds_valid = std::int64_t(398) * 24 * 3600;  // more is no browser's taste

bool is_host_name(std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.')
        return false;
    return name.find("..") == std::string_view::npos && std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.';
           });
}

// subjectAltName (RFC 5280 section 4.2.1.6)
bool add_name(GENERAL_NAMES* names, const std::string& text) {
    unsigned char address[16];
    int size = 0;
    if (inet_pton(AF_INET, text.c_str(), address) == 1)
        size = 4;
    else if (inet_pton(AF_INET6, text.c_str(), address) == 1)
        size = 16;
    else if (!is_host_name(text))
        return false;
    ASN1_STRING* value = ASN1_STRING_type_new(size > 0 ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    GENERAL_NAME* name = GENERAL_NAME_new();
    const void* bytes = size > 0 ? static_cast<const void*>(address) : text.data();
    ASN1_STRING_set(value, bytes, size > 0 ? size : static_cast<int>(text.size()));
    GENERAL_NAME_set0_value(name, size > 0 ? GEN_IPADD : GEN_DNS, value);
    sk_GENERAL_NAME_push(names, name);
    return true;
}

bool extend(X509* certificate, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string contents(BIO* bio) {
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio, &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
}

bool number(X509* certificate) {
    auto serial = random_bytes(16);
    serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);  // positive, of one length
    const Number value(BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()),
                                 static_cast<int>(serial.size()),
                                 nullptr));
    return value && BN_to_ASN1_INTEGER(value.get(), X509_get_serialNumber(certificate)) != nullptr;
}

}  // namespace

Result<SelfSigned> self_signed(const std::vector<std::string>& names, Instant now) {
    const Names alternative(GENERAL_NAMES_new());
    if (names.empty()) return fail(Errc::invalid, "a certificate needs a name");
    for (const auto& name : names)
        if (!add_name(alternative.get(), name))
            return fail(Errc::invalid, "neither a host name nor an address: " + name);
    const PrivateKey key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    if (!key || !certificate) return fail(Errc::unfit, "OpenSSL makes no key on P-256");
    X509* const raw = certificate.get();
    X509_NAME* const subject = X509_get_subject_name(raw);
    constexpr std::string_view common_name = "Letopis";  // the names are in subjectAltName
    bool done = X509_set_version(raw, X509_VERSION_3) == 1 && number(raw);
    done = done && ASN1_TIME_set(X509_getm_notBefore(raw), to_unix(now)) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(raw), to_unix(now) + seconds_valid - 1) != nullptr;
    done = done && X509_set_pubkey(raw, key.get()) == 1;
    done = done &&
           X509_NAME_add_entry_by_txt(subject,
                                      "CN",
                                      MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char*>(common_name.data()),
                                      static_cast<int>(common_name.size()),
                                      -1,
                                      0) == 1;
    done = done && X509_set_issuer_name(raw, subject) == 1;
    done = done && extend(raw, NID_basic_constraints, "critical,CA:FALSE") &&
           extend(raw, NID_key_usage, "critical,digitalSignature") &&
           extend(raw, NID_ext_key_usage, "serverAuth") &&
           extend(raw, NID_subject_key_identifier, "hash");
    done = done && X509_add1_ext_i2d(raw, NID_subject_alt_name, alternative.get(), 0, 0) == 1;
    done = done && X509_sign(raw, key.get(), EVP_sha256()) > 0;
    const Bio certificate_out(BIO_new(BIO_s_mem()));
    const Bio key_out(BIO_new(BIO_s_mem()));
    done = done && PEM_write_bio_X509(certificate_out.get(), raw) == 1;
    done = done && PEM_write_bio_PKCS8PrivateKey(
                       key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    Digest fingerprint;
    unsigned int size = 0;
    done = done && X509_digest(raw, EVP_sha256(), fingerprint.data(), &size) == 1;
    if (!done) return fail(Errc::unfit, "OpenSSL makes no certificate");
    return SelfSigned{contents(certificate_out.get()), contents(key_out.get()), hex(fingerprint)};
}

}  // namespace letopis::net
