// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <unordered_map>

#include "search/engine_state.hpp"
#include "search/evaluate.hpp"

namespace letopis::search {

namespace {

constexpr std::size_t senders_max = 10;

struct Counts {
    std::array<std::uint64_t, 256> channels{};
    std::uint64_t with_attachment = 0;
    std::map<std::string, std::uint64_t> languages;
    std::unordered_map<std::string, std::uint64_t> senders;
    std::map<std::pair<int, int>, std::uint64_t> months;
};

std::pair<int, int> month_of(std::int64_t micros) {
    const std::chrono::year_month_day date(
        std::chrono::floor<std::chrono::days>(from_micros(micros)));
    return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month()))};
}

Instant next_month(std::pair<int, int> month) {
    using namespace std::chrono;
    const auto first = year(month.first) / static_cast<int>(month.second) / 1 + months(1);
    return time_point_cast<microseconds>(sys_days(first));
}

// In a sorted shard a month is a range of rows, so that only the borders are looked at.
Result<void> count_months(ShardView& shard, const Bitmap& rows, Counts& counts) {
    if (!shard.sorted())
        return shard.each(Column::date, rows, [&](std::uint64_t, std::int64_t date) {
            ++counts.months[month_of(date)];
        });
    auto [row, last] = rows.bounds();
    while (row < last) {
        TRY(const auto date, shard.number(Column::date, row));
        const auto month = month_of(date);
        TRY(const auto end, shard.first_row_at(next_month(month)));
        if (const auto count = rows.count(row, std::min(end, last)); count > 0)
            counts.months[month] += count;
        row = std::max(end, row + 1);
    }
    return {};
}

Result<void> count_traits(ShardView& shard, const Bitmap& rows, Counts& counts) {
    std::vector<std::uint64_t> languages(shard.columns().size(Column::language_values));
    TRY_DO(shard.each(Column::traits, rows, [&](std::uint64_t, std::int64_t traits) {
        ++counts.channels[static_cast<std::size_t>(traits) & channel_bits];
        counts.with_attachment += (traits & attachment_bit) != 0;
        const auto language = static_cast<std::size_t>(traits >> language_shift);
        if (language < languages.size()) ++languages[language];
    }));
    for (std::size_t i = 0; i < languages.size(); ++i) {
        if (languages[i] == 0) continue;
        TRY(const auto name, shard.columns().text(shard.source(), Column::language_values, i));
        if (!name.empty()) counts.languages[name] += languages[i];
    }
    return {};
}

// `top`: only this shard has anything, so that the names of its ten largest are enough.
Result<void> count_senders(ShardView& shard, const Bitmap& rows, bool top, Counts& counts) {
    std::vector<std::uint64_t> senders(shard.columns().size(Column::sender_values));
    TRY_DO(shard.each(Column::sender, rows, [&](std::uint64_t, std::int64_t sender) {
        if (static_cast<std::size_t>(sender) < senders.size())
            ++senders[static_cast<std::size_t>(sender)];
    }));
    std::uint64_t least = 1;
    if (top && senders.size() > senders_max + 1) {
        // One more than needed, as the nameless sender is left out.
        auto sorted = senders;
        const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(senders_max);
        std::nth_element(sorted.begin(), nth, sorted.end(), std::greater<>());
        least = std::max(least, *nth);
    }
    for (std::size_t i = 0; i < senders.size(); ++i) {
        if (senders[i] < least) continue;
        TRY(auto name, shard.columns().text(shard.source(), Column::sender_values, i));
        if (!name.empty()) counts.senders[std::move(name)] += senders[i];
    }
    return {};
}

template <class Key>
void largest_first(std::vector<std::pair<Key, std::uint64_t>>& counts) {
    std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
}

}  // namespace

Result<Facets> Engine::facets(const Request& request) const {
    TRY(auto session, Borrowed::take(*state_));
    TRY(auto evaluation, Evaluation::make(*session, request));
    const bool put_off = evaluation.put_off_texts();
    Counts counts;
    Facets facets;
    std::uint64_t candidates = 0;
    std::vector<std::pair<ShardView*, Bitmap>> found;
    for (auto& shard : session->shards()) {
        TRY(auto rows, evaluation.rows(*shard));
        candidates += rows.count();
        if (!rows.empty()) found.emplace_back(shard.get(), std::move(rows));
    }
    if (put_off && candidates <= request.exact_checks_max)  // as the total of search()
        for (auto& [shard, rows] : found) TRY_DO(evaluation.compare_texts(*shard, rows));
    for (auto& [shard, rows] : found) {
        facets.total += rows.count();
        TRY_DO(count_traits(*shard, rows, counts));
        TRY_DO(count_senders(*shard, rows, found.size() == 1, counts));
        TRY_DO(count_months(*shard, rows, counts));
    }
    facets.with_attachment = counts.with_attachment;
    for (std::size_t i = 0; i < counts.channels.size(); ++i)
        if (counts.channels[i] > 0)
            facets.channels.emplace_back(static_cast<std::uint8_t>(i), counts.channels[i]);
    facets.languages.assign(counts.languages.begin(), counts.languages.end());
    facets.senders.assign(counts.senders.begin(), counts.senders.end());
    largest_first(facets.channels);
    largest_first(facets.languages);
    largest_first(facets.senders);
    if (facets.senders.size() > senders_max) facets.senders.resize(senders_max);
    for (const auto& [month, count] : counts.months)
        facets.months.push_back({month.first, month.second, count});
    return facets;
}

}  // namespace letopis::search
