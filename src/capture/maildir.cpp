// SPDX-License-Identifier: AGPL-3.0-or-later
// Names inside a Maildir: messages, folders, keywords.
#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "capture/walk.hpp"

namespace letopis::capture {
namespace {

bool letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | code >> 18);
        out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
        out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

// UTF-16BE bytes -> UTF-8; nullopt for an odd length or a lone surrogate.
std::optional<std::string> from_utf16be(std::string_view bytes) {
    if (bytes.size() % 2 != 0) return std::nullopt;
    std::string out;
    std::uint32_t high = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const auto unit = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << 8 |
                          static_cast<unsigned char>(bytes[i + 1]);
        if (high != 0) {
            if (unit < 0xdc00 || unit > 0xdfff) return std::nullopt;
            append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
            high = 0;
        } else if (unit >= 0xd800 && unit <= 0xdbff) {
            high = unit;
        } else if (unit >= 0xdc00 && unit <= 0xdfff) {
            return std::nullopt;
        } else {
            append_utf8(out, unit);
        }
    }
    return high == 0 ? std::optional(out) : std::nullopt;
}

// RFC 3501 section 5.1.3: base64 with ',' for '/' and no padding, of UTF-16BE.
std::optional<std::string> shifted(std::string_view encoded) {
    std::string standard(encoded);
    std::replace(standard.begin(), standard.end(), ',', '/');
    while (standard.size() % 4 != 0) standard += '=';
    const auto bytes = unbase64(standard);
    if (!bytes) return std::nullopt;
    return from_utf16be(*bytes);
}

std::optional<std::string> from_modified_utf7(std::string_view name) {
    std::string out;
    while (!name.empty()) {
        const auto plain = std::min(name.find('&'), name.size());
        out.append(name.substr(0, plain));
        name.remove_prefix(plain);
        if (name.empty()) break;
        const auto end = name.find('-');
        if (end == std::string_view::npos) return std::nullopt;
        if (end == 1) {
            out += '&';
        } else if (const auto text = shifted(name.substr(1, end - 1))) {
            out += *text;
        } else {
            return std::nullopt;
        }
        name.remove_prefix(end + 1);
    }
    return out;
}

}  // namespace

std::optional<MaildirName> maildir_name(std::string_view file_name) {
    if (file_name.empty() || file_name.front() == '.') return std::nullopt;
    MaildirName name;
    auto info = std::string_view::npos;
    for (const std::string_view mark : {":2,", ";2,", "!2,"})
        if (const auto at = file_name.rfind(mark); at != std::string_view::npos && at > 0)
            info = at;
    auto base = file_name.substr(0, info);
    if (info != std::string_view::npos)
        for (const char c : file_name.substr(info + 3))
            if (letter(c)) name.flags += c;
    name.unique = std::string(base.substr(0, base.find(',')));
    if (name.unique.empty()) name.unique = std::string(base);
    return name;
}

std::string maildir_folder(std::string_view directory_name) {
    if (directory_name.starts_with('.')) directory_name.remove_prefix(1);
    std::string path(directory_name);
    // The levels are split before decoding: an encoded '.' belongs to a name.
    std::replace(path.begin(), path.end(), '.', '/');
    return from_modified_utf7(path).value_or(path);
}

std::vector<std::string> dovecot_keywords(std::string_view file) {
    std::vector<std::string> names;
    while (!file.empty()) {
        const auto line = file.substr(0, file.find('\n'));
        file.remove_prefix(std::min(line.size() + 1, file.size()));
        const auto space = line.find(' ');
        if (space == 0 || space > 2) continue;
        std::size_t number = 0;
        for (const char c : line.substr(0, space))
            number = c >= '0' && c <= '9' ? number * 10 + static_cast<std::size_t>(c - '0') : 99;
        if (number >= 26) continue;
        if (names.size() <= number) names.resize(number + 1);
        names[number] = std::string(line.substr(space + 1));
    }
    return names;
}

std::vector<std::string> keywords_of(std::string_view flags,
                                     const std::vector<std::string>& names) {
    std::vector<std::string> keywords;
    for (const char flag : flags) {
        if (flag < 'a' || flag > 'z') continue;
        const auto number = static_cast<std::size_t>(flag - 'a');
        if (number < names.size() && !names[number].empty()) keywords.push_back(names[number]);
    }
    return keywords;
}

bool administrative(std::string_view name) {
    static constexpr std::array<std::string_view, 19> exact{"maildirfolder",
                                                            "subscriptions",
                                                            ".subscriptions",
                                                            ".uidvalidity",
                                                            "maildirsize",
                                                            "maildirfilter",
                                                            "shared-maildirs",
                                                            "shared-folders",
                                                            ".qmail",
                                                            ".DS_Store",
                                                            "Thumbs.db",
                                                            "desktop.ini",
                                                            ".notmuch",
                                                            "__MACOSX",
                                                            ".mbsyncstate",
                                                            "msgFilterRules.dat",
                                                            ".mh_sequences",
                                                            ".xmh_sequences",
                                                            ".customflags"};
    static constexpr std::array<std::string_view, 5> prefixes{
        "dovecot", ".dovecot", "courierimap", ".uidvalidity", "._"};
    if (std::find(exact.begin(), exact.end(), name) != exact.end()) return true;
    if (name.ends_with(".msf")) return true;  // Thunderbird's index of an mbox
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
        return name.starts_with(prefix);
    });
}

bool whatsapp_text_name(std::string_view name) {
    if (!name.ends_with(".txt")) return false;
    return name == "_chat.txt" || name.find("WhatsApp") != std::string_view::npos;
}

bool telegram_media_folder(std::string_view name) {
    static constexpr std::array<std::string_view, 13> folders{"chats",
                                                              "photos",
                                                              "video_files",
                                                              "voice_messages",
                                                              "round_video_messages",
                                                              "stickers",
                                                              "files",
                                                              "contacts",
                                                              "profile_pictures",
                                                              "stories",
                                                              "images",
                                                              "animated_stickers",
                                                              "video_messages"};
    return std::find(folders.begin(), folders.end(), name) != folders.end();
}

bool mail_container_name(std::string_view name) {
    // An exported chat as a whole, beside the text of another one.
    if (name.ends_with(".zip") && name.find("WhatsApp") != std::string_view::npos) return true;
    static constexpr std::array<std::string_view, 4> ends{".mbox", ".eml", ".jsonl", ".pst"};
    return std::any_of(
        ends.begin(), ends.end(), [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace letopis::capture
