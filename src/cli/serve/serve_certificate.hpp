// SPDX-License-Identifier: AGPL-3.0-or-later
// The certificate of `letopis serve`: made when nobody brought one, read again when it changes.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "api/log.hpp"
#include "http/server.hpp"

namespace letopis::cli {

// A certificate of our own in `folder`, made when there is none or it ends within 30 days: the
// address bar of the browser warns, and the fingerprint that is printed tells whether it is the
// right one.
Result<http::TlsFiles> own_certificate(const Path& folder, const std::string& host);

class CertificateWatch {
public:
    CertificateWatch(http::Server& server, std::optional<http::TlsFiles> files, api::Log& log);
    // Reads certificate and key again when `asked`, or when a file is another one than before. What
    // cannot be used leaves the old ones in force, and the log says so.
    void look(bool asked);

private:
    struct Stamp {
        std::uint64_t inode = 0, size = 0;
        std::int64_t changed = 0;  // nanoseconds
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    std::array<Stamp, 2> stamps() const;
    void told(const char* event) const;

    http::Server& server_;
    const std::optional<http::TlsFiles> files_;
    api::Log& log_;
    std::array<Stamp, 2> known_;
};

}  // namespace letopis::cli
