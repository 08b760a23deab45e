// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "base/bytes.hpp"
#include "search/engine_state.hpp"

namespace letopis::search {

namespace {

constexpr Column row_columns[] = {Column::seq,
                                  Column::date,
                                  Column::length,
                                  Column::size,
                                  Column::group,
                                  Column::sender,
                                  Column::traits};

std::uint64_t mixed(std::uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ (x >> 32);
}

std::uint64_t hash_text(std::string_view text) {
    std::uint64_t h = 0xcbf29ce484222325u ^ text.size();
    while (text.size() >= 8) {
        std::uint64_t part;
        std::memcpy(&part, text.data(), 8);
        h = mixed(h ^ part);
        text.remove_prefix(8);
    }
    std::uint64_t part = 0;
    std::memcpy(&part, text.data(), text.size());
    return mixed(h ^ part);
}

// A sum of hashes does not depend on the order; four lanes make accidental equality as unlikely as
// for a digest of 256 bits (it guards against mistakes, not against an attacker who has the keys).
class Sum {
public:
    void add(std::uint64_t a, std::uint64_t b) {
        const auto h = mixed(a + 0x9e3779b97f4a7c15u * mixed(b));
        lanes_[0] += h;
        lanes_[1] += mixed(h ^ 0x8ebc6af09c88c6e3u);
        lanes_[2] += mixed(h + 0x589965cc75374cc3u);
        lanes_[3] += mixed(h ^ 0x1d8e4e27c47d124fu);
    }
    Digest digest() const {
        std::string bytes;
        Writer out(bytes);
        for (const auto lane : lanes_) out.u64(lane);
        return *as_digest(bytes);
    }

private:
    std::uint64_t lanes_[4] = {};
};

Result<std::vector<std::uint64_t>> living_seqs(ShardView& shard) {
    std::vector<std::uint64_t> seqs;
    for (std::size_t i = 0; i < shard.columns().blocks(Column::seq); ++i) {
        TRY(const auto* block, shard.columns().block(shard.source(), Column::seq, i));
        for (const auto seq : block->wide) seqs.push_back(static_cast<std::uint64_t>(seq));
    }
    return seqs;
}

// Terms with their places; rows become seqs, so that the layout does not matter.
Result<void> add_postings(ShardView& shard,
                          const std::vector<std::uint64_t>& seqs,
                          const Bitmap& alive,
                          Sum& sum) {
    TRY_DO(shard.db().run(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.places USING fts5vocab('main','ft','instance')"));
    TRY(auto rows, shard.db().prepare("SELECT term,doc,col,offset FROM temp.places"));
    std::string term;
    std::uint64_t term_hash = 0;
    for (;;) {
        TRY(const bool more, rows.step());
        if (!more) return {};
        const auto text = rows.text(0);
        if (text != term) {
            term = text;
            term_hash = hash_text(term);
        }
        const auto row = rows.number(1) - 1;
        if (row >= seqs.size())
            return fail(Errc::corrupt, "the full text has a message that the columns do not have");
        if (!alive.test(row)) continue;
        // The first letter of the column's name tells the four apart.
        const auto column = static_cast<unsigned char>(rows.text(2)[0]);
        sum.add(term_hash ^ mixed(seqs[row]), (rows.number(3) << 8) | column);
    }
}

Result<void> add_columns(ShardView& shard,
                         const std::vector<std::uint64_t>& seqs,
                         const Bitmap& alive,
                         Sum& sum) {
    const auto& columns = shard.columns();
    for (const auto column : {Column::date,
                              Column::length,
                              Column::size,
                              Column::group,
                              Column::sender,
                              Column::traits})
        for (std::size_t i = 0; i < columns.blocks(column); ++i) {
            TRY(const auto* block, columns.block(shard.source(), column, i));
            for (std::size_t k = 0; k < block->count; ++k) {
                const auto row = block->first + k;
                if (row >= seqs.size() || !alive.test(row)) continue;
                auto value = block->wide.empty() ? block->narrow[k]
                                                 : static_cast<std::uint64_t>(block->wide[k]);
                if (column == Column::group) {
                    TRY(const auto group, shard.number(Column::group_values, value));
                    value = static_cast<std::uint64_t>(group);
                } else if (column == Column::sender) {
                    TRY(const auto name,
                        columns.text(shard.source(), Column::sender_values, value));
                    value = hash_text(name);
                } else if (column == Column::traits) {
                    TRY(const auto language,
                        columns.text(shard.source(),
                                     Column::language_values,
                                     (value >> language_shift) & language_bits));
                    TRY(const auto channel,
                        columns.text(shard.source(),
                                     Column::channel_values,
                                     (value >> channel_name_shift) & channel_name_bits));
                    value &= channel_bits | attachment_bit;
                    value += hash_text(language) + mixed(hash_text(channel));
                }
                sum.add(mixed(seqs[row]) + value, static_cast<std::uint64_t>(column) << 56);
            }
        }
    return {};
}

Result<void> verify_shard(ShardView& shard, VerifyReport& report) {
    const auto fault = [&](const std::string& what) {
        report.faults.push_back(shard.row().label + ": " + what);
    };
    TRY(auto check, shard.db().prepare("PRAGMA integrity_check(10)"));
    for (;;) {
        TRY(const bool more, check.step());
        if (!more) break;
        if (check.text(0) != "ok") fault(std::string(check.text(0)));
    }
    const auto& columns = shard.columns();
    for (const auto column : row_columns)
        if (columns.size(column) != shard.rows()) fault("columns of different lengths");
    if (shard.row().sorted && shard.row().docs != shard.rows())
        fault("the manifest has another number of messages");
    std::pair<std::int64_t, std::int64_t> last{INT64_MIN, INT64_MIN};
    std::uint64_t words = 0;
    for (std::uint64_t row = 0; row < shard.rows(); ++row) {
        TRY(const auto date, shard.number(Column::date, row));
        TRY(const auto seq, shard.number(Column::seq, row));
        TRY(const auto length, shard.number(Column::length, row));
        words += static_cast<std::uint64_t>(length);
        const std::pair now(date, seq);
        if (shard.row().sorted && now <= last) {
            fault("rows are not in date order");
            break;
        }
        last = now;
    }
    TRY_DO(shard.db().run(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main','ft','col')"));
    TRY(auto counts,
        shard.db().prepare("SELECT coalesce(sum(cnt),0) FROM temp.vocabulary WHERE col<>'m'"));
    TRY_DO(counts.step());
    // Parts of words stand at the position of the whole, so there are at least as many terms.
    if (counts.number(0) < words) fault("terms are missing from the full text");
    report.docs += shard.rows() - shard.dead().size();
    return {};
}

}  // namespace

Result<VerifyReport> Engine::verify() const {
    VerifyReport report;
    auto session = Borrowed::take(*state_);
    if (!session) {
        report.faults.push_back(session.error().what);
        return report;
    }
    for (auto& shard : (*session)->shards()) {
        const auto checked = verify_shard(*shard, report);
        if (checked) continue;
        if (checked.error().code != Errc::corrupt && checked.error().code != Errc::wrong_key)
            return tl::unexpected<Error>(checked.error());
        report.faults.push_back(shard->row().label + ": " + checked.error().what);
    }
    return report;
}

Result<Digest> Engine::digest() const {
    TRY(auto session, Borrowed::take(*state_));
    Sum sum;
    for (auto& shard : session->shards()) {
        TRY(const auto seqs, living_seqs(*shard));
        Bitmap alive(shard->rows());
        alive.set_range(0, shard->rows());
        for (const auto row : shard->dead())
            if (row < alive.rows()) alive.clear(row);
        TRY_DO(add_postings(*shard, seqs, alive, sum));
        TRY_DO(add_columns(*shard, seqs, alive, sum));
    }
    return sum.digest();
}

}  // namespace letopis::search
