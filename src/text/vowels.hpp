// SPDX-License-Identifier: AGPL-3.0-or-later
// The Russian vowel that comes and goes: окно, окон; рынок, рынка; колец, кольца. Snowball cuts
// endings off and does not know it. Here every stem loses it, in documents and queries alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace letopis::text {

// `word` is folded and Cyrillic, `stem` is what Snowball left of it. The result is one of the
// arguments, `buffer`, or text that lives forever.
std::string_view steady_stem(std::string_view word, std::string_view stem, std::string& buffer);
// Stems of words that begin so, where the stem itself does not: "урок" for "урк".
std::vector<std::string> steady_stems_of(std::string_view beginning);

}  // namespace letopis::text
