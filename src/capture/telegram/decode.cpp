// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/telegram/decode.hpp"

#include <optional>

#include "capture/chat/chat.hpp"

namespace letopis::capture::telegram {
namespace {

std::optional<unsigned> hex_number(std::string_view text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    unsigned value = 0;
    for (const char c : text.substr(0, digits)) {
        value <<= 4;
        if (c >= '0' && c <= '9')
            value |= static_cast<unsigned>(c - '0');
        else if (c >= 'a' && c <= 'f')
            value |= static_cast<unsigned>(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value |= static_cast<unsigned>(c - 'A' + 10);
        else
            return std::nullopt;
    }
    return value;
}

// Takes one escape off the front of `text` (which begins with '\') and appends its bytes.
void take_escape(std::string_view& text, std::string& out) {
    const char kind = text.size() > 1 ? text[1] : '\0';
    static constexpr std::string_view simple = "\"\\/bfnrt";
    static constexpr std::string_view meaning = "\"\\/\b\f\n\r\t";
    if (const auto at = simple.find(kind); kind != '\0' && at != std::string_view::npos) {
        out += meaning[at];
        text.remove_prefix(2);
        return;
    }
    if (kind == 'x') {
        if (const auto byte = hex_number(text.substr(2), 2)) {
            out += static_cast<char>(*byte);
            text.remove_prefix(4);
            return;
        }
    }
    if (kind == 'u') {
        if (const auto high = hex_number(text.substr(2), 4)) {
            text.remove_prefix(6);
            char32_t point = *high;
            const bool leads = point >= 0xD800 && point < 0xDC00;
            const auto low =
                leads && text.substr(0, 2) == "\\u" ? hex_number(text.substr(2), 4) : std::nullopt;
            if (low && *low >= 0xDC00 && *low < 0xE000) {
                point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
                text.remove_prefix(6);
            } else if (point >= 0xD800 && point < 0xE000) {
                point = 0xFFFD;
            }
            chat::append_utf8(out, point);
            return;
        }
    }
    out += '\\';
    text.remove_prefix(1);
}

std::string unescape_bytes(std::string_view inside) {
    std::string out;
    out.reserve(inside.size());
    while (!inside.empty()) {
        const auto plain = inside.substr(0, inside.find('\\'));
        out.append(plain);
        inside.remove_prefix(plain.size());
        if (!inside.empty()) take_escape(inside, out);
    }
    return out;
}

}  // namespace

std::string unescape(std::string_view inside) { return chat::clean(unescape_bytes(inside)); }

std::string repair(std::string_view json) {
    std::string out;
    out.reserve(json.size() + json.size() / 16);
    for (std::size_t at = 0; at < json.size();) {
        const auto quote = std::min(json.find('"', at), json.size());
        out.append(json.substr(at, quote - at));
        if (quote == json.size()) break;
        auto end = quote + 1;
        while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
        end = std::min(end, json.size());
        out += chat::json_string(unescape_bytes(json.substr(quote + 1, end - quote - 1)));
        at = end + 1;
    }
    return out;
}

}  // namespace letopis::capture::telegram
