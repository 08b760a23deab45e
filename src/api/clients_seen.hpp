// SPDX-License-Identifier: AGPL-3.0-or-later
// Who takes part in the messages that somebody may see: made from those messages alone, so that no
// name, count or date of another message is in it. Any thread may call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "app/find.hpp"

namespace letopis::api {

struct SeenClient {
    model::AddressKind kind = model::AddressKind::name;
    std::string address;
    std::uint64_t messages = 0;
    Instant first{}, last{};
    std::map<std::string, std::uint64_t> names;
    std::set<model::Channel> channels;
    std::string name() const;  // the most frequent one, else the address
    // Does the address or a name contain this, letter case aside? `part` is folded.
    bool has(std::string_view part) const;
};

class ClientsSeen {
public:
    using List = std::shared_ptr<const std::vector<SeenClient>>;
    // The most active first. `scope` is the version of the scope that `find` looks through; the
    // list is kept until messages come.
    Result<List> of(app::Find& find, std::uint64_t scope);

private:
    struct Kept {
        std::uint64_t position = 0;
        List list;
    };
    std::mutex mutex_;
    std::map<std::uint64_t, Kept> kept_;  // guarded by mutex_
};

}  // namespace letopis::api
