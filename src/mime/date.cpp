// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/date.hpp"

#include <array>
#include <string>
#include <vector>

#include "mime/ascii.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t date_bytes_max = 200;

// A run of digits or of letters, with the separator that stood before it.
struct Token {
    std::string_view text;
    char before = ' ';
    bool number = false;
    int value = 0;
};

std::string without_comments(std::string_view text) {
    std::string out;
    int depth = 0;
    for (const char c : text.substr(0, date_bytes_max)) {
        if (c == '(') ++depth;
        if (depth == 0) out.push_back(c);
        if (c == ')' && depth > 0 && --depth == 0) out.push_back(' ');
    }
    return out;
}

bool is_letter(char c) { return is_alpha(c) || static_cast<unsigned char>(c) >= 0x80; }

std::vector<Token> tokens_of(std::string_view text) {
    std::vector<Token> out;
    char before = ' ';
    for (std::size_t i = 0; i < text.size();) {
        const bool number = is_digit(text[i]);
        if (!number && !is_letter(text[i])) {
            // "17:00:00 -0700" and "17 - Nov" differ by what stands next to the sign.
            if (!is_space(text[i]) || before == ' ') before = is_space(text[i]) ? ' ' : text[i];
            ++i;
            continue;
        }
        const auto start = i;
        while (i < text.size() && (number ? is_digit(text[i]) : is_letter(text[i]))) ++i;
        Token token{text.substr(start, i - start), before, number, 0};
        if (number && token.text.size() <= 8)
            for (const char c : token.text) token.value = token.value * 10 + (c - '0');
        else if (number)
            token.value = -1;
        out.push_back(token);
        before = ' ';
    }
    return out;
}

int month_of(std::string_view word) {
    constexpr std::array<std::string_view, 12> english = {
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    constexpr std::array<std::string_view, 12> russian = {
        "янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"};
    constexpr std::array<std::string_view, 12> russian_capital = {
        "Янв", "Фев", "Мар", "Апр", "Ма", "Июн", "Июл", "Авг", "Сен", "Окт", "Ноя", "Дек"};
    for (std::size_t i = 0; i < 12; ++i)
        if (starts_nocase(word, english[i]) || word.starts_with(russian[i]) ||
            word.starts_with(russian_capital[i]))
            return static_cast<int>(i) + 1;
    return 0;
}

struct ZoneName {
    std::string_view name;
    int minutes;
};
constexpr ZoneName zone_names[] = {
    {"GMT", 0},    {"UT", 0},      {"UTC", 0},     {"Z", 0},      {"WET", 0},    {"WEST", 60},
    {"EST", -300}, {"EDT", -240},  {"CST", -360},  {"CDT", -300}, {"MST", -420}, {"MDT", -360},
    {"PST", -480}, {"PDT", -420},  {"CET", 60},    {"MET", 60},   {"MEZ", 60},   {"CEST", 120},
    {"MEST", 120}, {"MESZ", 120},  {"MSZ", 120},   {"BST", 60},   {"EET", 120},  {"EEST", 180},
    {"MSK", 180},  {"MSD", 240},   {"SAMT", 240},  {"YEKT", 300}, {"OMST", 360}, {"NOVT", 420},
    {"KRAT", 420}, {"IRKT", 480},  {"YAKT", 540},  {"VLAT", 600}, {"JST", 540},  {"KST", 540},
    {"HKT", 480},  {"SGT", 480},   {"IST", 330},   {"AEST", 600}, {"AEDT", 660}, {"NZST", 720},
    {"NZDT", 780}, {"AKST", -540}, {"AKDT", -480}, {"HST", -600}, {"BRT", -180}, {"ART", -180}};

struct Date {
    int year = -1, month = 0, day = 0;
    int hour = -1, minute = 0, second = 0;
    int zone = 0;
    bool zone_known = false;
};

int full_year(const Token& token) {
    if (token.text.size() >= 4) return token.value;
    // RFC 5322 section 4.3.
    if (token.text.size() == 3) return token.value + 1900;
    return token.value < 50 ? token.value + 2000 : token.value + 1900;
}

class DateReader {
public:
    explicit DateReader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    std::optional<Instant> read() {
        while (at_ < tokens_.size()) {
            const auto& token = tokens_[at_];
            if (token.number)
                number(token);
            else
                word(token);
        }
        return moment();
    }

private:
    const Token* ahead(std::size_t by) const {
        return at_ + by < tokens_.size() ? &tokens_[at_ + by] : nullptr;
    }
    bool number_after(std::size_t by, char separator) const {
        const auto* token = ahead(by);
        return token && token->number && token->before == separator;
    }

    void word(const Token& token) {
        ++at_;
        const int month = month_of(token.text);
        if (month && !date_.month && token.text.size() >= 3) {
            date_.month = month;
            return;
        }
        if (equal_nocase(token.text, "pm") && date_.hour >= 0 && date_.hour < 12) date_.hour += 12;
        if (equal_nocase(token.text, "am") && date_.hour == 12) date_.hour = 0;
        if (date_.hour < 0 || date_.zone_known) return;
        for (const auto& [name, minutes] : zone_names)
            if (equal_nocase(token.text, name)) {
                date_.zone = minutes;
                // "GMT+0300" is an offset with a decoration.
                date_.zone_known = minutes != 0 || token.text.size() == 1;
                return;
            }
    }

    void number(const Token& token) {
        if (date_.hour < 0 && (number_after(1, ':') || dotted_time())) return time(token);
        if (token.text.size() == 4 &&
            (number_after(1, '-') || number_after(1, '/') || number_after(1, '.')) &&
            numeric_date(2, token))
            return;
        if (date_.month == 0 && date_.day == 0) {
            for (const char separator : {'.', '/', '-'})
                if (number_after(1, separator) && number_after(2, separator)) {
                    numeric_date(separator == '/' ? 1 : 0, token);
                    return;
                }
        }
        if (date_.hour >= 0 && !date_.zone_known && (token.before == '+' || token.before == '-') &&
            token.text.size() <= 4)
            return offset(token);
        if (compact(token)) return;
        ++at_;
        if (token.value < 0) return;
        if (date_.day == 0 && token.text.size() <= 2 && token.value >= 1 && token.value <= 31)
            date_.day = token.value;
        else if (date_.year < 0 && token.text.size() >= 2 && token.text.size() <= 4)
            date_.year = full_year(token);
    }

    // "20081212" and "20081212T1015"
    bool compact(const Token& token) {
        if (token.text.size() != 8 || date_.day != 0 || date_.month != 0) return false;
        ++at_;
        date_.year = token.value / 10'000;
        date_.month = token.value / 100 % 100;
        date_.day = token.value % 100;
        return true;
    }

    // "12.34.56" once the day is known.
    bool dotted_time() const {
        return date_.day != 0 && date_.month != 0 && number_after(1, '.') && number_after(2, '.') &&
               ahead(0)->text.size() <= 2 && ahead(2)->text.size() == 2;
    }

    void time(const Token& token) {
        const char separator = ahead(1)->before;
        date_.hour = token.value;
        date_.minute = ahead(1)->value;
        at_ += 2;
        if (number_after(0, separator)) date_.second = tokens_[at_++].value;
        if (at_ < tokens_.size() && tokens_[at_].number && tokens_[at_].before == '.') ++at_;
    }

    // order: 0 day-month-year, 1 month-day-year, 2 year-month-day
    bool numeric_date(int order, const Token& token) {
        if (!ahead(2) || !ahead(1)->number || !ahead(2)->number) return false;
        const int a = token.value, b = ahead(1)->value;
        const Token& last = *ahead(2);
        if (order == 2) {
            date_.year = a, date_.month = b, date_.day = last.value;
        } else {
            const bool month_first = (order == 1 && a <= 12) || b > 12;
            date_.month = month_first ? a : b;
            date_.day = month_first ? b : a;
            date_.year = full_year(last);
        }
        at_ += 3;
        return true;
    }

    void offset(const Token& token) {
        int hours = token.value, minutes = 0;
        if (token.text.size() >= 3) {
            hours = token.value / 100;
            minutes = token.value % 100;
        }
        ++at_;
        if (token.text.size() <= 2 && number_after(0, ':')) minutes = tokens_[at_++].value;
        if (hours > 15 || minutes > 59) return;
        date_.zone = (hours * 60 + minutes) * (token.before == '-' ? -1 : 1);
        date_.zone_known = true;
    }

    std::optional<Instant> moment() {
        if (date_.year < 1970 || date_.year > 2199) return std::nullopt;
        if (date_.hour < 0) date_.hour = 0;
        if (date_.hour == 24) date_.hour = 23, date_.minute = 59, date_.second = 59;
        if (date_.second > 60) date_.second = 59;
        const auto local =
            from_civil(date_.year, date_.month, date_.day, date_.hour, date_.minute, date_.second);
        if (!local) return std::nullopt;
        return *local - std::chrono::minutes(date_.zone);
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    Date date_;
};

}  // namespace

std::optional<Instant> parse_date(std::string_view text) {
    // "by host with SMTP id 17; Mon, 10 Oct 2022": a trace line under the wrong name.
    if (const auto trace = text.rfind(';'); trace != text.npos) text.remove_prefix(trace + 1);
    const auto clean = without_comments(text);
    return DateReader(tokens_of(clean)).read();
}

}  // namespace letopis::mime
