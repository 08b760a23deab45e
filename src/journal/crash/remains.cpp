// SPDX-License-Identifier: AGPL-3.0-or-later
// What is done with what a cut left: telling whether it is new, and putting it into a folder.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/crash/disk.hpp"

namespace letopis::crash {

namespace {

// Nobody changes it in place once it has its name.
bool is_unchanging(const std::string& name) {
    return (name.find('/') != std::string::npos || name.starts_with("keyring.")) &&
           !name.ends_with(".tmp") && !name.ends_with(".new");
}

ino_t inode_of(const Path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

Result<void> put(const Path& path, std::string_view bytes) {
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_TRUNC, 0600));
    if (!fd) return tl::unexpected<Error>(system_error("cannot write " + path.string(), errno));
    return write_all(fd.get(), bytes);
}

// Takes away what is in the folder, but for the directories and the links that are wanted. Returns
// the names that stay.
void clear(const Path& folder,
           const std::string& below,
           const std::set<std::string>& directories,
           const std::map<std::string, ino_t>& links,
           std::set<std::string>& stays) {
    auto* open = ::opendir((folder / below).c_str());
    if (open == nullptr) return;
    while (const auto* entry = ::readdir(open)) {
        const std::string_view plain(entry->d_name);
        if (plain == "." || plain == "..") continue;
        const auto name = below.empty() ? std::string(plain) : below + "/" + std::string(plain);
        if (entry->d_type == DT_DIR) {
            if (directories.contains(name))
                clear(folder, name, directories, links, stays);
            else
                std::filesystem::remove_all(folder / name);
            continue;
        }
        const auto wanted = links.find(name);
        if (wanted != links.end() && wanted->second == entry->d_ino)
            stays.insert(name);
        else
            ::unlink((folder / name).c_str());
    }
    ::closedir(open);
}

}  // namespace

Digest Remains::digest(std::string_view without) const {
    std::string text;
    const auto number = [&](std::uint64_t value) {
        text.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    for (const auto& directory : directories) text += directory + "\n";
    for (const auto& [name, file] : names) {
        text += name + "\n";
        if (name == without) continue;
        const auto& contents = files.at(file);
        number(static_cast<std::uint64_t>(file));
        number(contents.first);
        number(contents.more.size());
        for (const auto& piece : contents.more) {
            number(piece.call);
            number(static_cast<std::uint64_t>(piece.fate));
            for (const bool there : piece.sectors) text += there ? '1' : '0';
        }
    }
    return crypto::sha256(text);
}

Result<void> lay_out(Disk& disk,
                     const Remains& remains,
                     const Path& folder,
                     const std::optional<Path>& store) {
    std::map<std::string, ino_t> links;
    for (const auto& [name, file] : remains.names) {
        const auto& contents = remains.files.at(file);
        if (!store || !is_unchanging(name) || !disk.is_whole(file, contents)) continue;
        const auto kept = *store / std::to_string(file);
        auto inode = inode_of(kept);
        if (inode == 0) {
            TRY_DO(put(kept, disk.bytes(file, contents)));
            inode = inode_of(kept);
        }
        links[name] = inode;
    }
    std::set<std::string> stays;
    std::filesystem::create_directories(folder);
    clear(folder, "", remains.directories, links, stays);
    for (const auto& directory : remains.directories)
        if (::mkdir((folder / directory).c_str(), 0700) != 0 && errno != EEXIST)
            return tl::unexpected<Error>(system_error("cannot make " + directory, errno));
    for (const auto& [name, file] : remains.names) {
        if (stays.contains(name)) continue;
        const auto& contents = remains.files.at(file);
        if (!links.contains(name)) {
            TRY_DO(put(folder / name, disk.bytes(file, contents)));
            continue;
        }
        const auto kept = *store / std::to_string(file);
        if (::link(kept.c_str(), (folder / name).c_str()) != 0)
            return tl::unexpected<Error>(system_error("cannot link " + name, errno));
    }
    return {};
}

}  // namespace letopis::crash
