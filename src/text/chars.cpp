// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/chars.hpp"

#include <utf8proc.h>

#include <cstdlib>

#include "text/analyser.hpp"

namespace letopis::text {

namespace {

constexpr auto normal_form = static_cast<utf8proc_option_t>(
    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

bool is_ideograph(std::uint32_t c) {
    return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x4dbf) ||
           (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3134f);
}

bool is_ignorable(std::uint32_t c) {
    return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x2064) || c == 0xfeff || (c >= 0xfe00 && c <= 0xfe0f);
}

bool is_emoji(std::uint32_t c) {
    return (c >= 0x1f000 && c <= 0x1f3fa) || (c >= 0x1f400 && c <= 0x1faff) ||
           (c >= 0x2600 && c <= 0x27bf) || (c >= 0x2b00 && c <= 0x2bff) || c == 0x231a ||
           c == 0x231b || c == 0x23f0 || c == 0x23f3;
}

// NFKC and case folding of any valid UTF-8; empty when utf8proc refuses it.
std::string mapped(std::string_view utf8) {
    utf8proc_uint8_t* raw = nullptr;
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                   static_cast<utf8proc_ssize_t>(utf8.size()),
                                   &raw,
                                   normal_form);
    std::string out;
    if (size >= 0) out.assign(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size));
    std::free(raw);
    return out;
}

void append_folded(std::string& out, std::string_view utf8) {
    const auto text = mapped(utf8);
    for (std::size_t i = 0; i < text.size();) {
        const auto c = decode(text, i);
        if (c.code == 0x451)
            append_utf8(out, 0x435);
        else
            out.append(text, i, c.length);
        i += c.length;
    }
}

}  // namespace

Char decode(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t lead = byte(at);
    if (lead < 0x80) return {lead, 1, true};
    const std::uint8_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || at + length > text.size()) return {};
    std::uint32_t code = lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) return {};
        code = (code << 6) | (byte(at + i) & 0x3fu);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
    return {code, length, true};
}

CharClass classify(std::uint32_t c) {
    if (c < 0x80) {
        if (c >= '0' && c <= '9') return CharClass::digit;
        const auto lower = c | 0x20;
        return lower >= 'a' && lower <= 'z' ? CharClass::latin : CharClass::other;
    }
    if (c >= 0x400 && c < 0x460) return CharClass::cyrillic;
    if (is_ignorable(c)) return CharClass::ignorable;
    if (is_ideograph(c)) return CharClass::ideograph;
    if (is_emoji(c)) return CharClass::emoji;
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_NL: return CharClass::letter;
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NO: return CharClass::digit;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC: return CharClass::mark;
        default: return CharClass::other;
    }
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | (c >> 6));
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3f));
        put(0x80 | ((c >> 6) & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

std::string fold_word(std::string_view utf8) {
    const auto text = mapped(utf8);
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = decode(text, i);
        i += c.length;
        if (!c.valid || (c.code >= 0x300 && c.code < 0x370)) continue;
        const auto cls = classify(c.code);
        if (cls == CharClass::other || cls == CharClass::ignorable) continue;
        append_utf8(out, cls == CharClass::cyrillic ? fold_cyrillic(c.code) : c.code);
    }
    return out;
}

std::string_view cut_at_character(std::string_view utf8, std::size_t bytes) {
    if (utf8.size() <= bytes) return utf8;
    while (bytes > 0 && (static_cast<unsigned char>(utf8[bytes]) & 0xc0) == 0x80) --bytes;
    return utf8.substr(0, bytes);
}

std::string fold(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size();) {
        const auto b = static_cast<unsigned char>(utf8[i]);
        const auto c = decode(utf8, i);
        const auto next = i + c.length;
        // A combining mark changes the character before it, so both go the slow way together.
        const bool plain = next >= utf8.size() || static_cast<unsigned char>(utf8[next]) < 0xcc ||
                           static_cast<unsigned char>(utf8[next]) == 0xd0 ||
                           static_cast<unsigned char>(utf8[next]) == 0xd1;
        if (!c.valid) {
            append_utf8(out, 0xfffd);
        } else if (b < 0x80 && plain) {
            out.push_back(b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : utf8[i]);
        } else if (c.code >= 0x400 && c.code < 0x460 && plain) {
            append_utf8(out, fold_cyrillic(c.code));
        } else {
            auto end = next;
            while (end < utf8.size()) {
                const auto more = decode(utf8, end);
                if (!more.valid || more.code < 0x80 || (more.code >= 0x400 && more.code < 0x460))
                    break;
                end += more.length;
            }
            append_folded(out, utf8.substr(i, end - i));
            i = end;
            continue;
        }
        i = next;
    }
    return out;
}

bool valid_utf8(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto c = decode(bytes, i);
        if (!c.valid) return false;
        i += c.length;
    }
    return true;
}

std::string repaired_utf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size();) {
        const auto c = decode(bytes, i);
        if (c.valid)
            out.append(bytes, i, c.length);
        else
            append_utf8(out, 0xfffd);
        i += c.length;
    }
    return out;
}

}  // namespace letopis::text
