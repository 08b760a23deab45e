// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/numbers.hpp"

#include <algorithm>

namespace letopis::text {

namespace {

constexpr std::size_t groups_max = 8;
constexpr std::size_t group_digits_max = 24;

bool digit_at(std::string_view s, std::size_t i) {
    return i < s.size() && s[i] >= '0' && s[i] <= '9';
}

// Any byte of a letter or digit; for non-ASCII characters that is near enough to say "not the end".
bool word_at(std::string_view s, std::size_t i) {
    if (i >= s.size()) return false;
    const auto b = static_cast<unsigned char>(s[i]);
    const auto lower = b | 0x20;
    return digit_at(s, i) || (lower >= 'a' && lower <= 'z') || (b >= 0xc3 && b != 0xe2);
}

// Bytes of a space that people put between groups of digits: ' ', U+00A0, U+2009, U+202F.
std::size_t space_at(std::string_view s, std::size_t i) {
    if (i >= s.size()) return 0;
    if (s[i] == ' ') return 1;
    if (s.substr(i, 2) == "\u00a0") return 2;
    return s.substr(i, 3) == "\u2009" || s.substr(i, 3) == "\u202f" ? 3 : 0;
}

struct Group {
    std::size_t begin = 0;
    std::size_t end = 0;
    // What stands between the group before and this one: ' ', '-', '.', ',', '/', or '(' for
    // anything with brackets or several characters, as telephone numbers have it.
    char separator = 0;
    std::size_t size() const { return end - begin; }
};

struct Groups {
    std::array<Group, groups_max> at;
    std::size_t count = 0;
    bool plus = false;
};

// The separator at i, if digits follow it: its length and kind.
std::size_t separator_at(std::string_view s, std::size_t i, char& kind) {
    std::size_t length = 0;
    int pieces = 0;
    kind = 0;
    while (pieces < 3 && !digit_at(s, i + length)) {
        const auto space = space_at(s, i + length);
        const char c = i + length < s.size() ? s[i + length] : '\0';
        const bool hyphen =
            s.substr(i + length, 3) == "\u2011" || s.substr(i + length, 3) == "\u2010";
        if (space > 0) {
            length += space;
            kind = pieces == 0 ? ' ' : '(';
        } else if (hyphen) {
            length += 3;
            kind = pieces == 0 ? '-' : '(';
        } else if (c == '-' || c == '.' || c == ',' || c == '/') {
            length += 1;
            kind = pieces == 0 ? c : (c == '-' ? '(' : '\0');
            if (kind == '\0') return 0;
        } else if (c == '(' || c == ')') {
            length += 1;
            kind = '(';
            ++pieces;
            if (pieces > 3) return 0;
            continue;
        } else {
            return 0;
        }
        ++pieces;
    }
    return digit_at(s, i + length) ? length : 0;
}

std::optional<Groups> groups_at(std::string_view s, std::size_t at) {
    Groups groups;
    std::size_t i = at;
    if (i < s.size() && s[i] == '+') {
        groups.plus = true;
        ++i;
    }
    if (i < s.size() && s[i] == '(') ++i;
    if (!digit_at(s, i)) return std::nullopt;
    char separator = 0;
    while (groups.count < groups_max && digit_at(s, i)) {
        auto& group = groups.at[groups.count];
        group.begin = i;
        group.separator = separator;
        while (digit_at(s, i)) ++i;
        group.end = i;
        if (group.size() > group_digits_max) break;
        ++groups.count;
        i += separator_at(s, i, separator);
    }
    if (groups.count == 0) return std::nullopt;
    return groups;
}

std::string digits_of(std::string_view s,
                      const Groups& groups,
                      std::size_t first,
                      std::size_t count) {
    std::string digits;
    for (std::size_t i = first; i < first + count; ++i)
        digits += s.substr(groups.at[i].begin, groups.at[i].size());
    return digits;
}

void add_part(Number& number, std::string term, std::size_t begin, std::size_t end) {
    if (number.part_count == number.parts.size() || term == number.whole) return;
    number.parts[number.part_count++] = {
        std::move(term), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

void add_groups(Number& number, std::string_view s, const Groups& groups, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto& group = groups.at[i];
        add_part(number, std::string(s.substr(group.begin, group.size())), group.begin, group.end);
    }
}

// Nothing may follow that would make the digits before it a part of something longer.
bool ends_here(std::string_view s, std::size_t end) {
    if (word_at(s, end)) return false;
    const char c = end < s.size() ? s[end] : ' ';
    const bool joiner = c == '-' || c == '/' || c == '_' || c == '@';
    return !(joiner && word_at(s, end + 1));
}

// How many digits a number with this country code has, code included; 0: not known.
std::size_t international_length(std::string_view digits) {
    if (digits.starts_with("7") || digits.starts_with("1")) return 11;
    for (const auto* code : {"375",
                             "380",
                             "44",
                             "86",
                             "90",
                             "91",
                             "972",
                             "971",
                             "992",
                             "993",
                             "994",
                             "995",
                             "996",
                             "998",
                             "33",
                             "34",
                             "48",
                             "31"})
        if (digits.starts_with(code)) {
            const std::string_view c = code;
            if (c == "375" || c == "380" || c == "44" || c == "90" || c == "91" || c[0] == '9')
                return 12;
            if (c == "86") return 13;
            return 11;
        }
    return 0;
}

bool area_code(char first) { return first == '3' || first == '4' || first == '8' || first == '9'; }

// Do the groups from `first` read like a Russian number without its country code?
bool local_shape(const Groups& groups, std::size_t first, std::size_t count) {
    std::string shape;
    for (std::size_t i = first; i < first + count; ++i)
        shape += static_cast<char>('0' + groups.at[i].size());
    for (const auto* known :
         {"3322", "37", "334", "55", "433", "4222", "523", "5122", "3232", "3223"})
        if (shape == known) return true;
    return false;
}

Number phone(std::size_t begin, const Groups& groups, std::size_t count, std::string digits) {
    Number number;
    number.kind = Number::Kind::phone;
    number.end = groups.at[count - 1].end;
    const bool russian =
        (digits.size() == 11 && (digits[0] == '7' || digits[0] == '8')) || digits.size() == 10;
    if (russian && digits.size() == 11) digits.erase(0, 1);
    number.whole = russian ? "+7" : "+";
    number.whole += digits;
    number.query = digits;
    add_part(number, digits, begin, number.end);
    if (digits.size() > 10) add_part(number, digits.substr(digits.size() - 10), begin, number.end);
    add_part(number, digits.substr(digits.size() - 7), begin, number.end);
    return number;
}

std::optional<Number> try_phone(std::string_view s, std::size_t at, const Groups& groups) {
    const bool bracket = at < s.size() && s[at] == '(';
    std::size_t total = 0;
    std::optional<Number> found;
    for (std::size_t i = 0; i < groups.count; ++i) {
        const auto& group = groups.at[i];
        if (group.separator == ',' || group.separator == '/') break;
        total += group.size();
        if (total > 15) break;
        if (total < 10 || !ends_here(s, group.end)) continue;
        // "12-34.5": a digit after a dot belongs to the same thing.
        if (group.end < s.size() && s[group.end] == '.' && digit_at(s, group.end + 1)) continue;
        const auto digits = digits_of(s, groups, 0, i + 1);
        bool fits = false;
        if (groups.plus) {
            const auto length = international_length(digits);
            fits = length == 0 ? total <= 13 : total == length;
        } else if (total == 11) {
            fits = (digits[0] == '8' || digits[0] == '7') && area_code(digits[1]) &&
                   (groups.at[0].size() == 1 || i == 0 || groups.at[0].size() == 4);
        } else if (total == 10) {
            fits = (i == 0 && digits[0] == '9' && !bracket) ||
                   (i > 0 && area_code(digits[0]) && local_shape(groups, 0, i + 1));
        }
        if (fits) found = phone(at, groups, i + 1, digits);
    }
    if (!found && !bracket && !groups.plus && groups.count >= 3 && groups.at[0].size() == 3 &&
        groups.at[1].size() == 2 && groups.at[2].size() == 2 && groups.at[1].separator == '-' &&
        groups.at[2].separator == '-' && ends_here(s, groups.at[2].end)) {
        Number local;  // 123-45-67
        local.kind = Number::Kind::phone;
        local.end = groups.at[2].end;
        local.whole = local.query = digits_of(s, groups, 0, 3);
        add_groups(local, s, groups, 3);
        return local;
    }
    return found;
}

std::optional<Number> try_date(std::string_view s, const Groups& groups) {
    if (groups.count < 3) return std::nullopt;
    const auto& g = groups.at;
    const char separator = g[1].separator;
    if (g[2].separator != separator || (separator != '.' && separator != '/' && separator != '-'))
        return std::nullopt;
    if (!ends_here(s, g[2].end) || (groups.count > 3 && g[3].begin == g[2].end + 1 &&
                                    g[3].separator != ' ' && g[3].separator != ','))
        return std::nullopt;
    const bool year_first = g[0].size() == 4;
    const auto& year = year_first ? g[0] : g[2];
    const auto& day = year_first ? g[2] : g[0];
    if (year.size() != 4 || g[1].size() > 2 || day.size() > 2) return std::nullopt;
    const auto two = [&](const Group& group) {
        std::string digits(2 - group.size(), '0');
        digits += s.substr(group.begin, group.size());
        return digits;
    };
    const auto d = two(day);
    const auto m = two(g[1]);
    if (m < "01" || m > "12" || d < "01" || d > "31") return std::nullopt;
    Number date;
    date.kind = Number::Kind::date;
    date.end = g[2].end;
    date.whole = s.substr(year.begin, 4);
    date.whole.append("-").append(m).append("-").append(d);
    date.query = date.whole;
    add_groups(date, s, groups, 3);
    return date;
}

std::string without_zeros(std::string digits) {
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    return digits.substr(first);
}

// "1250000" and "50" to "1250000.5".
std::string decimal(const std::string& whole, std::string fraction) {
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
    return fraction.empty() ? whole : whole + "." + fraction;
}

// Groups of three digits after the first, all with this separator: how many groups in all.
std::size_t thousands(const Groups& groups, char separator) {
    if (groups.at[0].size() > 3) return 1;
    std::size_t count = 1;
    while (count < groups.count && groups.at[count].separator == separator &&
           groups.at[count].size() == 3)
        ++count;
    return count;
}

bool tail_ends(std::string_view s, std::size_t end) {
    const char c = end < s.size() ? s[end] : ' ';
    const bool joiner = c == '-' || c == '/' || c == '_' || c == '@';
    if (joiner && word_at(s, end + 1)) return false;
    return !((c == '.' || c == ',') && digit_at(s, end + 1));
}

std::optional<Number> finish(std::string_view s,
                             const Groups& groups,
                             std::size_t whole_groups,
                             bool fraction) {
    Number number;
    const auto count = whole_groups + (fraction ? 1 : 0);
    number.end = groups.at[count - 1].end;
    const auto whole = digits_of(s, groups, 0, whole_groups);
    number.whole = fraction ? decimal(whole, digits_of(s, groups, whole_groups, 1)) : whole;
    number.query = number.whole;
    if (fraction) add_part(number, whole, groups.at[0].begin, groups.at[whole_groups - 1].end);
    if (count > 1) add_groups(number, s, groups, count);
    if (count == 1 && whole.size() > 1 && whole[0] == '0')
        add_part(number, without_zeros(whole), groups.at[0].begin, number.end);
    return number;
}

// "12 500", "1 250 000,50".
std::optional<Number> try_spaced(std::string_view s, const Groups& groups) {
    auto count = thousands(groups, ' ');
    if (count < 2 || s[groups.at[0].begin] == '0') return std::nullopt;
    // "12 345-67-89" is a flat and a telephone number.
    if (count + 1 < groups.count && groups.at[count].separator == '-' &&
        groups.at[count].size() == 2 && groups.at[count + 1].separator == '-')
        --count;
    if (count < 2) return std::nullopt;
    const bool fraction =
        count < groups.count &&
        (groups.at[count].separator == ',' || groups.at[count].separator == '.') &&
        groups.at[count].size() <= 2 && tail_ends(s, groups.at[count].end);
    auto number = finish(s, groups, count, fraction);
    if (number) number->spaced = true;
    return number;
}

// "1,250,000.50" and "1.250.000,50".
std::optional<Number> try_grouped(std::string_view s, const Groups& groups, char separator) {
    const auto count = thousands(groups, separator);
    if (count < 2) return std::nullopt;
    const char point = separator == ',' ? '.' : ',';
    const bool fraction = count < groups.count && groups.at[count].separator == point &&
                          tail_ends(s, groups.at[count].end);
    if (!fraction && !tail_ends(s, groups.at[count - 1].end)) return std::nullopt;
    if (count == 2 && !fraction) {
        // "1,250" and "1.250" may mean either; the comma counts as thousands, the dot as decimals,
        // and the other reading is a part.
        const auto joined = digits_of(s, groups, 0, 2);
        const auto other = decimal(digits_of(s, groups, 0, 1), digits_of(s, groups, 1, 1));
        auto number = finish(s, groups, 2, false);
        number->part_count = 0;
        number->whole = number->query = separator == ',' ? joined : other;
        add_part(*number, separator == ',' ? other : joined, groups.at[0].begin, number->end);
        add_groups(*number, s, groups, 2);
        return number;
    }
    return finish(s, groups, count, fraction);
}

std::optional<Number> try_plain(std::string_view s, const Groups& groups) {
    if (groups.count > 1 && (groups.at[1].separator == ',' || groups.at[1].separator == '.') &&
        tail_ends(s, groups.at[1].end))
        return finish(s, groups, 1, true);
    if (!ends_here(s, groups.at[0].end)) return std::nullopt;
    const auto end = groups.at[0].end;
    if (end < s.size() && s[end] == '.' && digit_at(s, end + 1)) return std::nullopt;
    return finish(s, groups, 1, false);
}

}  // namespace

std::optional<Number> scan_number(std::string_view s, std::size_t at) {
    const auto groups = groups_at(s, at);
    if (!groups) return std::nullopt;
    if (auto found = try_phone(s, at, *groups)) return found;
    if (groups->plus || s[at] == '(') return std::nullopt;
    if (groups->count == 1) return try_plain(s, *groups);
    if (auto found = try_date(s, *groups)) return found;
    if (auto found = try_spaced(s, *groups)) return found;
    if (auto found = try_grouped(s, *groups, ',')) return found;
    if (auto found = try_grouped(s, *groups, '.')) return found;
    return try_plain(s, *groups);
}

}  // namespace letopis::text
