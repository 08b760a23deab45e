// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/display_rules.hpp"

#include <algorithm>

#include "mime/ascii.hpp"
#include "mime/display_style.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t attribute_text_max = 1000;

enum class Shape { word, small, number, length, color, fonts, style, text, flag };

template <class Entry, std::size_t count>
const Entry* entry_of(const Entry (&entries)[count], std::string_view name) {
    const auto* found = std::lower_bound(
        std::begin(entries), std::end(entries), name, [](const Entry& entry, std::string_view key) {
            return entry.name < key;
        });
    return found != std::end(entries) && found->name == name ? found : nullptr;
}

bool digits(std::string_view text, std::size_t least, std::size_t most) {
    return text.size() >= least && text.size() <= most &&
           std::all_of(text.begin(), text.end(), is_digit);
}

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 20 &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_number(std::string_view text, std::size_t most) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    return digits(text, 1, most);
}

bool is_length(std::string_view text) {
    if (text.ends_with('%') || text.ends_with('*'))
        text.remove_suffix(1);
    else if (text.ends_with("px"))
        text.remove_suffix(2);
    const auto dot = text.find('.');
    if (dot == text.npos) return digits(text, 1, 5);
    return digits(text.substr(0, dot), 1, 5) && digits(text.substr(dot + 1), 1, 10);
}

std::string plain_text(std::string_view value) {
    std::string text(value);
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return std::string(trim(utf8::prefix(trim(text), attribute_text_max)));
}

std::string color(std::string_view value) {
    if (value.starts_with('#')) return safe_css_value(value);
    return is_word(value) ? std::string(value) : std::string();
}

}  // namespace

Treatment treatment_of(std::string_view element) {
    struct Entry {
        std::string_view name;
        Treatment treatment;
    };
    static constexpr Entry entries[] = {{"a", Treatment::link},
                                        {"abbr", Treatment::show},
                                        {"acronym", Treatment::show},
                                        {"address", Treatment::show},
                                        {"applet", Treatment::drop_content},
                                        {"area", Treatment::drop_tag},
                                        {"article", Treatment::show},
                                        {"aside", Treatment::show},
                                        {"audio", Treatment::drop_content},
                                        {"b", Treatment::show},
                                        {"base", Treatment::drop_tag},
                                        {"basefont", Treatment::drop_tag},
                                        {"bdi", Treatment::show},
                                        {"bdo", Treatment::show},
                                        {"bgsound", Treatment::drop_tag},
                                        {"big", Treatment::show},
                                        {"blockquote", Treatment::show},
                                        {"body", Treatment::body},
                                        {"br", Treatment::show_void},
                                        {"button", Treatment::drop_content},
                                        {"canvas", Treatment::drop_content},
                                        {"caption", Treatment::show},
                                        {"center", Treatment::show},
                                        {"cite", Treatment::show},
                                        {"code", Treatment::show},
                                        {"col", Treatment::show_void},
                                        {"colgroup", Treatment::show},
                                        {"command", Treatment::drop_tag},
                                        {"data", Treatment::show},
                                        {"datalist", Treatment::drop_content},
                                        {"dd", Treatment::show},
                                        {"del", Treatment::show},
                                        {"dfn", Treatment::show},
                                        {"dir", Treatment::show},
                                        {"div", Treatment::show},
                                        {"dl", Treatment::show},
                                        {"dt", Treatment::show},
                                        {"em", Treatment::show},
                                        {"embed", Treatment::drop_tag},
                                        {"figcaption", Treatment::show},
                                        {"figure", Treatment::show},
                                        {"font", Treatment::show},
                                        {"footer", Treatment::show},
                                        {"form", Treatment::drop_content},
                                        {"frame", Treatment::drop_tag},
                                        {"h1", Treatment::show},
                                        {"h2", Treatment::show},
                                        {"h3", Treatment::show},
                                        {"h4", Treatment::show},
                                        {"h5", Treatment::show},
                                        {"h6", Treatment::show},
                                        {"head", Treatment::transparent},
                                        {"header", Treatment::show},
                                        {"hr", Treatment::show_void},
                                        {"html", Treatment::transparent},
                                        {"i", Treatment::show},
                                        {"iframe", Treatment::drop_content},
                                        {"img", Treatment::image},
                                        {"input", Treatment::drop_tag},
                                        {"ins", Treatment::show},
                                        {"isindex", Treatment::drop_tag},
                                        {"kbd", Treatment::show},
                                        {"keygen", Treatment::drop_tag},
                                        {"legend", Treatment::show},
                                        {"li", Treatment::show},
                                        {"link", Treatment::drop_tag},
                                        {"main", Treatment::show},
                                        {"mark", Treatment::show},
                                        {"math", Treatment::drop_content},
                                        {"menu", Treatment::show},
                                        {"meta", Treatment::drop_tag},
                                        {"nav", Treatment::show},
                                        {"nobr", Treatment::show},
                                        {"noembed", Treatment::drop_content},
                                        {"noscript", Treatment::drop_content},
                                        {"object", Treatment::drop_content},
                                        {"ol", Treatment::show},
                                        {"p", Treatment::show},
                                        {"param", Treatment::drop_tag},
                                        {"pre", Treatment::show},
                                        {"q", Treatment::show},
                                        {"rp", Treatment::show},
                                        {"rt", Treatment::show},
                                        {"ruby", Treatment::show},
                                        {"s", Treatment::show},
                                        {"samp", Treatment::show},
                                        {"script", Treatment::drop_content},
                                        {"section", Treatment::show},
                                        {"select", Treatment::drop_content},
                                        {"small", Treatment::show},
                                        {"source", Treatment::drop_tag},
                                        {"span", Treatment::show},
                                        {"strike", Treatment::show},
                                        {"strong", Treatment::show},
                                        {"style", Treatment::drop_content},
                                        {"sub", Treatment::show},
                                        {"sup", Treatment::show},
                                        {"svg", Treatment::drop_content},
                                        {"table", Treatment::show},
                                        {"tbody", Treatment::show},
                                        {"td", Treatment::show},
                                        {"template", Treatment::drop_content},
                                        {"textarea", Treatment::drop_content},
                                        {"tfoot", Treatment::show},
                                        {"th", Treatment::show},
                                        {"thead", Treatment::show},
                                        {"time", Treatment::show},
                                        {"title", Treatment::drop_content},
                                        {"tr", Treatment::show},
                                        {"track", Treatment::drop_tag},
                                        {"tt", Treatment::show},
                                        {"u", Treatment::show},
                                        {"ul", Treatment::show},
                                        {"var", Treatment::show},
                                        {"video", Treatment::drop_content},
                                        {"wbr", Treatment::show_void},
                                        {"xml", Treatment::drop_content}};
    const auto* found = entry_of(entries, element);
    return found ? found->treatment : Treatment::neutral;
}

std::string safe_attribute(std::string_view name, std::string_view value) {
    struct Entry {
        std::string_view name;
        Shape shape;
    };
    static constexpr Entry entries[] = {
        {"align", Shape::word},        {"alt", Shape::text},          {"bgcolor", Shape::color},
        {"border", Shape::small},      {"bordercolor", Shape::color}, {"cellpadding", Shape::small},
        {"cellspacing", Shape::small}, {"clear", Shape::word},        {"color", Shape::color},
        {"colspan", Shape::small},     {"compact", Shape::flag},      {"dir", Shape::word},
        {"face", Shape::fonts},        {"height", Shape::length},     {"hspace", Shape::small},
        {"lang", Shape::word},         {"noshade", Shape::flag},      {"nowrap", Shape::flag},
        {"reversed", Shape::flag},     {"rowspan", Shape::small},     {"scope", Shape::word},
        {"size", Shape::small},        {"span", Shape::small},        {"start", Shape::number},
        {"style", Shape::style},       {"title", Shape::text},        {"type", Shape::word},
        {"valign", Shape::word},       {"value", Shape::number},      {"vspace", Shape::small},
        {"width", Shape::length}};
    const auto* found = entry_of(entries, name);
    if (!found) return {};
    const auto trimmed = trim(value);
    const auto when = [&](bool fits) { return fits ? std::string(trimmed) : std::string(); };
    switch (found->shape) {
        case Shape::word: return when(is_word(trimmed));
        case Shape::small: return when(is_number(trimmed, 3));
        case Shape::number: return when(is_number(trimmed, 6));
        case Shape::length: return when(is_length(trimmed));
        case Shape::color: return color(trimmed);
        case Shape::fonts: return safe_css_value(trimmed, true);
        case Shape::style: return safe_style(trimmed);
        case Shape::text: return plain_text(value);
        case Shape::flag: return std::string(name);
    }
    return {};
}

}  // namespace letopis::mime
