// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/display_writer.hpp"

#include "base/bytes.hpp"
#include "mime/ascii.hpp"
#include "mime/display_rules.hpp"
#include "mime/display_style.hpp"
#include "mime/display_url.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr std::string_view head =
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"referrer\" "
    "content=\"no-referrer\"><style>body{margin:12px;background:#fff;color:#111;font:15px/1.45 "
    "sans-serif;overflow-wrap:break-word}img{max-width:100%}pre{white-space:pre-wrap}"
    "blockquote{margin:8px 0 8px 8px;padding-left:10px;border-left:2px solid #bbb}"
    "</style></head><body>";
constexpr std::string_view tail = "</body></html>";

// In place of an element that is not shown, so that its content stands as it stood: to libxml2 an
// unknown element, which neither closes another nor is closed by one.
constexpr std::string_view neutral = "data";

constexpr std::size_t reserve_bytes = 8 * 1024;  // for the ends of what is open, and the tail
constexpr std::size_t followed_depth_max = 65'536;

std::string_view attribute(const char** attributes, std::string_view name) {
    for (; attributes && attributes[0]; attributes += 2)
        if (name == attributes[0]) return attributes[1] ? attributes[1] : "";
    return {};
}

// Valid between double quotes, single ones, and in a browser that takes back quotes for quotes.
void append_value(std::string& out, std::string_view value) {
    for (const char c : value) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            case '`': out += "&#96;"; break;
            default: out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c);
        }
    }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out.append(" ").append(name).append("=\"");
    append_value(out, value);
    out += '"';
}

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '\n':
            case '\t': out.push_back(c); break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out.push_back(c);
        }
    }
    return out;
}

bool loads_over_network(std::string_view name, std::string_view value) {
    if (name == "background") return !remote_host(value).empty();
    return name == "style" && find_nocase(value, "url(") != value.npos &&
           value.find("//") != value.npos;
}

}  // namespace

DisplayWriter::DisplayWriter(Picture picture) : picture_(std::move(picture)) { shown_.html = head; }

void DisplayWriter::add(std::string_view html) {
    if (full_) return;
    if (begun_) put("<hr>");
    begun_ = true;
    read_html(html, *this);
    close_to(0);
    drop_depth_ = 0;
}

model::Display DisplayWriter::finish() {
    shown_.html += tail;
    if (!utf8::valid(shown_.html)) shown_.html = utf8::repair(shown_.html);
    return std::move(shown_);
}

bool DisplayWriter::put(std::string_view piece) {
    if (full_) return false;
    if (shown_.html.size() + piece.size() + reserve_bytes > model::display_bytes_max) {
        full_ = shown_.cut = true;
        return false;
    }
    shown_.html += piece;
    return true;
}

void DisplayWriter::start(std::string_view name, const char** attributes) {
    ++depth_;
    if (depth_ <= followed_depth_max) shown_as_.emplace_back();
    if (drop_depth_ > 0 || full_) return;
    switch (treatment_of(name)) {
        case Treatment::show: open(name, attributes_of(attributes)); return;
        case Treatment::show_void: show_void(name, attributes_of(attributes)); return;
        case Treatment::image: image(attributes); return;
        case Treatment::link: link(attributes); return;
        case Treatment::body: body(attributes); return;
        case Treatment::transparent: return;
        case Treatment::neutral:
            ++shown_.dropped_elements;
            open(neutral, attributes_of(attributes));
            return;
        case Treatment::drop_tag: ++shown_.dropped_elements; return;
        case Treatment::drop_content:
            ++shown_.dropped_elements;
            drop_depth_ = depth_;
            return;
    }
}

void DisplayWriter::end(std::string_view) {
    if (depth_ == 0) return;
    if (drop_depth_ == depth_) drop_depth_ = 0;
    close_to(depth_ - 1);
}

void DisplayWriter::close_to(std::size_t depth) {
    for (; depth_ > depth; --depth_) {
        if (shown_as_.size() < depth_) continue;
        const auto name = std::move(shown_as_.back());
        shown_as_.pop_back();
        if (name.empty()) continue;
        --shown_depth_;
        if (name == "a") --links_open_;
        shown_.html.append("</").append(name).append(">");  // put() keeps room for it
    }
}

void DisplayWriter::text(std::string_view text) {
    if (drop_depth_ > 0 || full_) return;
    const auto room = display_text_max - text_bytes_;
    const bool fits = text.size() <= room;
    text = utf8::prefix(text, room);
    if (put(escaped(text))) text_bytes_ += text.size();
    if (!fits) full_ = shown_.cut = true;
}

// Elements beyond the limits are flattened: what is in them stays.
bool DisplayWriter::may_show() {
    if (elements_ >= display_elements_max) shown_.cut = true;
    if (elements_ < display_elements_max && shown_depth_ < display_depth_max &&
        shown_as_.size() == depth_)
        return true;
    ++shown_.dropped_elements;
    return false;
}

bool DisplayWriter::open(std::string_view name, std::string_view attributes) {
    if (!may_show()) return false;
    std::string tag = "<";
    tag.append(name).append(attributes).append(">");
    if (!put(tag)) return false;
    ++elements_;
    ++shown_depth_;
    shown_as_.back() = name;
    return true;
}

void DisplayWriter::show_void(std::string_view name, std::string_view attributes) {
    if (!may_show()) return;
    std::string tag = "<";
    tag.append(name).append(attributes).append(">");
    if (put(tag)) ++elements_;
}

std::string DisplayWriter::attributes_of(const char** attributes, bool with_title) {
    std::string out;
    for (; attributes && attributes[0]; attributes += 2) {
        const std::string_view name(attributes[0]);
        const std::string_view value(attributes[1] ? attributes[1] : "");
        if (loads_over_network(name, value)) ++shown_.remote_images;
        if (name == "title" && !with_title) continue;
        const auto safe = safe_attribute(name, value);
        if (!safe.empty()) append_attribute(out, name, safe);
    }
    return out;
}

void DisplayWriter::link(const char** attributes) {
    // A link in a link would be taken apart by the browser.
    if (links_open_ > 0) {
        ++shown_.dropped_elements;
        open(neutral, attributes_of(attributes));
        return;
    }
    const auto address = safe_link(attribute(attributes, "href"));
    auto list = attributes_of(attributes, address.empty());
    if (!address.empty()) {
        append_attribute(list, "href", address);
        append_attribute(list, "title", address);
        list += " rel=\"noreferrer noopener nofollow\" target=\"_blank\"";
    }
    if (!open("a", list)) return;
    ++links_open_;
    if (!address.empty()) ++shown_.links;
}

// The letter's own ground and colour, without which light text would stand on white.
void DisplayWriter::body(const char** attributes) {
    std::string style;
    if (loads_over_network("background", attribute(attributes, "background")))
        ++shown_.remote_images;
    const auto add = [&](std::string_view property, std::string_view name) {
        const auto value = safe_attribute(name, attribute(attributes, name));
        if (!value.empty()) style.append(property).append(":").append(value).append(";");
    };
    add("background-color", "bgcolor");
    const auto color = safe_attribute("color", attribute(attributes, "text"));
    if (!color.empty()) style.append("color:").append(color).append(";");
    style = safe_style(style.append(attribute(attributes, "style")));
    if (style.empty()) return;
    std::string list;
    append_attribute(list, "style", style);
    open("section", list);
}

void DisplayWriter::image(const char** attributes) {
    const auto source = attribute(attributes, "src");
    const auto kept = picture_source(source);
    auto others = attributes_of(attributes);
    if (!kept.empty()) {
        std::string list;
        list.append(" src=\"").append(kept).append("\"").append(others);
        show_void("img", list);
        return;
    }
    auto host = remote_host(source);
    if (host.empty()) host = remote_host(attribute(attributes, "srcset"));
    if (!host.empty()) ++shown_.remote_images;
    placeholder(safe_attribute("alt", attribute(attributes, "alt")), host);
}

void DisplayWriter::placeholder(std::string_view alt, std::string_view host) {
    std::string words(alt);
    if (!words.empty() && !host.empty()) words += " ";
    words += host;
    if (words.empty()) return;
    const bool opened = open("span", " style=\"border:1px dotted #999;color:#555\"");
    text("[" + words + "]");
    if (!opened) return;
    --shown_depth_;
    shown_as_.back().clear();
    shown_.html += "</span>";
}

std::string DisplayWriter::picture_source(std::string_view source) {
    const auto inside = data_bytes(source);
    std::string_view bytes = inside;
    if (bytes.empty())
        if (const auto id = cid_of(source); !id.empty() && picture_) bytes = picture_(id);
    const auto type = image_type(bytes);
    if (type.empty() || bytes.size() > image_bytes_max) return {};
    if (bytes.size() > display_images_max - image_bytes_) {
        shown_.cut = true;
        return {};
    }
    image_bytes_ += bytes.size();
    return "data:" + std::string(type) + ";base64," + base64(bytes);
}

}  // namespace letopis::mime
