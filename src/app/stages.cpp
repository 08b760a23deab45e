// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/stages.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace letopis::app {

std::string_view name(Stage stage) {
    switch (stage) {
        case Stage::read: return "read";
        case Stage::hash: return "hash";
        case Stage::append: return "append";
        case Stage::parse_wait: return "wait for parser";
        case Stage::catalogue: return "catalogue";
        case Stage::spool: return "index spool";
        case Stage::index_wait: return "wait for index";
        case Stage::sign: return "sign";
        case Stage::count: break;
    }
    std::abort();
}

std::string Stages::per_message(std::uint64_t messages) const {
    std::string text;
    for (std::size_t i = 0; i < times_.size(); ++i) {
        const auto micros = std::chrono::duration<double, std::micro>(times_[i]).count() /
                            static_cast<double>(messages == 0 ? 1 : messages);
        text += fmt::format(
            "{}{} {:.1f}", text.empty() ? "" : ", ", name(static_cast<Stage>(i)), micros);
    }
    return text + " µs a message";
}

}  // namespace letopis::app
