// SPDX-License-Identifier: AGPL-3.0-or-later
// Questions about messages, conversations and people.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/packed_text.hpp"
#include "catalog/records.hpp"
#include "catalog/store.hpp"

namespace letopis::catalog {

class Answers {
public:
    Answers(Store& store, TextPacker& packer, Records& records)
        : store_(store), packer_(packer), records_(records) {}

    Result<MessageDetail> message(Seq seq);
    Result<std::vector<MessageRow>> messages(std::span<const Seq> seqs, Texts texts);
    Result<TextPlace> text(Seq seq);
    Result<ConversationPage> conversation(Seq message, const PageRequest& page);
    Result<std::optional<Seq>> chat(std::string_view source, std::string_view key);
    Result<std::vector<Document>> docs_from(Seq from, std::size_t limit);
    Result<std::optional<Correspondent>> correspondent(model::AddressKind kind,
                                                       std::string_view address);
    Result<std::vector<Correspondent>> correspondents(std::string_view part, std::size_t limit);

    // The whole table of people in their canonical order, for the digest.
    Result<void> each_correspondent(const std::function<void(const Correspondent&)>& take);

private:
    struct State {  // of a message that was revised
        std::int64_t current = 0;
        std::optional<Instant> deleted_at;
    };
    Result<Row> captured(std::int64_t seq, Depth depth);
    Result<State> state(std::int64_t message);
    Result<std::optional<Seq>> twin_of(std::int64_t seq);
    Result<std::string> external_text(std::int64_t id);
    Result<std::string> message_id(const Row& row);
    Result<void> tell_parsed(const Row& row, MessageDetail& detail);
    Result<void> tell_ids(const Row& row, MessageDetail& detail);
    Result<void> tell_origin(const Row& row, MessageDetail& detail);
    Result<void> tell_attachments(const Row& row, MessageDetail& detail);
    Result<void> tell_versions(std::int64_t message, MessageDetail& detail);
    Result<void> tell_parent(const Row& row, MessageDetail& detail);
    Result<ConversationName> name_of(const ConversationEntry& conversation);
    Result<std::string> title_of(const ConversationEntry& conversation);
    using Conversations = std::unordered_map<std::int64_t, ConversationEntry>;
    Result<MessageRow> list_row(const Row& row, Conversations& known);
    Result<TextPlace> place_of(const Row& row);
    Result<std::vector<ConversationItem>> items(Query& query,
                                                std::int64_t conversation,
                                                std::int64_t sort_ms,
                                                std::int64_t seq,
                                                std::uint32_t limit);
    Result<Correspondent> person(std::int64_t id, std::int64_t names_max);

    Store& store_;
    TextPacker& packer_;
    Records& records_;
    Query get_state_{"SELECT current, deleted_at FROM revised WHERE message=?"};
    Query get_twin_{"SELECT of FROM twin WHERE seq=?"};
    Query get_external_{"SELECT text, message FROM external WHERE id=?"};
    Query get_text_{"SELECT bytes FROM text WHERE seq=?"};
    Query get_versions_{"SELECT seq FROM message WHERE main=? ORDER BY seq"};
    Query get_native_{"SELECT seq FROM chat_key WHERE conversation=? AND native=?"};
    Query get_chat_{"SELECT id FROM conversation WHERE source=? AND key=? AND messages>0"};
    Query items_after_{
        "SELECT m.seq, sort, of FROM message m LEFT JOIN twin ON twin.seq=m.seq WHERE "
        "conversation=?1 AND main IS NULL AND sort>=?2 AND (sort>?2 OR m.seq>?3) ORDER BY sort, "
        "m.seq LIMIT ?4"};
    Query items_before_{
        "SELECT m.seq, sort, of FROM message m LEFT JOIN twin ON twin.seq=m.seq WHERE "
        "conversation=?1 AND main IS NULL AND sort<=?2 AND (sort<?2 OR m.seq<?3) ORDER BY sort "
        "DESC, m.seq DESC LIMIT ?4"};
    Query get_span_{
        "SELECT (SELECT sort FROM message WHERE conversation=?1 AND main IS NULL ORDER BY sort "
        "LIMIT "
        "1), (SELECT sort FROM message WHERE conversation=?1 AND main IS NULL ORDER BY sort DESC "
        "LIMIT 1)"};
    Query get_docs_{
        "SELECT seq, coalesce(main, seq), sort, body FROM message WHERE seq>=? ORDER BY seq LIMIT "
        "?"};
    Query get_address_{"SELECT id FROM address WHERE kind=? AND text=?"};
    Query get_person_{"SELECT kind, text, messages, first FROM address WHERE id=?"};
    Query get_names_{
        "SELECT text, count FROM seen_name WHERE address=? AND count>0 ORDER BY count DESC, text "
        "LIMIT ?"};
    Query search_people_{
        "SELECT id FROM address a WHERE messages>0 AND (instr(folded, ?1)>0 OR id IN (SELECT "
        "address FROM seen_name WHERE instr(folded, ?1)>0 AND count>0)) ORDER BY messages DESC, id "
        "LIMIT ?2"};
    Query all_people_{"SELECT id FROM address ORDER BY kind, text"};
};

}  // namespace letopis::catalog
