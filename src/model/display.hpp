// SPDX-License-Identifier: AGPL-3.0-or-later
// An HTML letter made safe to show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace letopis::model {

constexpr std::size_t display_bytes_max = std::size_t(16) << 20;

struct Display {
    // A complete document. It loads nothing and runs nothing by itself; all the same it is shown
    // in a sandboxed frame under a policy that allows no script and no request.
    std::string html;
    std::uint64_t remote_images = 0;     // not loaded; a placeholder names the host
    std::uint64_t links = 0;             // that can be followed
    std::uint64_t dropped_elements = 0;  // not shown, or shown without their element
    bool cut = false;                    // the letter is longer than what is shown
    bool operator==(const Display&) const = default;
};

}  // namespace letopis::model
