// SPDX-License-Identifier: AGPL-3.0-or-later
// The job that turns attached documents into text with foreign programs: its results are
// derived-text records, so that a rebuild reads them and runs no program (docs/formats/kinds.md).
// Its first and so far only tool is pdftotext.
#pragma once

#include <atomic>
#include <vector>

#include "app/intake.hpp"

namespace letopis::app {

// Safe to repeat: at most one result is kept for a document and tool version.
Result<void> read_documents(Archive& archive,
                            Projector& projector,
                            const std::vector<Intake::Document>& documents,
                            const std::atomic<bool>& stop);

}  // namespace letopis::app
