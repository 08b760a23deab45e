// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/display_url.hpp"

#include <algorithm>

#include "mime/ascii.hpp"
#include "mime/transfer.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t link_bytes_max = 16 * 1024;
constexpr std::size_t host_bytes_max = 100;

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// The URL standard's first step: controls and spaces around go, tabs and line ends inside too. The
// other controls go as well, so that none can hide a scheme.
std::string stripped(std::string_view url) {
    while (!url.empty() && (control(url.front()) || url.front() == ' ')) url.remove_prefix(1);
    while (!url.empty() && (control(url.back()) || url.back() == ' ')) url.remove_suffix(1);
    std::string out(url);
    out.erase(std::remove_if(out.begin(), out.end(), control), out.end());
    return out;
}

std::string encoded(std::string_view url) {
    constexpr std::string_view unsafe = " \"<>`\\^{|}'";
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : url) {
        if (unsafe.find(c) == unsafe.npos) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    return out;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool code = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                          hex_digit(text[i + 2]) >= 0;
        out.push_back(code ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]))
                           : text[i]);
        if (code) i += 2;
    }
    return out;
}

}  // namespace

std::string safe_link(std::string_view href) {
    if (href.size() > link_bytes_max) return {};
    const auto url = stripped(href);
    for (const std::string_view web : {"http://", "https://"})
        if (starts_nocase(url, web)) return url.size() > web.size() ? encoded(url) : std::string();
    for (const std::string_view scheme : {"mailto:", "tel:"})
        if (starts_nocase(url, scheme))
            return url.size() > scheme.size() ? encoded(url) : std::string();
    return {};
}

std::string remote_host(std::string_view source) {
    const auto whole = stripped(source.substr(0, link_bytes_max));
    std::string_view url = whole;
    const auto colon = url.find(':');
    const auto slash = url.find_first_of("/\\");
    if (colon != url.npos && colon < slash) {
        const auto scheme = lower_ascii(url.substr(0, colon));
        if (scheme != "http" && scheme != "https" && scheme != "ftp") return {};
        url.remove_prefix(colon + 1);
    } else if (slash != 0 || url.size() < 2 || (url[1] != '/' && url[1] != '\\')) {
        return {};  // relative, and there is nothing that it could be relative to
    }
    url.remove_prefix(std::min(url.find_first_not_of("/\\"), url.size()));
    url = url.substr(0, url.find_first_of("/\\?#"));
    if (const auto at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
    std::string host;
    for (const char c : url.substr(0, host_bytes_max))
        if (is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':') host.push_back(lower(c));
    return host.empty() ? "?" : host;
}

std::string data_bytes(std::string_view source) {
    source = trim(source);
    if (!starts_nocase(source, "data:")) return {};
    const auto comma = source.find(',');
    if (comma == source.npos || comma > 200) return {};
    auto label = trim(source.substr(5, comma - 5));
    if (label.size() < 6 || !equal_nocase(label.substr(label.size() - 6), "base64")) return {};
    const auto text = source.substr(comma + 1);
    if (text.size() > image_bytes_max * 2) return {};
    auto bytes =
        text.find('%') == text.npos ? decode_base64(text) : decode_base64(percent_decoded(text));
    return bytes.size() > image_bytes_max ? std::string() : bytes;
}

std::string cid_of(std::string_view source) {
    const auto url = stripped(source);
    return starts_nocase(url, "cid:") ? percent_decoded(std::string_view(url).substr(4))
                                      : std::string();
}

std::string_view image_type(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
    if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
    if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
    if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP") && bytes.size() > 12)
        return "image/webp";
    return {};
}

}  // namespace letopis::mime
