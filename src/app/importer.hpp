// SPDX-License-Identifier: AGPL-3.0-or-later
// `letopis import`: files that somebody brings become records, with exact books. Every batch of
// items is one durable append together with the books of its run, so that the balance is right
// after a kill at any moment; the same command resumes.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/archive.hpp"
#include "app/projector.hpp"
#include "capture/files.hpp"

namespace letopis::app {

struct ImportOptions {
    std::vector<Path> paths;
    Path root;  // what is above the paths says nothing to people; may be empty
    const capture::Files* files = &capture::disk_files();  // where the paths are
    std::string source;  // identity given by the user; empty: from the input
    std::string zone;    // of local times in exports
    std::string owner;
    std::string date_order;
    // Runs of earlier imports whose refusals are settled by this one, by source: what it refuses
    // again counts here and no more there.
    std::map<std::string, std::vector<Seq>> again;
    bool documents = true;  // run the document jobs (PDF to text) afterwards
};

struct ImportResult {
    std::uint64_t seen = 0, stored = 0, duplicates = 0, refused = 0, pending = 0, marked = 0,
                  files = 0;
    std::vector<catalog::Refusal> refusals;   // at most 10,000; the journal has them all
    std::map<std::string, Seq> refused_runs;  // by source: the runs that refused something
    std::uint64_t bytes = 0;
    bool stopped = false;  // by the user
    std::string stages;
};

struct ImportProgress {
    std::string input;
    std::uint64_t seen = 0, stored = 0, duplicates = 0, refused = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_all = 0;
    std::uint64_t searchable = 0;  // messages of this import that a search finds
    std::string phase;             // "reading", "documents", "index"
};

// Errors: those of the archive (no_space, io …). What is wrong with an input is in the result.
// `stop` may be set from a signal handler.
Result<ImportResult> import(Archive& archive,
                            const ImportOptions& options,
                            const std::atomic<bool>& stop,
                            const std::function<void(const ImportProgress&)>& progress);

}  // namespace letopis::app
