// SPDX-License-Identifier: AGPL-3.0-or-later
// Texts of messages that were shown lately, so that the next one who finds them does not open their
// records again. A record never changes, so nothing here grows old. In memory only; any thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/id.hpp"
#include "model/message.hpp"

namespace letopis::app {

class TextCache {
public:
    static constexpr std::size_t bytes_max = std::size_t(16) << 20;
    static constexpr std::size_t text_bytes_max = 16 * 1024;  // of one

    std::shared_ptr<const std::string> find(Seq seq, const model::Slice& slice);
    void keep(Seq seq, const model::Slice& slice, const std::string& text);

private:
    struct Entry {
        std::uint64_t seq;
        model::Slice slice;
        std::shared_ptr<const std::string> text;
    };
    std::mutex mutex_;
    std::list<Entry> entries_;  // asked for last comes first
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_seq_;
    std::size_t bytes_ = 0;
};

}  // namespace letopis::app
