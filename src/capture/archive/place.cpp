// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/archive/place.hpp"

#include <algorithm>
#include <vector>

#include "capture/charset.hpp"
#include "capture/walk.hpp"

namespace letopis::capture::archive {
namespace {

constexpr std::size_t label_max = 4096;
constexpr std::size_t chats_max = 10'000;

std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (end > 0) parts.push_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

bool drive_letter(std::string_view part) {
    return part.size() == 2 && part[1] == ':' &&
           ((part[0] >= 'A' && part[0] <= 'Z') || (part[0] >= 'a' && part[0] <= 'z'));
}

}  // namespace

std::string label(std::string_view raw_path) {
    auto path = decode_name(raw_path.substr(0, label_max));
    std::replace(path.begin(), path.end(), '\\', '/');
    std::string out;
    for (const auto part : parts_of(path)) {
        if (part == "." || part == ".." || drive_letter(part)) continue;
        if (!out.empty()) out += '/';
        out += part;
    }
    return out;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view directory(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::optional<Mailbox> maildir_message(std::string_view path) {
    const auto parts = parts_of(path);
    if (parts.size() < 2) return std::nullopt;
    const auto box = parts[parts.size() - 2];
    if (box != "cur" && box != "new") return std::nullopt;
    const auto name = maildir_name(parts.back());
    if (!name || administrative(parts.back())) return std::nullopt;
    Mailbox mailbox{.folder = {}, .flags = name->flags};
    // The first directory is the Maildir itself, unless its name says that it is a folder.
    for (std::size_t i = 0; i + 2 < parts.size(); ++i) {
        if (i == 0 && !parts[i].starts_with('.')) continue;
        if (!mailbox.folder.empty()) mailbox.folder += '/';
        mailbox.folder +=
            parts[i].starts_with('.') ? maildir_folder(parts[i]) : std::string(parts[i]);
    }
    if (mailbox.folder.empty()) mailbox.folder = "INBOX";
    return mailbox;
}

void Chats::see(std::string_view path) {
    const auto name = base_name(path);
    if (name == "result.json" && telegram_.size() < chats_max)
        telegram_.emplace(directory(path));
    else if (whatsapp_text_name(name) && whatsapp_.size() < chats_max)
        whatsapp_.emplace(directory(path));
}

std::optional<std::string> Chats::media(std::string_view path) const {
    const auto name = base_name(path);
    if (whatsapp_.contains(directory(path)) && !whatsapp_text_name(name) &&
        !mail_container_name(name))
        return std::string(name);
    // From the member upwards: the nearest result.json is its chat's.
    for (auto above = directory(path);; above = directory(above)) {
        if (telegram_.contains(above)) {
            auto inside = path;
            if (!above.empty()) inside.remove_prefix(above.size() + 1);
            const auto first = inside.substr(0, inside.find('/'));
            if (first.size() < inside.size() && telegram_media_folder(first))
                return std::string(inside);
        }
        if (above.empty()) return std::nullopt;
    }
}

}  // namespace letopis::capture::archive
