// SPDX-License-Identifier: AGPL-3.0-or-later
// Message-ID, In-Reply-To and References, with the garbage around them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace letopis::mime {

constexpr std::size_t ids_max = 1000;  // of References: the first and the newest are kept

// Without <>; empty when the header holds nothing.
std::string parse_message_id(std::string_view raw);
// Every <…>; without any, every word with an '@'. Oldest first, no id twice.
std::vector<std::string> parse_references(std::string_view raw);
// The same for In-Reply-To, whose old forms hold prose and addresses: "Your message of DATE <id>",
// "<id> from X <x@host> of DATE", "message from X <x@host> of DATE <id>".
std::vector<std::string> parse_in_reply_to(std::string_view raw);

}  // namespace letopis::mime
