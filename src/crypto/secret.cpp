// SPDX-License-Identifier: AGPL-3.0-or-later
#include <sodium.h>

#include <mutex>
#include <vector>

#include "base/check.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

// One allocation of sodium_malloc costs at least four pages and three mappings, which 100,000 keys
// cannot afford. So keys share blocks: 64 KiB hold 2,048 of them. A block is never given back; its
// free places are used again.
class Arena {
public:
    unsigned char* take() {
        const std::lock_guard lock(mutex_);
        if (free_.empty()) add_block();
        auto* slot = free_.back();
        free_.pop_back();
        return slot;
    }
    void give_back(unsigned char* slot) {
        sodium_memzero(slot, key_bytes);
        const std::lock_guard lock(mutex_);
        free_.push_back(slot);
    }

private:
    void add_block() {
        constexpr std::size_t block_bytes = 65536;
        CHECK(sodium_init() >= 0);
        // sodium_malloc asks for MADV_DONTDUMP and mlock, and goes on when mlock is refused.
        auto* block = static_cast<unsigned char*>(sodium_malloc(block_bytes));
        CHECK(block != nullptr);
        for (std::size_t at = block_bytes; at >= key_bytes; at -= key_bytes)
            free_.push_back(block + at - key_bytes);
    }
    std::mutex mutex_;
    std::vector<unsigned char*> free_;  // guarded by mutex_
};

// Never destroyed: a Key in a static object may outlive every other static object.
Arena& arena() {
    static auto* the_arena = new Arena;
    return *the_arena;
}

}  // namespace

std::shared_ptr<unsigned char> secret_slot() {
    return {arena().take(), [](unsigned char* slot) { arena().give_back(slot); }};
}

void wipe(std::string& bytes) {
    if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
    bytes.clear();
}

}  // namespace letopis::crypto
