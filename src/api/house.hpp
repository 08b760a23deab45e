// SPDX-License-Identifier: AGPL-3.0-or-later
// The server as a whole: an archive that may not be there yet, or still be locked, and everybody
// who comes to the door. Nothing passes but through enter(): who is it, may they, and only then the
// handler.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

#include "access/passwords.hpp"
#include "access/sessions.hpp"
#include "access/totp.hpp"
#include "api/description.hpp"
#include "api/directory.hpp"
#include "api/handlers.hpp"
#include "api/idempotency.hpp"
#include "api/observer.hpp"
#include "api/rates.hpp"
#include "api/service.hpp"
#include "http/message.hpp"

namespace letopis::api {

struct HouseOptions {
    Path directory;  // of the archive; may not be there yet
    Path key_file;   // for an archive without a passphrase; made with the archive
    std::optional<crypto::Unlock> unlock;  // of an archive that is there
    Path web;                              // the built page: index.html and assets/
    Path sample;                           // for the demo archive; may be empty
    RateLimits rates;
    std::chrono::milliseconds slow = std::chrono::seconds(2);  // then a request is warned of
    Log* log = nullptr;                                        // lives longer than the house
};

// What there is while the archive is open.
struct Open {
    std::unique_ptr<app::Archive> archive;
    std::unique_ptr<Directory> directory;
    std::unique_ptr<access::Sessions> sessions;
    std::unique_ptr<Idempotency> idempotency;
    std::unique_ptr<Service> service;
};

class House {
public:
    House(HouseOptions options, const Clock& clock);
    ~House();

    // Opens the archive that is there; nothing happens when there is none yet. Errors: those of
    // Archive::open.
    Result<void> open();
    // For the first link; empty when nobody needs to be set up any more.
    std::string setup_path() const;
    Table table();
    http::Routes routes();
    // The archive, for whoever serves other commands beside the page; null while there is none.
    app::Archive* archive();
    // The server that has the routes, for its figures; before it is asked for them.
    void served_by(const http::Server* server) { server_ = server; }
    // Says to the log what has changed since the last call; now and then.
    void tell();
    // What runs in the background comes to its end before the requests do.
    void end_jobs();
    // What there is while the archive is open; null while it is not.
    std::shared_ptr<Open> opened();

private:
    friend class Door;
    friend class SetUp;

    http::Response enter(const Entry& entry, http::Request& request);
    Result<access::Caller> caller_of(const http::Request& request, Open& open) const;
    Result<void> open_parts(std::unique_ptr<app::Archive> archive);
    http::Response admit(const Entry& entry, Call& call, Open& open);
    http::Response asset(const http::Request& request) const;
    http::Response metrics() const;
    bool is_setup_token(std::string_view token) const;

    HouseOptions options_;
    const Clock& clock_;
    access::Passwords passwords_;
    Observer observer_;
    Rates rates_;
    std::atomic<const http::Server*> server_ = nullptr;
    std::map<std::string, std::string> told_;  // states of jobs, by id; of tell()'s thread
    std::string setup_token_;
    mutable std::shared_mutex mutex_;
    std::shared_ptr<Open> open_;  // guarded by mutex_
    std::mutex setting_up_;       // one step of the set-up at a time
    std::string setup_totp_;      // guarded by setting_up_: the seed that was shown
    struct FirstUser {
        std::string login, name, kept;
    };
    FirstUser wanted_;  // guarded by setting_up_
};

json::object totp_json(std::string_view seed, const std::string& uri, const access::QrPath& qr);

// A new session for somebody who showed both factors; the cookie goes with the answer.
Result<http::Response> begin_session(Open& open,
                                     const http::Request& request,
                                     const std::string& user_id,
                                     const Clock& clock,
                                     const access::Came& came = {});

// Cookies: __Host- where the connection is encrypted.
std::string session_cookie_name(const http::Request& request);
std::string pending_cookie_name(const http::Request& request);
std::string set_cookie(const http::Request& request,
                       const std::string& name,
                       const std::string& value,
                       std::optional<int> seconds);

std::vector<Entry> session_routes(House& house);
std::vector<Entry> setup_routes(House& house);

}  // namespace letopis::api
