// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/walk.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace letopis::capture {
namespace {

constexpr auto delivery_time = std::chrono::hours(36);
constexpr std::size_t keywords_bytes_max = 64 * 1024;

std::string_view special_kind(mode_t mode) {
    if (S_ISFIFO(mode)) return "a named pipe, not a file";
    if (S_ISSOCK(mode)) return "a socket, not a file";
    return "a device, not a file";
}

// A directory that waits for its turn, with what its place in the tree means.
struct Directory {
    Path path;
    std::string relative;      // below the root that was given, "" for the root
    std::string maildir_root;  // of the Maildir that it is in
    std::string chat;          // path of the chat export that its files belong to
};

class Walker {
public:
    Walker(const Path& root,
           const std::function<bool(Input)>& each,
           const std::function<void(std::string, std::string)>& refuse,
           Instant now,
           const Files& files)
        : root_(root), each_(each), refuse_(refuse), now_(now), files_(files) {}

    Result<Walked> run() {
        const auto status = files_.status(root_, true);
        if (!status) return within(root_.string(), status.error());
        if (!S_ISDIR(status->mode)) {
            file(root_, root_.filename().string(), *status, {});
        } else {
            TRY(const auto names, files_.list(root_));
            directory(Directory{.path = root_}, names);
            while (!waiting_.empty() && !stopped_) next_directory();
        }
        if (stopped_) return fail(Errc::cancelled, "the import was stopped");
        return walked_;
    }

private:
    void next_directory() {
        Directory here = std::move(waiting_.back());
        waiting_.pop_back();
        const auto names = files_.list(here.path);
        if (!names) return refuse(here.relative, names.error());
        directory(std::move(here), *names);
    }

    // Subdirectories go on a stack in reverse, so that they come out in order of their names, after
    // the files beside them.
    void directory(Directory here, const std::vector<std::string>& names) {
        if (here.chat.empty() && is_maildir(here.path, names)) return maildir(here, names);
        if (here.chat.empty()) here.chat = chat_of(here, names);
        const bool chat_is_here = Path(here.chat).parent_path() == here.path;
        if (!here.chat.empty() && chat_is_here) entry(here, Path(here.chat).filename().string());
        std::vector<Directory> below;
        for (const auto& name : names) {
            if (stopped_) return;
            if (!here.chat.empty() && chat_is_here && Path(here.chat).filename() == name) continue;
            if (auto sub = entry(here, name)) below.push_back(std::move(*sub));
        }
        push(std::move(below));
    }

    void push(std::vector<Directory> below) {
        for (auto i = below.rbegin(); i != below.rend(); ++i) waiting_.push_back(std::move(*i));
    }

    // One name in an ordinary directory: an input, or a directory to come back to.
    std::optional<Directory> entry(const Directory& here, const std::string& name) {
        const Path path = here.path / name;
        const auto relative = below(here, name);
        const auto status = files_.status(path, false);
        if (!status) {
            refuse(relative, status.error());
        } else if (administrative(name)) {
            ++walked_.administrative;
        } else if (S_ISDIR(status->mode)) {
            return Directory{.path = path,
                             .relative = relative,
                             .maildir_root = here.maildir_root,
                             .chat = chat_below(here, name)};
        } else {
            file(path, relative, *status, here);
        }
        return std::nullopt;
    }

    void file(const Path& path,
              const std::string& relative,
              const FileStatus& status,
              const Directory& here) {
        if (!takeable(path, relative, status)) return;
        Input input;
        input.path = path;
        input.kind = "file";
        input.folder = folder_of(here);
        input.source_root = path.string();
        input.relative = relative;
        input.modified = status.modified;
        input.size = status.size;
        if (is_media(here, path)) {
            input.kind = "media";
            input.belongs_to = here.chat;
            input.source_root = Path(here.chat).parent_path().string();
        }
        give(std::move(input));
    }

    // Media of a Telegram export are in folders of their own, those of a WhatsApp export lie beside
    // its text. Everything else near a chat is an input like any other.
    static std::string chat_below(const Directory& here, const std::string& name) {
        if (here.chat.empty() || Path(here.chat).filename() != "result.json") return {};
        const bool inside = Path(here.chat).parent_path() != here.path;
        return inside || telegram_media_folder(name) ? here.chat : std::string();
    }
    static bool is_media(const Directory& here, const Path& path) {
        if (here.chat.empty() || path == Path(here.chat)) return false;
        if (Path(here.chat).filename() == "result.json")
            return Path(here.chat).parent_path() != here.path;
        const auto name = path.filename().string();
        return !whatsapp_text_name(name) && !mail_container_name(name);
    }

    bool takeable(const Path& path, const std::string& relative, const FileStatus& status) {
        std::string reason;
        if (S_ISLNK(status.mode))
            reason = link_reason(path);
        else if (!S_ISREG(status.mode))
            reason = special_kind(status.mode);
        else if (const auto may = files_.may_read(path); !may)
            reason = may.error().what;
        else if (status.size == 0)
            reason = "empty file";
        if (reason.empty()) return true;
        refuse(relative, std::move(reason));
        return false;
    }

    // Whatever it points to, a link is not read: inside the root its target is met under its own
    // name, and outside it nobody asked for it.
    std::string link_reason(const Path& path) {
        std::error_code error;
        const auto target = std::filesystem::canonical(path, error);
        if (error) return "a symbolic link that leads nowhere";
        const auto root = std::filesystem::canonical(root_, error);
        const auto [end, ignored] =
            std::mismatch(root.begin(), root.end(), target.begin(), target.end());
        if (error || end != root.end())
            return "a symbolic link to outside the given directory: not followed";
        return "a symbolic link: its target is read under its own name";
    }

    bool directory_at(const Path& path) const {
        const auto status = files_.status(path, false);
        return status && S_ISDIR(status->mode);
    }

    bool is_maildir(const Path& path, const std::vector<std::string>& names) const {
        const auto has = [&](const char* name) {
            return std::binary_search(names.begin(), names.end(), name) &&
                   directory_at(path / name);
        };
        return has("cur") || (has("new") && has("tmp"));
    }

    // The chat export whose text lies in this directory, or "".
    static std::string chat_of(const Directory& here, const std::vector<std::string>& names) {
        for (const auto& name : names)
            if (name == "result.json") return (here.path / name).string();
        for (const auto& name : names)
            if (whatsapp_text_name(name)) return (here.path / name).string();
        return {};
    }

    void maildir(const Directory& here, const std::vector<std::string>& names) {
        Directory root = here;
        if (root.maildir_root.empty()) root.maildir_root = here.path.string();
        std::vector<Directory> below_here;
        const auto keywords = files_.read(here.path / "dovecot-keywords", keywords_bytes_max);
        const auto keyword_names = dovecot_keywords(keywords.value_or(""));
        for (const auto& name : names) {
            if (stopped_) return;
            if ((name == "cur" || name == "new" || name == "tmp") && directory_at(here.path / name))
                messages(root, name, keyword_names);
            else if (auto sub = entry(root, name))
                below_here.push_back(std::move(*sub));
        }
        push(std::move(below_here));
    }

    void messages(const Directory& folder,
                  const std::string& part,
                  const std::vector<std::string>& keyword_names) {
        const Path directory = folder.path / part;
        const auto names = files_.list(directory);
        if (!names) return refuse(below(folder, part), names.error());
        for (const auto& name : *names) {
            if (stopped_) return;
            const auto relative = below(folder, part) + "/" + name;
            const auto parsed = maildir_name(name);
            const auto status = files_.status(directory / name, false);
            if (!status) {
                // A mail program may rename or move a message while we look; the next import of
                // the same Maildir finds it.
                refuse(relative, std::string("gone while the directory was read"));
            } else if (!parsed || administrative(name)) {
                ++walked_.administrative;
            } else if (part == "tmp" && now_ - status->modified < delivery_time) {
                ++walked_.in_delivery;
            } else if (takeable(directory / name, relative, *status)) {
                give(Input{.path = directory / name,
                           .kind = "maildir_message",
                           .folder = folder_of(folder),
                           .flags = parsed->flags,
                           .unique = parsed->unique,
                           .source_root = folder.maildir_root,
                           .relative = relative,
                           .forced_format = "eml",
                           .keywords = keywords_of(parsed->flags, keyword_names),
                           .mark = part == "tmp" ? "tmp" : "",
                           .belongs_to = {},
                           .modified = status->modified,
                           .size = status->size});
            }
        }
    }

    // The mail folder that a directory stands for. In a Maildir tree: "INBOX" for its root, then
    // Maildir++ names; elsewhere the directories themselves (Thunderbird's "X.sbd" is X).
    static std::string folder_of(const Directory& here) {
        if (here.maildir_root.empty()) return without_sbd(here.relative);
        const auto inside = here.path.lexically_relative(here.maildir_root).string();
        if (inside == ".") return here.relative.empty() ? "INBOX" : here.relative;
        std::string folder;
        for (const auto& part : Path(inside)) {
            if (!folder.empty()) folder += '/';
            const auto name = part.string();
            folder += name.starts_with('.') ? maildir_folder(name) : name;
        }
        return folder;
    }

    static std::string without_sbd(const std::string& relative) {
        std::string folder;
        for (const auto& part : Path(relative)) {
            auto name = part.string();
            if (name.ends_with(".sbd")) name.resize(name.size() - 4);
            if (!folder.empty()) folder += '/';
            folder += name;
        }
        return folder;
    }

    static std::string below(const Directory& here, const std::string& name) {
        return here.relative.empty() ? name : here.relative + "/" + name;
    }

    void give(Input input) {
        ++walked_.inputs;
        if (!each_(std::move(input))) stopped_ = true;
    }
    void refuse(std::string item, std::string reason) {
        ++walked_.refused;
        refuse_(std::move(item), std::move(reason));
    }
    void refuse(std::string item, const Error& error) {
        refuse(std::move(item),
               error.code == Errc::forbidden ? std::string("permission denied") : error.what);
    }

    const Path& root_;
    const std::function<bool(Input)>& each_;
    const std::function<void(std::string, std::string)>& refuse_;
    Instant now_;
    const Files& files_;
    std::vector<Directory> waiting_;
    Walked walked_;
    bool stopped_ = false;
};

}  // namespace

Result<Walked> walk(const Path& path,
                    const std::function<bool(Input)>& each,
                    const std::function<void(std::string, std::string)>& refuse,
                    Instant now,
                    const Files& files) {
    return Walker(path, each, refuse, now, files).run();
}

}  // namespace letopis::capture
