// SPDX-License-Identifier: AGPL-3.0-or-later
// A number that means something has its own type.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace letopis {

template <class Tag>
class Id {
public:
    constexpr Id() = default;
    constexpr explicit Id(std::uint64_t value) : value_(value) {}
    constexpr std::uint64_t value() const { return value_; }
    friend constexpr auto operator<=>(Id, Id) = default;

private:
    std::uint64_t value_ = 0;
};

// Position of a record in the journal: gapless from 0. The identity of a message is the Seq of its
// first record.
using Seq = Id<struct SeqTag>;

}  // namespace letopis

template <class Tag>
struct std::hash<letopis::Id<Tag>> {
    std::size_t operator()(letopis::Id<Tag> id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value());
    }
};
