// SPDX-License-Identifier: AGPL-3.0-or-later
#include "model/address.hpp"

#include <algorithm>
#include <array>

namespace letopis::model {
// "+" between a literal and a temporary string trips a false -Wrestrict in GCC 12: append()
// instead.
namespace {

constexpr std::size_t phone_text_max = 128;
constexpr std::size_t email_bytes_max = 320;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_icase(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
               return a == lower(b);
           });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && ascii_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && ascii_space(text.back())) text.remove_suffix(1);
    return text;
}

// Bytes of a separator at the start of `text`: punctuation of telephone numbers, spaces of any
// width, dashes, and the invisible marks that WhatsApp puts around numbers. 0: none.
std::size_t separator(std::string_view text) {
    static constexpr std::string_view plain = " \t()-./";
    if (plain.find(text.front()) != std::string_view::npos) return 1;
    if (text.substr(0, 2) == "\u00a0") return 2;
    if (text.size() < 3 || text[0] != '\xe2') return 0;
    const auto second = static_cast<unsigned char>(text[1]);
    const auto third = static_cast<unsigned char>(text[2]);
    const bool general =
        second == 0x80 && ((third >= 0x80 && third <= 0x95) || (third >= 0xaa && third <= 0xaf));
    const bool isolates = second == 0x81 && third >= 0xa0 && third <= 0xa9;
    const bool minus = second == 0x88 && third == 0x92;
    return general || isolates || minus ? 3 : 0;
}

// The words after which an extension follows; the number before it is the number.
bool begins_extension(std::string_view text) {
    static constexpr std::array<std::string_view, 9> marks{
        ",", ";", "#", "ext", "x", "доб", "Доб", "вн", "Вн"};
    return std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) {
        return starts_with_icase(text, mark);
    });
}

struct Digits {
    std::string text;
    bool plus = false;
};

std::optional<Digits> digits_of(std::string_view text) {
    Digits digits;
    while (!text.empty()) {
        if (digit(text.front())) {
            digits.text += text.front();
            text.remove_prefix(1);
        } else if (text.front() == '+' && digits.text.empty() && !digits.plus) {
            digits.plus = true;
            text.remove_prefix(1);
        } else if (const auto skip = separator(text)) {
            text.remove_prefix(skip);
        } else if (!digits.text.empty() && begins_extension(text)) {
            break;
        } else {
            return std::nullopt;
        }
    }
    return digits;
}

// E.164 digits without the plus, or empty. A Russian 8 before ten digits is a 7.
std::string international(const Digits& digits) {
    std::string_view all = digits.text;
    if (digits.plus) return std::string(all);
    if (all.starts_with("810")) return std::string(all.substr(3));
    if (all.starts_with("00")) return std::string(all.substr(2));
    if (all.size() == 11 && all[0] == '8') return std::string("7").append(all.substr(1));
    if (all.size() == 10 && all[0] == '9') return std::string("7").append(all);
    return all.size() >= 11 && all[0] != '0' ? std::string(all) : std::string();
}

bool valid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t size = lead < 0x80                    ? 1
                                 : lead >= 0xc2 && lead <= 0xdf ? 2
                                 : lead >= 0xe0 && lead <= 0xef ? 3
                                 : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                                : 0;
        if (size == 0 || size > text.size() - i) return false;
        for (std::size_t j = 1; j < size; ++j)
            if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return false;
        const auto second = size > 1 ? static_cast<unsigned char>(text[i + 1]) : 0u;
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
            (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
            return false;
        i += size;
    }
    return true;
}

bool atom(char c) {
    static constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~.";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) ||
           static_cast<unsigned char>(c) >= 0x80 || others.find(c) != std::string_view::npos;
}

// "anna"@… is anna@…; a local part that needs its quotes keeps them.
std::string_view without_needless_quotes(std::string_view local) {
    if (local.size() < 3 || local.front() != '"' || local.back() != '"') return local;
    const auto inner = local.substr(1, local.size() - 2);
    return std::all_of(inner.begin(), inner.end(), atom) ? inner : local;
}

bool local_part(std::string_view local) {
    if (local.empty()) return false;
    if (local.size() >= 2 && local.front() == '"' && local.back() == '"')
        return std::all_of(
            local.begin(), local.end(), [](char c) { return c >= ' ' && c != 0x7f; });
    return std::all_of(local.begin(), local.end(), [](char c) { return atom(c) || c == ':'; });
}

bool domain_part(std::string_view domain) {
    if (domain.empty() || domain.front() == '.' || domain.find("..") != std::string_view::npos)
        return false;
    const bool literal = domain.front() == '[' && domain.back() == ']';
    return std::all_of(domain.begin(), domain.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) || c == '-' ||
               c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80 ||
               (literal && (c == '[' || c == ']' || c == ':'));
    });
}

}  // namespace

std::optional<std::string> normalise_phone(std::string_view text) {
    text = trimmed(text);
    if (starts_with_icase(text, "tel:")) text.remove_prefix(4);
    if (text.empty() || text.size() > phone_text_max) return std::nullopt;
    const auto digits = digits_of(text);
    if (!digits) return std::nullopt;
    const auto number = international(*digits);
    if (number.size() < 7 || number.size() > 15 || number[0] == '0') return std::nullopt;
    // The Russian plan has ten digits after the 7; anything else with it is a misprint.
    if (number[0] == '7' && number.size() != 11) return std::nullopt;
    return std::string("+").append(number);
}

std::optional<std::string> normalise_email(std::string_view text) {
    text = trimmed(text);
    if (starts_with_icase(text, "mailto:")) text.remove_prefix(7);
    if (text.size() > 2 && text.front() == '<' && text.back() == '>')
        text = trimmed(text.substr(1, text.size() - 2));
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || text.size() > email_bytes_max || !valid_utf8(text))
        return std::nullopt;
    const auto local = without_needless_quotes(text.substr(0, at));
    auto domain = text.substr(at + 1);
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (!local_part(local) || !domain_part(domain)) return std::nullopt;
    std::string address = std::string(local) + "@" + std::string(domain);
    std::transform(address.begin(), address.end(), address.begin(), lower);
    return address;
}

}  // namespace letopis::model
