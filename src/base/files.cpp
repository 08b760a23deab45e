// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.hpp"
#include "base/mutant.hpp"

namespace letopis {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Error system_error(std::string what, int error_number) {
    auto code = Errc::io;
    std::string hint;
    switch (error_number) {
        case ENOENT:
        case ENOTDIR: code = Errc::not_found; break;
        case EACCES:
        case EPERM:
        case EROFS: code = Errc::forbidden; break;
        case ENOSPC:
        case EDQUOT:
            code = Errc::no_space;
            hint = "Free some space on the disk and run the same command again.";
            break;
        default: break;
    }
    return Error{code, std::move(what) + ": " + std::strerror(error_number), std::move(hint)};
}

namespace {
auto failed(std::string_view doing, const Path& path) {
    return tl::unexpected<Error>(
        system_error("cannot " + std::string(doing) + " " + path.string(), errno));
}

Result<void> write_then_rename(const Path& path,
                               std::string_view bytes,
                               mode_t mode,
                               bool durable) {
    const Path temporary = path.string() + ".tmp";
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!fd) return failed("write", temporary);
    if (::fchmod(fd.get(), mode) != 0) return failed("set the mode of", temporary);
    if (auto written = write_all(fd.get(), bytes); !written) {
        ::unlink(temporary.c_str());
        return within(path.string(), std::move(written).error());
    }
    if (durable && ::fsync(fd.get()) != 0) return failed("sync", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename to", path);
    if (durable) return sync_directory(path.parent_path());
    return {};
}
}  // namespace

Result<std::string> read_file(const Path& path, std::uint64_t limit) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return failed("open", path);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return failed("read", path);
    if (S_ISDIR(status.st_mode)) return fail(Errc::invalid, path.string() + " is a directory");
    std::string out;
    if (S_ISREG(status.st_mode))
        out.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(
                        static_cast<std::uint64_t>(status.st_size), limit)) +
                    1);
    char buffer[65536];
    for (;;) {
        const auto got = ::read(fd.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", path);
        if (got == 0) return out;
        out.append(buffer, static_cast<std::size_t>(got));
        if (out.size() > limit)
            return fail(Errc::too_large,
                        path.string() + " has more than " + std::to_string(limit) + " bytes");
    }
}

Result<void> write_file_durably(const Path& path, std::string_view bytes, mode_t mode) {
    return write_then_rename(path, bytes, mode, true);
}
Result<void> write_file(const Path& path, std::string_view bytes, mode_t mode) {
    return write_then_rename(path, bytes, mode, false);
}

Result<void> sync_file(const Path& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return failed("open", path);
    if (::fsync(fd.get()) != 0) return failed("sync", path);
    return {};
}

Result<void> sync_directory(const Path& path) {
    if (mutant("skip_directory_sync")) return {};
    return sync_file(path.empty() ? Path(".") : path);
}

Result<void> make_directories(const Path& path) {
    if (path.empty() || std::filesystem::is_directory(path)) return {};
    TRY_DO(make_directories(path.parent_path()));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return failed("create the directory", path);
    return sync_directory(path.parent_path());
}

Result<void> rename_durably(const Path& from, const Path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename to", to);
    return sync_directory(to.parent_path());
}

Result<void> remove_file(const Path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path);
    return {};
}

Result<std::vector<std::string>> list_directory(const Path& path) {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return failed("read the directory", path);
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(directory)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(directory);
    std::ranges::sort(names);
    return names;
}

Result<DiskSpace> disk_space(const Path& path) {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0) return failed("ask for the free space of", path);
    return DiskSpace{.free_bytes = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize,
                     .total_bytes = static_cast<std::uint64_t>(status.f_blocks) * status.f_frsize};
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return tl::unexpected<Error>(system_error("cannot write", errno));
        bytes.remove_prefix(static_cast<std::size_t>(put));
        if (mutant("ignore_short_write")) return {};
    }
    return {};
}

Result<std::string> read_exactly(int fd, std::size_t size) {
    std::string out(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const auto got = ::read(fd, out.data() + have, size - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return tl::unexpected<Error>(system_error("cannot read", errno));
        if (got == 0) return fail(Errc::io, "the other side closed the pipe");
        have += static_cast<std::size_t>(got);
    }
    return out;
}

std::string random_bytes(std::size_t size) {
    std::string out(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const auto got = ::getrandom(out.data() + have, size - have, 0);
        CHECK(got > 0 || errno == EINTR);
        if (got > 0) have += static_cast<std::size_t>(got);
    }
    return out;
}

}  // namespace letopis
