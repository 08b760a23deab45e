// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/clients_seen.hpp"

#include <algorithm>

#include "text/analyser.hpp"

namespace letopis::api {

namespace {

constexpr std::size_t scopes_kept_max = 64;

using Key = std::pair<model::AddressKind, std::string>;

void count(std::map<Key, SeenClient>& all, const catalog::MessageRow& row) {
    std::set<Key> here;  // somebody may be named twice in one message
    const auto add = [&](const model::Party& party) {
        if (party.address.empty()) return;
        const Key key(party.kind, party.address);
        auto& one = all[key];
        if (!party.name.empty()) ++one.names[party.name];
        if (!here.insert(key).second) return;
        one.kind = party.kind;
        one.address = party.address;
        one.channels.insert(row.channel);
        one.first = one.messages == 0 ? row.date : std::min(one.first, row.date);
        one.last = std::max(one.last, row.date);
        ++one.messages;
    };
    add(row.from);
    for (const auto& party : row.to) add(party);
}

}  // namespace

std::string SeenClient::name() const {
    const auto most = std::ranges::max_element(
        names, [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == names.end() ? address : most->first;
}

bool SeenClient::has(std::string_view part) const {
    if (part.empty() || text::fold(address).find(part) != std::string::npos) return true;
    return std::ranges::any_of(names, [&](const auto& seen) {
        return text::fold(seen.first).find(part) != std::string::npos;
    });
}

Result<ClientsSeen::List> ClientsSeen::of(app::Find& find, std::uint64_t scope) {
    const auto position = find.engine().position();
    {
        const std::lock_guard lock(mutex_);
        const auto kept = kept_.find(scope);
        if (kept != kept_.end() && kept->second.position == position) return kept->second.list;
    }
    std::map<Key, SeenClient> all;
    const text::Node everything;
    TRY_DO(find.all(everything, [&](std::span<const Seq> seqs) -> Result<bool> {
        TRY(const auto rows, find.catalog().messages(seqs));
        for (const auto& row : rows) count(all, row);
        return true;
    }));
    auto list = std::make_shared<std::vector<SeenClient>>();
    for (auto& [_, one] : all) list->push_back(std::move(one));
    std::ranges::stable_sort(*list, std::greater<>(), &SeenClient::messages);
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= scopes_kept_max) kept_.clear();
    kept_[scope] = {.position = position, .list = list};
    return List(list);
}

}  // namespace letopis::api
