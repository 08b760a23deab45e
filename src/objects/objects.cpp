// SPDX-License-Identifier: AGPL-3.0-or-later
#include "objects/objects.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/mutant.hpp"

namespace letopis::objects {

Path Store::path(std::string_view id) const {
    CHECK(id.size() == 16);
    const auto name = hex(id);
    return directory_ / name.substr(0, 2) / name;
}

Result<void> Store::put(std::string_view id, std::string_view sealed) {
    const auto file = path(id);
    TRY_DO(make_directories(file.parent_path()));
    Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
    if (!fd)
        return tl::unexpected<Error>(
            system_error("cannot write the object " + file.filename().string(), errno));
    auto written = write_all(fd.get(), sealed);
    if (written && !mutant("skip_object_sync") && ::fsync(fd.get()) != 0)
        written = tl::unexpected<Error>(system_error("cannot sync an object", errno));
    if (!written) {
        ::unlink(file.c_str());
        return written;
    }
    if (std::ranges::find(unsynced_, file.parent_path()) == unsynced_.end())
        unsynced_.push_back(file.parent_path());
    return {};
}

Result<void> Store::sync() {
    for (const auto& directory : unsynced_) TRY_DO(sync_directory(directory));
    unsynced_.clear();
    return {};
}

Result<std::string> Store::get(std::string_view id) const { return read_file(path(id)); }
bool Store::has(std::string_view id) const { return std::filesystem::exists(path(id)); }
Result<void> Store::remove(std::string_view id) { return remove_file(path(id)); }

Result<void> Store::list(const std::function<void(std::string)>& object,
                         const std::function<void(std::string)>& stranger) const {
    if (!std::filesystem::exists(directory_)) return {};
    TRY(const auto groups, list_directory(directory_));
    for (const auto& group : groups) {
        if (group.size() != 2 || !std::filesystem::is_directory(directory_ / group)) {
            stranger(group);
            continue;
        }
        TRY(const auto names, list_directory(directory_ / group));
        for (const auto& name : names) {
            const auto id = unhex(name);
            if (id && id->size() == 16 && name.starts_with(group))
                object(*id);
            else
                stranger(group + "/" + name);
        }
    }
    return {};
}

}  // namespace letopis::objects
