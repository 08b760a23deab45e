// SPDX-License-Identifier: AGPL-3.0-or-later
// The reading side of a log.
#include "ledger/head_internal.hpp"
#include "ledger/ledger.hpp"

namespace letopis::ledger {

PublishedLog::PublishedLog(LogOptions options, Disk& disk, std::string note, Checkpoint head)
    : options_(std::move(options)),
      disk_(&disk),
      note_(std::move(note)),
      head_(std::move(head)),
      tiles_(disk, options_.directory, head_.size) {}

Result<PublishedLog> PublishedLog::open(LogOptions options) {
    auto& disk = options.disk != nullptr ? *options.disk : real_disk();
    TRY(auto head, read_head(disk, options));
    if (!head) return fail(Errc::not_found, "the log " + options.origin.name + " has no head yet");
    return PublishedLog(std::move(options), disk, std::move(head->note), std::move(head->head));
}

Result<Digest> PublishedLog::leaf_with_proof(std::uint64_t index,
                                             std::vector<Digest>& proof) const {
    if (index >= head_.size) return fail(Errc::invalid, "the log has no such record yet");
    TRY(const auto leaf, tiles_.hash(0, index));
    TRY(proof, inclusion_proof(tiles_, index, head_.size));
    if (!verify_inclusion(leaf, index, head_.size, proof, head_.root))
        return tiles_damaged(options_);
    return leaf;
}

Result<Digest> PublishedLog::leaf(std::uint64_t index) const {
    std::vector<Digest> proof;
    return leaf_with_proof(index, proof);
}

Result<TlogProof> PublishedLog::prove(std::uint64_t index, std::string extra) const {
    TlogProof proof{.extra = std::move(extra), .index = index, .checkpoint = note_};
    TRY_DO(leaf_with_proof(index, proof.hashes));
    return proof;
}

Result<std::vector<Digest>> PublishedLog::consistency(std::uint64_t from_size) const {
    TRY(const auto old_root, root_at(from_size));
    TRY(auto proof, consistency_proof(tiles_, from_size, head_.size));
    if (!verify_consistency(from_size, old_root, head_.size, head_.root, proof))
        return tiles_damaged(options_);
    return proof;
}

Result<Digest> PublishedLog::root_at(std::uint64_t size) const {
    if (size > head_.size) return fail(Errc::invalid, "the log is not that long yet");
    return tree_root(tiles_, size);
}

}  // namespace letopis::ledger
