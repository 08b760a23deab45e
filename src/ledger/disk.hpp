// SPDX-License-Identifier: AGPL-3.0-or-later
// What a log asks of the file system, one step at a time, so that a test can see the order of the
// steps and stop the world between any two of them (fake_disk.hpp).
#pragma once

#include <string>
#include <string_view>

#include "base/files.hpp"
#include "base/result.hpp"

namespace letopis::ledger {

class Disk {
public:
    virtual ~Disk() = default;
    virtual Result<std::string> read(const Path& path, std::uint64_t limit) = 0;
    // Creates or replaces the file; neither its bytes nor its name are durable yet.
    virtual Result<void> write(const Path& path, std::string_view bytes) = 0;
    virtual Result<void> sync(const Path& path) = 0;  // the bytes
    virtual Result<void> rename(const Path& from, const Path& to) = 0;
    virtual Result<void> sync_directory(const Path& path) = 0;    // the names in it
    virtual Result<void> make_directories(const Path& path) = 0;  // durable, parents too
    // A directory and the files in it; not durable, fine when it is not there.
    virtual Result<void> remove_directory(const Path& path) = 0;
};

Disk& real_disk();  // stateless; any thread

}  // namespace letopis::ledger
