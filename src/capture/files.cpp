// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace letopis::capture {
namespace {

class DiskFile final : public Readable {
public:
    DiskFile(Fd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
    std::uint64_t size() const override { return size_; }
    Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) override {
        for (;;) {
            const auto got = ::pread(fd_.get(), buffer, size, static_cast<off_t>(offset));
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR)
                return tl::unexpected<Error>(system_error("cannot read the file", errno));
        }
    }
    int descriptor() const override { return fd_.get(); }

private:
    Fd fd_;
    std::uint64_t size_;
};

class DiskFiles final : public Files {
public:
    Result<Path> canonical(const Path& path) const override {
        std::error_code error;
        auto found = std::filesystem::canonical(path, error);
        if (!error) return found;
        const bool there = std::filesystem::exists(std::filesystem::symlink_status(path, error));
        return there ? fail(Errc::forbidden, "permission denied")
                     : fail(Errc::not_found, "there is no such file or directory");
    }
    Result<FileStatus> status(const Path& path, bool follow) const override {
        struct stat st {};
        if ((follow ? ::stat(path.c_str(), &st) : ::lstat(path.c_str(), &st)) != 0)
            return tl::unexpected<Error>(system_error("cannot be read", errno));
        return FileStatus{.mode = st.st_mode,
                          .size = static_cast<std::uint64_t>(st.st_size),
                          .modified = from_unix(st.st_mtim.tv_sec) +
                                      std::chrono::microseconds(st.st_mtim.tv_nsec / 1000)};
    }
    Result<void> may_read(const Path& path) const override {
        if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0) return {};
        return fail(Errc::forbidden, errno == EACCES ? "permission denied" : std::strerror(errno));
    }
    Result<std::vector<std::string>> list(const Path& directory) const override {
        return list_directory(directory);
    }
    Result<std::unique_ptr<Readable>> open(const Path& path) const override {
        Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        struct stat st {};
        if (!fd || ::fstat(fd.get(), &st) != 0)
            return fail(Errc::io, errno == EACCES ? "permission denied" : std::strerror(errno));
        return std::make_unique<DiskFile>(std::move(fd), static_cast<std::uint64_t>(st.st_size));
    }
};

auto nowhere() { return fail(Errc::not_found, "there is no such file or directory"); }

}  // namespace

const Files& disk_files() {
    static const DiskFiles files;
    return files;
}

Result<std::string> Files::read(const Path& path, std::uint64_t limit) const {
    TRY(const auto file, open(path));
    if (file->size() > limit) return fail(Errc::too_large, "the file is too large");
    std::string bytes(static_cast<std::size_t>(file->size()), '\0');
    for (std::size_t done = 0; done < bytes.size();) {
        TRY(const auto got, file->read_at(done, bytes.data() + done, bytes.size() - done));
        if (got == 0) bytes.resize(done);
        done += got;
    }
    return bytes;
}

Result<void> NamedFiles::add(const Path& name, FileStatus status) {
    if (all_.contains(name.string()))
        return fail(Errc::conflict, "two files are called " + name.string());
    for (auto path = name.parent_path(); !path.empty(); path = path.parent_path())
        if (const auto above = all_.find(path.string());
            above != all_.end() && S_ISREG(above->second.mode))
            return fail(Errc::conflict, path.string() + " is a file and a folder");
    status.mode = S_IFREG | 0400;
    auto child = name;
    all_.emplace(child.string(), status);
    for (bool fresh = true; fresh;) {
        const auto above = child.parent_path();
        auto& names = children_[above.string()];
        names.insert(std::ranges::upper_bound(names, child.filename().string()),
                     child.filename().string());
        fresh = !above.empty() &&
                all_.emplace(above.string(),
                             FileStatus{.mode = S_IFDIR | 0500, .size = 0, .modified = {}})
                    .second;
        child = above;
    }
    return {};
}

Result<Path> NamedFiles::canonical(const Path& path) const {
    if (!all_.contains(path.string())) return nowhere();
    return path;
}

Result<FileStatus> NamedFiles::status(const Path& path, bool) const {
    const auto found = all_.find(path.string());
    if (found == all_.end()) return nowhere();
    return found->second;
}

Result<void> NamedFiles::may_read(const Path&) const { return {}; }

Result<std::vector<std::string>> NamedFiles::list(const Path& directory) const {
    const auto found = children_.find(directory.string());
    if (found == children_.end()) return nowhere();
    return found->second;
}

}  // namespace letopis::capture
