// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/client.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "base/bytes.hpp"

namespace letopis::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Plain = beast::tcp_stream;
using Tls = beast::ssl_stream<beast::tcp_stream>;

constexpr auto patience = std::chrono::minutes(5);
constexpr std::uint64_t answer_bytes_max = std::uint64_t(256) << 20;

struct Place {
    bool secure = false;
    std::string host, port;
};

Result<Place> place_of(std::string_view url) {
    const auto wrong = fail(Errc::invalid,
                            fmt::format("'{}' is no address of a server", url),
                            "For example: https://archive.example:8470");
    Place place;
    if (url.starts_with("https://"))
        place.secure = true;
    else if (!url.starts_with("http://"))
        return wrong;
    url.remove_prefix(place.secure ? 8 : 7);
    while (url.ends_with('/')) url.remove_suffix(1);
    if (url.empty() || url.find_first_of("/?#@ ") != std::string_view::npos) return wrong;
    const auto bracket = url.rfind(']');
    const auto colon = url.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    place.host = url.substr(0, has_port ? colon : url.size());
    place.port = has_port ? url.substr(colon + 1) : place.secure ? "443" : "80";
    if (place.host.starts_with('[') && place.host.ends_with(']'))
        place.host = place.host.substr(1, place.host.size() - 2);
    if (place.host.empty() || place.port.empty()) return wrong;
    if (!place.secure && place.host != "127.0.0.1" && place.host != "::1" &&
        place.host != "localhost")
        return fail(Errc::invalid,
                    "a token goes to another machine encrypted only",
                    "Give an https:// address.");
    return place;
}

auto unavailable(const Place& place, const error_code& error) {
    return fail(Errc::unavailable,
                fmt::format("{}:{} does not answer: {}", place.host, place.port, error.message()),
                "Is the server running, and is this its address?");
}

std::string fingerprint_of(X509* certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (certificate == nullptr || X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
        return {};
    return hex(std::string_view(reinterpret_cast<const char*>(digest), size));
}

std::string plain_hex(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c != ':' && c != ' ') digits += c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    return digits;
}

class Over final : public Client {
public:
    Over(Place place, std::string token) : place_(std::move(place)), token_(std::move(token)) {}

    Result<void> open(const std::string& fingerprint) {
        if (!place_.secure) {
            plain_.emplace(context_);
            return reach(*plain_);
        }
        ssl_.set_default_verify_paths();
        tls_.emplace(context_, ssl_);
        TRY_DO(reach(tls_->next_layer()));
        SSL_set_tlsext_host_name(tls_->native_handle(), place_.host.c_str());
        if (fingerprint.empty()) {
            tls_->set_verify_mode(asio::ssl::verify_peer);
            tls_->set_verify_callback(asio::ssl::host_name_verification(place_.host));
        }
        const auto error =
            wait([&](auto done) { tls_->async_handshake(asio::ssl::stream_base::client, done); });
        if (error && !fingerprint.empty()) return unavailable(place_, error);
        if (error)
            return fail(
                Errc::forbidden,
                fmt::format(
                    "the certificate of {} is not trusted: {}", place_.host, error.message()),
                "A server with a certificate of its own printed its fingerprint: give "
                "--fingerprint.");
        if (fingerprint.empty()) return {};
        auto* const certificate = SSL_get1_peer_certificate(tls_->native_handle());
        const auto found = fingerprint_of(certificate);
        X509_free(certificate);
        if (found.empty() || found != plain_hex(fingerprint))
            return fail(Errc::forbidden,
                        "the server's certificate has another fingerprint: " + found);
        return {};
    }

    Result<Answer> send(Method method,
                        const std::string& target,
                        const std::string& type,
                        std::string body) override {
        beast::http::request<beast::http::string_body> request;
        request.method_string(std::string(name(method)));
        request.target(target);
        request.set(beast::http::field::host, place_.host);
        request.set(beast::http::field::authorization, "Bearer " + token_);
        if (!type.empty()) request.set(beast::http::field::content_type, type);
        request.body() = std::move(body);
        request.prepare_payload();
        return plain_ ? exchange(*plain_, *plain_, request)
                      : exchange(*tls_, tls_->next_layer(), request);
    }

private:
    // Starts one step and runs until it is over.
    template <class Start>
    error_code wait(Start start) {
        error_code result = asio::error::operation_aborted;
        start([&](const error_code& error, auto&&...) { result = error; });
        context_.restart();
        context_.run();
        return result;
    }

    Result<void> reach(beast::tcp_stream& stream) {
        error_code error;
        asio::ip::tcp::resolver resolver(context_);
        const auto found = resolver.resolve(place_.host, place_.port, error);
        if (error) return unavailable(place_, error);
        stream.expires_after(std::chrono::seconds(20));
        error = wait([&](auto done) { stream.async_connect(found, done); });
        if (error) return unavailable(place_, error);
        return {};
    }

    template <class Stream>
    Result<Answer> exchange(Stream& stream,
                            beast::tcp_stream& below,
                            beast::http::request<beast::http::string_body>& request) {
        below.expires_after(patience);
        auto error = wait([&](auto done) { beast::http::async_write(stream, request, done); });
        if (error) return unavailable(place_, error);
        beast::http::response_parser<beast::http::string_body> parser;
        parser.body_limit(answer_bytes_max);
        below.expires_after(patience);
        error = wait([&](auto done) { beast::http::async_read(stream, buffer_, parser, done); });
        if (error == beast::http::error::body_limit)
            return fail(Errc::too_large, "the answer is larger than 256 MiB");
        if (error) return unavailable(place_, error);
        auto response = parser.release();
        return Answer{.status = static_cast<int>(response.result_int()),
                      .type = std::string(response[beast::http::field::content_type]),
                      .body = std::move(response.body())};
    }

    Place place_;
    std::string token_;
    asio::io_context context_;
    asio::ssl::context ssl_{asio::ssl::context::tls_client};
    std::optional<Plain> plain_;
    std::optional<Tls> tls_;
    beast::flat_buffer buffer_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::connect(std::string_view url,
                                                const std::string& token,
                                                const std::string& fingerprint) {
    TRY(auto place, place_of(url));
    if (token.empty() || token.find_first_of(" \r\n") != std::string::npos)
        return fail(Errc::invalid, "the token is none");
    auto client = std::make_unique<Over>(std::move(place), token);
    TRY_DO(client->open(fingerprint));
    return std::unique_ptr<Client>(std::move(client));
}

}  // namespace letopis::http
