// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/telegram/lexer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "capture/chat/chat.hpp"

namespace letopis::capture::telegram {
namespace {

constexpr std::size_t landmark_bytes = 8192;
constexpr std::size_t depth_max = 4096;  // of brackets inside an entry

// What a byte means outside strings.
enum Class : std::uint8_t { plain, quote, open, close, foreign };

constexpr std::array<Class, 256> classes = [] {
    std::array<Class, 256> table{};
    for (auto& entry : table) entry = foreign;
    // Letters of true, false, null; digits and signs of numbers; blanks and separators.
    for (const char c : std::string_view(" \t\r\n,:0123456789+-.eEtrufalsn"))
        table[static_cast<unsigned char>(c)] = plain;
    table['"'] = quote;
    table['{'] = table['['] = open;
    table['}'] = table[']'] = close;
    return table;
}();

Class class_of(char c) { return classes[static_cast<unsigned char>(c)]; }

// Index of the first '"' or '\' at or after `at`.
std::size_t string_special(std::string_view text, std::size_t at) {
    const char* const end = text.data() + text.size();
    const char* p = text.data() + at;
    while (p < end && *p != '"' && *p != '\\') ++p;
    return static_cast<std::size_t>(p - text.data());
}

// Goes through an object byte by byte; can be stopped at any byte and go on when there are more.
class ObjectScan {
public:
    enum class State : std::uint8_t { more, whole, broken };
    State run(std::string_view text) {
        while (at_ < text.size()) {
            if (in_string_) {
                through_string(text);
                continue;
            }
            const char c = text[at_];
            const auto kind = class_of(c);
            ++at_;
            if (kind == plain) continue;
            if (kind == quote)
                in_string_ = true;
            else if (kind == foreign)
                return State::broken;
            else if (kind == open) {
                if (open_.size() == depth_max) return State::broken;
                open_ += static_cast<char>(c + 2);  // '{' + 2 == '}', '[' + 2 == ']'
            } else {
                if (open_.empty() || open_.back() != c) return State::broken;
                open_.pop_back();
                if (open_.empty()) return State::whole;
            }
        }
        return State::more;
    }
    std::size_t at() const { return at_; }

private:
    void through_string(std::string_view text) {
        if (escaped_) {
            escaped_ = false;
            ++at_;
            return;
        }
        at_ = string_special(text, at_);
        if (at_ == text.size()) return;
        if (text[at_] == '"')
            in_string_ = false;
        else
            escaped_ = true;
        ++at_;
    }

    std::size_t at_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
    std::string open_;  // the brackets that wait for their ends
};

bool blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool word_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '.' || c == '_';
}

// Index behind the closing quote of the string that begins at `at`, or npos.
std::size_t string_end(std::string_view text, std::size_t at) {
    for (++at; at < text.size();) {
        at = string_special(text, at);
        if (at >= text.size()) break;
        if (text[at] == '"') return at + 1;
        at += 2;
    }
    return std::string_view::npos;
}

std::size_t brackets_end(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = string_end(text, at);
            continue;
        }
        ++at;
        if (class_of(c) == open) ++depth;
        if (class_of(c) == close && --depth == 0) return at;
    }
    return std::string_view::npos;
}

}  // namespace

Result<bool> Lexer::more() {
    if (window_.ended()) return false;
    TRY_DO(window_.fill());
    return true;
}

Result<Token> Lexer::next() {
    window_.drop(used_);
    used_ = 0;
    for (;;) {
        const auto view = window_.view();
        std::size_t at = 0;
        // Bytes that can stand nowhere outside strings (a byte order mark, say) are passed over.
        while (at < view.size() &&
               (blank(view[at]) || (class_of(view[at]) == foreign && !word_byte(view[at]))))
            ++at;
        window_.drop(at);
        if (at < view.size()) break;
        TRY(const bool again, more());
        if (!again) return Token::end;
    }
    used_ = 1;
    switch (window_.view().front()) {
        case '{': return Token::object_begin;
        case '}': return Token::object_end;
        case '[': return Token::array_begin;
        case ']': return Token::array_end;
        case ':': return Token::colon;
        case ',': return Token::comma;
        case '"': return string_token();
        default: return word_token();
    }
}

// A long string passes through the window in pieces; only its beginning is kept.
Result<Token> Lexer::string_token() {
    text_.clear();
    for (bool escaped = false;;) {
        const auto view = window_.view();
        auto at = used_;
        bool closed = false;
        while (at < view.size() && !closed) {
            if (escaped) {
                escaped = false;
                ++at;
                continue;
            }
            at = string_special(view, at);
            if (at == view.size()) break;
            (view[at] == '"' ? closed : escaped) = true;
            ++at;
        }
        const auto part = view.substr(used_, at - used_ - (closed ? 1 : 0));
        text_.append(part.substr(0, text_max - std::min(text_max, text_.size())));
        used_ = at;
        if (closed) return Token::string;
        window_.drop(used_);
        used_ = 0;
        TRY(const bool again, more());
        if (!again) return Token::end;
    }
}

Result<Token> Lexer::word_token() {
    text_.clear();
    used_ = 0;
    for (;;) {
        const auto view = window_.view();
        auto at = used_;
        while (at < view.size() && word_byte(view[at])) ++at;
        text_.append(
            view.substr(used_, std::min(at - used_, text_max - std::min(text_max, text_.size()))));
        used_ = at;
        if (at < view.size()) return Token::word;
        window_.drop(used_);
        used_ = 0;
        TRY(const bool again, more());
        if (!again) return Token::word;
    }
}

Result<Slice> Lexer::take_object() {
    ObjectScan scan;
    for (;;) {
        const auto state = scan.run(window_.view());
        if (state == ObjectScan::State::whole) {
            used_ = 0;
            if (scan.at() > chat::entry_bytes_max) return Slice{Shape::too_large, {}, scan.at()};
            return Slice{Shape::whole, window_.take(0, scan.at()), 0};
        }
        if (state == ObjectScan::State::broken) return Slice{Shape::broken, {}, scan.at()};
        if (window_.view().size() > chat::entry_bytes_max)
            return Slice{Shape::too_large, {}, scan.at()};
        TRY(const bool again, more());
        if (!again) return Slice{Shape::cut_off, {}, scan.at()};
    }
}

Result<void> Lexer::skip() {
    std::size_t depth = 1;
    bool in_string = false, escaped = false;
    for (;;) {
        window_.drop(used_);
        used_ = 0;
        const auto view = window_.view();
        std::size_t at = 0;
        while (at < view.size() && depth > 0) {
            if (escaped) {
                escaped = false;
                ++at;
            } else if (in_string) {
                at = string_special(view, at);
                if (at == view.size()) break;
                (view[at] == '"' ? in_string : escaped) = view[at] != '"';
                ++at;
            } else {
                const auto kind = class_of(view[at]);
                in_string = kind == quote;
                if (kind == open) ++depth;
                if (kind == close) --depth;
                ++at;
            }
        }
        used_ = at;
        if (depth == 0) return {};
        TRY(const bool again, more());
        if (!again) return {};
    }
}

Result<Landmark> Lexer::find_landmark() {
    for (std::size_t from = used_;;) {
        const auto view = window_.view();
        const auto at = std::min(view.find('{', from), view.size());
        if (view.size() - at >= landmark_bytes || window_.ended()) {
            if (at == view.size()) {
                window_.drop(at);
                used_ = 0;
                return Landmark::none;
            }
            const auto found = landmark_at(view.substr(at, landmark_bytes));
            if (found != Landmark::none) {
                window_.drop(at);
                used_ = 0;
                return found;
            }
            from = at + 1;
            continue;
        }
        window_.drop(at);
        from = 0;
        TRY_DO(more());
    }
}

Members::Members(std::string_view object) : left_(object) {
    if (!left_.empty()) left_.remove_prefix(1);
}

bool Members::next() {
    bool have_key = false, colon = false;
    while (!left_.empty()) {
        const char c = left_.front();
        if (c == '}') return false;
        std::size_t size = 1;
        const bool value_begins = c == '"' || c == '{' || c == '[' || word_byte(c);
        if (c == '"') size = string_end(left_, 0);
        if (c == '{' || c == '[') size = brackets_end(left_, 0);
        if (word_byte(c))
            while (size < left_.size() && word_byte(left_[size])) ++size;
        const bool whole = size != std::string_view::npos;
        const auto part = left_.substr(0, size);
        left_.remove_prefix(part.size());
        if (c == ':') colon = have_key;
        if (!value_begins) continue;
        if (!whole) return false;
        if (colon) {
            value_ = part;
            return true;
        }
        have_key = c == '"' && whole && part.size() >= 2;
        if (have_key) key_ = part.substr(1, part.size() - 2);
    }
    return false;
}

// Only the first few members are looked at and nothing nested is walked, so that a search through
// damage stays linear.
Landmark landmark_at(std::string_view text) {
    constexpr std::size_t key_max = 16;
    std::size_t at = 1;
    const auto blanks = [&] {
        while (at < text.size() && (blank(text[at]) || text[at] == ',')) ++at;
    };
    const auto string = [&](std::size_t limit) -> std::optional<std::string_view> {
        if (at >= text.size() || text[at] != '"') return std::nullopt;
        const auto end = string_end(text.substr(0, std::min(text.size(), at + limit)), at);
        if (end == std::string_view::npos) return std::nullopt;
        const auto inside = text.substr(at + 1, end - at - 2);
        at = end;
        return inside;
    };
    bool id_before = true;  // nothing but an id so far
    for (int i = 0; i < 6; ++i) {
        blanks();
        const auto key = string(key_max);
        if (!key) return Landmark::none;
        blanks();
        if (at < text.size() && text[at] == ':') ++at;
        blanks();
        if (at >= text.size() || text[at] == '{') return Landmark::none;
        if (text[at] == '[') return *key == "messages" ? Landmark::chat : Landmark::none;
        std::string_view value;
        if (text[at] == '"') {
            const auto inside = string(Lexer::text_max);
            if (!inside) return Landmark::none;
            value = *inside;
        } else {
            const auto begin = at;
            while (at < text.size() && word_byte(text[at])) ++at;
            if (at == begin) return Landmark::none;
        }
        if (id_before && *key == "type" &&
            (value == "message" || value == "service" || value == "unsupported"))
            return Landmark::entry;
        if (*key != "id") id_before = false;
    }
    return Landmark::none;
}

}  // namespace letopis::capture::telegram
