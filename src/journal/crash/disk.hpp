// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: a disk that remembers. While it records, every call of this process that changes a
// file below a folder is written down with its bytes; afterwards what a power cut could have left
// at any moment is put together.
//
// The model:
// - Bytes and length of a file are safe once an fsync or fdatasync of it that came later has
//   returned; a name that was made, changed or removed, once an fsync of its directory has.
// - Of everything else each call by itself may have reached the disk or not, in any combination
//   over all files. The last write that did may be torn at 512-byte borders; a write that did not
//   may have left its length, filled with zeros.
// - Names either go to the disk in the order of the calls, whichever directory they are in (a
//   metadata journal, as ext4 has: `Names::ordered`), or each for itself (`Names::loose`, more than
//   any journaling file system does). A rename happens whole or not at all.
// Modes are not modelled; -shm files are memory and never on the disk.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
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

enum class Names : std::uint8_t { ordered, loose };

// What lies on the disk after a cut.
struct Remains {
    struct File {
        std::string bytes;
        // Nothing but synced writes, and so many of them: equal for states with equal bytes.
        std::optional<std::size_t> synced;
    };
    std::set<std::string> directories;
    std::map<std::string, int> names;
    std::map<int, File> files;
    std::string story;  // what was not synced, and what became of it
};

class Disk {
public:
    // What lies below `root` now is taken to be on the disk. One Disk records at a time.
    explicit Disk(Path root);
    ~Disk() { stop(); }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    void mark(std::uint64_t number);
    void stop();
    // Syncs of files and directories whose name contains `part` are taken for calls that did
    // nothing: how the explorer is shown to find a sync that is missing.
    void forget_syncs(const std::string& part);

    const std::vector<Event>& events() const { return events_; }
    // The number of the last mark before `moment`, 0 for none.
    std::uint64_t marked(std::size_t moment) const;
    // The cut came when `moment` calls had returned. Variants: 0 nothing unsynced is there, 1 all
    // of it, 2 all of it with the last write torn, 3 the first calls of it, the last write torn;
    // from 4 on at random.
    Remains cut(std::size_t moment, std::uint64_t variant, Dice dice);
    // Is what the events make what lies below the root? Empty, or what differs: a call that was not
    // written down.
    std::string compare();

private:
    enum class Fate : std::uint8_t { lost, kept, torn, length };
    void find_syncs();
    void choose(std::vector<std::size_t>& open,
                std::vector<Fate>& fates,
                std::uint64_t variant,
                Dice& dice) const;

    Path root_;
    std::set<std::string> base_directories_;
    std::map<std::string, int> base_names_;
    std::vector<std::string> base_bytes_;  // by file
    std::vector<Event> events_;
    std::vector<std::size_t> safe_from_;          // by event: the first moment at which it is safe
    std::vector<std::vector<std::size_t>> data_;  // by file: its writes and changes of length
    struct Synced {
        std::size_t events = 0;
        std::string bytes;
    };
    std::map<int, Synced> synced_;  // grows with the moment
};

// Writes what remained into an empty folder. Files that nobody changes in place come as links from
// `store`, which is filled on the way.
Result<void> lay_out(const Remains& remains, const Path& folder, const Path& store);

// From here on getrandom() gives the same bytes for the same seed.
void seed_randomness(std::uint64_t seed);

}  // namespace letopis::crash
