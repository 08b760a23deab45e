// SPDX-License-Identifier: AGPL-3.0-or-later
// Answers: which rows, how many, and the page of them that was asked for.
#include "search/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/bytes.hpp"
#include "search/engine_state.hpp"
#include "search/evaluate.hpp"

namespace letopis::search {

namespace {

constexpr std::uint64_t ranked_max = 200'000;
constexpr std::size_t limit_max = 1000;
constexpr std::size_t ranked_pages_max = 10'000;

bool newer(const Hit& a, const Hit& b) {
    return a.date != b.date ? a.date > b.date : a.seq > b.seq;
}
bool better(const Hit& a, const Hit& b) {
    return a.score != b.score ? a.score > b.score : newer(a, b);
}

// "n<date>.<seq>" of the last hit, or "r<number of hits before>".
struct Cursor {
    bool there = false;
    std::int64_t date = 0;
    std::uint64_t seq = 0;
    std::size_t skip = 0;
};

Result<Cursor> parse_cursor(const std::string& text, Order order) {
    Cursor cursor;
    if (text.empty()) return cursor;
    const auto bad = [] { return fail(Errc::invalid, "this cursor is of another query"); };
    cursor.there = true;
    if (order == Order::relevance) {
        if (text[0] != 'r' || text.size() > 8 || text.size() < 2 ||
            text.find_first_not_of("0123456789", 1) != std::string::npos)
            return bad();
        cursor.skip = std::stoul(text.substr(1));
        if (cursor.skip > ranked_pages_max) return bad();
        return cursor;
    }
    const auto bytes = text[0] == 'n' ? unhex(std::string_view(text).substr(1)) : std::nullopt;
    if (!bytes || bytes->size() != 16) return bad();
    Reader in(*bytes);
    cursor.date = static_cast<std::int64_t>(in.u64());
    cursor.seq = in.u64();
    return cursor;
}

std::string newest_cursor(const Hit& last) {
    std::string bytes;
    Writer out(bytes);
    out.u64(static_cast<std::uint64_t>(to_micros(last.date)));
    out.u64(last.seq.value());
    return "n" + hex(bytes);
}

Result<Hit> hit_at(ShardView& shard, std::uint64_t row) {
    TRY(const auto seq, shard.number(Column::seq, row));
    TRY(const auto date, shard.number(Column::date, row));
    return Hit{Seq(static_cast<std::uint64_t>(seq)), from_micros(date), 0};
}

bool after_cursor(const Hit& hit, const Cursor& cursor) {
    return !cursor.there || newer(Hit{Seq(cursor.seq), from_micros(cursor.date), 0}, hit);
}

// The newest hits of a shard whose rows are in the order of (date, seq): from the end.
Result<void> newest_sorted(ShardView& shard,
                           const Bitmap& rows,
                           const Cursor& cursor,
                           std::size_t limit,
                           std::vector<Hit>& hits) {
    auto end = shard.rows();
    if (cursor.there) {
        TRY(end, shard.first_row_at(from_micros(cursor.date) + std::chrono::microseconds(1)));
    }
    Result<void> failed;
    std::size_t taken = 0;
    rows.each_down(end, [&](std::uint64_t row) {
        auto hit = hit_at(shard, row);
        if (!hit) {
            failed = tl::unexpected<Error>(std::move(hit).error());
            return false;
        }
        if (!after_cursor(*hit, cursor)) return true;
        hits.push_back(*hit);
        return ++taken < limit;
    });
    return failed;
}

Result<void> newest_unsorted(ShardView& shard,
                             const Bitmap& rows,
                             const Cursor& cursor,
                             std::size_t limit,
                             std::vector<Hit>& hits) {
    std::vector<Hit> found;
    TRY_DO(shard.each(Column::date, rows, [&](std::uint64_t, std::int64_t date) {
        found.push_back({Seq(), from_micros(date), 0});
    }));
    std::size_t i = 0;
    TRY_DO(shard.each(Column::seq, rows, [&](std::uint64_t, std::int64_t seq) {
        found[i++].seq = Seq(static_cast<std::uint64_t>(seq));
    }));
    std::erase_if(found, [&](const Hit& hit) { return !after_cursor(hit, cursor); });
    const auto count = std::min(limit, found.size());
    std::partial_sort(
        found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(), newer);
    hits.insert(hits.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
    return {};
}

struct ShardRows {
    ShardView* shard;
    Bitmap rows;
    std::uint64_t count;
};

Result<std::vector<Hit>> newest(std::vector<ShardRows>& found,
                                const Cursor& cursor,
                                std::size_t limit) {
    std::vector<Hit> hits;
    for (auto& [shard, rows, count] : found) {
        if (count == 0) continue;
        TRY_DO(
            (shard->sorted() ? newest_sorted : newest_unsorted)(*shard, rows, cursor, limit, hits));
    }
    std::sort(hits.begin(), hits.end(), newer);
    if (hits.size() > limit) hits.resize(limit);
    return hits;
}

// One page in the order of date; asks for one hit more to know whether there is a next page.
Result<void> newest_page(std::vector<ShardRows>& found, const Request& request, Answer& answer) {
    TRY(const auto cursor, parse_cursor(request.cursor, Order::newest));
    const auto limit = std::min(request.limit, limit_max);
    TRY(answer.hits, newest(found, cursor, limit + 1));
    if (answer.hits.size() <= limit) return {};
    answer.hits.resize(limit);
    if (!answer.hits.empty()) answer.cursor = newest_cursor(answer.hits.back());
    return {};
}

// The same, of candidates whose texts are compared until the page is full. Where no more texts may
// be read, the next page goes on behind the last one that was.
Result<void> compared_page(std::vector<ShardRows>& found,
                           Evaluation& evaluation,
                           const Request& request,
                           Answer& answer) {
    constexpr std::size_t at_once = 128;
    TRY(auto cursor, parse_cursor(request.cursor, Order::newest));
    const auto limit = std::min(request.limit, limit_max);
    for (std::size_t compared = 0;;) {
        TRY(const auto candidates, newest(found, cursor, at_once));
        for (const auto& hit : candidates) {
            if (answer.hits.size() == limit || compared++ == request.exact_checks_max) {
                answer.cursor = newest_cursor({Seq(cursor.seq), from_micros(cursor.date), 0});
                return {};
            }
            TRY(const bool said, evaluation.compare_texts(hit.seq));
            if (said) answer.hits.push_back(hit);
            cursor = {.there = true, .date = to_micros(hit.date), .seq = hit.seq.value()};
        }
        if (candidates.size() < at_once) return {};
    }
}

Result<void> compare_all(std::vector<ShardRows>& found, Evaluation& evaluation, Answer& answer) {
    answer.total = 0;
    for (auto& [shard, rows, count] : found) {
        TRY_DO(evaluation.compare_texts(*shard, rows));
        count = rows.count();
        answer.total += count;
    }
    return {};
}

// Keeps only the last rows, which are the newest ones (in the overlay: those that came last).
void keep_newest(Bitmap& rows, std::uint64_t count) {
    std::uint64_t seen = 0;
    Bitmap kept(rows.rows());
    rows.each_down(rows.rows(), [&](std::uint64_t row) {
        if (seen++ >= count) return false;
        kept.set(row);
        return true;
    });
    rows = std::move(kept);
}

struct Scored {
    double score = 0;
    std::int64_t date = 0;
    std::uint64_t row = 0;
    bool operator<(const Scored& other) const {  // the better one comes first
        if (score != other.score) return score > other.score;
        return date != other.date ? date > other.date : row > other.row;
    }
};

// Dates of rows that come in ascending order, a block at a time.
class Dates {
public:
    explicit Dates(ShardView& shard) : shard_(shard) {}
    Result<std::int64_t> of(std::uint64_t row) {
        if (block_ == nullptr || row >= block_->first + block_->count) {
            const auto& columns = shard_.columns();
            if (row >= columns.size(Column::date))
                return fail(Errc::corrupt, "a row of the index has no date");
            TRY(block_,
                columns.block(shard_.source(), Column::date, columns.block_of(Column::date, row)));
        }
        return block_->wide[row - block_->first];
    }

private:
    ShardView& shard_;
    const Block* block_ = nullptr;
};

void keep_best(std::vector<Scored>& best, std::size_t count) {
    if (best.size() <= count) return;
    std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(count), best.end());
    best.resize(count);
}

// The best hits of a shard; a mild preference for what is new: up to a quarter more, half of it
// gone in 180 days before `newest`.
Result<void> score_shard(ShardView& shard,
                         const Bitmap& rows,
                         const Expression& expression,
                         Instant newest,
                         std::size_t keep,
                         std::vector<Hit>& hits) {
    TRY(const auto lengths, shard.lengths());
    TRY(auto* attached, shard.full_text());
    auto& full = *attached;
    double total = 0;
    for (const auto length : *lengths) total += length;
    full.ranked = &rows;
    full.lengths = lengths.get();
    full.total_rows = static_cast<double>(std::max<std::uint64_t>(1, shard.rows()));
    full.mean_length = std::max(1.0, total / full.total_rows);
    full.weights.clear();
    const auto [first, last] = rows.bounds();
    TRY(auto statement,
        shard.db().prepare("SELECT rowid, letopis_score(ft) FROM ft WHERE ft MATCH ?1 AND rowid "
                           "BETWEEN ?2 AND ?3"));
    statement.bind(expression.text, rowid_of(first), rowid_of(last) - 1);
    Dates dates(shard);
    std::vector<Scored> best;
    for (;;) {
        TRY(const bool more, statement.step());
        if (!more) break;
        if (statement.is_null(1)) continue;
        const auto row = statement.number(0) - 1;
        TRY(const auto date, dates.of(row));
        const double age_days =
            std::max(0.0, static_cast<double>(to_micros(newest) - date) / 86400e6);
        best.push_back({statement.real(1) * (1.0 + 0.25 / (1.0 + age_days / 180.0)), date, row});
        if (best.size() > 4 * keep + 64) keep_best(best, keep);
    }
    keep_best(best, keep);
    for (const auto& one : best) {
        TRY(auto hit, hit_at(shard, one.row));
        hit.score = one.score;
        hits.push_back(hit);
    }
    return {};
}

Result<void> relevance_page(std::vector<ShardRows>& found,
                            const Expression& expression,
                            const Request& request,
                            Answer& answer) {
    TRY(const auto cursor, parse_cursor(request.cursor, Order::relevance));
    const auto limit = std::min(request.limit, limit_max);
    if (answer.total > ranked_max) answer.note = "only the newest 200,000 messages are ranked";
    std::vector<Hit> newest;
    for (auto& [shard, rows, count] : found) {
        if (count > 0)
            TRY_DO(
                (shard->sorted() ? newest_sorted : newest_unsorted)(*shard, rows, {}, 1, newest));
    }
    if (newest.empty()) return {};
    const auto newest_date = std::min_element(newest.begin(), newest.end(), newer)->date;
    std::vector<Hit> best;
    const auto keep = cursor.skip + limit + 1;
    auto left = ranked_max;
    for (auto& [shard, rows, count] : found) {
        if (count == 0 || left == 0) continue;
        if (count > left) keep_newest(rows, left);
        left -= std::min(left, count);
        TRY_DO(score_shard(*shard, rows, expression, newest_date, keep, best));
    }
    std::sort(best.begin(), best.end(), better);
    for (auto i = cursor.skip; i < best.size() && answer.hits.size() < limit; ++i)
        answer.hits.push_back(best[i]);
    const auto after = cursor.skip + answer.hits.size();
    if (best.size() > after && after < ranked_pages_max) answer.cursor = fmt::format("r{}", after);
    return {};
}

}  // namespace

Scope Scope::groups(std::unordered_set<std::uint64_t> allowed, std::uint64_t version) {
    Scope scope;
    auto shared = std::make_shared<const std::unordered_set<std::uint64_t>>(std::move(allowed));
    scope.allows = [shared](std::uint64_t group) { return shared->count(group) > 0; };
    scope.version = version;
    return scope;
}

Scope Scope::matching(std::shared_ptr<const text::Node> filter, std::uint64_t version) {
    Scope scope;
    scope.filter = std::move(filter);
    scope.version = version;
    return scope;
}

Result<Answer> Engine::search(const Request& request) const {
    TRY(auto session, Borrowed::take(*state_));
    TRY(auto evaluation, Evaluation::make(*session, request));
    const auto ranking = evaluation.ranking();
    const bool ranked = request.order == Order::relevance && ranking;
    const bool put_off = !ranked && evaluation.put_off_texts();
    std::vector<ShardRows> found;
    Answer answer;
    for (auto& shard : session->shards()) {
        TRY(auto rows, evaluation.rows(*shard));
        const auto count = rows.count();
        answer.total += count;
        found.push_back({shard.get(), std::move(rows), count});
    }
    // So many that only those of the page are compared; of fewer the total is exact.
    const bool too_many = put_off && answer.total > request.exact_checks_max;
    if (put_off && !too_many) TRY_DO(compare_all(found, evaluation, answer));
    answer.exact = evaluation.exact() && !too_many;
    if (!answer.exact) answer.note = "not every text was compared: the total is not exact";
    if (ranked)
        TRY_DO(relevance_page(found, *ranking, request, answer));
    else if (too_many)
        TRY_DO(compared_page(found, evaluation, request, answer));
    else
        TRY_DO(newest_page(found, request, answer));
    return answer;
}

}  // namespace letopis::search
