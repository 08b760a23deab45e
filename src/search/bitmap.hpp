// SPDX-License-Identifier: AGPL-3.0-or-later
// A set of the rows of one shard, a bit a row.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace letopis::search {

class Bitmap {
public:
    Bitmap() = default;
    explicit Bitmap(std::uint64_t rows) : rows_(rows), words_((rows + 63) / 64) {}

    std::uint64_t rows() const { return rows_; }
    // 64 rows from row 64 * i.
    std::uint64_t word(std::size_t i) const { return words_[i]; }
    void set_word(std::size_t i, std::uint64_t word) { words_[i] = word; }
    void set(std::uint64_t row) { words_[row >> 6] |= std::uint64_t(1) << (row & 63); }
    void clear(std::uint64_t row) { words_[row >> 6] &= ~(std::uint64_t(1) << (row & 63)); }
    bool test(std::uint64_t row) const { return (words_[row >> 6] >> (row & 63)) & 1; }

    void set_range(std::uint64_t first, std::uint64_t last) {  // last is not included
        for (; first < last && (first & 63) != 0; ++first) set(first);
        for (; first + 64 <= last; first += 64) words_[first >> 6] = ~std::uint64_t(0);
        for (; first < last; ++first) set(first);
    }
    void keep(const Bitmap& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    }
    void keep_range(std::uint64_t first, std::uint64_t last) {  // last is not included
        for (std::size_t i = 0; i < words_.size(); ++i) {
            const auto begin = i * 64;
            if (begin >= last || begin + 64 <= first) {
                words_[i] = 0;
                continue;
            }
            if (begin < first) words_[i] &= ~std::uint64_t(0) << (first - begin);
            if (begin + 64 > last) words_[i] &= ~std::uint64_t(0) >> (begin + 64 - last);
        }
    }
    void drop(const Bitmap& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    }
    void add(const Bitmap& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    }
    std::uint64_t count() const { return count(0, rows_); }
    std::uint64_t count(std::uint64_t first, std::uint64_t last) const {
        std::uint64_t total = 0;
        for (; first < last && (first & 63) != 0; ++first) total += test(first);
        for (; first + 64 <= last; first += 64)
            total += static_cast<std::uint64_t>(std::popcount(words_[first >> 6]));
        for (; first < last; ++first) total += test(first);
        return total;
    }
    bool empty() const {
        for (const auto word : words_)
            if (word != 0) return false;
        return true;
    }
    // Calls visit(row) for each row, lowest first.
    template <class Visit>
    void each(Visit&& visit) const {
        for (std::size_t i = 0; i < words_.size(); ++i)
            for (auto word = words_[i]; word != 0; word &= word - 1)
                visit(i * 64 + static_cast<std::uint64_t>(std::countr_zero(word)));
    }
    // Highest first, below `end`, until visit returns false.
    template <class Visit>
    void each_down(std::uint64_t end, Visit&& visit) const {
        for (auto i = (end + 63) / 64; i-- > 0;) {
            auto word = words_[i];
            if (end < (i + 1) * 64) word &= (std::uint64_t(1) << (end & 63)) - 1;
            while (word != 0) {
                const auto bit = static_cast<std::uint64_t>(63 - std::countl_zero(word));
                if (!visit(i * 64 + bit)) return;
                word &= ~(std::uint64_t(1) << bit);
            }
        }
    }
    // The smallest range that holds every row; (0, 0) when there is none.
    std::pair<std::uint64_t, std::uint64_t> bounds() const {
        std::size_t first = 0;
        while (first < words_.size() && words_[first] == 0) ++first;
        if (first == words_.size()) return {0, 0};
        auto last = words_.size() - 1;
        while (words_[last] == 0) --last;
        return {first * 64 + static_cast<std::uint64_t>(std::countr_zero(words_[first])),
                last * 64 + 64 - static_cast<std::uint64_t>(std::countl_zero(words_[last]))};
    }

private:
    std::uint64_t rows_ = 0;
    std::vector<std::uint64_t> words_;
};

}  // namespace letopis::search
