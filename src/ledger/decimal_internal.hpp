// SPDX-License-Identifier: AGPL-3.0-or-later
// Numbers as the C2SP text formats write them. Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace letopis::ledger {

// ASCII digits without leading zeros, at most 2^63 - 1 (other readers of these formats use signed
// numbers).
inline std::optional<std::uint64_t> decimal(std::string_view text) {
    if (text.empty() || text.size() > 19 || (text.size() > 1 && text[0] == '0'))
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (value >> 63 != 0) return std::nullopt;
    return value;
}

// Takes the bytes up to the next newline off the front; nullopt when there is none.
inline std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace letopis::ledger
