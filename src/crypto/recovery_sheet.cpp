// SPDX-License-Identifier: AGPL-3.0-or-later
// The recovery sheet of docs/formats/keyring.md.
#include <array>
#include <optional>
#include <vector>

#include "crypto/key_text_internal.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

constexpr std::string_view sheet_alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t sheet_groups = 14;
constexpr std::size_t group_data = 4;
constexpr std::size_t group_size = group_data + 1;
constexpr std::size_t groups_a_line = 7;
constexpr std::size_t sheet_bytes = sheet_groups * group_data * 5 / 8;  // 35
constexpr std::size_t sheet_text_max = 4096;
constexpr unsigned sheet_version = 1;

using Values = std::array<unsigned char, sheet_groups * group_size>;

unsigned times_two(unsigned value) {  // in GF(32), x^5 + x^2 + 1
    value <<= 1;
    return value & 32 ? value ^ 0x25 : value;
}

unsigned char group_check(const unsigned char* group, std::size_t number) {
    unsigned sum = 0;
    for (std::size_t i = group_data; i-- > 0;) sum = times_two(sum ^ group[i]);
    return static_cast<unsigned char>(sum ^ number);
}

// version (4 bits) | root (256 bits) | checksum (20 bits)
std::string sheet_payload(std::string_view root) {
    std::string covered = "letopis/recovery/v1";
    covered.append(root);
    const auto check = sha256(covered);
    wipe(covered);
    std::string out;
    unsigned carry = sheet_version;
    const auto add = [&](unsigned byte) {
        out.push_back(static_cast<char>((carry << 4 | byte >> 4) & 0xff));
        carry = byte & 15;
    };
    for (const char c : root) add(static_cast<unsigned char>(c));
    for (std::size_t i = 0; i < 2; ++i) add(check[i]);
    out.push_back(static_cast<char>((carry << 4 | check[2] >> 4) & 0xff));
    return out;
}

Values sheet_values(std::string_view payload) {
    Values values{};
    std::size_t bit = 0;
    for (std::size_t group = 0; group < sheet_groups; ++group) {
        auto* at = values.data() + group * group_size;
        for (std::size_t i = 0; i < group_data * 5; ++i, ++bit) {
            const auto byte = static_cast<unsigned char>(payload[bit / 8]);
            at[i / 5] = static_cast<unsigned char>(at[i / 5] << 1 | (byte >> (7 - bit % 8) & 1));
        }
        at[group_data] = group_check(at, group);
    }
    return values;
}

std::string payload_of(const Values& values) {
    std::string payload(sheet_bytes, '\0');
    std::size_t bit = 0;
    for (std::size_t group = 0; group < sheet_groups; ++group)
        for (std::size_t i = 0; i < group_data * 5; ++i, ++bit)
            if (values[group * group_size + i / 5] >> (4 - i % 5) & 1)
                payload[bit / 8] = static_cast<char>(payload[bit / 8] | 1 << (7 - bit % 8));
    return payload;
}

// A person with a Russian keyboard types letters that look right.
std::optional<char> latin_for(unsigned char first, unsigned char second) {
    struct Pair {
        std::string_view cyrillic;
        char latin;
    };
    static constexpr Pair pairs[] = {
        {"А", 'A'}, {"а", 'A'}, {"В", 'B'}, {"в", 'B'}, {"С", 'C'}, {"с", 'C'}, {"Е", 'E'},
        {"е", 'E'}, {"Н", 'H'}, {"н", 'H'}, {"К", 'K'}, {"к", 'K'}, {"М", 'M'}, {"м", 'M'},
        {"О", '0'}, {"о", '0'}, {"Р", 'P'}, {"р", 'P'}, {"Т", 'T'}, {"т", 'T'}, {"Х", 'X'},
        {"х", 'X'}, {"У", 'Y'}, {"у", 'Y'}, {"З", '3'}, {"з", '3'}};
    for (const auto& pair : pairs)
        if (static_cast<unsigned char>(pair.cyrillic[0]) == first &&
            static_cast<unsigned char>(pair.cyrillic[1]) == second)
            return pair.latin;
    return std::nullopt;
}

std::optional<unsigned char> sheet_value(char c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    const auto at = sheet_alphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned char>(at);
}

// What was typed, cut where the person put spaces or dashes; each part is values 0..31, or 255 for
// a character that the alphabet does not have.
std::vector<std::string> typed_parts(std::string_view text) {
    std::vector<std::string> parts(1);
    const auto cut = [&] {
        if (!parts.back().empty()) parts.emplace_back();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
        char c = text[i];
        if (byte == 0xe2 && i + 2 < text.size()) {  // typographic dashes and spaces
            cut();
            i += 2;
            continue;
        }
        if (byte == 0xc2 && next == 0xa0) {  // no-break space
            cut();
            ++i;
            continue;
        }
        if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n' || c == '.' || c == ',') {
            cut();
            continue;
        }
        if ((byte == 0xd0 || byte == 0xd1) && next != 0) {
            c = latin_for(byte, next).value_or('?');
            ++i;
        }
        parts.back().push_back(static_cast<char>(sheet_value(c).value_or(255)));
    }
    if (parts.back().empty()) parts.pop_back();
    return parts;
}

std::string numbers(const std::vector<std::size_t>& groups) {
    std::string out;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i > 0) out += i + 1 == groups.size() ? " and " : ", ";
        out += std::to_string(groups[i] + 1);
    }
    return out;
}

auto mistyped(std::string what) {
    return fail(Errc::invalid,
                std::move(what),
                "Compare with the sheet: 14 groups of 5 characters. The last character of each "
                "group checks the four before it.");
}

Result<Values> check_parts(const std::vector<std::string>& parts) {
    std::string all;
    for (const auto& part : parts) all += part;
    if (parts.size() == sheet_groups)
        for (std::size_t group = 0; group < parts.size(); ++group)
            if (parts[group].size() != group_size)
                return mistyped("group " + std::to_string(group + 1) +
                                " of the recovery sheet has " +
                                std::to_string(parts[group].size()) + " characters instead of 5");
    if (all.size() != sheet_groups * group_size)
        return mistyped("the recovery sheet has 70 characters, " + std::to_string(all.size()) +
                        " were typed");
    Values values;
    std::vector<std::size_t> wrong;
    for (std::size_t group = 0; group < sheet_groups; ++group) {
        bool known = true;
        for (std::size_t i = group * group_size; i < (group + 1) * group_size; ++i) {
            values[i] = static_cast<unsigned char>(all[i]);
            known = known && values[i] < 32;
        }
        const auto* at = values.data() + group * group_size;
        if (!known || group_check(at, group) != at[group_data]) wrong.push_back(group);
    }
    wipe(all);
    if (!wrong.empty())
        return mistyped((wrong.size() == 1 ? "group " : "groups ") + numbers(wrong) +
                        " of the recovery sheet " + (wrong.size() == 1 ? "is" : "are") +
                        " mistyped");
    return values;
}

}  // namespace

std::string sheet_text(const Key& root) {
    auto payload = sheet_payload(root.bytes());
    const auto values = sheet_values(payload);
    wipe(payload);
    std::string out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        out.push_back(sheet_alphabet[values[i]]);
        if ((i + 1) % group_size != 0) continue;
        out.push_back((i + 1) % (group_size * groups_a_line) == 0 ? '\n' : ' ');
    }
    return out;
}

Result<Key> parse_sheet(std::string_view text) {
    if (text.size() > sheet_text_max) return mistyped("this is too long for a recovery sheet");
    auto parts = typed_parts(text);
    TRY(const auto values, check_parts(parts));
    for (auto& part : parts) wipe(part);
    auto payload = payload_of(values);
    if (static_cast<unsigned char>(payload[0]) >> 4 != sheet_version)
        return fail(Errc::unsupported, "the recovery sheet was printed by a newer Letopis");
    std::string root;
    for (std::size_t i = 0; i < key_bytes; ++i)
        root.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) << 4 |
                                         static_cast<unsigned char>(payload[i + 1]) >> 4));
    auto again = sheet_payload(root);
    const bool right = again == payload;
    auto key = Key::from(root);
    wipe(again);
    wipe(payload);
    wipe(root);
    if (!right) return mistyped("the groups of the recovery sheet do not belong together");
    return key;
}

}  // namespace letopis::crypto
