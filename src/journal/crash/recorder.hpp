// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: every call of this process that changes a file below a folder, written down with its
// bytes while it happens. The linker lets the calls pass through here (--wrap).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/files.hpp"

namespace letopis::crash {

// A small generator of its own: a state must be the same on every machine.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
    bool one_in(std::uint64_t times) { return below(times) == 0; }

private:
    std::uint64_t state_;
};

struct Event {
    enum class What : std::uint8_t {
        create,
        write,
        resize,
        sync,
        make_directory,
        remove_directory,
        rename,
        remove,
        sync_directory,
        mark
    };
    What what;
    int file = -1;            // an inode, not a name
    std::string name, to;     // below the folder
    std::uint64_t place = 0;  // offset of a write, new length, number of a mark
    std::string bytes;
};
std::string text_of(const Event& event);

// One recording at a time. Files that are there already are given by inode; new ones get the
// numbers from `files` on.
void start_recording(const Path& root,
                     std::unordered_map<ino_t, int> by_inode,
                     int files,
                     std::vector<Event>& events);
void record(Event event);
// How many files there were in the end; none when it is not this recording that runs.
std::optional<int> stop_recording(const std::vector<Event>& events);

// Go up with every call that changes a file or its name, and that takes one away, recorded or not.
// Files that are made and stay empty do not count.
std::uint64_t changes();
std::uint64_t removals();

// From here on getrandom() gives the same bytes for the same seed.
void seed_randomness(std::uint64_t seed);

}  // namespace letopis::crash
