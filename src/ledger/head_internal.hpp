// SPDX-License-Identifier: AGPL-3.0-or-later
// The file `checkpoint` of a log. Internal to this folder.
#pragma once

#include <optional>
#include <string>

#include "ledger/ledger.hpp"

namespace letopis::ledger {

struct SignedHead {
    std::string note;
    Checkpoint head;
};
// nullopt: nothing was ever published here. corrupt: the file is damaged, of another log, or not
// signed by the key in the options.
Result<std::optional<SignedHead>> read_head(Disk& disk, const LogOptions& options);
Result<void> write_head(Disk& disk, const LogOptions& options, const std::string& note);

// What the user is told when tiles and head do not fit.
tl::unexpected<Error> tiles_damaged(const LogOptions& options);

}  // namespace letopis::ledger
