// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cstring>

#include "capture/chat/chat.hpp"

namespace letopis::capture::chat {
namespace {

// Length of the well-formed UTF-8 sequence at `at` (RFC 3629 table), or 0.
std::size_t sequence(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2) return 0;
    if (lead < 0xE0) return tail(1) ? 2 : 0;
    if (lead < 0xF0) {
        const bool shortest = lead != 0xE0 || byte(1) >= 0xA0;
        const bool no_surrogate = lead != 0xED || byte(1) < 0xA0;
        return tail(1) && tail(2) && shortest && no_surrogate ? 3 : 0;
    }
    if (lead > 0xF4 || (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) >= 0x90))
        return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
}

std::size_t ascii_run(std::string_view text, std::size_t at) {
    const auto begin = at;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + at, 8);
        if (word & 0x8080808080808080u) break;
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
    return at - begin;
}

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::string clean_slowly(std::string_view text, bool& repaired) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto size = sequence(text, at);
        if (size == 0 || text[at] == '\0') {
            out += replacement;
            repaired = true;
            ++at;
        } else if (text[at] == '\r') {
            out += '\n';
            at += text.substr(at, 2) == "\r\n" ? 2 : 1;
        } else {
            out.append(text.substr(at, size));
            at += size;
        }
    }
    return out;
}

}  // namespace

bool valid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        at += ascii_run(text, at);
        if (at >= text.size()) return true;
        const auto size = sequence(text, at);
        if (size == 0) return false;
        at += size;
    }
    return true;
}

std::string clean(std::string_view text, bool* repaired) {
    bool changed = false;
    std::string out;
    if (valid_utf8(text) && text.find('\r') == std::string_view::npos &&
        text.find('\0') == std::string_view::npos)
        out = text;
    else
        out = clean_slowly(text, changed);
    if (repaired && changed) *repaired = true;
    return out;
}

void append_utf8(std::string& out, char32_t point) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | point >> 6);
        put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        put(0xE0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3F));
        put(0x80 | (point & 0x3F));
    } else {
        put(0xF0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3F));
        put(0x80 | (point >> 6 & 0x3F));
        put(0x80 | (point & 0x3F));
    }
}

std::string_view prefix(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
    return text.substr(0, limit);
}

std::string json_string(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : clean(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out.append({'\\', c});
        else if (byte < 0x20)
            out.append({'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]});
        else
            out += c;
    }
    return out + "\"";
}

std::string base_name(std::string_view path) {
    const auto slash = path.find_last_of("/\\");
    if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
    std::string name = clean(prefix(path, 1024));
    std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    return name;
}

std::string safe_path(std::string_view path) {
    if (path.empty() || path.size() > 4096 || path.front() == '/' || path.front() == '\\')
        return {};
    if (path.size() > 1 && path[1] == ':') return {};
    std::string safe;
    while (!path.empty()) {
        const auto end = std::min(path.find_first_of("/\\"), path.size());
        const auto part = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (part.empty() || part == ".") continue;
        if (part == "..") return {};
        for (const char c : part)
            if (static_cast<unsigned char>(c) < 0x20) return {};
        if (!safe.empty()) safe += '/';
        safe.append(part);
    }
    return valid_utf8(safe) ? safe : std::string();
}

std::string_view media_type(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 35> types{{
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"png", "image/png"},
        {"webp", "image/webp"},
        {"gif", "image/gif"},
        {"heic", "image/heic"},
        {"was", "application/zip"},
        {"tgs", "application/x-tgsticker"},
        {"mp4", "video/mp4"},
        {"mov", "video/quicktime"},
        {"3gp", "video/3gpp"},
        {"webm", "video/webm"},
        {"mkv", "video/x-matroska"},
        {"avi", "video/x-msvideo"},
        {"opus", "audio/ogg"},
        {"ogg", "audio/ogg"},
        {"oga", "audio/ogg"},
        {"mp3", "audio/mpeg"},
        {"m4a", "audio/mp4"},
        {"aac", "audio/aac"},
        {"amr", "audio/amr"},
        {"wav", "audio/wav"},
        {"vcf", "text/vcard"},
        {"pdf", "application/pdf"},
        {"txt", "text/plain"},
        {"csv", "text/csv"},
        {"html", "text/html"},
        {"rtf", "application/rtf"},
        {"zip", "application/zip"},
        {"rar", "application/vnd.rar"},
        {"doc", "application/msword"},
        {"xls", "application/vnd.ms-excel"},
        {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
        {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
        {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    }};
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || name.size() - dot > 6) return {};
    std::string extension(name.substr(dot + 1));
    for (char& c : extension)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const auto& [key, type] : types)
        if (key == extension) return type;
    return {};
}

}  // namespace letopis::capture::chat
