// SPDX-License-Identifier: AGPL-3.0-or-later
// Containers: zip, tar, and files packed with gzip, bzip2, xz or zstd. What is inside is read by
// the other formats, archives in archives included. Limits: docs/formats/capture.md, "limits of
// import".
#pragma once

#include <span>

#include "capture/reader.hpp"

namespace letopis::capture::archive {

constexpr std::uint64_t members_max = 1'000'000;   // of one archive
constexpr int depth_max = 5;                       // archives in archives
constexpr std::uint64_t ratio_max = 1000;          // unpacked bytes to packed ones …
constexpr std::uint64_t ratio_free = 64ull << 20;  // … once so many are unpacked

Match recognise(std::string_view head, std::string_view file_name);

// Reads every member with the one of `formats` that recognises it. A member that none recognises is
// refused by name, unless it is media of a chat in the same archive: then it is given as a file.
// Errors: corrupt (damaged; what was read before stands), too_large (a limit above), unsupported
// (the archive as a whole is known and not read, as a Slack export).
Result<void> read(Source& source,
                  const Options& options,
                  Sink& sink,
                  std::span<const Format> formats);

}  // namespace letopis::capture::archive
