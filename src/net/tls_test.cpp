// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace letopis::net {
namespace {

const Instant now = *from_civil(2026, 11, 22);

std::unique_ptr<X509, void (*)(X509*)> read(const std::string& pem) {
    BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    return {certificate, X509_free};
}

TEST(Tls, a_self_signed_certificate_is_for_its_names_and_398_days) {
    const auto made =
        self_signed({"archive.example.org", "*.example.org", "192.0.2.1", "::1"}, now);

    ASSERT_TRUE(made);
    const auto certificate = read(made->certificate_pem);
    ASSERT_TRUE(certificate);
    EXPECT_EQ(X509_check_host(certificate.get(), "archive.example.org", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_host(certificate.get(), "other.example.org", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_host(certificate.get(), "example.net", 0, 0, nullptr), 0);
    EXPECT_EQ(X509_check_ip_asc(certificate.get(), "192.0.2.1", 0), 1);
    EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
    EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::2", 0), 0);
    EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
    int days = 0, seconds = 0;
    ASN1_TIME_diff(&days,
                   &seconds,
                   X509_get0_notBefore(certificate.get()),
                   X509_get0_notAfter(certificate.get()));
    EXPECT_EQ(days, 397);
    EXPECT_EQ(seconds, 24 * 3600 - 1);
    EXPECT_EQ(made->fingerprint.size(), 64u);
    EXPECT_TRUE(TlsContext::load(made->certificate_pem, made->key_pem));
}

TEST(Tls, a_name_that_is_none_is_refused) {
    EXPECT_FALSE(self_signed({}, now));
    for (const std::string name :
         {"", "a b", "a,IP:127.0.0.1", "a..b", ".a", "a*", "1.2.3.4/8", "caf\xc3\xa9"})
        EXPECT_FALSE(self_signed({name}, now)) << name;
}

TEST(Tls, a_certificate_and_the_key_of_another_are_refused) {
    const auto one = self_signed({"a"}, now);
    const auto other = self_signed({"a"}, now);
    ASSERT_TRUE(one && other);

    EXPECT_FALSE(TlsContext::load(one->certificate_pem, other->key_pem));
    EXPECT_FALSE(TlsContext::load(one->certificate_pem, ""));
    EXPECT_FALSE(TlsContext::load("", one->key_pem));
    EXPECT_FALSE(TlsContext::load("no PEM", one->key_pem));
}

}  // namespace
}  // namespace letopis::net
