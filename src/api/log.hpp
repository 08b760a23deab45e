// SPDX-License-Identifier: AGPL-3.0-or-later
// What happened, for the operator: a line each on standard error. Never content: fields are ids,
// figures, names of routes and states; no queries, no names or addresses of people, no secrets.
#pragma once

#include <boost/json.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/time.hpp"

namespace letopis::api {

namespace json = boost::json;

enum class Level : std::uint8_t { error, warning, info };
std::string_view name(Level level);
std::optional<Level> level_named(std::string_view name);

class Log {
public:
    struct Options {
        Level least = Level::info;
        bool json = true;  // else for the eye: time, level, event, name=value
        int fd = 2;        // as long as the log lives
    };
    Log(const Options& options, const Clock& clock);
    ~Log();  // what waits is written

    // From any thread; never waits for the reader of the log: what it does not take is dropped, and
    // how much is told when it reads again.
    void write(Level level, std::string_view event, json::object fields = {});

private:
    void work();
    std::string line_of(Level level, std::string_view event, const json::object& fields) const;

    const Options options_;
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> lines_;  // mutex_
    std::uint64_t dropped_ = 0;      // mutex_
    bool ending_ = false;            // mutex_
    std::thread writer_;             // the last member
};

}  // namespace letopis::api
