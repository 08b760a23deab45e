// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: the states that a cut of one run may leave, each opened and looked at.
#pragma once

#include <atomic>
#include <unordered_set>

#include "journal/crash/check.hpp"

namespace letopis::journal {

// Shared by the processes that work on one run.
struct Counts {
    std::atomic<std::uint64_t> done, distinct, again, twice, failed;
};

struct Run {
    std::uint64_t seed;
    const Truth& truth;
    crash::Disk& disk;
    Path key_file;
    std::vector<std::string> forget;  // syncs that are left out, of a second cut too
};

class States {
public:
    // `folder` is this object's own.
    States(const Run& run, Path folder, Counts& counts);

    std::uint64_t moment_of(std::uint64_t number) const { return number % moments_; }
    // Lays the state out, opens it and looks; `story` says what the disk was like.
    Complaint look_at(std::uint64_t number, std::string& story);

private:
    Complaint after_one_cut(const crash::Remains& remains,
                            std::uint64_t mark,
                            bool to_the_end,
                            crash::Dice dice);
    Complaint after_two_cuts(const Promise& promise, crash::Dice dice, std::string& story);
    Complaint after_the_second(const Promise& promise,
                               const Check::After& after,
                               crash::Disk& mending,
                               crash::Dice dice,
                               std::string& story);
    std::vector<std::size_t> acknowledged(const Promise& promise) const;

    const Run& run_;
    const Path archive_, second_, store_, second_store_;
    Counts& counts_;
    const std::uint64_t moments_;
    struct Hash {
        std::size_t operator()(const Digest& digest) const;
    };
    std::unordered_set<Digest, Hash> seen_;  // states
    std::unordered_set<Digest, Hash> good_;  // opened archives
};

}  // namespace letopis::journal
