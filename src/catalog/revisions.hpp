// SPDX-License-Identifier: AGPL-3.0-or-later
// Edits, newer captures and deletions of one message of a chat, in whatever order they come. The
// first record is the message for ever; the current content is the newest; nothing is dropped.
#pragma once

#include <cstdint>
#include <optional>

#include "catalog/pack.hpp"
#include "catalog/store.hpp"

namespace letopis::catalog {

struct Revision {
    std::optional<std::int64_t> main;  // none: this record is a message itself
    bool first_seen_as_edit = false;
};

class Revisions {
public:
    explicit Revisions(Store& store) : store_(store) {}

    // Chats: by the native id within the conversation. Wants row.native, row.target and the times.
    Result<Revision> place_in_chat(std::int64_t conversation, const Row& row, Instant at);
    // Edits and deletions of a mail (our own JSON dialect can say them), `main` being known or not.
    Result<Revision> place_mail(std::optional<std::int64_t> main, const Row& row, Instant at);
    // For a new message: deletions that came before it.
    Result<void> join_tombstones(std::int64_t conversation,
                                 std::string_view native,
                                 std::int64_t main);
    // A message whose own first capture is the channel's "was deleted" marker.
    Result<void> mark_deleted(std::int64_t main, Instant at);

private:
    Result<Revision> revise(std::int64_t main, const Row& row, Instant at);
    Result<Revision> withdraw(std::optional<std::int64_t> main,
                              std::int64_t conversation,
                              const Row& row,
                              Instant at);
    Result<std::int64_t> current(std::int64_t main);

    Store& store_;
    Query add_key_{"INSERT OR IGNORE INTO chat_key VALUES(?, ?, ?)"};
    Query get_key_{"SELECT seq FROM chat_key WHERE conversation=? AND native=?"};
    Query add_tombstone_{"INSERT INTO tombstone VALUES(?, ?, ?, ?)"};
    Query get_tombstones_{
        "SELECT seq, at FROM tombstone WHERE conversation=? AND native=? ORDER BY seq"};
    Query drop_tombstones_{"DELETE FROM tombstone WHERE conversation=? AND native=?"};
    Query set_main_{"UPDATE message SET main=? WHERE seq=?"};
    Query get_current_{"SELECT current FROM revised WHERE message=?"};
    Query set_current_{
        "INSERT INTO revised VALUES(?, ?, NULL) ON CONFLICT(message) DO UPDATE SET "
        "current=excluded.current"};
    // The first news of a deletion stays.
    Query set_deleted_{
        "INSERT INTO revised VALUES(?1, ?1, ?2) ON CONFLICT(message) DO UPDATE SET "
        "deleted_at=coalesce(deleted_at, excluded.deleted_at)"};
};

}  // namespace letopis::catalog
