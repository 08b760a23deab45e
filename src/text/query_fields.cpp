// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/query_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "text/analyser.hpp"
#include "text/chars.hpp"

namespace letopis::text {

namespace {

using namespace std::chrono;

constexpr FieldName names[] = {
    {"from", Field::from},
    {"to", Field::to},
    {"client", Field::client},
    {"employee", Field::employee},
    {"channel", Field::channel},
    {"deal", Field::deal},
    {"tag", Field::tag},
    {"category", Field::category},
    {"project", Field::project},
    {"has", Field::has},
    {"filename", Field::filename},
    {"in", Field::in},
    {"before", Field::before},
    {"after", Field::after},
    {"on", Field::on},
    {"larger", Field::larger},
    {"is", Field::is},
    {"lang", Field::lang},
    {"source", Field::source},
    {"conversation", Field::conversation},
    {"id", Field::id},
    {"label", Field::label},
    {"от", Field::from},
    {"кому", Field::to},
    {"клиент", Field::client},
    {"сотрудник", Field::employee},
    {"канал", Field::channel},
    {"сделка", Field::deal},
    {"тег", Field::tag},
    {"категория", Field::category},
    {"проект", Field::project},
    {"есть", Field::has},
    {"файл", Field::filename},
    {"вложение", Field::filename},
    {"в", Field::in},
    {"до", Field::before},
    {"после", Field::after},
    {"дата", Field::on},
    {"больше", Field::larger},
    {"это", Field::is},
    {"язык", Field::lang},
    {"источник", Field::source},
    {"переписка", Field::conversation},
    {"метка", Field::label},
};

struct Alias {
    Field field;
    std::string_view given;
    std::string_view meant;
};

constexpr Alias aliases[] = {
    {Field::has, "вложение", "attachment"},
    {Field::has, "вложения", "attachment"},
    {Field::has, "attachments", "attachment"},
    {Field::has, "файл", "attachment"},
    {Field::has, "file", "attachment"},
    {Field::in, "тема", "subject"},
    {Field::in, "теме", "subject"},
    {Field::in, "тему", "subject"},
    {Field::channel, "почта", "email"},
    {Field::channel, "почте", "email"},
    {Field::channel, "mail", "email"},
    {Field::channel, "e-mail", "email"},
    {Field::channel, "телеграм", "telegram"},
    {Field::channel, "тг", "telegram"},
    {Field::channel, "вотсап", "whatsapp"},
    {Field::channel, "ватсап", "whatsapp"},
    {Field::channel, "вацап", "whatsapp"},
    {Field::is, "неотвеченное", "unanswered"},
    {Field::is, "неотвеченные", "unanswered"},
    {Field::is, "безответа", "unanswered"},
    {Field::is, "служебное", "service"},
    {Field::lang, "рус", "ru"},
    {Field::lang, "русский", "ru"},
    {Field::lang, "англ", "en"},
    {Field::lang, "английский", "en"},
};

std::u32string code_points(std::string_view utf8) {
    std::u32string out;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto c = decode(utf8, i);
        out.push_back(static_cast<char32_t>(c.code));
        i += c.length;
    }
    return out;
}

std::size_t distance(const std::u32string& a, const std::u32string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<Period> period_of(int y, int m, int d) {
    if (y < 1970 || y > 2200) return std::nullopt;
    const auto begin = from_civil(y, m == 0 ? 1 : m, d == 0 ? 1 : d);
    if (!begin) return std::nullopt;
    const auto end = m == 0    ? from_civil(y + 1, 1, 1)
                     : d != 0  ? std::optional(*begin + days(1))
                     : m == 12 ? from_civil(y + 1, 1, 1)
                               : from_civil(y, m + 1, 1);
    if (!end) return std::nullopt;
    return Period{*begin, *end};
}

std::optional<Period> day_of(sys_days day) {
    const auto begin = time_point_cast<microseconds>(day);
    return Period{begin, begin + days(1)};
}

// 7d, 2w, 3m, 1y and the same with Russian letters.
std::optional<Period> parse_ago(std::string_view text, Instant now) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = number(text.substr(0, digits));
    if (!count || *count > 36500) return std::nullopt;
    const auto unit = text.substr(digits);
    const auto today = floor<days>(now);
    if (unit == "d" || unit == "д") return day_of(today - days(*count));
    if (unit == "w" || unit == "н") return day_of(today - days(*count * 7));
    const year_month_day date(today);
    year_month_day then = date;
    if (unit == "m" || unit == "м")
        then = date - months(*count);
    else if (unit == "y" || unit == "г")
        then = date - years(*count);
    else
        return std::nullopt;
    if (!then.ok()) then = then.year() / then.month() / last;
    return day_of(sys_days(then));
}

std::optional<Period> parse_civil(std::string_view text) {
    std::array<std::string_view, 3> parts;
    std::size_t count = 0;
    const auto separator = text.find_first_of("-./");
    const char sign = separator == std::string_view::npos ? '-' : text[separator];
    while (count < 3) {
        const auto end = text.find(sign);
        parts[count++] = text.substr(0, end);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
        if (count == 3) return std::nullopt;
    }
    std::array<int, 3> values{};
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = number(parts[i]);
        if (!value || *value <= 0 || parts[i].size() > 4) return std::nullopt;
        values[i] = *value;
    }
    if (parts[0].size() == 4) return period_of(values[0], values[1], values[2]);
    if (count == 2 && parts[1].size() == 4) return period_of(values[1], values[0], 0);
    if (count == 3 && parts[2].size() == 4) return period_of(values[2], values[1], values[0]);
    return std::nullopt;
}

}  // namespace

const FieldName* field_named(std::string_view folded_name) {
    const auto* found = std::find_if(std::begin(names), std::end(names), [&](const auto& known) {
        return known.name == folded_name;
    });
    return found == std::end(names) ? nullptr : found;
}

std::string nearest_field(std::string_view folded_name) {
    const auto wanted = code_points(folded_name.substr(0, 64));
    std::size_t best = 3;
    std::string found;
    for (const auto& known : names) {
        const auto letters = code_points(known.name);
        const auto changes = distance(wanted, letters);
        if (changes < best && changes < letters.size()) {
            best = changes;
            found = known.name;
        }
    }
    return found;
}

std::optional<Period> parse_period(std::string_view value, Instant now) {
    if (const auto dots = value.find(".."); dots != std::string_view::npos) {
        const auto first = parse_period(value.substr(0, dots), now);
        const auto second = value.substr(dots + 2);
        if (!first || second.find("..") != std::string_view::npos) return std::nullopt;
        const auto last = parse_period(second, now);
        if (!last || last->end <= first->begin) return std::nullopt;
        return Period{first->begin, last->end};
    }
    const auto text = fold(value);
    const auto today = floor<days>(now);
    if (text == "today" || text == "сегодня") return day_of(today);
    if (text == "yesterday" || text == "вчера") return day_of(today - days(1));
    if (const auto moment = parse_rfc3339(value)) return Period{*moment, *moment + seconds(1)};
    if (const auto ago = parse_ago(text, now)) return ago;
    return parse_civil(text);
}

std::optional<std::uint64_t> parse_size(std::string_view value) {
    auto text = fold(value);
    std::replace(text.begin(), text.end(), ',', '.');
    const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, count);
    if (digits == 0 || error != std::errc() || end != text.data() + digits) return std::nullopt;
    const auto unit = std::string_view(text).substr(digits);
    double factor = 0;
    if (unit.empty() || unit == "b" || unit == "б") factor = 1;
    if (unit == "k" || unit == "kb" || unit == "к" || unit == "кб") factor = 1024;
    if (unit == "m" || unit == "mb" || unit == "м" || unit == "мб") factor = 1024.0 * 1024;
    if (unit == "g" || unit == "gb" || unit == "г" || unit == "гб") factor = 1024.0 * 1024 * 1024;
    if (factor == 0 || count * factor > 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(count * factor);
}

std::string canonical_value(Field field, std::string_view value) {
    const bool closed = field == Field::has || field == Field::in || field == Field::channel ||
                        field == Field::is || field == Field::lang;
    if (!closed) return std::string(value);
    auto folded = fold(value);
    for (const auto& alias : aliases)
        if (alias.field == field && alias.given == folded) return std::string(alias.meant);
    return folded;
}

}  // namespace letopis::text
