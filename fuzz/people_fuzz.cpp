// SPDX-License-Identifier: AGPL-3.0-or-later
// Change documents of people, one a line: each is applied whole or not at all, and those that were
// lead to the same people again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "access/people.hpp"

using namespace letopis;
using namespace letopis::access;

namespace {

People some_people() {
    People people;
    const bool there =
        people
            .apply(
                R"({"v":1,"change":"group_set","at":"2026-01-01T00:00:00Z","by":"operator","group":{"id":"g-0000000000","name":"g","grants":[]}})",
                0)
            .has_value() &&
        people
            .apply(
                R"({"v":1,"change":"user_added","at":"2026-01-01T00:00:00Z","by":"operator","new_user":{"id":"u-0000000000","login":"anna","name":"A","locale":"ru","groups":["g-0000000000"],"grants":[{"role":"owner","by":"operator"}],"created":"2026-01-01T00:00:00Z"}})",
                1)
            .has_value();
    if (!there) std::abort();
    return people;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    static const People begun = some_people();
    const auto now = from_unix(1'790'000'000);
    auto people = begun, again = begun;
    std::vector<std::string_view> taken;
    for (std::uint64_t seq = 2; !text.empty() && seq < 100; ++seq) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const auto before = people;
        if (people.apply(line, seq))
            taken.push_back(line);
        else if (!(people == before))
            std::abort();
    }
    for (std::size_t i = 0; i < taken.size(); ++i)
        if (!again.apply(taken[i], 2 + i)) std::abort();
    if (again.users() != people.users() || again.groups() != people.groups() ||
        again.approvals() != people.approvals())
        std::abort();
    for (const auto& [id, user] : people.users())
        if (people.user_by_login(user.login) != &user) std::abort();  // a login is one user's
    const Author owner{.id = "u-0000000000", .now = now};
    for (const auto& [id, user] : people.users()) {
        const auto change = set_grants(people, id, user.grants, owner);
        if (change && !people.apply(change->json, 1000)) std::abort();
        break;
    }
    return 0;
}
