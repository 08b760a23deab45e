// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/handlers.hpp"

namespace letopis::api {

std::optional<http::Response> without_fresh_factor(Service& service, const Call& call) {
    const auto now = service.clock().now();
    if (call.caller.second_factor && now - *call.caller.second_factor <= access::step_up_age_max)
        return std::nullopt;
    return problem_answer(call.request,
                          {403,
                           "step_up_required",
                           "this needs the second factor of just now",
                           "Show it again, then repeat.",
                           {}});
}

}  // namespace letopis::api
