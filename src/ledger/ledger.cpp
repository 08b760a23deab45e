// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/ledger.hpp"

#include <bit>
#include <set>

#include "base/check.hpp"
#include "base/mutant.hpp"
#include "ledger/head_internal.hpp"

namespace letopis::ledger {

namespace {

auto forked(std::uint64_t size) {
    return fail(Errc::unfit,
                "the log has forked: its first " + std::to_string(size) +
                    " records are not those of a signed head",
                "The journal is older than a head that was given out, or it was changed. Restore a "
                "newer backup, or run `letopis log fork`.");
}

Path temporary(const Path& path) { return path.string() + ".tmp"; }

}  // namespace

Log::Log(LogOptions options)
    : options_(std::move(options)),
      disk_(options_.disk != nullptr ? options_.disk : &real_disk()),
      levels_(1) {}

Result<std::unique_ptr<Log>> Log::open(LogOptions options) {
    std::unique_ptr<Log> log(new Log(std::move(options)));
    TRY(auto head, read_head(*log->disk_, log->options_));
    if (!head) return log;
    TRY_DO(log->load(head->head));
    log->published_ = std::move(head->head);
    log->note_ = std::move(head->note);
    return log;
}

Result<std::unique_ptr<Log>> Log::rebuild(LogOptions options) {
    std::unique_ptr<Log> log(new Log(std::move(options)));
    auto head = read_head(*log->disk_, log->options_);
    if (!head && head.error().code != Errc::corrupt)
        return tl::unexpected<Error>(std::move(head).error());
    if (head && *head) {
        TRY_DO(log->expect((*head)->head));
        log->published_ = std::move((*head)->head);
        log->note_ = std::move((*head)->note);
    }
    return log;
}

// The partial tiles of all levels are the whole state: what stands left of them is full, and its
// hashes are in the tiles above.
Result<void> Log::load(const Checkpoint& head) {
    levels_.clear();
    for (unsigned level = 0; level == 0 || head.size >> (tile_levels * level) != 0; ++level) {
        const auto count = head.size >> (tile_levels * level);
        auto& at = levels_.emplace_back();
        at.next = count / tile_width;
        const Tile edge{
            .level = level, .number = at.next, .width = static_cast<unsigned>(count % tile_width)};
        if (edge.width != 0) {
            TRY(at.edge, read_tile(*disk_, options_.directory, edge));
            at.kept = at.edge.size();
        }
        for (unsigned bit = 0; bit < tile_levels; ++bit) {
            const std::size_t block = hash_bytes << bit;
            Digest root{};
            if ((edge.width >> bit & 1) != 0)
                root = subtree_root(std::string_view(at.edge).substr(
                    hash_bytes * (edge.width >> (bit + 1) << (bit + 1)), block));
            frontier_.push_back(root);
        }
    }
    size_ = head.size;
    if (root() != head.root) return tiles_damaged(options_);
    return {};
}

void Log::push(unsigned level, const Digest& hash) {
    if (level == levels_.size()) levels_.emplace_back();
    auto& at = levels_[level];
    at.edge.append(letopis::as_bytes(hash));
    if (at.edge.size() < tile_bytes) return;
    at.full.push_back(std::move(at.edge));
    at.edge.clear();
    at.kept = 0;
    ++at.next;
}

void Log::append(std::span<const Digest> leaf_hashes) {
    for (const auto& leaf : leaf_hashes) {
        auto hash = leaf;
        push(0, hash);
        unsigned height = 0;
        for (auto bits = size_; (bits & 1) != 0; bits >>= 1) {
            hash = node_hash(frontier_[height], hash);
            if (++height % tile_levels == 0) push(height / tile_levels, hash);
        }
        if (height >= frontier_.size()) frontier_.resize(height + 1);
        frontier_[height] = hash;
        ++size_;
        if (!promises_.empty()) meet_promise();
    }
}

void Log::meet_promise() {
    const auto first = promises_.begin();
    if (first->first != size_) return;
    if (first->second != root() && !forked_at_) forked_at_ = size_;
    promises_.erase(first);
}

Digest Log::root() const {
    std::optional<Digest> root;
    for (unsigned height = 0; height < frontier_.size(); ++height)
        if ((size_ >> height & 1) != 0)
            root = root ? node_hash(frontier_[height], *root) : frontier_[height];
    return root ? *root : empty_root();
}

Result<void> Log::expect(const Checkpoint& outside) {
    if (outside.origin != options_.origin.name)
        return fail(Errc::invalid, "the head is of another log");
    auto known = Result<Digest>(root());
    if (outside.size > size_) {
        const auto [at, fresh] = promises_.emplace(outside.size, outside.root);
        known = fresh ? outside.root : at->second;
    } else if (outside.size < size_) {
        if (!published_ || outside.size > published_->size)
            return fail(Errc::invalid, "compare with outside heads before feeding the log");
        known = tree_root(TileReader(*disk_, options_.directory, published_->size), outside.size);
    }
    if (!known) return tl::unexpected<Error>(std::move(known).error());
    if (*known == outside.root) return {};
    forked_at_ = outside.size;
    return forked(outside.size);
}

Result<void> Log::ready_to_sign() const {
    if (broken_)
        return fail(Errc::io, "the log was not written completely", "Open the archive again.");
    if (forked_at_) return forked(*forked_at_);
    if (!promises_.empty())
        return fail(Errc::unfit,
                    "the journal ends at record " + std::to_string(size_) + " of " +
                        options_.origin.name + ", a signed head covers " +
                        std::to_string(promises_.rbegin()->first),
                    "Restore a newer backup, or run `letopis log fork`.");
    return {};
}

Result<void> Log::spill() {
    if (broken_) return ready_to_sign();
    broken_ = true;
    TRY_DO(write_tiles(false));
    broken_ = false;
    return {};
}

Result<std::string> Log::publish(const Signer& signer, Instant now) {
    CHECK(signer.name == options_.origin.name);
    TRY_DO(ready_to_sign());
    const Checkpoint head{.origin = options_.origin.name, .size = size_, .root = root()};
    const auto note = sign_note(write_checkpoint(head), signer);
    broken_ = true;  // until everything below has gone well
    if (mutant("sign_first")) TRY_DO(write_head(*disk_, options_, note));
    TRY_DO(write_tiles(true));
    TRY_DO(write_head(*disk_, options_, note));
    broken_ = false;
    published_ = head;
    published_at_ = now;
    note_ = note;
    drop_partials(finished_);
    finished_.clear();
    return note;
}

// All files are written before the first sync, so that one commit of the file system's own journal
// serves most of them.
Result<void> Log::write_tiles(bool partial_too) {
    std::vector<std::pair<Tile, const std::string*>> tiles;
    for (unsigned level = 0; level < levels_.size(); ++level) {
        auto& at = levels_[level];
        for (std::size_t i = 0; i < at.full.size(); ++i)
            tiles.push_back(
                {{.level = level, .number = at.next - at.full.size() + i}, &at.full[i]});
        if (partial_too && at.edge.size() > at.kept)
            tiles.push_back({{.level = level,
                              .number = at.next,
                              .width = static_cast<unsigned>(at.edge.size() / hash_bytes)},
                             &at.edge});
    }
    std::set<Path> directories;
    for (const auto& [tile, bytes] : tiles) {
        const auto path = options_.directory / tile_path(tile);
        if (directories.insert(path.parent_path()).second)
            TRY_DO(disk_->make_directories(path.parent_path()));
        TRY_DO(disk_->write(temporary(path), *bytes));
    }
    for (const auto& [tile, bytes] : tiles) {
        const auto path = options_.directory / tile_path(tile);
        TRY_DO(disk_->sync(temporary(path)));
        TRY_DO(disk_->rename(temporary(path), path));
    }
    for (const auto& directory : directories) TRY_DO(disk_->sync_directory(directory));
    for (const auto& [tile, bytes] : tiles)
        if (tile.width == tile_width) finished_.push_back(tile);
    for (auto& at : levels_) {
        at.full.clear();
        if (partial_too) at.kept = at.edge.size();
    }
    return {};
}

// tlog-tiles: a partial tile may go once the full one is there. Nothing depends on its going.
void Log::drop_partials(const std::vector<Tile>& finished) {
    for (const auto& tile : finished)
        (void)disk_->remove_directory(options_.directory / (tile_path(tile) + ".p"));
}

}  // namespace letopis::ledger
