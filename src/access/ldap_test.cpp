// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/ldap.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/bytes.hpp"
#include "base/files.hpp"

namespace letopis::access {
namespace {

using testing::ElementsAre;

TEST(Ldap, what_people_type_stays_a_value_in_the_filter) {
    EXPECT_EQ(ldap_filter("(uid={login})", "login", "anna"), "(uid=anna)");
    EXPECT_EQ(ldap_filter("(uid={login})", "login", "*)(uid=*"), "(uid=\\2A\\29\\28uid=\\2A)");
    EXPECT_EQ(ldap_filter("(uid={login})", "login", std::string("a\0\\", 3)), "(uid=a\\00\\5C)");
    EXPECT_EQ(ldap_filter("(|(uid={login})(mail={login}))", "login", "{login}"),
              "(|(uid={login})(mail={login}))");
}

TEST(Ldap, a_password_goes_over_tls_or_stays_on_this_machine) {
    LdapSettings settings{.url = "ldaps://dir.firm.example", .base = "dc=x"};
    EXPECT_TRUE(check_settings(settings));
    settings.url = "ldap://dir.firm.example";
    EXPECT_TRUE(check_settings(settings));  // StartTLS
    settings.plain = true;
    EXPECT_FALSE(check_settings(settings));
    for (const auto* url :
         {"ldap://localhost", "ldaps://127.0.0.1", "ldap://127.0.0.1.evil.example"}) {
        settings.url = url;
        EXPECT_FALSE(check_settings(settings)) << url;
    }
    settings.url = "ldap://127.0.0.1:389";
    EXPECT_TRUE(check_settings(settings));
    for (const auto* url : {"", "http://x", "ldapi:///", "ldap://", "ldaps://a ldap://b"}) {
        settings = {.url = url, .base = "dc=x"};
        EXPECT_FALSE(check_settings(settings)) << url;
    }
    settings = {.url = "ldaps://x", .bind_dn = "cn=a", .base = "dc=x"};
    EXPECT_FALSE(check_settings(settings));
    settings = {.url = "ldaps://x", .base = "dc=x", .filter = "(uid=anna)"};
    EXPECT_FALSE(check_settings(settings));
}

TEST(Ldap, an_empty_password_is_refused_before_anything_is_sent) {
    const LdapSettings nowhere{.url = "no address at all", .base = "dc=x"};

    for (const auto* login : {"anna", ""})
        EXPECT_EQ(ldap_sign_in(nowhere, login, "").error().code, Errc::forbidden);
    EXPECT_EQ(ldap_sign_in(nowhere, "anna", std::string("\0x", 2)).error().code, Errc::forbidden);
    EXPECT_EQ(ldap_sign_in(nowhere, "anna", "x").error().code, Errc::invalid);
}

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    close(socket);
    return ntohs(address.sin_port);
}

bool listens(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool there = connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(socket);
    return there;
}

// A directory of its own, with a certificate of its own.
class LdapServer : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (::access("/usr/sbin/slapd", X_OK) != 0) return;
        dir_ = std::filesystem::temp_directory_path() / ("letopis-ldap-" + hex(random_bytes(8)));
        std::filesystem::create_directories(dir_ / "db");
        ldap_ = free_port();
        ldaps_ = free_port();
        const auto path = dir_.string();
        std::ofstream(dir_ / "slapd.conf")
            << "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
               "include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\n"
               "moduleload back_mdb\nTLSCACertificateFile "
            << path << "/cert.pem\nTLSCertificateFile " << path
            << "/cert.pem\nTLSCertificateKeyFile " << path
            << "/key.pem\nallow bind_anon_cred\ndatabase mdb\nsuffix \"dc=firm,dc=example\"\n"
               "directory "
            << path << "/db\nrootdn \"cn=admin,dc=firm,dc=example\"\nrootpw secret\n";
        std::ofstream(dir_ / "people.ldif") << R"(dn: dc=firm,dc=example
objectClass: dcObject
objectClass: organization
o: Firm
dc: firm

dn: uid=anna,dc=firm,dc=example
objectClass: inetOrgPerson
uid: anna
cn: Anna
sn: A
mail: anna@firm.example
userPassword: correct horse

dn: uid=boris,dc=firm,dc=example
objectClass: inetOrgPerson
uid: boris
cn: Boris
sn: B
userPassword: battery staple

dn: cn=lawyers,dc=firm,dc=example
objectClass: groupOfNames
cn: lawyers
member: uid=anna,dc=firm,dc=example
)";
        const auto command =
            "cd " + path +
            " && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 "
            "-subj "
            "/CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost >log 2>&1 && "
            "/usr/sbin/slapadd -f slapd.conf -l people.ldif >>log 2>&1";
        ASSERT_EQ(std::system(command.c_str()), 0);
        const auto conf = path + "/slapd.conf",
                   urls = "ldap://127.0.0.1:" + std::to_string(ldap_) +
                          " ldaps://127.0.0.1:" + std::to_string(ldaps_);
        std::vector<std::string> words = {"/usr/sbin/slapd", "-d", "0", "-f", conf, "-h", urls};
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        ASSERT_EQ(posix_spawn(&pid_, words[0].c_str(), nullptr, nullptr, arguments.data(), environ),
                  0);
        for (int i = 0; i < 500 && !(listens(ldap_) && listens(ldaps_)); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ASSERT_TRUE(listens(ldaps_)) << "slapd does not answer";
    }
    static void TearDownTestSuite() {
        if (pid_ <= 0) return;
        kill(pid_, SIGTERM);
        waitpid(pid_, nullptr, 0);
        std::filesystem::remove_all(dir_);
    }
    void SetUp() override {
        if (pid_ <= 0)
            GTEST_SKIP()
                << "/usr/sbin/slapd is not there: no directory is asked (apt-get install slapd)";
        settings_ = {.url = "ldaps://127.0.0.1:" + std::to_string(ldaps_),
                     .ca_file = (dir_ / "cert.pem").string(),
                     .bind_dn = "cn=admin,dc=firm,dc=example",
                     .bind_password = "secret",
                     .base = "dc=firm,dc=example",
                     .group_base = "dc=firm,dc=example",
                     .roles = {{"cn=lawyers,dc=firm,dc=example", Role::lawyer},
                               {"cn=others,dc=firm,dc=example", Role::owner}}};
    }
    Errc code(std::string_view login, std::string_view password) const {
        const auto identity = ldap_sign_in(settings_, login, password);
        EXPECT_FALSE(identity);
        return identity ? Errc::io : identity.error().code;
    }

    static inline Path dir_;
    static inline int ldap_ = 0, ldaps_ = 0;
    static inline pid_t pid_ = 0;
    LdapSettings settings_;
};

TEST_F(LdapServer, the_right_password_leads_to_the_person_and_the_roles) {
    const auto anna = ldap_sign_in(settings_, "anna", "correct horse");

    ASSERT_TRUE(anna) << anna.error().what;
    EXPECT_EQ(anna->dn, "uid=anna,dc=firm,dc=example");
    EXPECT_EQ(anna->name, "Anna");
    EXPECT_EQ(anna->email, "anna@firm.example");
    EXPECT_THAT(anna->roles, ElementsAre(Role::lawyer));
    const auto boris = ldap_sign_in(settings_, "boris", "battery staple");
    ASSERT_TRUE(boris);
    EXPECT_TRUE(boris->roles.empty());
}

TEST_F(LdapServer, anything_else_is_refused_without_saying_what_was_wrong) {
    for (const auto& [login, password] :
         std::vector<std::pair<std::string, std::string>>{{"anna", "battery staple"},
                                                          {"nobody", "x"},
                                                          {"*", "correct horse"},
                                                          {"a*", "correct horse"},
                                                          {"anna)(uid=*", "correct horse"},
                                                          {"anna", ""},
                                                          {"", "x"}})
        EXPECT_EQ(code(login, password), Errc::forbidden) << login;
}

TEST_F(LdapServer, start_tls_works_and_so_does_the_machine_itself) {
    settings_.url = "ldap://127.0.0.1:" + std::to_string(ldap_);
    EXPECT_TRUE(ldap_sign_in(settings_, "anna", "correct horse"));

    settings_.plain = true;
    EXPECT_TRUE(ldap_sign_in(settings_, "anna", "correct horse"));
}

TEST_F(LdapServer, a_certificate_that_nobody_vouches_for_is_refused) {
    settings_.ca_file.clear();
    EXPECT_EQ(code("anna", "correct horse"), Errc::unavailable);

    settings_.url = "ldap://127.0.0.1:" + std::to_string(ldap_);
    EXPECT_EQ(code("anna", "correct horse"), Errc::unavailable);
}

TEST_F(LdapServer, our_own_wrong_password_is_not_the_persons) {
    settings_.bind_password = "wrong";
    EXPECT_EQ(code("anna", "correct horse"), Errc::invalid);
}

TEST_F(LdapServer, a_server_that_is_not_there_is_unavailable) {
    settings_.url = "ldaps://127.0.0.1:" + std::to_string(free_port());
    EXPECT_EQ(code("anna", "correct horse"), Errc::unavailable);
}

TEST_F(LdapServer, two_who_fit_are_none) {
    settings_.filter = "(|(uid={login})(uid=boris))";
    EXPECT_EQ(code("anna", "correct horse"), Errc::forbidden);
}

}  // namespace
}  // namespace letopis::access
