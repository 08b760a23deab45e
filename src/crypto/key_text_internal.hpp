// SPDX-License-Identifier: AGPL-3.0-or-later
// Inside crypto only: keys as text for a file or for paper, docs/formats/keyring.md. The parsers
// take anything and never fail but by an Error.
#pragma once

#include <string>
#include <string_view>

#include "base/files.hpp"
#include "crypto/crypto.hpp"

namespace letopis::crypto {

std::string key_file_text(const Key& key);          // with the end of line
Result<Key> parse_key_file(std::string_view text);  // invalid, corrupt (checksum)
Result<Key> read_key_file(const Path& file);        // forbidden when others may read it

std::string sheet_text(const Key& root);
Result<Key> parse_sheet(std::string_view text);  // invalid, naming the groups that are mistyped

}  // namespace letopis::crypto
