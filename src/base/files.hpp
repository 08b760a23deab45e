// SPDX-License-Identifier: AGPL-3.0-or-later
// Whole files and directories, with the durability that is promised in each name. Functions may be
// called from any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace letopis {

using Path = std::filesystem::path;

// An open file descriptor, closed at the end.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    ~Fd() { reset(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset();

private:
    int fd_ = -1;
};

// errno as an Error: ENOENT is not_found, EACCES and EPERM forbidden, ENOSPC and EDQUOT no_space,
// anything else io.
Error system_error(std::string what, int error_number);

// Fails with too_large when the file has more than limit bytes.
Result<std::string> read_file(const Path& path, std::uint64_t limit = std::uint64_t(1) << 30);
// Complete and durable, or not there at all: temporary file, fsync, rename over `path`, fsync of
// the directory.
Result<void> write_file_durably(const Path& path, std::string_view bytes, mode_t mode = 0600);
// The same, but for a projection that can be made again: no sync at all, only the rename.
Result<void> write_file(const Path& path, std::string_view bytes, mode_t mode = 0600);
Result<void> sync_file(const Path& path);
Result<void> sync_directory(const Path& path);
// Creates missing parents too (mode 0700); each new directory entry is synced.
Result<void> make_directories(const Path& path);
Result<void> rename_durably(const Path& from, const Path& to);
Result<void> remove_file(const Path& path);  // fine when it is not there
// Names in a directory, sorted; no "." and "..".
Result<std::vector<std::string>> list_directory(const Path& path);
// Bytes that an unprivileged process may still write on the file system of `path`, and its whole
// size.
struct DiskSpace {
    std::uint64_t free_bytes;
    std::uint64_t total_bytes;
};
Result<DiskSpace> disk_space(const Path& path);

// Reads or writes all of it on a descriptor; EINTR is retried, a short write continued.
Result<void> write_all(int fd, std::string_view bytes);
Result<std::string> read_exactly(int fd, std::size_t size);  // io on an early end

// Bytes from getrandom(2). There is no pool in user space (a cloned virtual machine must not repeat
// itself).
std::string random_bytes(std::size_t size);

}  // namespace letopis
