// SPDX-License-Identifier: AGPL-3.0-or-later
// Test-only: what must hold in an archive that a power cut left.
#pragma once

#include <map>
#include <memory>

#include "base/fake_clock.hpp"
#include "journal/crash/truth.hpp"

namespace letopis::journal {

// First complaint of a check; empty: none.
using Complaint = std::string;
Complaint complain(std::string_view doing, const Error& error);

class Check {
public:
    // Contents that were appended behind the cut, at their numbers.
    using After = std::map<std::uint64_t, std::string>;

    Check(const Truth& truth, Path archive, Path key_file)
        : truth_(truth), archive_(std::move(archive)), key_file_(std::move(key_file)) {}

    Complaint open();
    // Everything that the journal gives out, against what was stored.
    Complaint promised(const Promise& promise, const After& after);
    Complaint verified();
    // One new record beside those of `again`, which must turn out to be there already.
    Complaint append(std::span<const std::size_t> again, const std::string& content, After& after);
    Complaint close_shard();
    std::uint64_t head() const { return journal_->head().records; }
    // What promised() and verified() answer from, when the archive was `remains` and has been
    // opened: the same digest, the same answers. None: opening changed files.
    std::optional<Digest> opened(const crash::Remains& remains, std::uint64_t promise) const;
    void close();

private:
    const Truth& truth_;
    Path archive_, key_file_;
    FakeClock clock_{from_unix(1'800'000'000)};
    bool changed_ = false, removed_ = false;  // files, while it was opened
    std::unique_ptr<crypto::Keyring> keyring_;
    std::unique_ptr<Journal> journal_;
};

}  // namespace letopis::journal
