// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/texts.hpp"

namespace letopis::app {

namespace {
std::size_t cost_of(const std::string& text) {
    constexpr std::size_t bookkeeping = 150;
    return text.size() + bookkeeping;
}
}  // namespace

std::shared_ptr<const std::string> TextCache::find(Seq seq, const model::Slice& slice) {
    const std::lock_guard lock(mutex_);
    const auto found = by_seq_.find(seq.value());
    if (found == by_seq_.end() || found->second->slice != slice) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->text;
}

void TextCache::keep(Seq seq, const model::Slice& slice, const std::string& text) {
    if (text.size() > text_bytes_max) return;
    auto kept = std::make_shared<const std::string>(text);
    const std::lock_guard lock(mutex_);
    if (const auto old = by_seq_.find(seq.value()); old != by_seq_.end()) {
        bytes_ -= cost_of(*old->second->text);
        entries_.erase(old->second);
        by_seq_.erase(old);
    }
    bytes_ += cost_of(text);
    entries_.push_front({seq.value(), slice, std::move(kept)});
    by_seq_.emplace(seq.value(), entries_.begin());
    while (bytes_ > bytes_max) {
        bytes_ -= cost_of(*entries_.back().text);
        by_seq_.erase(entries_.back().seq);
        entries_.pop_back();
    }
}

}  // namespace letopis::app
