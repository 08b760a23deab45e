// SPDX-License-Identifier: AGPL-3.0-or-later
// One message of the export (header line and continuation lines) cut into its parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capture/whatsapp/header.hpp"

namespace letopis::capture::whatsapp {

struct Entry {
    Header header;
    std::string author;  // without marks and '~'; empty: a line of the program itself
    std::size_t body =
        0;  // [body, end) of the raw bytes are the words, without line ends behind them
    std::size_t end = 0;
};

// nullopt when there is no header line (what stands before the first one). Blank lines and a byte
// order mark in front are passed over.
std::optional<Entry> split_entry(std::string_view raw);
// The same where the header line is known to begin at `begin`.
Entry split_entry(std::string_view raw, std::size_t begin, const Header& header);

// "2024-03-22T14:36|author|<first 16 hex digits of SHA-256 of the body>"; empty when the numbers
// are no date.
std::string key_of(std::string_view raw, const Entry& entry, DateOrder order);

}  // namespace letopis::capture::whatsapp
