// SPDX-License-Identifier: AGPL-3.0-or-later
// The registry of what a record's sealed body may hold: docs/formats/kinds.md. Numbers are added,
// never reused.
#pragma once

#include <cstdint>
#include <string_view>

#include "ledger/entry.hpp"

namespace letopis::journal {

// The coarse, public class of a record: stands in its 72-byte log entry.
using ledger::LeafType;

enum class Kind : std::uint16_t {
    message = 1,   // a captured item: descriptor + raw bytes (or an object)
    delivery = 2,  // the same raw bytes arrived again: descriptor names the first record
    file = 3,      // a file that arrived as a file (chat media): descriptor + bytes (or an object)
    file_again = 4,  // the same file bytes under another name or in another source
    context = 16,    // source context: what the items that refer to it have in common
    books = 17,  // state of one import run: counts and refusals; the last record of a run counts
    archive_made = 32,  // the first record of every archive
    dictionary = 33,    // a zstd dictionary: content is the dictionary
    shard_closed = 34,  // SHA-256 of the two files of the shard before
    tag = 48,           // a tag was put on or taken off a message
    people = 49,        // users, groups, tokens, approvals: a change document
    settings = 50,      // the organisation's name and language
    preferences = 51,   // how one person has set the page
    derived_text = 64,  // text that a foreign program made: tool, version, text
    job_intent = 65,
    job_outcome = 66,
    search = 80,       // access: a query was executed
    open = 81,         // access: an item was opened
    exported = 82,     // access: items left the archive
    unlocked = 83,     // access: the archive was opened for a session
    log_rebuilt = 84,  // access: somebody had the logs made again and signed
    login = 85,        // access: somebody signed in, or was refused
    denied = 86,       // access: somebody asked for what is not theirs
    keys = 87,         // access: the keys were wrapped anew, or the recovery sheet was checked
};

std::string_view name(Kind kind);  // "message"; "unknown" for numbers of a newer version
bool known(Kind kind);

}  // namespace letopis::journal
