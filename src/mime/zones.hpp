// SPDX-License-Identifier: AGPL-3.0-or-later
// Which words of a body are new, and which are a quotation, a signature, a header of a forwarded
// mail or a lawyer's notice. Linear in the size of the text.
#pragma once

#include <string_view>
#include <vector>

#include "model/message.hpp"

namespace letopis::mime {

// Ascending, not overlapping, on line borders. `text` is UTF-8 with LF ends.
std::vector<model::Zone> find_zones(std::string_view text);

}  // namespace letopis::mime
