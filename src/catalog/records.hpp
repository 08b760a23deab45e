// SPDX-License-Identifier: AGPL-3.0-or-later
// Everything beside the messages: deliveries, files, tags, derived texts, books, counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/packed_text.hpp"
#include "catalog/store.hpp"

namespace letopis::catalog {

class Records {
public:
    Records(Store& store, TextPacker& packer) : store_(store), packer_(packer) {}

    Result<void> add(const Delivered& record);
    Result<void> add(const FileStored& record);
    Result<void> add(const RunBooks& record);
    Result<void> add(const Tagged& record);
    Result<void> add(const DerivedText& record);
    Result<void> add(const OtherRecord& record);

    Result<std::vector<Delivery>> deliveries(std::int64_t of);
    // The file that an attachment of a chat message names: of its own context, else of the contexts
    // of its other deliveries, else of a run over the same input (an import that was interrupted).
    Result<std::optional<Seq>> file_of(const Row& message, std::string_view path);
    Result<std::optional<StoredFile>> file(Seq seq);
    // The message that a version or deletion belongs to; itself for anything else.
    Result<std::int64_t> message_of(std::int64_t seq);
    Result<std::vector<std::string>> tags(std::int64_t message);
    Result<std::vector<TagCount>> all_tags();
    Result<std::vector<Seq>> tagged(std::string_view tag);
    Result<std::vector<Derived>> derived(Seq of);
    Result<std::optional<ContextView>> context(Seq seq);
    Result<std::vector<ContextView>> contexts_from(Seq from);
    Result<std::vector<SourceBooks>> books(std::string_view source);
    Result<std::vector<Refusal>> refusals(std::string_view source, std::size_t limit);
    Result<std::vector<UnfinishedRun>> unfinished(std::string_view source);
    Result<Counts> counts();

private:
    std::int64_t path_hash(std::int64_t context, std::string_view path) const;
    Result<std::optional<Seq>> file_in(std::int64_t context, std::string_view path);
    Result<std::vector<std::int64_t>> other_contexts(const Row& message);
    Result<SourceBooks> balance(std::int64_t source);

    Store& store_;
    TextPacker& packer_;
    Query add_delivery_{"INSERT INTO delivery VALUES(?, ?, ?, ?, ?, ?, ?, ?)"};
    Query add_file_{"INSERT INTO file VALUES(?, ?, ?, ?, ?, ?, ?, ?)"};
    Query add_books_{
        "INSERT INTO run_books VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(source, run) "
        "DO UPDATE SET seq=excluded.seq, at=excluded.at, seen=excluded.seen, "
        "stored=excluded.stored, duplicates=excluded.duplicates, refused=excluded.refused, "
        "pending=excluded.pending, marked=excluded.marked, files=excluded.files, "
        "finished=excluded.finished"};
    Query add_refusal_{"INSERT INTO refusal VALUES(?, ?, ?, ?, ?)"};
    Query drop_refusals_{
        "DELETE FROM refusal WHERE source=?1 AND seq BETWEEN ?2 AND (SELECT seq FROM run_books "
        "WHERE source=?1 AND run=?2)"};
    Query settle_run_{
        "UPDATE run_books SET seen=seen-refused, refused=0 WHERE source=?1 AND run=?2"};
    Query continue_run_{
        "UPDATE run_books SET finished=2 WHERE source=?1 AND run=?2 AND finished=0"};
    Query get_unfinished_{
        "SELECT run, seq FROM run_books WHERE source=? AND finished=0 ORDER BY run"};
    Query main_of_{"SELECT main FROM message WHERE seq=?"};
    Query add_tag_{
        "INSERT INTO tag VALUES(?, ?, ?, ?) ON CONFLICT(word, message) DO UPDATE SET "
        "seq=excluded.seq, by=excluded.by"};
    Query drop_tag_{"DELETE FROM tag WHERE word=? AND message=?"};
    Query add_derived_{"INSERT INTO derived VALUES(?, ?, ?, ?, ?, ?)"};
    Query add_other_{
        "INSERT INTO other VALUES(?, ?, 1) ON CONFLICT(kind, known) DO UPDATE SET count=count+1"};

    Query get_deliveries_{
        "SELECT seq, at, context, position, folder, flags, member FROM delivery WHERE message=? "
        "ORDER BY seq"};
    Query get_file_in_{"SELECT seq, context, path FROM file WHERE hash=? ORDER BY seq"};
    Query get_file_{"SELECT at, context, path, size, sha256, type FROM file WHERE seq=?"};
    Query delivery_contexts_{
        "SELECT DISTINCT context FROM delivery WHERE message=? ORDER BY context LIMIT 100"};
    Query sibling_contexts_{
        "SELECT other.seq FROM context own JOIN context other ON other.source=own.source AND "
        "other.input=own.input WHERE own.seq=?1 AND own.input<>'' AND other.seq<>?1 ORDER BY "
        "other.seq DESC LIMIT 100"};
    Query get_tags_{
        "SELECT text FROM tag JOIN word ON word.id=tag.word WHERE message=? ORDER BY text"};
    Query get_all_tags_{
        "SELECT text, count(*) FROM tag JOIN word ON word.id=tag.word GROUP BY tag.word ORDER BY "
        "text"};
    Query get_tagged_{"SELECT message FROM tag WHERE word=? ORDER BY message"};
    Query get_derived_{
        "SELECT seq, locator, bytes, tool, version FROM derived WHERE of=? ORDER BY seq"};
    Query get_contexts_from_{
        "SELECT at, name, context.title, context.channel, facts, input, seq FROM context JOIN "
        "source "
        "ON source.id=context.source WHERE seq>=? ORDER BY seq"};
    Query get_context_{
        "SELECT at, name, context.title, context.channel, facts, input FROM context JOIN source ON "
        "source.id=context.source WHERE seq=?"};
    Query get_sources_{"SELECT id FROM source ORDER BY name"};
    Query get_source_{
        "SELECT name, title, channel, captured, deliveries, files FROM source WHERE id=?"};
    Query get_books_{
        "SELECT count(*), coalesce(sum(finished=0),0), coalesce(sum(seen),0), "
        "coalesce(sum(stored),0), coalesce(sum(duplicates),0), coalesce(sum(refused),0), "
        "coalesce(sum(pending),0), coalesce(sum(marked),0), coalesce(sum(files),0), max(at) FROM "
        "run_books WHERE source=?"};
    Query count_refusals_{"SELECT count(*) FROM refusal WHERE source=?"};
    Query get_refusals_{
        "SELECT item, reason FROM refusal WHERE source=? ORDER BY seq, number LIMIT ?"};
    Query get_other_{"SELECT kind, known, count FROM other ORDER BY kind"};
    Query count_addresses_{"SELECT count(*) FROM address"};
};

}  // namespace letopis::catalog
