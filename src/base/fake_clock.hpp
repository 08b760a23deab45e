// SPDX-License-Identifier: AGPL-3.0-or-later
// A clock for tests: stands still until it is moved.
#pragma once

#include "base/time.hpp"

namespace letopis {

class FakeClock final : public Clock {
public:
    explicit FakeClock(Instant start = from_unix(1'790'000'000)) : now_(start) {}
    Instant now() const override { return now_; }
    void advance(std::chrono::microseconds by) { now_ += by; }

private:
    Instant now_;
};

}  // namespace letopis
