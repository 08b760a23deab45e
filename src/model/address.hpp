// SPDX-License-Identifier: AGPL-3.0-or-later
// One form for each address, so that the same person compares equal in every channel. Pure
// functions on hostile text; what was given is kept elsewhere (Party::name, the raw bytes).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace letopis::model {

// "+79161234567" from what a person or a platform wrote: "8 (916) 123-45-67", "9161234567",
// "00 44 20 7946 0958", "tel:+7-916-123-45-67;ext=5", "79161234567" (WhatsApp's wa_id). Russian
// local forms become +7; an extension ("доб. 123", "ext 12", ",123") is dropped. nullopt when it
// is not a telephone number or its country cannot be known.
std::optional<std::string> normalise_phone(std::string_view text);

// "anna@corp.example" from "Anna@Corp.Example", "<anna@corp.example>", "mailto:…": ASCII letters in
// lower case, a dot at the end of the domain dropped, a needlessly quoted local part unquoted.
// Internationalised domains stay as given (mime makes the A-label). nullopt when it is not of the
// form local@domain, holds spaces or control characters, is not UTF-8 or is longer than 320 bytes.
std::optional<std::string> normalise_email(std::string_view text);

}  // namespace letopis::model
