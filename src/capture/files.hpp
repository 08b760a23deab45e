// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the files are that somebody brings: on a disk, or sealed in uploads. Whoever walks and
// reads them sees names, sizes and bytes, and not which of the two it is.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::capture {

struct FileStatus {
    mode_t mode = 0;
    std::uint64_t size = 0;
    Instant modified;
};

// Bytes from any place. One thread at a time.
class Readable {
public:
    virtual ~Readable() = default;
    virtual std::uint64_t size() const = 0;
    // Fewer than asked are fine; none is the end.
    virtual Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) = 0;
    // Of a file on the disk, open; otherwise -1.
    virtual int descriptor() const { return -1; }
};

class Files {
public:
    virtual ~Files() = default;
    virtual Result<Path> canonical(const Path& path) const = 0;
    // Errors: not_found, forbidden, io.
    virtual Result<FileStatus> status(const Path& path, bool follow) const = 0;
    virtual Result<void> may_read(const Path& path) const = 0;
    virtual Result<std::vector<std::string>> list(const Path& directory) const = 0;  // sorted
    virtual Result<std::unique_ptr<Readable>> open(const Path& path) const = 0;
    // too_large when it has more than `limit` bytes.
    Result<std::string> read(const Path& path, std::uint64_t limit) const;
};

const Files& disk_files();

// Files by their relative names ("Telegram/result.json"); the folders follow from the names.
class NamedFiles : public Files {
public:
    // Errors: conflict when the name is taken, also by a folder.
    Result<void> add(const Path& name, FileStatus status);
    Result<Path> canonical(const Path& path) const override;
    Result<FileStatus> status(const Path& path, bool follow) const override;
    Result<void> may_read(const Path& path) const override;
    Result<std::vector<std::string>> list(const Path& directory) const override;

private:
    std::map<std::string, FileStatus> all_;  // files and folders
    std::map<std::string, std::vector<std::string>> children_;
};

}  // namespace letopis::capture
