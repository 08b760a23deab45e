// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/crash/disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <limits>
#include <mutex>
#include <unordered_map>

#include "base/check.hpp"

namespace letopis::crash {

namespace {

using What = Event::What;
constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
constexpr std::size_t sector = 512;

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
    if (code == 0 && name)
        rec.events->push_back({.what = What::remove, .file = file, .name = *name});
    return code;
}
int __wrap_mkdir(const char* path, mode_t mode) {
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    const int code = __real_mkdir(path, mode);
    if (const auto name = rec.below(path); code == 0 && name)
        rec.events->push_back({.what = What::make_directory, .name = *name});
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
        case What::rename: return "rename " + event.name + " to " + event.to;
        case What::remove: return "unlink " + event.name;
        case What::sync_directory: return "sync directory " + event.name;
        case What::mark: return fmt::format("acknowledge {}", event.place);
    }
    std::abort();
}

Disk::Disk(Path root) : root_(std::filesystem::canonical(root)) {
    std::unordered_map<ino_t, int> by_inode;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
        const auto name = entry.path().lexically_relative(root_).string();
        if (entry.is_directory()) {
            base_directories_.insert(name);
        } else if (!name.ends_with("-shm")) {
            struct stat status {};
            CHECK(::stat(entry.path().c_str(), &status) == 0);
            const auto file = static_cast<int>(base_bytes_.size());
            by_inode[status.st_ino] = file;
            base_names_[name] = file;
            base_bytes_.push_back(read_file(entry.path()).value());
        }
    }
    auto& rec = recorder();
    const std::lock_guard lock(rec.mutex);
    CHECK(!rec.on);
    rec.by_inode = std::move(by_inode);
    rec.root = root_.string() + "/";
    rec.events = &events_;
    rec.files = static_cast<int>(base_bytes_.size());
    rec.on = true;
}

void Disk::mark(std::uint64_t number) {
    const std::lock_guard lock(recorder().mutex);
    if (recorder().on) events_.push_back({.what = What::mark, .place = number});
}

void Disk::stop() {
    {
        auto& rec = recorder();
        const std::lock_guard lock(rec.mutex);
        if (!rec.on || rec.events != &events_) return;
        rec.on = false;
        rec.events = nullptr;
        base_bytes_.resize(static_cast<std::size_t>(rec.files));
    }
    data_.resize(base_bytes_.size());
    for (std::size_t i = 0; i < events_.size(); ++i)
        if (events_[i].what == What::write || events_[i].what == What::resize)
            data_[static_cast<std::size_t>(events_[i].file)].push_back(i);
    find_syncs();
}

void Disk::find_syncs() {
    safe_from_.assign(events_.size(), never);
    std::map<int, std::size_t> file_synced;  // the next sync behind
    std::map<std::string, std::size_t> directory_synced;
    const auto next = [](const auto& map, const auto& key) {
        const auto found = map.find(key);
        return found == map.end() ? never : found->second;
    };
    const auto directory = [](const std::string& name) {
        const auto slash = name.rfind('/');
        return slash == std::string::npos ? std::string() : name.substr(0, slash);
    };
    for (std::size_t i = events_.size(); i-- > 0;) {
        const auto& event = events_[i];
        switch (event.what) {
            case What::write:
            case What::resize: safe_from_[i] = next(file_synced, event.file); break;
            case What::create:
            case What::make_directory:
            case What::rename:
            case What::remove: safe_from_[i] = next(directory_synced, directory(event.name)); break;
            case What::sync: file_synced[event.file] = i + 1; break;
            case What::sync_directory: directory_synced[event.name] = i + 1; break;
            case What::mark: break;
        }
    }
}

void Disk::forget_syncs(const std::string& part) {
    for (auto& event : events_)
        if ((event.what == What::sync || event.what == What::sync_directory) &&
            (event.name + "/").find(part) != std::string::npos) {
            event.what = What::mark;
            event.place = 0;
        }
    // Marks count from 1: a forgotten sync is none.
    find_syncs();
}

std::uint64_t Disk::marked(std::size_t moment) const {
    for (std::size_t i = moment; i-- > 0;)
        if (events_[i].what == What::mark && events_[i].place != 0) return events_[i].place;
    return 0;
}

void Disk::choose(std::vector<std::size_t>& open,
                  std::vector<Fate>& fates,
                  std::uint64_t variant,
                  Dice& dice) const {
    const auto set = [&](std::size_t index, Fate fate) { fates[index] = fate; };
    const auto is_data = [&](std::size_t index) {
        return events_[index].what == What::write || events_[index].what == What::resize;
    };
    const auto tear_last = [&] {
        for (std::size_t i = open.size(); i-- > 0;)
            if (events_[open[i]].what == What::write && fates[open[i]] == Fate::kept)
                return set(open[i], Fate::torn);
    };
    if (variant == 0) return;
    if (variant < 4) {
        const auto first = variant == 3 ? dice.below(open.size() + 1) : open.size();
        for (std::size_t i = 0; i < first; ++i) set(open[i], Fate::kept);
        if (variant > 1) tear_last();
        return;
    }
    // Each file has its own luck, so that one may be far ahead of another.
    struct Luck {
        std::uint64_t way, limit;
    };
    std::map<int, Luck> luck;
    std::map<int, std::uint64_t> seen;
    for (const auto index : open) {
        if (!is_data(index)) continue;
        const auto file = events_[index].file;
        if (!luck.contains(file)) {
            const auto calls = static_cast<std::uint64_t>(std::ranges::count_if(
                open, [&](auto i) { return is_data(i) && events_[i].file == file; }));
            luck[file] = {dice.below(6), dice.below(calls + 1)};
        }
        const auto& [way, limit] = luck[file];
        const auto number = seen[file]++;
        const bool kept = way == 0   ? false
                          : way == 1 ? true
                          : way == 2 ? number < limit
                          : way == 3 ? number != limit
                          : way == 4 ? dice.one_in(2)
                                     : !dice.one_in(8);
        if (kept)
            set(index, Fate::kept);
        else if (events_[index].what == What::write && dice.one_in(6))
            set(index, Fate::length);
    }
    const auto names = dice.one_in(2) ? Names::ordered : Names::loose;
    std::size_t last_safe = 0, calls = 0;
    for (std::size_t i = 0; i < fates.size(); ++i) {
        const auto what = events_[i].what;
        if (is_data(i) || what == What::mark || what == What::sync || what == What::sync_directory)
            continue;
        ++calls;
        if (fates[i] == Fate::kept) last_safe = calls;
    }
    const auto limit = last_safe + dice.below(calls - last_safe + 1);
    const auto often = dice.below(3);
    calls = 0;
    for (std::size_t i = 0; i < fates.size(); ++i) {
        const auto what = events_[i].what;
        if (is_data(i) || what == What::mark || what == What::sync || what == What::sync_directory)
            continue;
        ++calls;
        if (fates[i] == Fate::kept) continue;
        const bool kept = names == Names::ordered ? calls <= limit
                          : often == 0            ? dice.one_in(4)
                          : often == 1            ? dice.one_in(2)
                                                  : !dice.one_in(4);
        if (kept) set(i, Fate::kept);
    }
    if (dice.one_in(2)) {
        tear_last();
    } else if (dice.one_in(3)) {
        for (const auto index : open)
            if (events_[index].what == What::write && fates[index] == Fate::kept && dice.one_in(3))
                set(index, Fate::torn);
    }
}

Remains Disk::cut(std::size_t moment, std::uint64_t variant, Dice dice) {
    std::vector<Fate> fates(moment, Fate::lost);
    std::vector<std::size_t> open;  // not synced
    for (std::size_t i = 0; i < moment; ++i) {
        const auto what = events_[i].what;
        if (what == What::sync || what == What::sync_directory || what == What::mark) continue;
        if (safe_from_[i] <= moment)
            fates[i] = Fate::kept;
        else
            open.push_back(i);
    }
    choose(open, fates, variant, dice);

    Remains remains{
        .directories = base_directories_, .names = base_names_, .files = {}, .story = {}};
    static constexpr const char* fate_names[] = {"lost", "kept", "torn", "only its length"};
    for (const auto index : open)
        remains.story += fmt::format("  {} {}: {}\n",
                                     index,
                                     text_of(events_[index]),
                                     fate_names[static_cast<std::size_t>(fates[index])]);
    for (std::size_t i = 0; i < moment; ++i) {
        if (fates[i] == Fate::lost) continue;
        const auto& event = events_[i];
        switch (event.what) {
            case What::create: remains.names[event.name] = event.file; break;
            case What::make_directory: remains.directories.insert(event.name); break;
            case What::rename:
                remains.names.erase(event.name);
                remains.names[event.to] = event.file;
                break;
            case What::remove: {
                const auto found = remains.names.find(event.name);
                if (found != remains.names.end() && found->second == event.file)
                    remains.names.erase(found);
                break;
            }
            default: break;
        }
    }
    // A directory that is not there takes what was in it along.
    std::erase_if(remains.names, [&](const auto& entry) {
        const auto slash = entry.first.rfind('/');
        return slash != std::string::npos &&
               !remains.directories.contains(entry.first.substr(0, slash));
    });

    for (const auto& [name, file] : remains.names) {
        if (remains.files.contains(file)) continue;
        const auto& calls = data_[static_cast<std::size_t>(file)];
        std::size_t safe = 0;
        while (safe < calls.size() && calls[safe] < moment && safe_from_[calls[safe]] <= moment)
            ++safe;
        const auto apply = [&](std::string& bytes, const Event& event, Fate fate) {
            if (event.what == What::resize) {
                bytes.resize(event.place);
                return;
            }
            const auto end = event.place + event.bytes.size();
            if (fate == Fate::torn) {
                // Either the first sectors of it, or any of them.
                const auto sectors = (end + sector - 1) / sector - event.place / sector;
                const bool front = !dice.one_in(4);
                const auto kept = dice.below(sectors + 1);
                for (std::size_t i = 0; i < sectors; ++i) {
                    if (front ? i >= kept : dice.one_in(2)) continue;
                    const auto from =
                        std::max<std::size_t>(event.place, (event.place / sector + i) * sector);
                    const auto to =
                        std::min<std::size_t>(end, (event.place / sector + i + 1) * sector);
                    if (bytes.size() < to) bytes.resize(to);
                    std::memcpy(
                        bytes.data() + from, event.bytes.data() + (from - event.place), to - from);
                }
                return;
            }
            if (bytes.size() < end) bytes.resize(end);
            if (fate == Fate::kept)
                std::memcpy(bytes.data() + event.place, event.bytes.data(), event.bytes.size());
        };
        auto& synced = synced_[file];
        if (synced.events > safe || synced.events == 0) {
            synced = {0, base_bytes_[static_cast<std::size_t>(file)]};
        }
        for (; synced.events < safe; ++synced.events)
            apply(synced.bytes, events_[calls[synced.events]], Fate::kept);
        Remains::File out{.bytes = synced.bytes, .synced = safe};
        for (auto i = safe; i < calls.size() && calls[i] < moment; ++i) {
            if (fates[calls[i]] == Fate::lost) continue;
            apply(out.bytes, events_[calls[i]], fates[calls[i]]);
            out.synced.reset();
        }
        remains.files.emplace(file, std::move(out));
    }
    return remains;
}

std::string Disk::compare() {
    const auto all = cut(events_.size(), 1, Dice(0));
    std::set<std::string> there;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
        const auto name = entry.path().lexically_relative(root_).string();
        if (entry.is_directory()) {
            if (!all.directories.contains(name)) return name + " was made unseen";
            continue;
        }
        if (name.ends_with("-shm")) continue;
        there.insert(name);
        const auto found = all.names.find(name);
        if (found == all.names.end()) return name + " was made unseen";
        if (read_file(entry.path()).value() != all.files.at(found->second).bytes)
            return name + " was changed unseen";
    }
    for (const auto& [name, file] : all.names)
        if (!there.contains(name)) return name + " was removed unseen";
    return {};
}

Result<void> lay_out(const Remains& remains, const Path& folder, const Path& store) {
    std::filesystem::create_directories(folder);
    for (const auto& directory : remains.directories)
        std::filesystem::create_directories(folder / directory);
    const auto put = [](const Path& path, std::string_view bytes, int flags) -> Result<void> {
        Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600));
        if (!fd) return tl::unexpected<Error>(system_error("cannot write " + path.string(), errno));
        return write_all(fd.get(), bytes);
    };
    for (const auto& [name, file] : remains.names) {
        const auto& [bytes, synced] = remains.files.at(file);
        const bool unchanging = name.find('/') != std::string::npos || name.starts_with("keyring.");
        if (!synced || !unchanging || name.ends_with(".tmp") || name.ends_with(".new")) {
            TRY_DO(put(folder / name, bytes, O_TRUNC));
            continue;
        }
        const auto kept = store / fmt::format("{}-{}", file, *synced);
        if (::link(kept.c_str(), (folder / name).c_str()) == 0) continue;
        TRY_DO(put(kept, bytes, O_TRUNC));
        if (::link(kept.c_str(), (folder / name).c_str()) != 0)
            return tl::unexpected<Error>(system_error("cannot link " + name, errno));
    }
    return {};
}

}  // namespace letopis::crash
