// SPDX-License-Identifier: AGPL-3.0-or-later
// The file, its compiled statements, and the names in it. The writer keeps names and conversations
// in memory and writes their changes at flush(): a bulk transaction touches each of them once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/pack.hpp"
#include "sql/sqlite.hpp"

namespace letopis::catalog {

inline std::int64_t number_of(Seq seq) { return static_cast<std::int64_t>(seq.value()); }
inline Seq seq_of(std::int64_t number) { return Seq(static_cast<std::uint64_t>(number)); }
inline Instant from_millis(std::int64_t ms) { return Instant(std::chrono::milliseconds(ms)); }

// A statement that is compiled when it is first used.
struct Query {
    const char* text;
    sql::Statement statement = {};
};

// Rows of a running query. The statement is reset at the end, so no read stays open.
class Rows {
public:
    explicit Rows(sql::Statement& statement) : statement_(&statement) {}
    Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Rows& operator=(Rows&&) = delete;
    ~Rows() {
        if (statement_ != nullptr) statement_->reset();
    }
    Result<bool> next() { return statement_->step(); }
    sql::Statement* operator->() const { return statement_; }

private:
    sql::Statement* statement_;
};

// An entry is written at the next flush once it was touched (Store::touch).
struct SourceEntry {
    std::int64_t id = 0;
    std::string name;
    std::string title;
    model::Channel channel = model::Channel::other;
    std::int64_t captured = 0;
    std::int64_t deliveries = 0;
    std::int64_t files = 0;
    bool touched = false;
};

struct ContextEntry {
    std::int64_t seq = 0;
    std::int64_t source = 0;
    std::int64_t at = 0;
    std::string title;
    std::string source_name;
};

struct AddressEntry {
    std::int64_t id = 0;
    std::int64_t messages = 0;  // to be added to the stored number
    std::int64_t first = 0;
    std::int64_t counted_for = -1;  // the message that was counted last
    bool fresh = false;             // not in the table yet
    bool touched = false;
    const std::string* key = nullptr;
};

struct NameEntry {
    std::int64_t id = 0;
    std::int64_t count = 0;  // to be added
    bool fresh = false;
    bool touched = false;
    const std::string* key = nullptr;
};

// An id of the outside world: Message-ID, Thread-Index.
struct ExternalEntry {
    std::int64_t id = 0;
    std::int64_t hash = 0;
    std::int64_t conversation = 0;  // 0: none yet; may have been merged away since
    std::optional<std::int64_t> message;
    bool fresh = false;
    bool touched = false;
    const std::string* text = nullptr;
};

struct ConversationEntry {
    std::int64_t id = 0;
    std::int64_t source = 0;  // 0: mail
    std::string key;
    std::string title;
    std::int64_t first = 0;
    std::int64_t messages = 0;
    std::int64_t merged = 0;  // 0: it lives
    bool touched = false;
};

// Numbers that would cost a scan to count; in `meta`.
struct Counters {
    std::int64_t captured = 0, messages = 0, versions = 0, deletions = 0, deliveries = 0,
                 conversations = 0, attachments = 0, files = 0, twins = 0, unparsed = 0,
                 tombstones = 0;
};

class Store {
public:
    Store(sql::Database db, const Options& options) : options_(options), db_(std::move(db)) {}
    Result<void> load();  // the key of the hashes

    const Options& options() const { return options_; }
    sql::Database& db() { return db_; }

    template <class... Args>
    Result<Rows> rows(Query& query, const Args&... args) {
        if (!query.statement) {
            TRY(query.statement, db_.prepare(query.text));
        }
        query.statement.bind(args...);
        return Rows(query.statement);
    }
    template <class... Args>
    Result<void> run(Query& query, const Args&... args) {
        if (!query.statement) {
            TRY(query.statement, db_.prepare(query.text));
        }
        return query.statement.run_with(args...);
    }

    // ---- writing
    Result<void> begin();
    Result<void> commit(std::int64_t next);
    void rollback();
    bool writing() const { return writing_; }
    // Everything in memory to its table; before a read inside a transaction, and at commit.
    Result<void> flush();
    // Called between records: memory stays bounded.
    Result<void> keep_small();

    Result<SourceEntry*> source(std::string_view name);  // made when missing
    Result<ContextEntry*> context(std::int64_t seq);     // null when it was never applied
    Result<void> add_context(const SourceContext& record);
    Result<AddressEntry*> address(model::AddressKind kind, std::string_view text, std::int64_t seq);
    Result<NameEntry*> seen_name(std::int64_t address, std::string_view text);
    Result<std::int64_t> word(std::string_view text);  // 0 for empty
    Result<ExternalEntry*> external(std::string_view text);
    Result<ExternalEntry*> find_external(std::string_view text);  // null when it is not there
    Result<ConversationEntry*> conversation(std::int64_t id);     // follows merges
    Result<ConversationEntry*> chat(std::int64_t source, std::string_view key);  // made
    ConversationEntry* new_conversation();
    void touch(SourceEntry& entry) { note(touched_sources_, entry); }
    void touch(AddressEntry& entry) { note(touched_addresses_, entry); }
    void touch(NameEntry& entry) { note(touched_names_, entry); }
    void touch(ExternalEntry& entry) { note(touched_externals_, entry); }
    void touch(ConversationEntry& entry) { note(touched_conversations_, entry); }
    Counters counters;

    std::int64_t hash(std::string_view text) const;  // keyed, 64 bits

    // ---- reading: text behind ids, remembered
    Result<std::string> word_text(std::int64_t id);
    Result<model::Party> party(const PackedParty& packed);
    Result<std::optional<std::int64_t>> find_word(std::string_view text);
    Result<std::optional<Row>> row(std::int64_t seq, Depth depth);
    Result<ConversationEntry> read_conversation(std::int64_t id);  // as stored, merges followed
    Result<ContextEntry> read_context(std::int64_t seq);
    Result<std::optional<std::int64_t>> source_id(std::string_view name);
    Result<std::string> source_name(std::int64_t id);
    Result<std::int64_t> meta(std::string_view name, std::int64_t otherwise);

private:
    struct AddressText {
        model::AddressKind kind;
        std::string text;
    };
    template <class Entry>
    static void note(std::vector<Entry*>& list, Entry& entry) {
        if (!entry.touched) list.push_back(&entry);
        entry.touched = true;
    }
    Result<void> load_counters();
    Result<void> save_counters();
    Result<void> load_next_ids();
    Result<ConversationEntry*> stored_conversation(std::int64_t id);
    Result<void> flush_sources();
    Result<void> flush_names();
    Result<void> flush_externals();
    Result<void> flush_conversations();
    void forget();

    Options options_;
    sql::Database db_;
    std::string hash_key_;
    bool writing_ = false;
    std::int64_t next_source_ = 1, next_word_ = 1, next_address_ = 1, next_name_ = 1,
                 next_external_ = 1, next_conversation_ = 1;

    // Of the writer. Pointers into a node-based map stay good until flush-and-forget.
    std::unordered_map<std::string, SourceEntry> sources_;
    std::unordered_map<std::int64_t, ContextEntry> contexts_;
    std::unordered_map<std::string, AddressEntry> addresses_;
    std::unordered_map<std::string, NameEntry> names_;
    std::unordered_map<std::string, std::int64_t> words_;
    std::unordered_map<std::string, ExternalEntry> externals_;
    std::unordered_map<std::int64_t, ConversationEntry> conversations_;
    std::unordered_map<std::string, std::int64_t> chats_;
    std::vector<SourceEntry*> touched_sources_;
    std::vector<AddressEntry*> touched_addresses_;
    std::vector<NameEntry*> touched_names_;
    std::vector<ExternalEntry*> touched_externals_;
    std::vector<ConversationEntry*> touched_conversations_;
    std::string buffer_;  // for keys of look-ups

    // Of the reader. What an id stands for never changes in a file.
    std::unordered_map<std::int64_t, std::string> word_texts_;
    std::unordered_map<std::int64_t, AddressText> address_texts_;
    std::unordered_map<std::int64_t, std::string> name_texts_;
    std::unordered_map<std::int64_t, std::string> source_names_;

#define LETOPIS_QUERY(name, text) \
    Query name { text }
    LETOPIS_QUERY(get_meta_, "SELECT value FROM meta WHERE name=?");
    LETOPIS_QUERY(set_meta_, "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)");
    LETOPIS_QUERY(get_source_,
                  "SELECT id, title, channel, captured, deliveries, files FROM source WHERE "
                  "name=?");
    LETOPIS_QUERY(put_source_, "INSERT OR REPLACE INTO source VALUES(?, ?, ?, ?, ?, ?, ?)");
    LETOPIS_QUERY(get_source_name_, "SELECT name FROM source WHERE id=?");
    LETOPIS_QUERY(get_context_,
                  "SELECT source, at, context.title, name FROM context JOIN source ON "
                  "source.id=source WHERE seq=?");
    LETOPIS_QUERY(new_context_, "INSERT INTO context VALUES(?, ?, ?, ?, ?, ?, ?)");
    LETOPIS_QUERY(get_address_, "SELECT id, first FROM address WHERE kind=? AND text=?");
    LETOPIS_QUERY(new_address_, "INSERT INTO address VALUES(?, ?, ?, ?, ?, ?)");
    LETOPIS_QUERY(add_address_, "UPDATE address SET messages=messages+? WHERE id=?");
    LETOPIS_QUERY(get_address_text_, "SELECT kind, text FROM address WHERE id=?");
    LETOPIS_QUERY(get_name_, "SELECT id FROM seen_name WHERE address=? AND text=?");
    LETOPIS_QUERY(new_name_, "INSERT INTO seen_name VALUES(?, ?, ?, ?, ?)");
    LETOPIS_QUERY(add_name_, "UPDATE seen_name SET count=count+? WHERE id=?");
    LETOPIS_QUERY(get_name_text_, "SELECT text FROM seen_name WHERE id=?");
    LETOPIS_QUERY(get_word_, "SELECT id, text FROM word WHERE hash=?");
    LETOPIS_QUERY(new_word_, "INSERT INTO word VALUES(?, ?, ?)");
    LETOPIS_QUERY(get_word_text_, "SELECT text FROM word WHERE id=?");
    LETOPIS_QUERY(get_external_,
                  "SELECT id, text, conversation, message FROM external WHERE hash=?");
    LETOPIS_QUERY(new_external_, "INSERT INTO external VALUES(?, ?, ?, ?, ?)");
    LETOPIS_QUERY(set_external_, "UPDATE external SET conversation=?, message=? WHERE id=?");
    LETOPIS_QUERY(get_conversation_,
                  "SELECT source, key, title, first, messages, merged FROM conversation WHERE "
                  "id=?");
    LETOPIS_QUERY(get_chat_, "SELECT id FROM conversation WHERE source=? AND key=?");
    LETOPIS_QUERY(put_conversation_,
                  "INSERT INTO conversation VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE "
                  "SET title=excluded.title, first=excluded.first, messages=excluded.messages, "
                  "merged=excluded.merged");
    LETOPIS_QUERY(get_row_,
                  "SELECT conversation, sort, main, subject, body FROM message WHERE seq=?");
#undef LETOPIS_QUERY
};

// A consistent view over several queries: a read transaction, unless one is open.
class ReadScope {
public:
    static Result<ReadScope> open(Store& store);
    ReadScope(ReadScope&& other) noexcept : store_(std::exchange(other.store_, nullptr)) {}
    ReadScope& operator=(ReadScope&&) = delete;
    ~ReadScope();

private:
    explicit ReadScope(Store* store) : store_(store) {}
    Store* store_;
};

}  // namespace letopis::catalog
