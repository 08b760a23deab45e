// SPDX-License-Identifier: AGPL-3.0-or-later
// The beginning of a message line: date, time and what separates them from the words. WhatsApp
// writes it by the phone's language and version; there is no grammar but this tolerant one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace letopis::capture::whatsapp {

// What all header lines of one file have in common.
struct Shape {
    enum class Style : std::uint8_t {
        dash,     // 22.03.2024, 14:36 - Иван: …      (Android)
        bracket,  // [22.03.2024, 14:36:01] Иван: …   (iOS)
        colon,    // 22.03.16 14:36:01: Иван: …       (old iOS)
    };
    Style style = Style::dash;
    char separator = '.';  // between the numbers of the date
    bool year_first = false;
    bool seconds = false;
    bool operator==(const Shape&) const = default;
};

enum class DateOrder : std::uint8_t { dmy, mdy, ymd };
std::string_view name(DateOrder order);
std::optional<DateOrder> date_order_named(std::string_view name);

struct Header {
    Shape shape;
    int date[3] = {0, 0, 0};  // in the order of the line
    int hour = 0, minute = 0, second = 0;
    bool twelve = false;   // AM or PM was there; `hour` is already of 24
    std::size_t body = 0;  // index in the line where the author or the words begin
};

// `line` may be cut after header_bytes_max and may have its line end. nullopt: not a header line.
constexpr std::size_t header_bytes_max = 160;
std::optional<Header> read_header(std::string_view line);
// Could a header line begin so? Never false for one that does.
bool may_begin_header(std::string_view line);

struct Civil {
    int year = 0, month = 0, day = 0;
};
// nullopt when the numbers are no date in that order.
std::optional<Civil> civil_date(const Header& header, DateOrder order);

// Direction marks, zero-width blanks and byte order marks at the front: how many bytes.
std::size_t marks_at(std::string_view text);
// Without those marks anywhere, special blanks as ' ', ends trimmed: for comparing.
std::string plain(std::string_view text);

}  // namespace letopis::capture::whatsapp
