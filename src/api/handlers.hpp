// SPDX-License-Identifier: AGPL-3.0-or-later
// Every route of the API in one table: what it needs, what it does. Nothing is reachable but
// through it; the description of the API and the matrix of rights are made from it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/service.hpp"

namespace letopis::api {

using Run = std::function<Result<http::Response>(Service&, Call&)>;

struct Entry {
    http::Method method = http::Method::get;
    std::string path;                    // below /api/v1
    std::optional<access::Right> right;  // none: anybody, also without signing in
    std::string summary;
    Run run;
    http::Body body = http::Body::none;
    std::uint64_t body_max = 64 * 1024;
    // Called by another server, which cannot show the sign of our page; only without a right.
    bool from_elsewhere = false;
    // Instead of `run` where there may be no open archive: set-up, signing in, health.
    std::function<Result<http::Response>(Call&)> at_door;
};

std::vector<Entry> search_routes();
std::vector<Entry> message_routes();
std::vector<Entry> conversation_routes();
std::vector<Entry> client_routes();
std::vector<Entry> source_routes();
std::vector<Entry> import_routes();
std::vector<Entry> job_routes();
std::vector<Entry> audit_routes();
std::vector<Entry> people_routes();
std::vector<Entry> archive_routes();
std::vector<Entry> key_routes();
std::vector<Entry> own_routes();

}  // namespace letopis::api
