// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/display_style.hpp"

#include <algorithm>

#include "mime/ascii.hpp"
#include "mime/transfer.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t style_bytes_max = 4096;
constexpr int declarations_max = 100;
constexpr std::size_t value_bytes_max = 300;
constexpr std::size_t word_bytes_max = 40;

// Sorted. Nothing that moves a box out of its place, covers others, loads or generates content.
constexpr std::string_view properties[] = {"background",
                                           "background-color",
                                           "border",
                                           "border-bottom",
                                           "border-bottom-color",
                                           "border-bottom-style",
                                           "border-bottom-width",
                                           "border-collapse",
                                           "border-color",
                                           "border-left",
                                           "border-left-color",
                                           "border-left-style",
                                           "border-left-width",
                                           "border-radius",
                                           "border-right",
                                           "border-right-color",
                                           "border-right-style",
                                           "border-right-width",
                                           "border-spacing",
                                           "border-style",
                                           "border-top",
                                           "border-top-color",
                                           "border-top-style",
                                           "border-top-width",
                                           "border-width",
                                           "box-sizing",
                                           "caption-side",
                                           "clear",
                                           "color",
                                           "direction",
                                           "display",
                                           "empty-cells",
                                           "float",
                                           "font",
                                           "font-family",
                                           "font-size",
                                           "font-style",
                                           "font-variant",
                                           "font-weight",
                                           "height",
                                           "letter-spacing",
                                           "line-height",
                                           "list-style",
                                           "list-style-position",
                                           "list-style-type",
                                           "margin",
                                           "margin-bottom",
                                           "margin-left",
                                           "margin-right",
                                           "margin-top",
                                           "max-height",
                                           "max-width",
                                           "min-height",
                                           "min-width",
                                           "overflow",
                                           "overflow-wrap",
                                           "padding",
                                           "padding-bottom",
                                           "padding-left",
                                           "padding-right",
                                           "padding-top",
                                           "table-layout",
                                           "text-align",
                                           "text-decoration",
                                           "text-indent",
                                           "text-transform",
                                           "vertical-align",
                                           "white-space",
                                           "width",
                                           "word-break",
                                           "word-spacing",
                                           "word-wrap"};

constexpr std::string_view units[] = {
    "%", "ch", "cm", "em", "ex", "in", "mm", "pc", "pt", "px", "rem"};

constexpr bool word_char(char c) { return is_alnum(c) || c == '-'; }

// One value, token by token; an unknown one refuses the whole.
class Value {
public:
    Value(std::string_view in, bool fonts) : in_(in), fonts_(fonts) {}

    std::string run() {
        if (in_.size() > value_bytes_max) return {};
        while (true) {
            while (at_ < in_.size() && is_space(in_[at_])) ++at_;
            if (at_ == in_.size()) return std::move(out_);
            if (!token()) return {};
        }
    }

private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0';
    }

    template <class Test>
    std::string_view take_while(Test&& test) {
        const auto begin = at_;
        while (at_ < in_.size() && test(in_[at_])) ++at_;
        return in_.substr(begin, at_ - begin);
    }

    bool token() {
        const char c = peek();
        if (important_) return false;  // nothing follows it
        if (c == '#') return hex_color();
        if (c == '\'' || c == '"') return font_name(c);
        if (c == '!') return important();
        if (c == ',' || (c == '/' && peek(1) != '*')) return separator(c);
        const bool sign = c == '-' || c == '+';
        const char first = peek(sign ? 1 : 0);
        if (is_digit(first) || (first == '.' && is_digit(peek(sign ? 2 : 1)))) return number(sign);
        return is_alpha(c) && word();
    }

    bool put(std::string_view token) {
        if (!out_.empty() && out_.back() != ',') out_ += ' ';
        out_ += token;
        return true;
    }

    bool separator(char c) {
        ++at_;
        if (c == '/') return put("/");
        out_ += ',';
        return true;
    }

    bool hex_color() {
        ++at_;
        const auto digits = take_while([](char c) { return hex_digit(c) >= 0; });
        const auto size = digits.size();
        if ((size != 3 && size != 4 && size != 6 && size != 8) || word_char(peek())) return false;
        return put("#" + std::string(digits));
    }

    bool number(bool sign) {
        const auto begin = at_;
        if (sign) ++at_;
        if (take_while(is_digit).size() > 5) return false;
        if (peek() == '.') {
            ++at_;
            if (take_while(is_digit).size() > 20) return false;
        }
        const auto digits = in_.substr(begin, at_ - begin);
        const auto unit = peek() == '%' ? in_.substr(at_++, 1) : take_while(word_char);
        const auto* known = std::find_if(
            std::begin(units), std::end(units), [&](auto one) { return equal_nocase(one, unit); });
        if (!unit.empty() && known == std::end(units)) return false;
        return put(std::string(digits) + std::string(unit));
    }

    bool word() {
        const auto name = take_while(word_char);
        if (name.size() > word_bytes_max) return false;
        if (peek() == '(') return color(name);
        for (const std::string_view never : {"expression", "javascript", "vbscript", "url"})
            if (equal_nocase(name, never)) return false;
        return put(name);
    }

    bool color(std::string_view name) {
        bool known = false;
        for (const std::string_view one : {"rgb", "rgba", "hsl", "hsla"})
            known = known || equal_nocase(one, name);
        if (!known) return false;
        ++at_;
        const auto inside = take_while(
            [](char c) { return is_digit(c) || c == '.' || c == ',' || c == '%' || c == ' '; });
        if (peek() != ')' || inside.size() > word_bytes_max) return false;
        ++at_;
        return put(std::string(name) + "(" + std::string(inside) + ")");
    }

    bool font_name(char quote) {
        ++at_;
        const auto name = take_while([](char c) { return word_char(c) || c == ' ' || c == '_'; });
        if (!fonts_ || name.empty() || name.size() > word_bytes_max || peek() != quote)
            return false;
        ++at_;
        for (const std::string_view never : {"expression", "javascript", "vbscript"})
            if (find_nocase(name, never) != name.npos) return false;
        return put("'" + std::string(name) + "'");
    }

    bool important() {
        ++at_;
        take_while(is_space);
        if (!equal_nocase(take_while(is_alpha), "important")) return false;
        important_ = true;
        return put("!important");
    }

    std::string_view in_;
    bool fonts_;
    std::size_t at_ = 0;
    std::string out_;
    bool important_ = false;
};

}  // namespace

std::string safe_css_value(std::string_view value, bool fonts) { return Value(value, fonts).run(); }

std::string safe_style(std::string_view style) {
    std::string out;
    for (int count = 0; !style.empty() && count < declarations_max; ++count) {
        const auto end = std::min(style.find(';'), style.size());
        const auto declaration = style.substr(0, end);
        style.remove_prefix(std::min(end + 1, style.size()));
        const auto colon = declaration.find(':');
        if (colon == declaration.npos) continue;
        const auto name = lower_ascii(trim(declaration.substr(0, colon)));
        if (!std::binary_search(std::begin(properties), std::end(properties), name)) continue;
        const bool fonts = name == "font-family" || name == "font";
        const auto value = safe_css_value(declaration.substr(colon + 1), fonts);
        if (value.empty()) continue;
        if (out.size() + name.size() + value.size() + 2 > style_bytes_max) break;
        if (!out.empty()) out += ';';
        out.append(name).append(":").append(value);
    }
    return out;
}

}  // namespace letopis::mime
