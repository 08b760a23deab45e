// SPDX-License-Identifier: AGPL-3.0-or-later
// Is everything that was stored there and unchanged? journal ↔ objects ↔ ledger ↔ projections.
// Mends nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/archive.hpp"
#include "app/descriptor.hpp"

namespace letopis::app {

struct Verified {
    std::uint64_t records = 0;
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::string root;        // hex: of the archive log, over all its records
    std::string audit_root;  // hex: of the access log
    std::vector<journal::Problem> problems;
    std::vector<std::string> notes;  // worth knowing, not wrong
};

// `outside_head`: a signed checkpoint (the text of log/<slug>/checkpoint) that was kept elsewhere.
// A journal that does not lead to it is another one: an older copy, or a fork. Empty: none is
// known.
Result<Verified> verify(Archive& archive,
                        bool deep,
                        const std::function<void(std::uint64_t bytes)>& progress,
                        const std::string& outside_head = {});

struct Rebuilt {
    // Why the catalogue, which was not asked for, had to be made again too; empty: it had not.
    std::string catalog_fault;
};

// Deletes projections and makes them again. `what`: "catalog", "search", or empty for these two and
// the tiles. The catalogue is made whatever state the index is in; the index takes dates from the
// catalogue, which is made with it where it cannot be read. unfit: a log has no valid head any
// more, which only rebuild_ledger() goes over.
Result<Rebuilt> rebuild(Archive& archive,
                        const std::string& what,
                        catalog::ThreadingRule rule,
                        const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);

// Makes the tiles of both logs again and signs the journal as it is now, whatever stood in log/;
// only a valid head that the journal does not lead to is refused (unfit: the log has forked). Where
// a head was missing or damaged, a record in the access log says who went over it.
Result<std::vector<RebuiltLog>> rebuild_ledger(Archive& archive, std::string_view who);

}  // namespace letopis::app
