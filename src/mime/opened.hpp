// SPDX-License-Identifier: AGPL-3.0-or-later
// The parts of a mail with those that hide in an encoding, a signature or under a damaged header.
#pragma once

#include <string_view>

#include "mime/prepare.hpp"
#include "mime/tree.hpp"

namespace letopis::mime {

// `prepared` must outlive the tree.
Tree tree_of(const Prepared& prepared);

// The charset that raw 8-bit headers most likely have: that of the first text.
std::string_view charset_of(const Tree& tree);

}  // namespace letopis::mime
