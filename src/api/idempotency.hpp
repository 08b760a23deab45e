// SPDX-License-Identifier: AGPL-3.0-or-later
// A request that is sent twice does its work once: the answer of the first is kept for a day in
// state.db, under the caller and the key that the caller chose. Kept are answers that say "done"; a
// refused request may be repeated under the same key.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "api/answer.hpp"
#include "base/files.hpp"
#include "sql/sqlite.hpp"

namespace letopis::api {

class Idempotency {
public:
    // `file` exists and opens with `key`: Sessions made it.
    static Result<std::unique_ptr<Idempotency>> open(const Path& file,
                                                     std::string_view key,
                                                     const Clock& clock);
    // The stored answer, or what `act` answers now. 409 while the first still runs, or when the
    // server ended before its answer was kept; 422 when the key was of another request.
    http::Response once(const std::string& caller,
                        const http::Request& request,
                        const std::function<http::Response()>& act);

private:
    Idempotency(sql::Database db, const Clock& clock);
    struct Found {
        bool is_new = false;
        http::Response answer;  // unless new
    };
    Result<Found> begin(std::string_view name,
                        const http::Request& request,
                        std::string_view caller);
    Result<void> keep(std::string_view name, const http::Response& answer);
    Result<void> forget(std::string_view name);

    std::mutex mutex_;
    sql::Database db_;  // mutex_
    const Clock& clock_;
    const std::string run_;  // of this process: what an earlier one began is over
};

}  // namespace letopis::api
