// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/html.hpp"

#include <algorithm>

#include "mime/ascii.hpp"
#include "mime/html_events.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr int quote_depth_max = 10;

enum class Element {
    other,
    block,
    paragraph,
    line_break,
    item,
    row,
    cell,
    quote,
    pre,
    dropped,
    image
};

Element element_named(std::string_view name) {
    struct Entry {
        std::string_view name;
        Element element;
    };
    static constexpr Entry entries[] = {
        {"address", Element::block},    {"article", Element::block}, {"aside", Element::block},
        {"blockquote", Element::quote}, {"br", Element::line_break}, {"caption", Element::block},
        {"center", Element::block},     {"dd", Element::block},      {"div", Element::block},
        {"dl", Element::block},         {"dt", Element::block},      {"fieldset", Element::block},
        {"figure", Element::block},     {"footer", Element::block},  {"form", Element::block},
        {"h1", Element::paragraph},     {"h2", Element::paragraph},  {"h3", Element::paragraph},
        {"h4", Element::paragraph},     {"h5", Element::paragraph},  {"h6", Element::paragraph},
        {"head", Element::dropped},     {"header", Element::block},  {"hr", Element::block},
        {"img", Element::image},        {"li", Element::item},       {"main", Element::block},
        {"noframes", Element::other},   {"ol", Element::block},      {"option", Element::block},
        {"p", Element::paragraph},      {"pre", Element::pre},       {"script", Element::dropped},
        {"section", Element::block},    {"select", Element::block},  {"style", Element::dropped},
        {"svg", Element::other},        {"table", Element::block},   {"tbody", Element::block},
        {"td", Element::cell},          {"textarea", Element::pre},  {"tfoot", Element::block},
        {"th", Element::cell},          {"thead", Element::block},   {"title", Element::dropped},
        {"tr", Element::row},           {"ul", Element::block},      {"xml", Element::dropped}};
    const auto found = std::lower_bound(
        std::begin(entries), std::end(entries), name, [](const Entry& entry, std::string_view key) {
            return entry.name < key;
        });
    return found != std::end(entries) && found->name == name ? found->element : Element::other;
}

// Writes text with collapsed white space into lines.
class Page final : public HtmlEvents {
public:
    explicit Page(std::size_t limit) : limit_(limit) {}

    void start(std::string_view name, const char** attributes) override {
        switch (element_named(name)) {
            case Element::other: break;
            case Element::block: new_line(); break;
            case Element::paragraph: new_paragraph(); break;
            case Element::line_break: line_break(); break;
            case Element::item:
                new_line();
                if (dropped_ == 0) put("- "), pending_space_ = false;
                break;
            case Element::row:
                new_line();
                cell_ = false;
                break;
            case Element::cell:
                if (cell_ && column_ > 0) pending_tab_ = true;
                cell_ = true;
                break;
            case Element::quote:
                new_line();
                ++quote_;
                quote_begins_ = true;
                want_blank_ = false;
                break;
            case Element::pre:
                new_line();
                ++pre_;
                break;
            case Element::dropped: ++dropped_; break;
            case Element::image: image(attributes); break;
        }
    }

    void end(std::string_view name) override {
        switch (element_named(name)) {
            case Element::other:
            case Element::line_break:
            case Element::image:
            case Element::cell: break;
            case Element::block:
            case Element::item:
            case Element::row: new_line(); break;
            case Element::paragraph: new_paragraph(); break;
            case Element::quote:
                new_line();
                if (quote_ > 0) --quote_;
                break;
            case Element::pre:
                new_line();
                if (pre_ > 0) --pre_;
                break;
            case Element::dropped:
                if (dropped_ > 0) --dropped_;
                break;
        }
    }

    void text(std::string_view text) override {
        if (dropped_ > 0 || full()) return;
        if (pre_ > 0)
            preformatted(text);
        else
            collapsed(text);
    }

    bool full() const override { return out_.size() >= limit_; }

    std::string take() {
        while (!out_.empty() && is_space(out_.back())) out_.pop_back();
        auto text = std::string(utf8::prefix(out_, limit_));
        return text;
    }

private:
    void collapsed(std::string_view text) {
        while (!text.empty()) {
            std::size_t plain = 0;
            while (plain < text.size() && !is_space(text[plain]) && text[plain] != '\f' &&
                   text[plain] != '\xC2')
                ++plain;
            if (plain > 0) {
                put(text.substr(0, plain));
                text.remove_prefix(plain);
                continue;
            }
            if (text.starts_with("\xC2\xA0")) {  // a no-break space is a space to read
                pending_space_ = true;
                text.remove_prefix(2);
            } else if (text[0] == '\xC2') {
                put(text.substr(0, 2));
                text.remove_prefix(std::min<std::size_t>(2, text.size()));
            } else {
                pending_space_ = true;
                text.remove_prefix(1);
            }
        }
    }

    void preformatted(std::string_view text) {
        while (!text.empty()) {
            const auto end = text.find('\n');
            auto line = text.substr(0, end);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (!line.empty()) put(line);
            if (end == text.npos) return;
            line_break();
            text.remove_prefix(end + 1);
        }
    }

    void put(std::string_view text) {
        if (dropped_ > 0 || full()) return;
        if (column_ == 0) {
            margin();
        } else if (pending_tab_) {
            out_.push_back('\t');
        } else if (pending_space_) {
            out_.push_back(' ');
        }
        pending_tab_ = pending_space_ = quote_begins_ = false;
        out_.append(text);
        column_ += text.size();
    }

    void margin() {
        if (want_blank_ && !out_.empty()) {
            quote_marks();
            while (!out_.empty() && out_.back() == ' ') out_.pop_back();
            out_.push_back('\n');
        }
        want_blank_ = false;
        quote_marks();
    }

    void quote_marks() {
        const int depth = std::min(quote_, quote_depth_max);
        for (int i = 0; i < depth; ++i) out_.push_back('>');
        if (depth > 0) out_.push_back(' ');
    }

    void end_line() {
        while (!out_.empty() && (out_.back() == ' ' || out_.back() == '\t')) out_.pop_back();
        out_.push_back('\n');
        column_ = 0;
        blank_lines_ = 0;
        pending_space_ = pending_tab_ = false;
    }

    void new_line() {
        if (dropped_ == 0 && column_ > 0 && !full()) end_line();
        pending_space_ = pending_tab_ = false;
    }

    void new_paragraph() {
        new_line();
        if (!quote_begins_) want_blank_ = true;
    }

    void line_break() {
        if (dropped_ > 0 || full()) return;
        if (column_ > 0) return end_line();
        // More than two blank lines tell nothing.
        if (out_.empty() || ++blank_lines_ > 2) return;
        quote_marks();
        end_line_keeping_count();
    }

    void end_line_keeping_count() {
        const int count = blank_lines_;
        end_line();
        blank_lines_ = count;
    }

    void image(const char** attributes) {
        for (; attributes && attributes[0]; attributes += 2) {
            if (std::string_view(attributes[0]) == "alt" && attributes[1]) {
                pending_space_ = true;
                collapsed(attributes[1]);
                pending_space_ = true;
            }
        }
    }

    std::size_t limit_;
    std::string out_;
    std::size_t column_ = 0;
    int blank_lines_ = 0;
    int quote_ = 0, pre_ = 0, dropped_ = 0;
    bool cell_ = false;
    bool pending_space_ = false, pending_tab_ = false, want_blank_ = false;
    bool quote_begins_ = false;  // a quotation does not begin with a blank line
};

}  // namespace

std::string html_to_text(std::string_view html, std::size_t limit) {
    Page page(limit);
    read_html(html, page);
    return page.take();
}

std::string_view html_charset(std::string_view html) {
    const auto head = html.substr(0, 4096);
    for (std::size_t at = 0; (at = find_nocase(head, "charset", at)) != head.npos;) {
        at += 7;
        std::size_t begin = at;
        while (begin < head.size() && is_space(head[begin])) ++begin;
        if (begin >= head.size() || head[begin] != '=') continue;
        ++begin;
        while (begin < head.size() &&
               (is_space(head[begin]) || head[begin] == '"' || head[begin] == '\''))
            ++begin;
        std::size_t end = begin;
        while (end < head.size() &&
               (is_alnum(head[end]) ||
                std::string_view("-_.:").find(head[end]) != std::string_view::npos))
            ++end;
        if (end > begin) return head.substr(begin, end - begin);
    }
    return {};
}

void preload_html() { html_to_text("<p>&eacute;", 100); }

}  // namespace letopis::mime
