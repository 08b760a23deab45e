// SPDX-License-Identifier: AGPL-3.0-or-later
// Which shard files belong to the index, up to which journal position, and which rows of closed
// shards were removed. What is not in it does not exist; files beside it are left-overs of a crash.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "search/search.hpp"
#include "sql/sqlite.hpp"

namespace letopis::search {

struct ShardRow {
    std::string label;       // "index/000003.db"
    std::uint64_t docs = 0;  // of the overlay: unknown (0)
    bool sorted = true;
    bool overlay = false;
    std::uint64_t bytes = 0;
    bool operator==(const ShardRow&) const = default;
};

// A change of the manifest: all of it or nothing.
struct ManifestChange {
    std::vector<std::string> drop = {};                           // labels; they become retired
    std::vector<ShardRow> put = {};                               // added, or written over
    std::map<std::string, std::vector<std::uint64_t>> dead = {};  // rows to mark
    std::optional<std::uint64_t> position = std::nullopt;
    std::optional<std::uint64_t> overlay_from = std::nullopt;
};

class Manifest {
public:
    // For reading: not_found when there is none, or one that was begun and no more; unfit when
    // another version of the analyser made the index.
    static Result<Manifest> open(const Path& dir,
                                 const KeySource& keys,
                                 bool writable,
                                 bool alone = false);

    // Reads everything again when another connection has changed it; true: it had.
    Result<bool> refresh();
    Result<void> change(const ManifestChange& change);
    // Forgets every shard (their labels become retired) and begins at position 0 with the analyser
    // of this version.
    Result<void> start_again();
    Result<std::string> new_label();
    Result<std::vector<std::string>> retired();
    Result<void> forget_retired(const std::vector<std::string>& labels);
    Result<void> retire(const std::vector<std::string>& labels);
    // Rows removed from a shard, ascending.
    Result<std::vector<std::uint64_t>> dead(const std::string& label);

    const std::vector<ShardRow>& shards() const { return shards_; }
    std::uint64_t position() const { return position_; }
    // The position when the overlay was made; none in an index of before November 2026.
    std::optional<std::uint64_t> overlay_from() const { return overlay_from_; }
    std::uint64_t analyser() const { return analyser_; }

private:
    explicit Manifest(sql::Database db) : db_(std::move(db)) {}
    Result<void> load();
    Result<bool> is_empty();
    sql::Database db_;
    sql::Statement data_version_;  // of db_
    std::int64_t version_ = -1;
    std::uint64_t position_ = 0;
    std::optional<std::uint64_t> overlay_from_;
    std::uint64_t analyser_ = 0;
    std::vector<ShardRow> shards_;
};

constexpr const char* manifest_label = "index/manifest.db";
std::string file_of(std::string_view label);  // "index/000003.db" -> "000003.db"

}  // namespace letopis::search
