// SPDX-License-Identifier: AGPL-3.0-or-later
// CSS of strangers, written anew from what is known to paint and measure only. No function but a
// colour, no string but a font's name, no escape, no comment: a declaration with anything else is
// left out. What comes out goes in unchanged.
#pragma once

#include <string>
#include <string_view>

namespace letopis::mime {

// "name:value;name:value" of the declarations that are kept; empty when there are none.
std::string safe_style(std::string_view style);

// One value of the kind that colours and fonts have, or empty.
std::string safe_css_value(std::string_view value, bool fonts = false);

}  // namespace letopis::mime
