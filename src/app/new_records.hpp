// SPDX-License-Identifier: AGPL-3.0-or-later
// The look at what an import has just stored: every new message is opened once more, compared with
// what was counted when it came, and looked up in catalogue and index.
#pragma once

#include <string>
#include <vector>

#include "app/archive.hpp"

namespace letopis::app {

struct NewRecords {
    std::uint64_t messages = 0;         // opened, and the bytes that were stored
    std::vector<std::string> problems;  // the first hundred
};

// Of the records from `from` to the head. Errors: those of the archive.
Result<NewRecords> look_at_new(Archive& archive, Seq from);

}  // namespace letopis::app
