// SPDX-License-Identifier: AGPL-3.0-or-later
// One mail in one file: EML, a message of a Maildir or an MH folder, a bare RFC 5322 text.
#pragma once

#include "capture/reader.hpp"

namespace letopis::capture::eml {

// The whole file is one item, every byte of it.
extern const Format format;

}  // namespace letopis::capture::eml
