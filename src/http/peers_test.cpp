// SPDX-License-Identifier: AGPL-3.0-or-later
// Who calls and how: TLS, its reload, and proxies.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "http/testing.hpp"
#include "net/tls.hpp"

namespace letopis::http {
namespace {

using namespace std::chrono_literals;

// TLS over a Client's socket; it believes every certificate.
class TlsClient {
public:
    explicit TlsClient(const Client& client, int version_max = TLS1_3_VERSION)
        : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), tls_(nullptr, SSL_free) {
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_.get(), version_max);
        tls_.reset(SSL_new(context_.get()));
        SSL_set_fd(tls_.get(), client.descriptor());
        connected_ = SSL_connect(tls_.get()) == 1;
    }
    bool connected() const { return connected_; }
    std::string version() const { return SSL_get_version(tls_.get()); }
    std::string fingerprint() const {
        X509* const certificate = SSL_get1_peer_certificate(tls_.get());
        Digest digest{};
        X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
        X509_free(certificate);
        return hex(digest);
    }
    std::string ask(std::string_view request) {
        SSL_write(tls_.get(), request.data(), static_cast<int>(request.size()));
        std::string all;
        char bytes[16384];
        while (const int size = SSL_read(tls_.get(), bytes, sizeof bytes)) {
            if (size < 0) break;
            all.append(bytes, static_cast<std::size_t>(size));
        }
        return all;
    }
    bool ended_with_goodbye() const {
        return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

private:
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> tls_;
    bool connected_ = false;
};

class Tls : public testing::Test {
protected:
    Tls() : folder_(Path(testing::TempDir()) / ("tls-" + hex(random_bytes(4)))) {
        std::filesystem::create_directories(folder_);
        options.tls = TlsFiles{folder_ / "chain.pem", folder_ / "key.pem"};
        options.limits.head = 500ms;
        options.limits.linger = 100ms;
    }
    ~Tls() override { std::filesystem::remove_all(folder_); }

    // A new certificate in the files; its fingerprint.
    std::string renew() {
        const auto made = *net::self_signed({"localhost", "127.0.0.1"}, SystemClock().now());
        EXPECT_TRUE(write_file(options.tls->certificate_chain, made.certificate_pem));
        EXPECT_TRUE(write_file(options.tls->private_key, made.key_pem));
        return made.fingerprint;
    }

    Options options;

private:
    Path folder_;
};

Routes about() {
    Routes routes;
    routes.add({.method = Method::get, .pattern = "/", .handler = [](Request& request) {
                    Response response;
                    response.body = request.peer + (request.secure ? " secure" : " plain");
                    return response;
                }});
    routes.add(
        {.method = Method::get, .pattern = "/large", .handler = says(std::string(3'000'000, 'x'))});
    return routes;
}

const std::string get_and_close = get("/", "Connection: close\r\n");

TEST_F(Tls, serves_1_2_and_1_3_and_nothing_older) {
    const auto fingerprint = renew();
    const auto server = serve(about(), options);
    const Client socket3(*server), socket2(*server), socket1(*server);
    TlsClient newest(socket3), older(socket2, TLS1_2_VERSION), oldest(socket1, TLS1_1_VERSION);

    ASSERT_TRUE(newest.connected());
    EXPECT_EQ(newest.version(), "TLSv1.3");
    EXPECT_EQ(newest.fingerprint(), fingerprint);
    EXPECT_TRUE(newest.ask(get_and_close).ends_with("127.0.0.1 secure"));
    EXPECT_TRUE(newest.ended_with_goodbye());
    EXPECT_EQ(older.version(), "TLSv1.2");
    EXPECT_TRUE(older.ask(get_and_close).ends_with("127.0.0.1 secure"));
    EXPECT_FALSE(oldest.connected());
}

TEST_F(Tls, carries_large_answers) {
    renew();
    const auto server = serve(about(), options);
    const Client socket(*server);
    TlsClient client(socket);

    const auto answer = client.ask(get("/large", "Connection: close\r\n"));

    EXPECT_GT(answer.size(), 3'000'000u);
    EXPECT_TRUE(answer.ends_with("xxx"));
}

TEST_F(Tls, a_reload_is_for_new_connections_and_an_error_changes_nothing) {
    const auto first = renew();
    const auto server = serve(about(), options);
    const Client old_socket(*server);
    TlsClient old(old_socket);
    const auto second = renew();

    ASSERT_TRUE(server->reload_tls());

    const Client new_socket(*server);
    EXPECT_EQ(TlsClient(new_socket).fingerprint(), second);
    EXPECT_EQ(old.fingerprint(), first);
    EXPECT_TRUE(old.ask(get_and_close).ends_with("secure"));
    ASSERT_TRUE(write_file(options.tls->private_key, "broken"));
    EXPECT_FALSE(server->reload_tls());
    std::filesystem::remove(options.tls->certificate_chain);
    EXPECT_FALSE(server->reload_tls());
    const Client last_socket(*server);
    EXPECT_EQ(TlsClient(last_socket).fingerprint(), second);
}

TEST_F(Tls, plain_text_and_silence_get_nowhere) {
    renew();
    const auto server = serve(about(), options);
    Client plain(*server);
    Client silent(*server);

    plain.send(get("/"));

    EXPECT_EQ(plain.rest().find("HTTP/"), std::string::npos);
    EXPECT_TRUE(silent.at_end());
}

TEST_F(Tls, a_server_does_not_start_without_its_files) {
    const auto server = Server::start(options, {});

    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().code, Errc::invalid);
}

TEST_F(Tls, events_notice_a_peer_that_leaves) {
    renew();
    auto routes = about();
    routes.add({.method = Method::get, .pattern = "/events", .handler = [](Request&) {
                    Response response;
                    response.events = [] { return std::optional<std::string>(""); };
                    return response;
                }});
    options.limits.poll = 5ms;
    options.limits.heartbeat = 1h;
    const auto server = serve(std::move(routes), options);
    {
        const Client socket(*server);
        TlsClient client(socket);
        socket.end_input();
        EXPECT_TRUE(client.connected());
    }
    const auto begin = std::chrono::steady_clock::now();
    while (server->counters().open_connections > 0) {
        ASSERT_LT(std::chrono::steady_clock::now() - begin, 5s);
        std::this_thread::yield();
    }
}

TEST(Proxy, its_header_says_who_calls) {
    Options options;
    options.proxies = {"127.0.0.0/8"};
    options.proxy_protocol = true;
    const auto server = serve(about(), options);
    Client line(*server);
    Client binary(*server);
    Client itself(*server);

    EXPECT_EQ(line.ask("PROXY TCP4 192.0.2.1 127.0.0.1 5 80\r\n" +
                       get("/", "X-Forwarded-For: 203.0.113.9\r\n"))
                  .body,
              "192.0.2.1 plain");
    EXPECT_EQ(line.ask(get("/", "X-Forwarded-Proto: https\r\n")).body, "192.0.2.1 secure");
    EXPECT_EQ(binary
                  .ask(std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x14\xc0\x00\x02\x02\x7f\0\0"
                                   "\x01\x30\x39\x01\xbb\x20\x00\x05\x01\0\0\0\0",
                                   36) +
                       get("/"))
                  .body,
              "192.0.2.2 secure");
    EXPECT_EQ(itself.ask("PROXY UNKNOWN\r\n" + get("/")).body, "127.0.0.1 plain");
}

TEST(Proxy, a_connection_without_its_header_or_of_a_stranger_is_refused) {
    Options options;
    options.proxies = {"127.0.0.1"};
    options.proxy_protocol = true;
    options.limits.head = 200ms;
    const auto server = serve(about(), options);
    Client without(*server);
    Client unfinished(*server);
    options.proxies = {"192.0.2.0/24", "2001:db8::/32"};
    const auto others = serve(about(), options);
    Client stranger(*others);

    without.send(get("/"));
    unfinished.send("PROXY TCP4 192.0.2.1");
    stranger.send("PROXY TCP4 192.0.2.1 127.0.0.1 5 80\r\n" + get("/"));

    EXPECT_EQ(without.rest(), "");
    EXPECT_EQ(unfinished.rest(), "");
    EXPECT_EQ(stranger.rest(), "");
}

TEST(Proxy, its_header_comes_before_tls) {
    const auto folder = Path(testing::TempDir()) / ("tls-" + hex(random_bytes(4)));
    std::filesystem::create_directories(folder);
    const auto made = *net::self_signed({"localhost"}, SystemClock().now());
    ASSERT_TRUE(write_file(folder / "chain.pem", made.certificate_pem));
    ASSERT_TRUE(write_file(folder / "key.pem", made.key_pem));
    Options options;
    options.tls = TlsFiles{folder / "chain.pem", folder / "key.pem"};
    options.proxies = {"127.0.0.1"};
    options.proxy_protocol = true;
    const auto server = serve(about(), options);
    std::filesystem::remove_all(folder);
    Client socket(*server);

    socket.send("PROXY TCP6 2001:db8::1 ::1 5 443\r\n");
    TlsClient client(socket);

    EXPECT_TRUE(client.ask(get_and_close).ends_with("2001:db8::1 secure"));
}

TEST(Proxy, forwarded_headers_are_believed_from_it_only) {
    Options trusting;
    trusting.proxies = {"127.0.0.1", "10.0.0.0/8"};
    const auto server = serve(about(), trusting);
    const auto stranger = serve(about());
    Client client(*server);
    const auto forwarded = get("/",
                               "X-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.9\r\n"
                               "X-Forwarded-For: 192.0.2.1, 10.1.2.3\r\n");

    EXPECT_EQ(client.ask(forwarded).body, "192.0.2.1 secure");
    EXPECT_EQ(client.ask(get("/")).body, "127.0.0.1 plain");
    EXPECT_EQ(client.ask(get("/", "X-Forwarded-For: 192.0.2.1, <b>\r\n")).body, "127.0.0.1 plain");
    EXPECT_EQ(Client(*stranger).ask(forwarded).body, "127.0.0.1 plain");
    EXPECT_FALSE(Server::start({.proxies = {"10.0.0.0/33"}}, {}));
    EXPECT_FALSE(Server::start({.proxies = {"proxy"}}, {}));
}

}  // namespace
}  // namespace letopis::http
