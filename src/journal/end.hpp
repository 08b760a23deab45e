// SPDX-License-Identifier: AGPL-3.0-or-later
// How many records the journal had when a short command left its write-ahead log behind. SQLite
// drops a damaged frame of such a log, and what stands behind it, without a word; no signed head
// covers the newest records yet. Private to the journal. Layout: docs/formats/journal.md.
#pragma once

#include <optional>

#include "base/files.hpp"

namespace letopis::journal {

inline constexpr const char* end_label = "live.end";

// Only after the records are durable: the file itself is not synced, and may be behind the journal
// after a power cut, never ahead of it.
Result<void> write_end(const Path& archive, std::uint64_t records);
// Nothing when there is none; corrupt when the bytes are not those that were written.
Result<std::optional<std::uint64_t>> read_end(const Path& archive);

}  // namespace letopis::journal
