// SPDX-License-Identifier: AGPL-3.0-or-later
// What must be true of every shown letter, however hostile; for tests and fuzz targets. It knows
// nothing of how the document is made: a strict reader of the very narrow HTML that is promised.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "model/display.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {

inline bool listed(std::string_view list, std::string_view word) {
    for (std::size_t at = 0; (at = list.find(word, at)) != list.npos; at += 1)
        if (!word.empty() && (at == 0 || list[at - 1] == ' ') &&
            (at + word.size() == list.size() || list[at + word.size()] == ' '))
            return true;
    return false;
}

constexpr std::string_view shown_void_elements = "br col hr img wbr";
constexpr std::string_view shown_elements =
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col "
    "colgroup data dd del dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 "
    "header "
    "hr "
    "i img ins kbd legend li main mark menu nav nobr ol p pre q rp rt ruby s samp section small "
    "span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr";
constexpr std::string_view shown_attributes =
    "align alt bgcolor border bordercolor cellpadding cellspacing clear color colspan compact dir "
    "face height href hspace lang noshade nowrap rel reversed rowspan scope size span src start "
    "style target title type valign value vspace width";

// Empty when the attribute may stand there. `value` is decoded.
inline std::string fault_of_attribute(std::string_view element,
                                      std::string_view name,
                                      std::string_view value) {
    if (!listed(shown_attributes, name)) return "attribute " + std::string(name);
    std::string low;
    for (const char c : value) low.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    const auto begins = [&](std::string_view with) { return low.starts_with(with); };
    if (name == "href") {
        if (element != "a") return "href outside of a link";
        if (!begins("http://") && !begins("https://") && !begins("mailto:") && !begins("tel:"))
            return "href " + low.substr(0, 100);
        for (const char c : value)
            if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '<' || c == '\\')
                return "a sign in href that is no part of an address";
    }
    if (name == "src") {
        if (element != "img") return "src outside of a picture";
        if (!begins("data:image/png;base64,ivborw0kgg") && !begins("data:image/jpeg;base64,/9j/") &&
            !begins("data:image/gif;base64,r0lgod") && !begins("data:image/webp;base64,uklgr"))
            return "src " + low.substr(0, 100);
    }
    if (name == "rel" && value != "noreferrer noopener nofollow") return "rel";
    if (name == "target" && value != "_blank") return "target";
    if (name == "style") {
        for (const std::string_view never : {"url",
                                             "expression",

                                             "behavior",
                                             "script",
                                             "binding",
                                             "position",
                                             "@",
                                             "\\",
                                             "/*",
                                             "<",
                                             "{",
                                             "filter",
                                             "content:",
                                             "\""})
            if (low.find(never) != low.npos) return "style with " + std::string(never);
    }
    return {};
}

inline std::string unescaped(std::string_view text, bool& good) {
    static constexpr std::array<std::pair<std::string_view, char>, 6> names{{{"&amp;", '&'},
                                                                             {"&lt;", '<'},
                                                                             {"&gt;", '>'},
                                                                             {"&quot;", '"'},
                                                                             {"&#39;", '\''},
                                                                             {"&#96;", '`'}}};
    std::string out;
    while (!text.empty()) {
        const auto plain = text.substr(0, text.find('&'));
        out += plain;
        text.remove_prefix(plain.size());
        if (text.empty()) break;
        const auto* found = std::find_if(
            names.begin(), names.end(), [&](auto& one) { return text.starts_with(one.first); });
        if (found == names.end()) {
            good = false;
            return out;
        }
        out.push_back(found->second);
        text.remove_prefix(found->first.size());
    }
    return out;
}

// The part between <body> and </body>, or nothing when the frame is not as promised.
inline std::string_view body_of(std::string_view html) {
    constexpr std::string_view first = "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">";
    constexpr std::string_view end = "</body></html>";
    const auto body = html.find("</head><body>");
    if (!html.starts_with(first) || !html.ends_with(end) || body == html.npos) return {};
    return html.substr(body + 13, html.size() - body - 13 - end.size());
}

// One tag at the front of `rest`: `<name( name="value")*>` or `</name>` of the element open last.
inline std::string fault_of_tag(std::string_view& rest, std::string& open, int& depth) {
    const auto name_end = [&] {
        return std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"),
                        rest.size());
    };
    const bool closes = rest.starts_with("</");
    rest.remove_prefix(closes ? 2 : 1);
    const std::string element(rest.substr(0, name_end()));
    rest.remove_prefix(element.size());
    if (!listed(shown_elements, element)) return "element <" + element;
    if (closes) {
        if (!rest.starts_with('>')) return "an end tag with attributes";
        rest.remove_prefix(1);
        if (!open.ends_with(" " + element)) return "</" + element + "> does not match";
        open.resize(open.size() - element.size() - 1);
        --depth;
        return {};
    }
    std::string seen;
    while (rest.starts_with(' ')) {
        rest.remove_prefix(1);
        const std::string name(rest.substr(0, name_end()));
        rest.remove_prefix(name.size());
        if (!rest.starts_with("=\"")) return "an attribute without a quoted value";
        rest.remove_prefix(2);
        const auto raw = rest.substr(0, rest.find('"'));
        if (raw.find_first_of("<>`'\n\t") != raw.npos) return "a raw sign in " + name;
        rest.remove_prefix(std::min(raw.size() + 1, rest.size()));
        bool good = true;
        const auto value = unescaped(raw, good);
        if (!good) return "a raw & in " + name;
        if (listed(seen, name)) return name + " twice";
        seen += " " + name;
        if (auto fault = fault_of_attribute(element, name, value); !fault.empty()) return fault;
    }
    if (element == "a" && listed(seen, "href") &&
        !(listed(seen, "title") && listed(seen, "rel") && listed(seen, "target")))
        return "a link without its guards";
    if (!rest.starts_with('>')) return "a tag without end";
    rest.remove_prefix(1);
    if (!listed(shown_void_elements, element)) {
        open += " " + element;
        if (++depth > 200) return "too deep";
    }
    return {};
}

// Empty when all is well, else what is wrong.
inline std::string fault_of_display(const model::Display& shown) {
    if (!utf8::valid(shown.html)) return "no UTF-8";
    if (shown.html.size() > model::display_bytes_max) return "too large";
    auto rest = body_of(shown.html);
    if (rest.data() == nullptr) return "the frame is not ours";
    std::string open;
    int depth = 0;
    while (!rest.empty()) {
        if (rest[0] == '<') {
            if (auto fault = fault_of_tag(rest, open, depth); !fault.empty()) return fault;
            continue;
        }
        const auto text = rest.substr(0, rest.find('<'));
        rest.remove_prefix(text.size());
        bool good = text.find('>') == text.npos;
        for (const char c : text)
            good = good && (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
        (void)unescaped(text, good);
        if (!good) return "a raw sign in the text";
    }
    return open.empty() ? "" : "not closed:" + open;
}

}  // namespace letopis::mime
