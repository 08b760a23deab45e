// SPDX-License-Identifier: AGPL-3.0-or-later
// The other side of HTTP: how our own command line asks a server of ours. One request at a time
// over a connection that is kept; one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace letopis::http {

struct Answer {
    int status = 0;
    std::string type;  // Content-Type
    std::string body;
};

class Client {
public:
    // "https://archive.example:8470" or, for this machine itself only, "http://127.0.0.1:8470". The
    // certificate must be one that the system trusts, or have the SHA-256 `fingerprint` (hex).
    // Errors: invalid (the address), unavailable (nobody answers), forbidden (the certificate).
    static Result<std::unique_ptr<Client>> connect(std::string_view url,
                                                   const std::string& token,
                                                   const std::string& fingerprint);
    virtual ~Client() = default;

    // `target` is a path with its query. At most 256 MiB come back; each step has 5 minutes.
    // Errors: unavailable, too_large.
    virtual Result<Answer> send(Method method,
                                const std::string& target,
                                const std::string& type = {},
                                std::string body = {}) = 0;
};

}  // namespace letopis::http
