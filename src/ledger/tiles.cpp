// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/tiles.hpp"

#include <fmt/format.h>

#include <bit>
#include <vector>

#include "base/check.hpp"

namespace letopis::ledger {

namespace {
constexpr std::size_t tiles_kept = 64;
}

std::string tile_path(const Tile& tile) {
    auto path = fmt::format("{:03}", tile.number % 1000);
    for (auto rest = tile.number / 1000; rest != 0; rest /= 1000)
        path = fmt::format("x{:03}/", rest % 1000) + path;
    path = fmt::format("tile/{}/", tile.level) + path;
    if (tile.width != tile_width) path += fmt::format(".p/{}", tile.width);
    return path;
}

Digest subtree_root(std::string_view hashes) {
    const auto count = hashes.size() / hash_bytes;
    CHECK(std::has_single_bit(count) && hashes.size() % hash_bytes == 0);
    std::vector<Digest> row(count);
    std::memcpy(row.data(), hashes.data(), hashes.size());
    for (auto left = count; left > 1; left /= 2)
        for (std::size_t i = 0; i < left / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    return row[0];
}

Result<std::string> read_tile(Disk& disk, const Path& directory, const Tile& tile) {
    CHECK(tile.width >= 1 && tile.width <= tile_width);
    const auto path = tile_path(tile);
    auto bytes = disk.read(directory / path, tile_bytes);
    if (!bytes && bytes.error().code == Errc::not_found && tile.width != tile_width)
        bytes = disk.read(directory / tile_path({.level = tile.level, .number = tile.number}),
                          tile_bytes);
    if (!bytes && bytes.error().code == Errc::not_found)
        return fail(Errc::corrupt, path + " is missing");
    if (!bytes && bytes.error().code != Errc::too_large) return bytes;
    const auto want = tile.width * hash_bytes;
    if (!bytes || (bytes->size() != want && bytes->size() != tile_bytes))
        return fail(Errc::corrupt, path + " has the wrong length");
    bytes->resize(want);
    return bytes;
}

Result<Digest> TileReader::hash(unsigned level, std::uint64_t index) const {
    const unsigned tile_level = level / tile_levels, height = level % tile_levels;
    CHECK(level < 64 && (index + 1) <= (size_ >> level));
    const auto first = index << height;
    Tile tile{.level = tile_level, .number = first / tile_width};
    const auto there = (size_ >> (tile_levels * tile_level)) - tile.number * tile_width;
    if (there < tile_width) tile.width = static_cast<unsigned>(there);
    auto cached = cache_.find(tile);
    if (cached == cache_.end()) {
        TRY(auto bytes, read_tile(*disk_, directory_, tile));
        if (cache_.size() >= tiles_kept) cache_.clear();
        cached = cache_.emplace(tile, std::move(bytes)).first;
    }
    const auto at = static_cast<std::size_t>(first % tile_width) * hash_bytes;
    return subtree_root(std::string_view(cached->second).substr(at, hash_bytes << height));
}

}  // namespace letopis::ledger
