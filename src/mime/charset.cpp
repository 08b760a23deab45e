// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/charset.hpp"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "mime/ascii.hpp"
#include "mime/cyrillic.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

struct Alias {
    std::string_view label;
    std::string_view charset;
};
// Labels that ICU does not know or reads too narrowly (as the WHATWG encoding
// standard maps them).
constexpr Alias aliases[] = {
    {"utf8", "utf-8"},
    {"unicode-1-1-utf-8", "utf-8"},
    {"utf-8mb4", "utf-8"},
    {"unicode-1-1-utf-7", "utf-7"},
    {"win-1251", "windows-1251"},
    {"win1251", "windows-1251"},
    {"cp-1251", "windows-1251"},
    {"windows1251", "windows-1251"},
    {"x-cp1251", "windows-1251"},
    {"cp1251", "windows-1251"},
    {"1251", "windows-1251"},
    {"ms-cyrl", "windows-1251"},
    {"ansi-1251", "windows-1251"},
    {"cskoi8r", "koi8-r"},
    {"x-koi8-r", "koi8-r"},
    {"866", "ibm866"},
    {"csibm866", "ibm866"},
    {"iso8859-5", "iso-8859-5"},
    {"iso_8859-5", "iso-8859-5"},
    {"cyrillic", "iso-8859-5"},
    {"mac-cyrillic", "x-mac-cyrillic"},
    {"maccyrillic", "x-mac-cyrillic"},
    {"koi8", "koi8-r"},
    {"koi8r", "koi8-r"},
    {"koi-8-r", "koi8-r"},
    {"koi8-ru", "koi8-u"},
    {"cp-866", "ibm866"},
    {"cp866", "ibm866"},
    {"x-mac-ukrainian", "x-mac-cyrillic"},
    {"iso-8859-1", "windows-1252"},
    {"iso8859-1", "windows-1252"},
    {"iso_8859-1", "windows-1252"},
    {"latin1", "windows-1252"},
    {"latin-1", "windows-1252"},
    {"l1", "windows-1252"},
    {"8859-1", "windows-1252"},
    {"cp-850", "ibm850"},
    {"iso-8859-9", "windows-1254"},
    {"gb2312", "gb18030"},
    {"gb_2312-80", "gb18030"},
    {"x-gbk", "gb18030"},
    {"gbk", "gb18030"},
    {"cp936", "gb18030"},
    {"shift-jis", "windows-31j"},
    {"shift_jis", "windows-31j"},
    {"sjis", "windows-31j"},
    {"x-sjis", "windows-31j"},
    {"ks_c_5601-1987", "windows-949"},
    {"ks_c_5601", "windows-949"},
    {"ksc5601", "windows-949"},
    {"euc-kr", "windows-949"},
    {"tis-620", "windows-874"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-6-i", "iso-8859-6"},
};

constexpr std::string_view empty_labels[] = {"",
                                             "unknown-8bit",
                                             "x-unknown",
                                             "unknown",
                                             "default",
                                             "none",
                                             "binary",
                                             "8bit",
                                             "x-user-defined",
                                             "_autodetect",
                                             "_autodetect_all",
                                             "us-ascii",
                                             "ascii",
                                             "ansi_x3.4-1968",
                                             "646",
                                             "7bit"};

// What a label stands for; empty when it says nothing about bytes above 127.
std::string charset_of(std::string_view label) {
    std::string name = lower_ascii(trim(label));
    name.erase(std::remove_if(name.begin(),
                              name.end(),
                              [](char c) { return c == '"' || c == '\'' || c == ' ' || c == ';'; }),
               name.end());
    if (name.size() > 60) return "?";
    for (const auto nothing : empty_labels)
        if (name == nothing) return {};
    for (const auto& [known, charset] : aliases)
        if (name == known) return std::string(charset);
    return name;
}

struct Close {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, Close>;

// Converters are kept by thread: opening one costs as much as converting a page
// of text.
UConverter* converter_for(const std::string& charset) {
    constexpr std::size_t kept_max = 128;
    thread_local std::map<std::string, Converter, std::less<>> kept;
    if (const auto found = kept.find(charset); found != kept.end()) return found->second.get();
    UErrorCode error = U_ZERO_ERROR;
    Converter opened(ucnv_open(charset.c_str(), &error));
    if (U_FAILURE(error)) opened.reset();
    if (kept.size() >= kept_max) kept.clear();
    return kept.emplace(charset, std::move(opened)).first->second.get();
}

void append_utf16(std::string& out, const char16_t* at, const char16_t* end, std::size_t& wrong) {
    for (; at < end; ++at) {
        char32_t point = *at;
        if (point >= 0xD800 && point < 0xDC00 && at + 1 < end && at[1] >= 0xDC00 && at[1] < 0xE000)
            point = 0x10000 + ((point - 0xD800) << 10) + (*++at - 0xDC00u);
        else if (point >= 0xD800 && point < 0xE000)
            point = 0xFFFD;
        if (point == 0xFFFD) ++wrong;
        utf8::append(out, point);
    }
}

struct Converted {
    std::string text;
    std::size_t wrong = 0;  // replacement characters in it
};

// Nothing when the charset is unknown.
std::optional<Converted> convert(std::string_view bytes, const std::string& charset) {
    UConverter* converter = converter_for(charset);
    if (!converter) return std::nullopt;
    ucnv_reset(converter);
    Converted out;
    out.text.reserve(bytes.size() * 2);
    std::array<char16_t, 4096> buffer;
    const char* from = bytes.data();
    const char* const from_end = from + bytes.size();
    while (true) {
        char16_t* to = buffer.data();
        UErrorCode error = U_ZERO_ERROR;
        ucnv_toUnicode(
            converter, &to, to + buffer.size() - 1, &from, from_end, nullptr, true, &error);
        // A surrogate pair may be cut by the buffer's end: its second half is in
        // the next round.
        if (to > buffer.data() && error == U_BUFFER_OVERFLOW_ERROR && (to[-1] & 0xFC00) == 0xD800) {
            char16_t* one = to;
            UErrorCode again = U_ZERO_ERROR;
            ucnv_toUnicode(converter, &one, one + 1, &from, from_end, nullptr, true, &again);
            to = one;
            if (again != U_BUFFER_OVERFLOW_ERROR) error = again;
        }
        append_utf16(out.text, buffer.data(), to, out.wrong);
        if (error != U_BUFFER_OVERFLOW_ERROR) break;
    }
    return out;
}

std::string convert_cyrillic(std::string_view bytes, Cyrillic charset) {
    const auto& high = high_half(charset);
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 128)
            out.push_back(c);
        else
            utf8::append(out, high[byte - 128u]);
    }
    return out;
}

std::optional<Cyrillic> cyrillic_named(const std::string& charset) {
    for (int i = 0; i < cyrillic_count; ++i) {
        const auto candidate = static_cast<Cyrillic>(i);
        if (lower_ascii(name(candidate)) == charset) return candidate;
    }
    return std::nullopt;
}

// Charsets that programs put on text whatever it is.
bool careless(const std::string& charset) {
    return charset == "windows-1252" || charset == "iso-8859-15" || charset == "windows-1250" ||
           charset == "iso-8859-2" || charset == "windows-1254";
}

// Broken only here and there: cut characters, a few stray bytes in honest
// UTF-8.
bool mostly_utf8(std::string_view bytes) {
    std::size_t good = 0, bad = 0;
    while (!bytes.empty()) {
        const auto size = utf8::sequence(bytes);
        if (size > 1) ++good;
        if (size == 0) ++bad;
        bytes.remove_prefix(size == 0 ? 1 : size);
    }
    return good > 0 && good >= bad * 4;
}

bool starts_with_utf16_mark(std::string_view bytes) {
    return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

// Nothing is known about the bytes, or what is known is wrong.
Decoded choose(std::string_view bytes, std::string_view hint) {
    if (starts_with_utf16_mark(bytes))
        if (auto wide = convert(bytes, "utf-16")) return {std::move(wide->text), true};
    if (mostly_utf8(bytes)) return {utf8::repair(bytes), true};
    const auto guess = guess_cyrillic(bytes);
    const auto hinted = charset_of(hint);
    if (!hinted.empty() && hinted != "utf-8") {
        const auto cyrillic = cyrillic_named(hinted);
        if (cyrillic &&
            guess.score[static_cast<std::size_t>(*cyrillic)] >= guess.best_score() - 1.0)
            return {convert_cyrillic(bytes, *cyrillic), true};
        if (!cyrillic && !careless(hinted))
            if (auto text = convert(bytes, hinted); text && text->wrong == 0)
                return {std::move(text->text), true};
    }
    if (guess.best_score() > 0.3) return {convert_cyrillic(bytes, guess.best), true};
    auto western = convert(bytes, "windows-1252");
    return {western ? std::move(western->text) : utf8::repair(bytes), true};
}

bool is_stateful(const std::string& charset) {
    return charset == "utf-7" || charset.starts_with("utf-16") || charset.starts_with("utf-32") ||
           charset.starts_with("iso-2022") || charset.starts_with("hz") ||
           charset.starts_with("ucs-2") || charset.starts_with("imap-mailbox");
}

bool is_multibyte(const std::string& charset) {
    return charset.starts_with("gb") || charset.starts_with("big5") || charset == "windows-31j" ||
           charset.starts_with("euc") || charset == "windows-949" || charset.starts_with("johab");
}

Decoded decode_labelled(std::string_view bytes, const std::string& charset, std::string_view hint) {
    if (const auto cyrillic = cyrillic_named(charset)) {
        const auto guess = guess_cyrillic(bytes);
        const auto own = static_cast<std::size_t>(*cyrillic);
        const auto best = static_cast<std::size_t>(guess.best);
        // Small letters are the same in MacCyrillic and windows-1251: there the strange signs tell.
        // Abbreviations fit their neighbours' charsets too, so the shorter, the surer it must be.
        const double gap = guess.best_score() - guess.score[own];
        const bool clearly = gap > (guess.high >= 8 ? 1.5 : 4.0);
        const bool by_signs = gap > 0.1 && guess.strange[own] > 0 && guess.strange[best] == 0;
        if (guess.high >= 4 && guess.best_score() > 1.0 && (clearly || by_signs))
            return {convert_cyrillic(bytes, guess.best), true};
        return {convert_cyrillic(bytes, *cyrillic), false};
    }
    if (careless(charset)) {
        const auto guess = guess_cyrillic(bytes);
        if (guess.high >= 4 && guess.best_score() > 1.0)
            return {convert_cyrillic(bytes, guess.best), true};
    }
    auto text = convert(bytes, charset);
    if (!text) return choose(bytes, hint);
    const bool garbage = text->wrong > 1 && text->wrong * 20 > bytes.size();
    if (garbage) return choose(bytes, hint);
    return {std::move(text->text), false};
}

}  // namespace

Decoded decode(std::string_view bytes, std::string_view declared, std::string_view hint) {
    const auto charset = charset_of(declared);
    if (is_stateful(charset)) {
        auto text = convert(bytes, charset);
        if (text && text->wrong * 20 <= text->text.size()) return {std::move(text->text), false};
        return choose(bytes, hint);
    }
    if (utf8::is_ascii(bytes)) return {std::string(bytes), false};
    if (!is_multibyte(charset) && utf8::valid(bytes))
        return {std::string(bytes), !charset.empty() && charset != "utf-8"};
    if (charset == "utf-8" && mostly_utf8(bytes)) return {utf8::repair(bytes), false};
    if (charset.empty() || charset == "utf-8") return choose(bytes, hint);
    if (is_multibyte(charset)) {
        auto text = convert(bytes, charset);
        if (text && text->wrong == 0) return {std::move(text->text), false};
        if (utf8::valid(bytes)) return {std::string(bytes), true};
        if (text && text->wrong * 20 <= bytes.size()) return {std::move(text->text), false};
        return choose(bytes, hint);
    }
    return decode_labelled(bytes, charset, hint);
}

void preload_charsets() {
    for (const char* charset :
         {"utf-8",        "utf-7",        "utf-16",       "utf-16le",     "utf-16be",
          "utf-32",       "windows-1250", "windows-1252", "windows-1253", "windows-1254",
          "windows-1255", "windows-1256", "windows-1257", "windows-1258", "windows-874",
          "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-6",   "iso-8859-7",
          "iso-8859-8",   "iso-8859-10",  "iso-8859-13",  "iso-8859-14",  "iso-8859-15",
          "koi8-u",       "gb18030",      "big5",         "windows-31j",  "euc-jp",
          "iso-2022-jp",  "iso-2022-kr",  "iso-2022-cn",  "hz-gb-2312",   "windows-949",
          "euc-tw",       "ibm850",       "ibm437",       "ibm852",       "macintosh"})
        converter_for(charset);
    guess_cyrillic("\xC0");
}

}  // namespace letopis::mime
