// SPDX-License-Identifier: AGPL-3.0-or-later
// The body of a request between the network and the worker that reads it: half a mebibyte of it at
// most is held.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "http/message.hpp"

namespace letopis::http {

class Upload final : public BodyReader {
public:
    // `changed` is called on the worker when the network may want to look again.
    explicit Upload(std::function<void()> changed) : changed_(std::move(changed)) {}

    Result<std::string> read() override;

    // For the network.
    bool wanted() const;       // somebody has begun to read
    std::size_t room() const;  // bytes that may be given now
    void give(std::string_view bytes);
    void finish();
    void fail(Error error);

private:
    static constexpr std::size_t held_max = 512 * 1024;
    static constexpr std::size_t piece_max = 256 * 1024;

    std::function<void()> changed_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::string held_;            // mutex_, as all below
    std::optional<Error> error_;  // comes after what is held
    bool wanted_ = false;
    bool complete_ = false;
};

}  // namespace letopis::http
