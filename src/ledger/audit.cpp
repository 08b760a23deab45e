// SPDX-License-Identifier: AGPL-3.0-or-later
// Which tiles are not what they were? Everything is judged from the signed root downwards; where a
// tile itself is damaged, what stands below it tells what it must have said.
#include <algorithm>
#include <set>

#include "ledger/head_internal.hpp"

namespace letopis::ledger {

namespace {

struct Row {              // the tiles of one level
    std::uint64_t count;  // hashes in it
    std::string hashes;   // as stored; zeros where a tile is missing. Level 0: only the edge
    std::string roots;    // of its full tiles: what the level above should say
    std::set<std::uint64_t> missing;
};

Tile tile_at(unsigned level, std::uint64_t count, std::uint64_t number) {
    const auto there = std::min<std::uint64_t>(count - number * tile_width, tile_width);
    return {.level = level, .number = number, .width = static_cast<unsigned>(there)};
}

Result<Row> read_row(Disk& disk, const Path& directory, unsigned level, std::uint64_t count) {
    Row row{.count = count};
    for (std::uint64_t number = 0; number * tile_width < count; ++number) {
        const auto tile = tile_at(level, count, number);
        auto bytes = read_tile(disk, directory, tile);
        if (!bytes && bytes.error().code != Errc::corrupt)
            return tl::unexpected<Error>(std::move(bytes).error());
        if (!bytes) row.missing.insert(number);
        const auto stored = bytes ? *std::move(bytes) : std::string(tile.width * hash_bytes, '\0');
        const bool full = tile.width == tile_width;
        if (full) row.roots += as_bytes(subtree_root(stored));
        if (level != 0 || !full) row.hashes += stored;
    }
    return row;
}

// The root over the right edge of every level, as Log keeps it.
Digest edge_root(const std::vector<std::string>& edges) {
    std::optional<Digest> root;
    for (const auto& edge : edges) {
        const auto width = edge.size() / hash_bytes;
        for (unsigned bit = 0; bit < tile_levels; ++bit) {
            if ((width >> bit & 1) == 0) continue;
            const auto part = subtree_root(std::string_view(edge).substr(
                hash_bytes * (width >> (bit + 1) << (bit + 1)), hash_bytes << bit));
            root = root ? node_hash(part, *root) : part;
        }
    }
    return root ? *root : empty_root();
}

std::string edge_of(const std::string& hashes, std::uint64_t count) {
    return hashes.substr(hashes.size() - static_cast<std::size_t>(count % tile_width) * hash_bytes);
}

class Audit {
public:
    Audit(std::vector<Row> rows, const Digest& root) : rows_(std::move(rows)), root_(root) {}

    std::vector<std::string> damaged() {
        judge_edges();
        for (auto level = rows_.size(); level-- > 0;)
            judge_full_tiles(static_cast<unsigned>(level));
        return {wrong_.begin(), wrong_.end()};
    }

private:
    void blame(unsigned level, std::uint64_t number) {
        wrong_.insert(tile_path(tile_at(level, rows_[level].count, number)));
    }

    // The edges stand under the signed root together. If they do not give it, those that differ
    // from what the tiles below say are suspect, and if that is not the whole story, so is the edge
    // of the leaves, which nothing else can confirm.
    void judge_edges() {
        std::vector<std::string> stored, derived;
        for (unsigned level = 0; level < rows_.size(); ++level) {
            stored.push_back(edge_of(rows_[level].hashes, rows_[level].count));
            derived.push_back(level == 0 ? stored[0]
                                         : edge_of(rows_[level - 1].roots, rows_[level].count));
        }
        const bool good = edge_root(stored) == root_, derivable = edge_root(derived) == root_;
        if (!good && !derivable && !stored[0].empty()) blame(0, rows_[0].count / tile_width);
        for (unsigned level = 0; level < rows_.size(); ++level) {
            auto& row = rows_[level];
            if (row.missing.count(row.count / tile_width) == 0 &&
                (good || stored[level] == derived[level]))
                continue;
            blame(level, row.count / tile_width);
            if (derivable)
                row.hashes.replace(
                    row.hashes.size() - derived[level].size(), std::string::npos, derived[level]);
        }
    }

    void judge_full_tiles(unsigned level) {
        auto& row = rows_[level];
        for (std::uint64_t number = 0; (number + 1) * tile_width <= row.count; ++number) {
            const auto at = static_cast<std::size_t>(number) * hash_bytes;
            const auto stated = std::string_view(rows_[level + 1].hashes).substr(at, hash_bytes);
            if (std::string_view(row.roots).substr(at, hash_bytes) == stated) continue;
            blame(level, number);
            if (level == 0) continue;
            const auto said = rows_[level - 1].roots.substr(at * tile_width, tile_bytes);
            if (as_bytes(subtree_root(said)) == stated)
                row.hashes.replace(at * tile_width, tile_bytes, said);
        }
    }

    std::vector<Row> rows_;
    Digest root_;
    std::set<std::string> wrong_;
};

}  // namespace

Result<std::vector<std::string>> PublishedLog::damaged_tiles() const {
    std::vector<Row> rows;
    for (unsigned level = 0; level == 0 || head_.size >> (tile_levels * level) != 0; ++level) {
        TRY(auto row,
            read_row(*disk_, options_.directory, level, head_.size >> (tile_levels * level)));
        rows.push_back(std::move(row));
    }
    return Audit(std::move(rows), head_.root).damaged();
}

}  // namespace letopis::ledger
