// SPDX-License-Identifier: AGPL-3.0-or-later
// Mailboxes in one file: mboxo, mboxrd, mboxcl, mboxcl2; Thunderbird, Google Takeout, pipermail.
// The byte rule is in docs/formats/capture.md.
#pragma once

#include "capture/reader.hpp"

namespace letopis::capture::mbox {

extern const Format format;

// What a bounded look at the beginning of the mailbox says about its quoting.
struct Survey {
    model::Dialect dialect = model::Dialect::mail_mboxo;
    std::string_view evidence;  // why, in words for the context's facts
    std::uint64_t bytes = 0;    // how much was looked at
};
// Reads from the beginning; at most `bytes_max`.
Result<Survey> survey(Source& source, std::uint64_t bytes_max);

}  // namespace letopis::capture::mbox
