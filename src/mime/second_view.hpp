// SPDX-License-Identifier: AGPL-3.0-or-later
// Mails that different programs read differently (draft-chen-email-mime-ambiguity-defense): said
// twice in the header, or with parts behind the end. What the other reading would show is found
// and indexed too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mime/tree.hpp"
#include "model/message.hpp"

namespace letopis::mime {

// The words of the other reading; nothing when there is only one way to read. `bytes` are those
// that the tree was built from.
std::optional<std::string> second_view(std::string_view bytes,
                                       const Tree& tree,
                                       std::string_view charset);

// Appends what the other view says to the text, when it says anything new.
void append_view(model::Message& message, const std::string& words);

}  // namespace letopis::mime
