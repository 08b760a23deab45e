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

#include <map>
#include <set>

#include "crypto/crypto.hpp"
#include "journal/crash/recorder.hpp"

namespace letopis::crash {

enum class Names : std::uint8_t { ordered, loose };
enum class Fate : std::uint8_t { lost, kept, torn, length };

// What lies on the disk after a cut.
struct Remains {
    struct Piece {
        std::size_t call;
        Fate fate;
        std::vector<bool> sectors;  // of a torn write: which of them are there
    };
    struct File {
        std::size_t synced = 0;   // so many of its first calls are safe
        std::size_t first = 0;    // so many of its first calls are there whole
        std::vector<Piece> more;  // and of the others these
    };
    std::set<std::string> directories;
    std::map<std::string, int> names;
    std::map<int, File> files;
    std::vector<std::pair<std::size_t, Fate>> unsynced;

    // The same for states with the same names and bytes; `without` is a name whose bytes do not
    // count.
    Digest digest(std::string_view without = {}) const;
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

    // As on ext4: names go to the disk in the order of the calls, and any sync takes those before
    // it along.
    void order_names();

    const std::vector<Event>& events() const { return events_; }
    // The number of the last mark before `moment`, 0 for none.
    std::uint64_t marked(std::size_t moment) const;
    // The cut came when `moment` calls had returned. Variants: 0 nothing unsynced is there, 1 all
    // of it, 2 all of it with the last write torn, 3 the first calls of it, the last write torn;
    // from 4 on at random.
    Remains cut(std::size_t moment, std::uint64_t variant, Dice dice) const;
    // What was not synced, and what became of it.
    std::string story(const Remains& remains) const;
    std::string bytes(int file, const Remains::File& contents);
    // Everything that was ever written to the file is there.
    bool is_whole(int file, const Remains::File& contents) const {
        return contents.first == data_[static_cast<std::size_t>(file)].size();
    }
    // Is what the events make what lies below the root? Empty, or what differs: a call that was not
    // written down.
    std::string compare();

private:
    void find_syncs();
    bool is_data(std::size_t call) const;
    bool is_name(std::size_t call) const;
    void choose(const std::vector<std::size_t>& open,
                std::vector<Fate>& fates,
                std::uint64_t variant,
                Dice& dice) const;
    void choose_data(const std::vector<std::size_t>& open,
                     std::vector<Fate>& fates,
                     Dice& dice) const;
    void choose_names(std::vector<Fate>& fates, Dice& dice) const;
    void tear_last(const std::vector<std::size_t>& open, std::vector<Fate>& fates) const;
    void name_files(Remains& remains, const std::vector<Fate>& fates) const;
    Remains::File contents(int file, const std::vector<Fate>& fates, Dice& dice) const;
    void apply(std::string& bytes, const Remains::Piece& piece) const;

    Path root_;
    bool names_ordered_ = false;
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

// Puts what remained into a folder, whatever was in it before. Files that nobody changes in place
// come as links from `store`, which is filled on the way.
Result<void> lay_out(Disk& disk,
                     const Remains& remains,
                     const Path& folder,
                     const std::optional<Path>& store);

}  // namespace letopis::crash
