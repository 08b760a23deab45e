// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/form.hpp"
#include "http/target_internal.hpp"
#include "http/text_internal.hpp"
#include "utf8/utf8.hpp"

namespace letopis::http {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool climbs(std::string_view path) {
    while (!path.empty())
        if (take_until(path, '/') == "..") return true;
    return false;
}

}  // namespace

std::optional<std::string> decode_percent(std::string_view text, bool form) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && form) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    if (out.find('\0') != std::string::npos || !utf8::valid(out)) return std::nullopt;
    return out;
}

std::optional<Target> parse_target(std::string_view target) {
    Target out;
    if (target.find('#') != std::string_view::npos) return std::nullopt;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!same_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        const auto end = std::min(target.find_first_of("/?"), target.size());
        out.authority = std::string(target.substr(0, end));
        if (out.authority->empty() || out.authority->find('@') != std::string::npos)
            return std::nullopt;
        target.remove_prefix(end);
        break;
    }
    if (!out.authority && !target.starts_with('/')) return std::nullopt;
    const auto path = decode_percent(take_until(target, '?'), false);
    if (!path || climbs(*path)) return std::nullopt;
    out.path = path->empty() ? "/" : *path;
    auto query = form_fields(target);
    if (!query) return std::nullopt;
    out.query = *std::move(query);
    return out;
}

std::optional<std::map<std::string, std::string>> form_fields(std::string_view text) {
    std::map<std::string, std::string> fields;
    while (!text.empty()) {
        auto pair = take_until(text, '&');
        if (pair.empty()) continue;
        const auto key = decode_percent(take_until(pair, '='), true);
        const auto value = decode_percent(pair, true);
        if (!key || !value) return std::nullopt;
        fields.emplace(*key, *value);
    }
    return fields;
}

}  // namespace letopis::http
