// SPDX-License-Identifier: AGPL-3.0-or-later
// For tests: a client that says exactly the bytes it is given.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/files.hpp"
#include "http/server.hpp"

namespace letopis::http {

class Client {
public:
    explicit Client(const Server& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0)
            socket_.reset();
        const timeval patience{5, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    bool connected() const { return static_cast<bool>(socket_); }
    int descriptor() const { return socket_.get(); }
    void end_input() const { ::shutdown(socket_.get(), SHUT_WR); }

    // False when the peer is gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // All up to and with `mark`; what there was when the connection ended before.
    std::string until(std::string_view mark) {
        std::size_t at;
        while ((at = buffer_.find(mark)) == std::string::npos)
            if (!more()) return std::exchange(buffer_, {});
        return take(at + mark.size());
    }
    std::string exactly(std::size_t size) {
        while (buffer_.size() < size)
            if (!more()) return std::exchange(buffer_, {});
        return take(size);
    }
    std::string rest() {
        while (more()) {
        }
        return std::exchange(buffer_, {});
    }
    // Has the server closed, and nothing is left to read?
    bool at_end() { return buffer_.empty() && !more() && ended_; }

    struct Answer {
        int status = 0;
        std::string head;
        std::string body;
        bool has(std::string_view line) const {
            return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
        }
    };
    // One with Content-Length; `bodiless`: to HEAD.
    Answer answer(bool bodiless = false) {
        Answer out;
        out.head = until("\r\n\r\n");
        if (out.head.size() < 12) return out;
        out.status = std::stoi(out.head.substr(9, 3));
        constexpr std::string_view field = "\r\nContent-Length: ";
        const auto length = out.head.find(field);
        if (length != std::string::npos && !bodiless)
            out.body = exactly(std::stoul(out.head.substr(length + field.size())));
        return out;
    }
    Answer ask(std::string_view request) {
        send(request);
        return answer();
    }

private:
    bool more() {
        char bytes[16384];
        const auto size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
        ended_ = size == 0;
        if (size <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(size));
        return true;
    }
    std::string take(std::size_t size) {
        auto part = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return part;
    }

    Fd socket_;
    std::string buffer_;
    bool ended_ = false;
};

inline Handler says(std::string body) {
    return [body](Request&) {
        Response response;
        response.body = body;
        return response;
    };
}

inline std::string get(std::string_view target, std::string_view headers = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) +
           "\r\n";
}

inline std::unique_ptr<Server> serve(Routes routes, Options options = {}) {
    auto server = Server::start(options, std::move(routes));
    EXPECT_TRUE(server) << (server ? "" : server.error().what);
    return std::move(*server);
}

}  // namespace letopis::http
