// SPDX-License-Identifier: AGPL-3.0-or-later
// Which conversation is a mail part of? The connected component over References (else In-Reply-To,
// else Thread-Index, else the subject with shared participants); ids that were only mentioned are
// ghosts that a late message fills. There is no tree here, so loops in references are harmless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/pack.hpp"
#include "catalog/store.hpp"

namespace letopis::catalog {

constexpr std::int64_t subject_window_ms = std::int64_t(30) * 24 * 3600 * 1000;

struct Placed {
    ConversationEntry* conversation = nullptr;
    std::optional<std::int64_t> twin_of;
    bool references_cut = false;
    bool id_dropped = false;  // longer than name_bytes_max
};

class Threading {
public:
    explicit Threading(Store& store) : store_(store) {}

    // Wants in `row`: seq, sort_ms, parties, content, list_id. Sets external, references,
    // in_reply_to, answer and bare. The conversation's numbers are the caller's work.
    Result<Placed> place(const model::Message& parsed, Row& row);
    // The message that has this Message-ID.
    Result<std::optional<std::int64_t>> message_of(std::string_view message_id);

private:
    struct Own {
        ExternalEntry* entry = nullptr;
        bool binds = false;  // a foreign message with a stolen or broken Message-ID does not
        std::optional<std::int64_t> twin_of;
    };
    Result<Own> own(std::string_view message_id, const Row& row);
    Result<std::optional<std::int64_t>> twin(const ExternalEntry& entry, const Row& row);
    Result<std::vector<ExternalEntry*>> evidence(const model::Message& parsed, Row& row, bool& cut);
    Result<void> join(ConversationEntry*& into, std::int64_t conversation);
    Result<ConversationEntry*> unite(ConversationEntry* one, ConversationEntry* other);
    Result<void> join_by_subject(ConversationEntry*& into, const Row& row, const std::string& base);
    Result<void> join_answers(ConversationEntry*& into, const Row& row, const std::string& base);
    struct Candidate {
        std::int64_t seq;
        std::int64_t flags;
    };
    Result<std::vector<Candidate>> candidates(Query& query,
                                              std::int64_t hash,
                                              std::int64_t from_ms,
                                              std::int64_t to_ms);
    Result<std::optional<std::int64_t>> conversation_if_shared(const Candidate& candidate,
                                                               const Row& row,
                                                               const std::string& base);
    Result<void> bind(ExternalEntry* entry, ConversationEntry* conversation);

    Store& store_;
    Query same_id_{"SELECT seq FROM same_id WHERE external=? ORDER BY seq LIMIT 50"};
    Query add_same_id_{"INSERT OR IGNORE INTO same_id VALUES(?, ?)"};
    Query move_{"UPDATE message SET conversation=? WHERE conversation=? AND main IS NULL"};
    Query add_subject_{"INSERT INTO subject VALUES(?, ?, ?, ?)"};
    // Limits before filters: a flood of one subject must not make each of its mails a scan.
    Query before_{
        "SELECT seq, flags FROM subject WHERE hash=? AND sort BETWEEN ? AND ? ORDER BY sort DESC, "
        "seq DESC LIMIT 50"};
    Query after_{
        "SELECT seq, flags FROM subject WHERE hash=? AND sort BETWEEN ? AND ? ORDER BY sort, seq "
        "LIMIT 50"};
};

}  // namespace letopis::catalog
