// SPDX-License-Identifier: AGPL-3.0-or-later
// Does this line look like a header line of a mail? Asked by the recognisers and by the mbox
// reader.
#pragma once

#include <string_view>

namespace letopis::capture {

// "Name:" at the start of a line, as RFC 5322 writes it.
bool header_like(std::string_view line);
// The same with a name that mail uses ("X-…" counts): what a line of prose seldom is.
bool mail_header(std::string_view line);

}  // namespace letopis::capture
