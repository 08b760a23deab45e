// SPDX-License-Identifier: AGPL-3.0-or-later
// HTML -> the text that a reader sees, by libxml2's push parser: no tree, no recursion, linear.
#pragma once

#include <string>
#include <string_view>

namespace letopis::mime {

// `html` is UTF-8. Blocks become lines, cells are parted by tabs, list items begin with "- ",
// quotations with "> "; scripts, styles and the head are dropped, alternative texts of pictures
// kept. At most `limit` bytes.
std::string html_to_text(std::string_view html, std::size_t limit);

// The charset that the document itself names (<meta charset>, <meta http-equiv>), or empty.
std::string_view html_charset(std::string_view html);

void preload_html();

}  // namespace letopis::mime
