// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/kinds.hpp"

#include <cstdlib>

namespace letopis::journal {

std::string_view name(Kind kind) {
    switch (kind) {
        case Kind::message: return "message";
        case Kind::delivery: return "delivery";
        case Kind::file: return "file";
        case Kind::file_again: return "file_again";
        case Kind::context: return "context";
        case Kind::books: return "books";
        case Kind::archive_made: return "archive_made";
        case Kind::dictionary: return "dictionary";
        case Kind::shard_closed: return "shard_closed";
        case Kind::tag: return "tag";
        case Kind::derived_text: return "derived_text";
        case Kind::job_intent: return "job_intent";
        case Kind::job_outcome: return "job_outcome";
        case Kind::search: return "search";
        case Kind::open: return "open";
        case Kind::exported: return "exported";
        case Kind::unlocked: return "unlocked";
        case Kind::log_rebuilt: return "log_rebuilt";
        case Kind::people: return "people";
        case Kind::settings: return "settings";
        case Kind::preferences: return "preferences";
        case Kind::login: return "login";
        case Kind::denied: return "denied";
        case Kind::keys: return "keys";
    }
    return "unknown";
}

bool known(Kind kind) { return name(kind) != "unknown"; }

}  // namespace letopis::journal
