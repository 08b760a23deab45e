// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/crash/recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdarg>
#include <mutex>

#include "base/check.hpp"

namespace letopis::crash {

namespace {

using What = Event::What;

// What the wrapped calls write to.
struct Recorder {
    std::mutex mutex;
    bool on = false;
    std::string root;  // with a slash at the end
    std::vector<Event>* events = nullptr;
    int files = 0;
    std::unordered_map<ino_t, int> by_inode;
    std::optional<Dice> random;

    std::optional<std::string> below(const char* path) const {
        if (!on || path == nullptr) return std::nullopt;
        const std::string_view name(path);
        if (!name.starts_with(root) || name.ends_with("-shm")) return std::nullopt;
        return std::string(name.substr(root.size()));
    }
    // The file behind a descriptor or a name; -1: none that is recorded.
    int file(const struct stat& status) const {
        const auto found = by_inode.find(status.st_ino);
        return S_ISREG(status.st_mode) && found != by_inode.end() ? found->second : -1;
    }
    int file(int fd) const {
        struct stat status {};
        return on && ::fstat(fd, &status) == 0 ? file(status) : -1;
    }
    int file(const char* path) const {
        struct stat status {};
        return on && ::stat(path, &status) == 0 ? file(status) : -1;
    }
};

// Calls that changed a file anywhere; -shm files are memory.
std::atomic<std::uint64_t> change_count, removal_count;
std::array<std::atomic<bool>, 1024> is_memory;  // by descriptor

void changed(int fd = -1) {
    const auto at = static_cast<std::size_t>(fd);
    if (fd < 0 || at >= is_memory.size() || !is_memory[at]) ++change_count;
}

Recorder& recorder() {
    static Recorder one;
    return one;
}

template <class Real>
int opened(const char* path, int flags, mode_t mode, Real real) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const auto name = (flags & (O_CREAT | O_TRUNC)) != 0 ? rec.below(path) : std::nullopt;
    struct stat status {};
    const bool there = name && ::stat(path, &status) == 0;
    const int fd = real(path, flags, mode);
    if (const auto at = static_cast<std::size_t>(fd); fd >= 0 && at < is_memory.size())
        is_memory[at] = std::string_view(path).ends_with("-shm");
    if ((flags & O_TRUNC) != 0) changed(fd);
    if (fd < 0 || !name) return fd;
    if (!there) {
        CHECK(::fstat(fd, &status) == 0);
        rec.by_inode[status.st_ino] = rec.files;
        rec.events->push_back({.what = What::create, .file = rec.files++, .name = *name});
    } else if ((flags & O_TRUNC) != 0) {
        rec.events->push_back({.what = What::resize, .file = rec.file(fd), .name = *name});
    }
    return fd;
}

template <class Real>
int synced(int fd, Real real) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const int code = real(fd);
    struct stat status {};
    if (code != 0 || !rec.on || ::fstat(fd, &status) != 0) return code;
    char path[4096];
    const auto size = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), path, sizeof path);
    CHECK(size > 0);
    std::string name(path, static_cast<std::size_t>(size));
    if (!(name + "/").starts_with(rec.root)) return code;
    name = name.size() < rec.root.size() ? "" : name.substr(rec.root.size());
    if (S_ISDIR(status.st_mode))
        rec.events->push_back({.what = What::sync_directory, .name = name});
    else if (const int file = rec.file(status); file >= 0)
        rec.events->push_back({.what = What::sync, .file = file, .name = name});
    return code;
}

template <class Real>
int resized(int fd, off64_t size, Real real) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const int code = real(fd, size);
    changed(fd);
    if (const int file = rec.file(fd); code == 0 && file >= 0)
        rec.events->push_back(
            {.what = What::resize, .file = file, .place = static_cast<std::uint64_t>(size)});
    return code;
}

// `place` < 0: where the descriptor stands.
template <class Real>
ssize_t written(int fd, const void* bytes, off64_t place, Real real) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const int file = rec.file(fd);
    if (file >= 0 && place < 0) place = ::lseek64(fd, 0, SEEK_CUR);
    const auto put = real();
    changed(fd);
    if (put > 0 && file >= 0)
        rec.events->push_back(
            {.what = What::write,
             .file = file,
             .place = static_cast<std::uint64_t>(place),
             .bytes = std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(put))});
    return put;
}

}  // namespace

// The calls that change files, taken over by the linker (--wrap).
// NOLINTBEGIN
extern "C" {
int __real_open(const char*, int, ...);
int __real_open64(const char*, int, ...);
ssize_t __real_write(int, const void*, size_t);
ssize_t __real_pwrite64(int, const void*, size_t, off64_t);
int __real_ftruncate64(int, off64_t);
int __real_fsync(int);
int __real_fdatasync(int);
int __real_rename(const char*, const char*);
int __real_unlink(const char*);
int __real_mkdir(const char*, mode_t);
int __real_rmdir(const char*);
ssize_t __real_getrandom(void*, size_t, unsigned);

int __wrap_open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const auto mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opened(path, flags, mode, __real_open);
}
int __wrap_open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const auto mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opened(path, flags, mode, __real_open64);
}
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
    return written(fd, bytes, -1, [&] { return __real_write(fd, bytes, size); });
}
ssize_t __wrap_pwrite64(int fd, const void* bytes, size_t size, off64_t place) {
    return written(fd, bytes, place, [&] { return __real_pwrite64(fd, bytes, size, place); });
}
int __wrap_ftruncate64(int fd, off64_t size) { return resized(fd, size, __real_ftruncate64); }
int __wrap_fsync(int fd) { return synced(fd, __real_fsync); }
int __wrap_fdatasync(int fd) { return synced(fd, __real_fdatasync); }
int __wrap_rename(const char* from, const char* to) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const auto name = rec.below(from), target = rec.below(to);
    const int file = name ? rec.file(from) : -1;
    const int code = __real_rename(from, to);
    changed();
    if (code == 0 && name) {
        // Directories are synced by the name of the file's own: it must not leave it.
        CHECK(target && Path(*name).parent_path() == Path(*target).parent_path());
        rec.events->push_back({.what = What::rename, .file = file, .name = *name, .to = *target});
    }
    return code;
}
int __wrap_unlink(const char* path) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const auto name = rec.below(path);
    const int file = name ? rec.file(path) : -1;
    const int code = __real_unlink(path);
    if (code == 0) ++removal_count;
    if (code == 0 && name)
        rec.events->push_back({.what = What::remove, .file = file, .name = *name});
    return code;
}
int __wrap_mkdir(const char* path, mode_t mode) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const int code = __real_mkdir(path, mode);
    if (code == 0) changed();
    if (const auto name = rec.below(path); code == 0 && name)
        rec.events->push_back({.what = What::make_directory, .name = *name});
    return code;
}
int __wrap_rmdir(const char* path) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const int code = __real_rmdir(path);
    if (code == 0) changed();
    if (const auto name = rec.below(path); code == 0 && name)
        rec.events->push_back({.what = What::remove_directory, .name = *name});
    return code;
}
ssize_t __wrap_getrandom(void* bytes, size_t size, unsigned flags) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    if (!rec.random) return __real_getrandom(bytes, size, flags);
    for (size_t i = 0; i < size; ++i)
        static_cast<char*>(bytes)[i] = static_cast<char>(rec.random->next() >> 24);
    return static_cast<ssize_t>(size);
}
}
// NOLINTEND

void seed_randomness(std::uint64_t seed) {
    const std::lock_guard lock(recorder().mutex);
    recorder().random = Dice(seed);
}

std::uint64_t changes() { return change_count; }
std::uint64_t removals() { return removal_count; }

void start_recording(const Path& root,
                     std::unordered_map<ino_t, int> by_inode,
                     int files,
                     std::vector<Event>& events) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    CHECK(!rec.on);
    rec.by_inode = std::move(by_inode);
    rec.root = root.string() + "/";
    rec.events = &events;
    rec.files = files;
    rec.on = true;
}

void record(Event event) {
    const std::lock_guard lock(recorder().mutex);
    if (recorder().on) recorder().events->push_back(std::move(event));
}

std::optional<int> stop_recording(const std::vector<Event>& events) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    if (!rec.on || rec.events != &events) return std::nullopt;
    rec.on = false;
    rec.events = nullptr;
    return rec.files;
}

std::uint64_t Dice::next() {  // splitmix64
    auto z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

std::string text_of(const Event& event) {
    switch (event.what) {
        case What::create: return "create " + event.name;
        case What::write:
            return fmt::format(
                "write file {} at {}, {} bytes", event.file, event.place, event.bytes.size());
        case What::resize: return fmt::format("resize file {} to {}", event.file, event.place);
        case What::sync: return fmt::format("sync file {} {}", event.file, event.name);
        case What::make_directory: return "mkdir " + event.name;
        case What::remove_directory: return "rmdir " + event.name;
        case What::rename: return "rename " + event.name + " to " + event.to;
        case What::remove: return "unlink " + event.name;
        case What::sync_directory: return "sync directory " + event.name;
        case What::mark: return fmt::format("acknowledge {}", event.place);
    }
    std::abort();
}

}  // namespace letopis::crash
