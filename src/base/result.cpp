// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/result.hpp"

#include <cstdlib>

namespace letopis {

std::string_view name(Errc code) {
    switch (code) {
        case Errc::invalid: return "invalid";
        case Errc::not_found: return "not_found";
        case Errc::conflict: return "conflict";
        case Errc::forbidden: return "forbidden";
        case Errc::unavailable: return "unavailable";
        case Errc::no_space: return "no_space";
        case Errc::io: return "io";
        case Errc::corrupt: return "corrupt";
        case Errc::wrong_key: return "wrong_key";
        case Errc::too_large: return "too_large";
        case Errc::unsupported: return "unsupported";
        case Errc::cancelled: return "cancelled";
        case Errc::unfit: return "unfit";
    }
    std::abort();
}

}  // namespace letopis
