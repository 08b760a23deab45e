// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: a file system that forgets what was not synced. It passes everything through to a
// folder and writes each call down (recorder.hpp); once it is unmounted, it puts together what a
// power cut would have left (disk.hpp). Never installed; tests/durability/forgetful_test.py drives
// it:
//     forgetful_fs FOLDER MOUNT_POINT strict|ext4 [SHORT]
// says "mounted"; after SIGTERM it unmounts, says "unmounted" and how many writes there were, and
// for each line
//     end|anywhere SEED TARGET
// on standard input it lays out in TARGET what a cut left, in the end or at any moment before, and
// says how much was lost. What programs had written into the file `said` by then stands there
// whole. The write of the number SHORT takes half of its bytes and says so. ext4: names go to the
// disk in the order of the calls, and with the next sync of anything.
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fuse.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "journal/crash/disk.hpp"

namespace letopis::crash {
namespace {

std::string& root() {
    static std::string folder;
    return folder;
}
std::string below(const char* path) { return root() + path; }
std::uint64_t write_count = 0, short_write = 0;  // one thread
int result(int code) { return code == 0 ? 0 : -errno; }
int descriptor(const fuse_file_info* info) { return static_cast<int>(info->fh); }

void* started(fuse_conn_info* connection, fuse_config* config) {
    // What was unlinked stays open without a name, as on a disk.
    config->hard_remove = 1;
    config->nullpath_ok = 1;
    config->use_ino = 1;
    // Written through: the order of the calls is the order in which they were made.
    connection->want &= ~static_cast<unsigned>(FUSE_CAP_WRITEBACK_CACHE);
    fmt::print("mounted\n");
    std::fflush(stdout);
    return nullptr;
}

int attributes(const char* path, struct stat* status, fuse_file_info* info) {
    return result(info != nullptr ? ::fstat(descriptor(info), status)
                                  : ::lstat(below(path).c_str(), status));
}

int open_file(const char* path, fuse_file_info* info, mode_t mode) {
    const int fd = ::open(below(path).c_str(), (info->flags & ~O_APPEND) | O_CLOEXEC, mode);
    if (fd < 0) return -errno;
    info->fh = static_cast<std::uint64_t>(fd);
    info->keep_cache = 1;  // nobody else changes the folder
    return 0;
}
int created(const char* path, mode_t mode, fuse_file_info* info) {
    info->flags |= O_CREAT;
    return open_file(path, info, mode);
}
int opened(const char* path, fuse_file_info* info) { return open_file(path, info, 0); }

int closed(const char* /*path*/, fuse_file_info* info) { return result(::close(descriptor(info))); }

int read(const char* /*path*/, char* bytes, size_t size, off_t place, fuse_file_info* info) {
    const auto got = ::pread(descriptor(info), bytes, size, place);
    return got < 0 ? -errno : static_cast<int>(got);
}

int written(
    const char* /*path*/, const char* bytes, size_t size, off_t place, fuse_file_info* info) {
    if (++write_count == short_write) size = (size + 1) / 2;
    const auto put = ::pwrite64(descriptor(info), bytes, size, place);
    return put < 0 ? -errno : static_cast<int>(put);
}

int resized(const char* path, off_t size, fuse_file_info* info) {
    if (info != nullptr) return result(::ftruncate64(descriptor(info), size));
    const Fd file(::open(below(path).c_str(), O_WRONLY | O_CLOEXEC));
    return file ? result(::ftruncate64(file.get(), size)) : -errno;
}

int synced(const char* /*path*/, int only_data, fuse_file_info* info) {
    return result(only_data != 0 ? ::fdatasync(descriptor(info)) : ::fsync(descriptor(info)));
}

int opened_directory(const char* path, fuse_file_info* info) {
    const int fd = ::open(below(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    info->fh = static_cast<std::uint64_t>(fd);
    return fd < 0 ? -errno : 0;
}

int listed(const char* /*path*/,
           void* buffer,
           fuse_fill_dir_t fill,
           off_t /*offset*/,
           fuse_file_info* info,
           fuse_readdir_flags /*flags*/) {
    const int fd = ::dup(descriptor(info));
    auto* directory = fd < 0 ? nullptr : ::fdopendir(fd);
    if (directory == nullptr) return -errno;
    ::rewinddir(directory);
    while (const auto* entry = ::readdir(directory)) {
        struct stat status {};
        status.st_ino = entry->d_ino;
        status.st_mode = static_cast<mode_t>(DTTOIF(entry->d_type));
        if (fill(buffer, entry->d_name, &status, 0, fuse_fill_dir_flags{}) != 0) break;
    }
    ::closedir(directory);
    return 0;
}

int made_directory(const char* path, mode_t mode) {
    return result(::mkdir(below(path).c_str(), mode));
}
int removed_directory(const char* path) { return result(::rmdir(below(path).c_str())); }
int removed(const char* path) { return result(::unlink(below(path).c_str())); }

// A socket is nothing that a disk keeps.
int made_node(const char* path, mode_t mode, dev_t device) {
    return S_ISSOCK(mode) ? result(::mknod(below(path).c_str(), mode, device)) : -EPERM;
}

int renamed(const char* from, const char* to, unsigned flags) {
    // The model syncs a name with the directory that it began in.
    if (flags != 0 || Path(from).parent_path() != Path(to).parent_path()) return -EXDEV;
    return result(::rename(below(from).c_str(), below(to).c_str()));
}

int mode_changed(const char* path, mode_t mode, fuse_file_info* info) {
    return result(info != nullptr ? ::fchmod(descriptor(info), mode)
                                  : ::chmod(below(path).c_str(), mode));
}
int owner_changed(const char* path, uid_t user, gid_t group, fuse_file_info* /*info*/) {
    return result(::lchown(below(path).c_str(), user, group));
}
int times_changed(const char* path, const timespec times[2], fuse_file_info* info) {
    return result(info != nullptr
                      ? ::futimens(descriptor(info), times)
                      : ::utimensat(AT_FDCWD, below(path).c_str(), times, AT_SYMLINK_NOFOLLOW));
}
int space(const char* path, struct statvfs* status) {
    return result(::statvfs(below(path).c_str(), status));
}

fuse_operations operations() {
    fuse_operations all{};
    all.init = started;
    all.getattr = attributes;
    all.create = created;
    all.open = opened;
    all.release = closed;
    all.read = read;
    all.write = written;
    all.truncate = resized;
    all.fsync = synced;
    all.opendir = opened_directory;
    all.readdir = listed;
    all.releasedir = closed;
    all.fsyncdir = synced;
    all.mkdir = made_directory;
    all.rmdir = removed_directory;
    all.unlink = removed;
    all.mknod = made_node;
    all.rename = renamed;
    all.chmod = mode_changed;
    all.chown = owner_changed;
    all.utimens = times_changed;
    all.statfs = space;
    return all;
}

// What had been written into the file `said` at a moment, synced or not: it stands for a terminal.
std::string said(const Disk& disk, std::size_t moment) {
    std::string out;
    int file = -1;
    for (std::size_t i = 0; i < moment; ++i) {
        const auto& event = disk.events()[i];
        if (event.what == Event::What::create && event.name == "said") file = event.file;
        if (event.what == Event::What::write && event.file == file) out += event.bytes;
    }
    return out;
}

Result<std::string> cut(Disk& disk, const Path& target, bool anywhere, std::uint64_t seed) {
    constexpr std::uint64_t variants = 8;
    Dice dice(seed);
    const auto moment = anywhere ? dice.below(disk.events().size() + 1) : disk.events().size();
    const auto variant = dice.below(variants);
    const auto remains = disk.cut(moment, variant, dice);
    TRY_DO(lay_out(disk, remains, target, std::nullopt));
    TRY_DO(write_file(target / "said", said(disk, moment)));
    const auto lost = std::ranges::count_if(
        remains.unsynced, [](const auto& one) { return one.second != Fate::kept; });
    return fmt::format("{} calls, {} of them not synced, {} lost or torn\n",
                       moment,
                       remains.unsynced.size(),
                       lost);
}

int run(const std::vector<std::string>& words) {
    if (words.size() < 3 || words.size() > 4 || (words[2] != "strict" && words[2] != "ext4")) {
        fmt::print(stderr, "usage: forgetful_fs FOLDER MOUNT_POINT strict|ext4 [SHORT]\n");
        return 2;
    }
    if (words.size() == 4) short_write = std::stoull(words[3]);
    root() = std::filesystem::canonical(words[0]).string();
    Disk disk(root());
    const auto all = operations();
    std::string name = "forgetful_fs", foreground = "-f", alone = "-s", point = words[1];
    char* arguments[] = {name.data(), foreground.data(), alone.data(), point.data(), nullptr};
    const int code = fuse_main(4, arguments, &all, nullptr);
    constexpr int stopped = 8;  // the loop ended otherwise than by an unmounting: the signal
    if (code != 0 && code != stopped) return code;
    disk.stop();
    if (const auto missed = disk.compare(); !missed.empty()) {
        fmt::print(stderr, "the recording is not what happened: {}\n", missed);
        return 3;
    }
    if (words[2] == "ext4") disk.order_names();
    fmt::print("unmounted, {} writes\n", write_count);
    std::fflush(stdout);
    std::string when, target;
    std::uint64_t seed = 0;
    while (std::cin >> when >> seed >> target) {
        const auto told = cut(disk, target, when == "anywhere", seed);
        if (!told) {
            fmt::print(stderr, "{}\n", told.error().what);
            return 3;
        }
        fmt::print("{}", *told);
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace
}  // namespace letopis::crash

int main(int count, char** words) {
    return letopis::crash::run(std::vector<std::string>(words + 1, words + count));
}
