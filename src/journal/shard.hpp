// SPDX-License-Identifier: AGPL-3.0-or-later
// The files of the journal: names, page keys, tables. Private to the journal. Layout:
// docs/formats/journal.md.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/keyring.hpp"
#include "journal/journal.hpp"
#include "sql/sqlite.hpp"

namespace letopis::journal {

std::string journal_label(
    Seq first);  // "journal/0000000000000000.db", also the label of its page key
std::string bodies_label(Seq first);
inline constexpr const char* live_label = "live.db";
inline constexpr const char* once_label = "once.db";

extern const char* const live_schema;
extern const char* const dictionary_copy_schema;
extern const char* const journal_schema;
extern const char* const bodies_schema;
extern const char* const once_schema;

Result<sql::Database> open_file(const Path& archive,
                                const std::string& label,
                                crypto::Keyring& keyring,
                                const sql::Options& options);

inline std::int64_t as_integer(const crypto::KeyId& id) {
    std::uint64_t value = 0;
    for (const auto byte : id) value = value << 8 | byte;
    return static_cast<std::int64_t>(value);
}
inline crypto::KeyId as_key_id(std::int64_t value) {
    crypto::KeyId id;
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = id.size(); i-- > 0; bits >>= 8) id[i] = static_cast<std::uint8_t>(bits);
    return id;
}

// How a wrap row names what it opens.
std::string body_reference(Seq seq);                // 'b' | seq u64be
std::string object_reference(std::string_view id);  // 'o' | object id

// One shard opened for reading: two files when closed, one when live.
class ShardReader {
public:
    static Result<std::unique_ptr<ShardReader>> open_closed(const Path& archive,
                                                            Seq first,
                                                            crypto::Keyring& keyring);
    static Result<std::unique_ptr<ShardReader>> open_live(const Path& archive,
                                                          crypto::Keyring& keyring);
    // The live shard through a connection of somebody else, who keeps it for longer.
    static std::unique_ptr<ShardReader> of_live(sql::Database& live);

    struct Row {
        Seq seq;
        Origin origin = Origin::archive;
        std::uint64_t leaf_index = 0;
        Instant at{};
        std::string entry;
        int form = 0;  // 0: no body row
        crypto::KeyId key_id{};
        std::string sealed;
        std::optional<Seq> hole;
    };
    // Rows of [from, from+limit), in order; `bodies` false leaves the body columns empty.
    Result<std::vector<Row>> rows(Seq from, std::uint64_t limit, bool bodies);
    struct ObjectRow {
        bool in_row = false;
        std::string sealed;
    };
    Result<std::optional<std::string>> object_row(Seq seq);
    struct Wrap {
        crypto::KeyId key_id;
        std::string wrapped;
    };
    Result<std::vector<Wrap>> wraps(const std::string& reference);
    Result<std::optional<Seq>> once(const OnceKey& key);  // live shard only
    // Seqs of the type, ascending, at most `limit`.
    Result<std::vector<Seq>> of_type(int type, Seq from, std::uint64_t limit);
    Result<bool> any_since(Origin origin, Seq from);
    Result<std::optional<Seq>> at_leaf(Origin origin, std::uint64_t leaf_index);
    // Reads every page of its files, so that each is authenticated; what is wrong is reported.
    void read_every_page(std::vector<Problem>& problems, std::uint64_t& bytes);

private:
    ShardReader() = default;
    Result<sql::Statement*> statement(bool in_bodies, const char* sql);
    sql::Database& records() { return borrowed_ != nullptr ? *borrowed_ : *records_; }
    sql::Database& bodies() { return bodies_ ? *bodies_ : records(); }
    std::string records_label_, bodies_label_;
    sql::Database* borrowed_ = nullptr;
    std::optional<sql::Database> records_;
    std::optional<sql::Database> bodies_;
    std::map<const char*, sql::Statement>
        statements_;  // by their literal; declared after the databases: destroyed before them
};

}  // namespace letopis::journal
