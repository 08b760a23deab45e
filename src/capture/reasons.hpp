// SPDX-License-Identifier: AGPL-3.0-or-later
// Why something was not taken, as programs tell it: records keep the text, and a code with what
// varies in it is found again from the text. Codes are stable names; a text that is changed keeps
// its code, and its old form stays in the table for the records that have it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace letopis::capture {

struct Reason {
    std::string_view code;            // "too_large"; empty: a text that is not in the table
    std::vector<std::string> values;  // what stands in the places that vary, in order: "256"
};

struct KnownReason {
    std::string_view code;
    std::string_view text;  // "{}" stands for what varies, at least one byte of it
};

std::span<const KnownReason> known_reasons();
// The first that fits.
Reason reason_of(std::string_view text);

}  // namespace letopis::capture
