// SPDX-License-Identifier: AGPL-3.0-or-later
#include "fetch/fetch.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <mutex>

#include "base/check.hpp"

namespace letopis::fetch {

namespace {

struct Free {
    void operator()(CURL* one) const { curl_easy_cleanup(one); }
    void operator()(curl_slist* one) const { curl_slist_free_all(one); }
    void operator()(CURLU* one) const { curl_url_cleanup(one); }
    void operator()(char* one) const { curl_free(one); }
};

void begin_once() {
    static std::once_flag begun;
    std::call_once(begun, [] { CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

struct Target {
    bool here = false;  // 127.0.0.1 by number
};

Result<Target> target_of(const std::string& url) {
    const std::unique_ptr<CURLU, Free> parsed(curl_url());
    CHECK(parsed != nullptr);
    const auto bad = [] { return fail(Errc::invalid, "only https addresses are asked"); };
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
        return bad();
    const auto part = [&](CURLUPart which) {
        char* raw = nullptr;
        if (curl_url_get(parsed.get(), which, &raw, 0) != CURLUE_OK) return std::string();
        const std::unique_ptr<char, Free> text(raw);
        return std::string(text.get());
    };
    const auto scheme = part(CURLUPART_SCHEME);
    const bool here = part(CURLUPART_HOST) == "127.0.0.1";
    if (scheme != "https" && !(scheme == "http" && here)) return bad();
    return Target{.here = here};
}

struct Body {
    std::string bytes;
    std::size_t max;
};

std::size_t take(char* data, std::size_t, std::size_t size, void* to) {
    auto& body = *static_cast<Body*>(to);
    if (body.bytes.size() + size > body.max) return 0;
    body.bytes.append(data, size);
    return size;
}

bool has_prefix(const unsigned char* bytes, std::initializer_list<unsigned char> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes);
}

bool may_connect_v4(const unsigned char* at) {
    return at[0] != 0 && at[0] != 127 && at[0] < 224 && !has_prefix(at, {169, 254});
}

bool may_connect_v6(const unsigned char* at) {
    static constexpr std::array<unsigned char, 15> zeros{};
    if (has_prefix(at, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return may_connect_v4(at + 12);
    if (std::equal(zeros.begin(), zeros.end(), at) && at[15] <= 1) return false;
    const bool local_link = at[0] == 0xfe && (at[1] & 0xc0) == 0x80;
    // 64:ff9b::/96 and 2002::/16 lead to IPv4 by other doors.
    return !local_link && at[0] != 0xff && !has_prefix(at, {0, 0x64, 0xff, 0x9b}) &&
           !has_prefix(at, {0x20, 0x02});
}

// What the name came to is looked at after it was resolved, so that no second answer gets around.
curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
    const auto& target = *static_cast<const Target*>(data);
    bool allowed = target.here;
    if (!target.here && address->family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address->addr, sizeof in);
        allowed = may_connect_v4(reinterpret_cast<const unsigned char*>(&in.sin_addr));
    } else if (!target.here && address->family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &address->addr, std::min<std::size_t>(sizeof in, address->addrlen));
        allowed = may_connect_v6(in.sin6_addr.s6_addr);
    }
    if (!allowed) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

bool may_connect(const std::string& address) {
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return may_connect_v4(bytes.data());
    return inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1 && may_connect_v6(bytes.data());
}

Result<Answer> fetch(const Request& request) {
    begin_once();
    TRY(const auto target, target_of(request.url));
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    CHECK(curl != nullptr);
    Body body{.bytes = {}, .max = request.body_max};
    bool set = true;
    const auto option = [&](CURLoption name, auto value) {
        set = set && curl_easy_setopt(curl.get(), name, value) == CURLE_OK;
    };
    option(CURLOPT_URL, request.url.c_str());
    option(CURLOPT_PROTOCOLS_STR, target.here ? "http,https" : "https");
    option(CURLOPT_FOLLOWLOCATION, 0L);
    option(CURLOPT_PROXY, "");
    option(CURLOPT_NOSIGNAL, 1L);
    option(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    option(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    option(CURLOPT_SSL_VERIFYPEER, 1L);
    option(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!request.ca_file.empty()) option(CURLOPT_CAINFO, request.ca_file.c_str());
    option(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    option(CURLOPT_OPENSOCKETDATA, &target);
    option(CURLOPT_WRITEFUNCTION, &take);
    option(CURLOPT_WRITEDATA, &body);
    option(CURLOPT_MAXFILESIZE, static_cast<long>(request.body_max));
    if (!request.form.empty()) {
        option(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.form.size()));
        option(CURLOPT_POSTFIELDS, request.form.c_str());
    }
    std::unique_ptr<curl_slist, Free> headers(
        curl_slist_append(nullptr, "Accept: application/json"));
    if (!request.authorization.empty())
        headers.reset(curl_slist_append(headers.release(),
                                        ("Authorization: " + request.authorization).c_str()));
    option(CURLOPT_HTTPHEADER, headers.get());
    if (!set) return fail(Errc::unavailable, "this libcurl cannot do what is needed");

    const auto code = curl_easy_perform(curl.get());
    if (code == CURLE_FILESIZE_EXCEEDED || (code == CURLE_WRITE_ERROR && !body.bytes.empty()))
        return fail(Errc::too_large, "the answer is too large");
    if (code != CURLE_OK)
        return fail(Errc::unavailable, std::string("no answer: ") + curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    return Answer{.status = static_cast<int>(status), .body = std::move(body.bytes)};
}

}  // namespace letopis::fetch
