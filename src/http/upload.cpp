// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/upload_internal.hpp"

namespace letopis::http {

Result<std::string> Upload::read() {
    std::unique_lock lock(mutex_);
    if (!wanted_) {
        wanted_ = true;
        changed_();
    }
    ready_.wait(lock, [this] { return !held_.empty() || complete_ || error_; });
    if (held_.empty()) {
        if (error_) return tl::unexpected<Error>(*error_);
        return std::string();
    }
    const bool was_full = held_.size() >= held_max;
    std::string piece;
    if (held_.size() <= piece_max) {
        piece.swap(held_);
    } else {
        piece = held_.substr(0, piece_max);
        held_.erase(0, piece_max);
    }
    if (was_full) changed_();
    return piece;
}

bool Upload::wanted() const {
    const std::lock_guard lock(mutex_);
    return wanted_;
}

std::size_t Upload::room() const {
    const std::lock_guard lock(mutex_);
    return held_max - std::min(held_max, held_.size());
}

void Upload::give(std::string_view bytes) {
    {
        const std::lock_guard lock(mutex_);
        held_.append(bytes);
    }
    ready_.notify_one();
}

void Upload::finish() {
    {
        const std::lock_guard lock(mutex_);
        complete_ = true;
    }
    ready_.notify_one();
}

void Upload::fail(Error error) {
    {
        const std::lock_guard lock(mutex_);
        if (!complete_ && !error_) error_ = std::move(error);
    }
    ready_.notify_one();
}

}  // namespace letopis::http
