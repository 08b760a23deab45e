// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/whatsapp/header.hpp"

#include <algorithm>
#include <array>

namespace letopis::capture::whatsapp {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

// U+200B, U+200E, U+200F, U+202A…U+202E, U+2060, U+2066…U+2069, U+FEFF; 3 bytes each.
bool mark_here(std::string_view text) {
    if (text.size() < 3) return false;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) == 0xEF) return byte(1) == 0xBB && byte(2) == 0xBF;
    if (byte(0) != 0xE2) return false;
    if (byte(1) == 0x80)
        return byte(2) == 0x8B || byte(2) == 0x8E || byte(2) == 0x8F ||
               (byte(2) >= 0xAA && byte(2) <= 0xAE);
    return byte(1) == 0x81 && (byte(2) == 0xA0 || (byte(2) >= 0xA6 && byte(2) <= 0xA9));
}

// Length of a blank at the front: ' ', U+00A0, U+2009, U+202F; 0 when there is none.
std::size_t blank_here(std::string_view text) {
    if (text.empty()) return 0;
    if (text[0] == ' ' || text[0] == '\t') return 1;
    if (text.starts_with("\xC2\xA0")) return 2;
    if (text.starts_with("\xE2\x80\x89") || text.starts_with("\xE2\x80\xAF")) return 3;
    return 0;
}

class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}
    std::size_t at() const { return at_; }
    std::string_view rest() const { return text_.substr(at_); }
    bool take(std::string_view word) {
        if (!rest().starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    void marks() { at_ += marks_at(rest()); }
    // Blanks and marks; how many blanks.
    int blanks() {
        int count = 0;
        for (;;) {
            marks();
            const auto size = blank_here(rest());
            if (size == 0) return count;
            at_ += size;
            ++count;
        }
    }
    // 1 to `most` digits; how many there were.
    int number(int most, int& out) {
        int count = 0;
        out = 0;
        while (count < most && at_ < text_.size() && digit(text_[at_])) {
            out = out * 10 + (text_[at_++] - '0');
            ++count;
        }
        return at_ < text_.size() && digit(text_[at_]) ? 0 : count;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

bool read_date(Cursor& in, Header& header) {
    const int first = in.number(4, header.date[0]);
    if (first == 0 || first == 3) return false;
    const char separator = in.rest().empty() ? '\0' : in.rest()[0];
    if (separator != '.' && separator != '/' && separator != '-') return false;
    const std::string_view between(&separator, 1);
    in.take(between);
    if (separator == '.') in.blanks();  // "22. 3. 2024"
    const int second = in.number(2, header.date[1]);
    if (second == 0 || !in.take(between)) return false;
    if (separator == '.') in.blanks();
    const int third = in.number(4, header.date[2]);
    header.shape.separator = separator;
    header.shape.year_first = first == 4;
    return header.shape.year_first ? third == 1 || third == 2 : third == 2 || third == 4;
}

// Between date and time: ", " or " " or " à " and the like.
bool read_gap(Cursor& in) {
    in.take(".");
    int blanks = in.blanks();
    if (blanks > 0 && in.take("г.")) in.blanks();
    const bool comma = in.take(",");
    blanks += in.blanks();
    static constexpr std::array<std::string_view, 6> words{
        "à ", "às ", "um ", "alle ", "at ", "в "};
    for (const auto word : words)
        if (in.take(word)) break;
    return comma || blanks > 0;
}

// "AM", "p.m.", "a. m." (with any blanks), "ДП": 0 none, 1 before noon, 2 after.
int read_half(Cursor& in) {
    struct Half {
        std::string_view word;
        int half;
    };
    static constexpr std::array<Half, 12> halves{{{"am", 1},
                                                  {"pm", 2},
                                                  {"дп", 1},
                                                  {"пп", 2},
                                                  {"ДП", 1},
                                                  {"ПП", 2},
                                                  {"vorm", 1},
                                                  {"nachm", 2},
                                                  {"上午", 1},
                                                  {"下午", 2},
                                                  {"午前", 1},
                                                  {"午後", 2}}};
    Cursor ahead = in;
    std::string letters;  // without blanks and dots
    while (letters.size() < 12 && !ahead.rest().empty()) {
        ahead.blanks();
        if (ahead.take(".")) continue;
        const auto rest = ahead.rest();
        if (rest.empty() || rest[0] == ']' || rest[0] == '-' || rest[0] == ':' || rest[0] == '\n')
            break;
        letters += rest[0] >= 'A' && rest[0] <= 'Z' ? static_cast<char>(rest[0] + 32) : rest[0];
        ahead.take(rest.substr(0, 1));
        for (const auto& [word, half] : halves)
            if (letters == word) {
                ahead.take(".");
                in = ahead;
                return half;
            }
    }
    return 0;
}

bool read_time(Cursor& in, Header& header) {
    const int hours = in.number(2, header.hour);
    if (hours == 0) return false;
    const std::string_view between = in.rest().starts_with(".") ? "." : ":";
    if (!in.take(between) || in.number(2, header.minute) != 2) return false;
    // "14:36:01" has seconds; "14:36: Иван" has not.
    if (in.rest().starts_with(between) && in.rest().size() > 1 && digit(in.rest()[1])) {
        in.take(between);
        if (in.number(2, header.second) != 2) return false;
        header.shape.seconds = true;
    }
    const int half = read_half(in);
    header.twelve = half != 0;
    // "00:08 a. m." and "13:00 PM" are written by some phones.
    if (half == 1 && header.hour == 12) header.hour = 0;
    if (half == 2 && header.hour < 12) header.hour += 12;
    return header.hour <= 23 && header.minute <= 59 && header.second <= 60;
}

bool read_end(Cursor& in, bool bracket, Header& header) {
    if (bracket) {
        header.shape.style = Shape::Style::bracket;
        in.blanks();
        if (!in.take("]")) return false;
        if (const auto blank = blank_here(in.rest()); blank > 0)
            in.take(in.rest().substr(0, blank));
        return true;
    }
    if (in.take(": ")) {
        header.shape.style = Shape::Style::colon;
        return true;
    }
    header.shape.style = Shape::Style::dash;
    if (in.blanks() == 0) return false;
    if (!in.take("-") && !in.take("–") && !in.take("—")) return false;
    if (const auto blank = blank_here(in.rest()); blank > 0) {
        in.take(in.rest().substr(0, blank));
        return true;
    }
    return in.rest().empty() || in.rest()[0] == '\n' || in.rest()[0] == '\r';
}

bool plausible(const Header& header) {
    const int* d = header.date;
    if (header.shape.year_first) return d[1] >= 1 && d[1] <= 12 && d[2] >= 1 && d[2] <= 31;
    if (d[0] < 1 || d[1] < 1) return false;
    const bool day_month = (d[0] <= 31 && d[1] <= 12) || (d[0] <= 12 && d[1] <= 31);
    return day_month || (d[2] >= 1 && d[2] <= 31 && d[1] <= 12);
}

}  // namespace

std::string_view name(DateOrder order) {
    switch (order) {
        case DateOrder::dmy: return "dmy";
        case DateOrder::mdy: return "mdy";
        case DateOrder::ymd: return "ymd";
    }
    return "dmy";
}

std::optional<DateOrder> date_order_named(std::string_view text) {
    for (const auto order : {DateOrder::dmy, DateOrder::mdy, DateOrder::ymd})
        if (name(order) == text) return order;
    return std::nullopt;
}

std::size_t marks_at(std::string_view text) {
    std::size_t size = 0;
    while (mark_here(text.substr(size))) size += 3;
    return size;
}

std::string plain(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t copied = 0, at = 0;
    const auto copy_to_here = [&] { out.append(text.substr(copied, at - copied)); };
    while (at < text.size()) {
        const char lead = text[at];  // of U+00A0, of the marks and of the other blanks
        if (lead != '\xC2' && lead != '\xE2' && lead != '\xEF') {
            ++at;
            continue;
        }
        const auto rest = text.substr(at);
        const auto blank = blank_here(rest);
        const auto size = mark_here(rest) ? std::size_t(3) : blank;
        if (size == 0) {
            ++at;
            continue;
        }
        copy_to_here();
        if (blank > 0) out += ' ';
        copied = at += size;
    }
    copy_to_here();
    const auto end = out.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) return {};
    out.resize(end + 1);
    if (const auto begin = out.find_first_not_of(" \t\r\n"); begin > 0) out.erase(0, begin);
    return out;
}

bool may_begin_header(std::string_view line) {
    return !line.empty() &&
           (line[0] == '[' || digit(line[0]) || line[0] == '\xE2' || line[0] == '\xEF');
}

std::optional<Header> read_header(std::string_view line) {
    line = line.substr(0, std::min(line.find('\n'), header_bytes_max));
    Cursor in(line);
    in.marks();
    const bool bracket = in.take("[");
    if (bracket) in.marks();
    if (in.rest().empty() || !digit(in.rest()[0])) return std::nullopt;
    Header header;
    if (!read_date(in, header) || !read_gap(in) || !read_time(in, header) ||
        !read_end(in, bracket, header) || !plausible(header))
        return std::nullopt;
    header.body = in.at();
    return header;
}

std::optional<Civil> civil_date(const Header& header, DateOrder order) {
    const int* d = header.date;
    if (header.shape.year_first) order = DateOrder::ymd;
    Civil civil;
    switch (order) {
        case DateOrder::dmy: civil = {d[2], d[1], d[0]}; break;
        case DateOrder::mdy: civil = {d[2], d[0], d[1]}; break;
        case DateOrder::ymd: civil = {d[0], d[1], d[2]}; break;
    }
    if (civil.year < 100) civil.year += 2000;
    // There was no WhatsApp before 2009; a year far ahead is a wrong order or a wrong line.
    if (civil.year < 2000 || civil.year > 2200) return std::nullopt;
    if (!from_civil(civil.year, civil.month, civil.day)) return std::nullopt;
    return civil;
}

}  // namespace letopis::capture::whatsapp
