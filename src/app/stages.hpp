// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the time of an import goes: seconds by stage, printed as µs a message. One thread's own
// time each.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace letopis::app {

enum class Stage : std::uint8_t {
    read,
    hash,
    append,
    parse_wait,
    catalogue,
    spool,
    index_wait,
    sign,
    count
};

class Stages {
public:
    void add(Stage stage, std::chrono::nanoseconds time) {
        times_[static_cast<std::size_t>(stage)] += time;
    }
    std::chrono::nanoseconds at(Stage stage) const {
        return times_[static_cast<std::size_t>(stage)];
    }
    // "read 3.1, hash 2.9, … µs a message"
    std::string per_message(std::uint64_t messages) const;

private:
    std::array<std::chrono::nanoseconds, static_cast<std::size_t>(Stage::count)> times_{};
};

// Adds the time until the end of the scope.
class Timed {
public:
    Timed(Stages& stages, Stage stage)
        : stages_(stages), stage_(stage), start_(std::chrono::steady_clock::now()) {}
    ~Timed() { stages_.add(stage_, std::chrono::steady_clock::now() - start_); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

private:
    Stages& stages_;
    Stage stage_;
    std::chrono::steady_clock::time_point start_;
};

std::string_view name(Stage stage);

}  // namespace letopis::app
