// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/buffer.hpp>
#include <cstring>
#include <ctime>

#include "base/bytes.hpp"
#include "net/tls_internal.hpp"

namespace letopis::net {

namespace {

namespace asio = boost::asio;

constexpr const char* ciphers_of_tls12 =
    "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK:!SRP:!kRSA:!SHA1";

// ALPN (RFC 7301): we speak HTTP/1.1; a peer that does not offer it is answered without ALPN.
int choose_protocol(SSL*,
                    const unsigned char** chosen,
                    unsigned char* chosen_size,
                    const unsigned char* offered,
                    unsigned int offered_size,
                    void*) {
    static constexpr std::string_view ours = "http/1.1";
    for (unsigned int at = 0; at < offered_size; at += 1u + offered[at]) {
        if (offered[at] == ours.size() && at + 1 + ours.size() <= offered_size &&
            std::memcmp(offered + at + 1, ours.data(), ours.size()) == 0) {
            *chosen = offered + at + 1;
            *chosen_size = static_cast<unsigned char>(ours.size());
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(std::string_view chain_pem,
                                                           std::string_view key_pem) {
    auto state = std::make_unique<State>();
    auto& context = state->context;
    boost::system::error_code error;
    // Without it OpenSSL would ask for the passphrase on the terminal.
    context.set_password_callback([](std::size_t, auto) { return std::string(); }, error);
    SSL_CTX* const raw = context.native_handle();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    SSL_CTX_set_options(raw,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                            SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
    if (SSL_CTX_set_cipher_list(raw, ciphers_of_tls12) != 1)
        return fail(Errc::unfit, "OpenSSL has none of the ciphers for TLS 1.2");
    context.use_certificate_chain(asio::buffer(chain_pem.data(), chain_pem.size()), error);
    if (error) return fail(Errc::invalid, "the certificate chain is not PEM");
    context.use_private_key(
        asio::buffer(key_pem.data(), key_pem.size()), asio::ssl::context::pem, error);
    if (error || SSL_CTX_check_private_key(raw) != 1)
        return fail(Errc::invalid,
                    "the private key is not PEM without a passphrase, or not of this certificate");
    const auto* const own = SSL_CTX_get0_certificate(raw);
    Digest digest{};
    unsigned int size = 0;
    std::tm expires{};
    if (own == nullptr || X509_digest(own, EVP_sha256(), digest.data(), &size) != 1 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(own), &expires) != 1)
        return fail(Errc::invalid, "the certificate cannot be read");
    const std::shared_ptr<TlsContext> made(new TlsContext(std::move(state)));
    made->fingerprint_ = hex(digest);
    made->expires_ = from_unix(::timegm(&expires));
    return std::shared_ptr<const TlsContext>(made);
}

}  // namespace letopis::net
