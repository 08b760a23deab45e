// SPDX-License-Identifier: AGPL-3.0-or-later
// Which passwords are good enough, and how are they kept? argon2id, 64 MiB and 3 passes. One object
// per process: it lets two computations run at once and twenty wait, so that a flood of logins
// costs neither the memory nor the cores of everything else. Any thread may call.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace letopis::access {

struct PasswordCost {
    std::uint32_t memory_kib = 65536;
    std::uint32_t passes = 3;
};

struct PasswordOwner {  // words that an attacker tries first for this person
    std::string_view login;
    std::string_view company;
};

// 12 to 128 code points, no rules on which ones (NIST SP 800-63B, ASVS 6.2). Refused are: a word of
// the list of leaked passwords, also with up to six digits and signs around it; one piece repeated;
// digits or letters in their order; the login or the company's name with little else. The hint says
// which. Errors: invalid.
Result<void> acceptable(std::string_view password, const PasswordOwner& owner);

class Passwords {
public:
    explicit Passwords(PasswordCost cost = {});

    // The text to keep. Errors: unavailable (twenty are waiting already, or no memory), invalid
    // (not UTF-8, or over 128 code points).
    Result<std::string> hash(std::string_view password);

    struct Answer {
        bool right = false;
        bool outdated = false;  // right, but kept at a lower cost than today's: hash it again
    };
    // `kept` empty: nobody has this login, or no password. It costs the same work and is never
    // right, so that time does not tell who exists. Errors: unavailable.
    Result<Answer> verify(std::string_view kept, std::string_view password);

private:
    class Turn;
    friend class Turn;

    const PasswordCost cost_;
    const std::string nobody_;  // a text to keep that no password leads to
    std::mutex mutex_;
    std::condition_variable free_;
    int running_ = 0, waiting_ = 0;  // guarded by mutex_
};

constexpr int password_runs_max = 2;
constexpr int password_queue_max = 20;

}  // namespace letopis::access
