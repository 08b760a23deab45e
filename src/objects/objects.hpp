// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the bytes of large objects are: one sealed file each, objects/<2 hex>/<32 hex>. The store
// sees ciphertext only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/files.hpp"

namespace letopis::objects {

class Store {
public:
    explicit Store(Path directory) : directory_(std::move(directory)) {}
    // Writes and syncs the file; the directory entries become durable with sync(). Ids are 16
    // random bytes: nothing is overwritten.
    Result<void> put(std::string_view id, std::string_view sealed);
    // Makes the names of everything put so far durable.
    Result<void> sync();
    Result<std::string> get(std::string_view id) const;  // not_found, io
    bool has(std::string_view id) const;
    Result<void> remove(std::string_view id);
    // Every id on the disk, and files that are none.
    Result<void> list(const std::function<void(std::string id)>& object,
                      const std::function<void(std::string name)>& stranger) const;
    Path path(std::string_view id) const;

private:
    Path directory_;
    std::vector<Path> unsynced_;  // directories; the caller serialises put and sync
};

}  // namespace letopis::objects
