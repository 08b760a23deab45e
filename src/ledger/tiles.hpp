// SPDX-License-Identifier: AGPL-3.0-or-later
// Tiles of C2SP tlog-tiles: 256 hashes a file, eight levels of the tree a tile.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "ledger/disk.hpp"
#include "ledger/proof.hpp"

namespace letopis::ledger {

constexpr unsigned tile_width = 256;
constexpr std::size_t hash_bytes = 32;
constexpr std::size_t tile_bytes = tile_width * hash_bytes;
constexpr unsigned tile_levels = 8;  // 256^8 = 2^64 leaves

struct Tile {
    unsigned level = 0;
    std::uint64_t number = 0;
    unsigned width = tile_width;  // 1..256
    friend auto operator<=>(const Tile&, const Tile&) = default;
};
// "tile/0/x001/x234/067", with ".p/<width>" for a partial one.
std::string tile_path(const Tile& tile);
// The root of a power of two of hashes, given as bytes.
Digest subtree_root(std::string_view hashes);
// The tile, or the beginning of the full one where the partial one is gone. corrupt: the file has
// another length, or neither is there.
Result<std::string> read_tile(Disk& disk, const Path& directory, const Tile& tile);

// Hashes of a tree of `size` leaves out of its tiles. Not verified here. Keeps the last tiles read;
// one thread at a time.
class TileReader final : public HashReader {
public:
    TileReader(Disk& disk, Path directory, std::uint64_t size)
        : disk_(&disk), directory_(std::move(directory)), size_(size) {}
    Result<Digest> hash(unsigned level, std::uint64_t index) const override;
    void forget() const { cache_.clear(); }

private:
    Disk* disk_;
    Path directory_;
    std::uint64_t size_;
    mutable std::map<Tile, std::string> cache_;
};

}  // namespace letopis::ledger
