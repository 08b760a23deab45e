// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace letopis::ledger {

namespace {

class RealDisk final : public Disk {
public:
    Result<std::string> read(const Path& path, std::uint64_t limit) override {
        return read_file(path, limit);
    }
    Result<void> write(const Path& path, std::string_view bytes) override {
        Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!fd) return tl::unexpected<Error>(system_error("cannot write " + path.string(), errno));
        return write_all(fd.get(), bytes);
    }
    Result<void> sync(const Path& path) override { return sync_file(path); }
    Result<void> rename(const Path& from, const Path& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0)
            return tl::unexpected<Error>(system_error("cannot rename to " + to.string(), errno));
        return {};
    }
    Result<void> sync_directory(const Path& path) override { return letopis::sync_directory(path); }
    Result<void> make_directories(const Path& path) override {
        return letopis::make_directories(path);
    }
    Result<void> remove_directory(const Path& path) override {
        std::error_code error;
        std::filesystem::remove_all(path, error);
        if (error)
            return tl::unexpected<Error>(
                system_error("cannot remove " + path.string(), error.value()));
        return {};
    }
};

}  // namespace

Disk& real_disk() {
    static RealDisk disk;
    return disk;
}

}  // namespace letopis::ledger
