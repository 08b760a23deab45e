// SPDX-License-Identifier: AGPL-3.0-or-later
// Foreign programs that read documents, run for jobs only (their results are stored as derived
// text). Profile `tool` of docs/formats/limits.md: bubblewrap without network and with a read-only
// /usr; where namespaces are refused, resource limits, no_new_privs and a system-call filter, and
// `degraded` says so. The document reaches the program through memory, never through the disk.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace letopis::workers {

struct ToolText {
    std::string text;       // valid UTF-8 with LF line ends, at most 16 MiB
    std::string tool;       // "pdftotext"
    std::string version;    // "22.12.0"
    bool degraded = false;  // ran without namespaces
    std::string problem;    // why there is no text or only a part of it; empty when all went well
};

// Errors: not_found (poppler-utils is not installed), unavailable (no process could be started). A
// document that cannot be read is not an error: `problem` tells.
Result<ToolText> pdf_text(std::string_view pdf_bytes);

}  // namespace letopis::workers
