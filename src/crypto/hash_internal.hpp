// SPDX-License-Identifier: AGPL-3.0-or-later
// Inside crypto only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace letopis::crypto {

// RFC 5869 section 2.3 (Expand without Extract) with SHA-512, which Cobblestone-256 asks for.
std::string hkdf_expand_sha512(std::string_view key, std::string_view info, std::size_t size);

}  // namespace letopis::crypto
