// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/revisions.hpp"

#include <limits>
#include <tuple>

#include "base/check.hpp"

namespace letopis::catalog {

namespace {

// Of two captures the greater is the newer content: a marker "was deleted" is no content, then the
// time of the edit counts, then the order of the journal. An old export that is imported late has
// no edit time and stays old.
using Rank = std::tuple<bool, std::int64_t, std::int64_t>;

Rank rank(const Row& row, std::int64_t at_us) {
    std::int64_t edited = std::numeric_limits<std::int64_t>::min();
    if (row.edited_us)
        edited = *row.edited_us;
    else if (row.event == model::Event::edit || row.edited)
        edited = row.sent_us.value_or(at_us);
    return {!row.deleted, edited, row.seq};
}

}  // namespace

Result<std::int64_t> Revisions::current(std::int64_t main) {
    TRY(auto found, store_.rows(get_current_, main));
    TRY(const bool there, found.next());
    return there ? found->integer(0) : main;
}

Result<Revision> Revisions::place_in_chat(std::int64_t conversation, const Row& row, Instant at) {
    const bool deletion = row.event == model::Event::deletion;
    const auto target = row.event == model::Event::message || row.event == model::Event::service ||
                                row.target.empty()
                            ? row.native
                            : native_key(row.target);
    if (target.empty()) {
        if (deletion) return withdraw(std::nullopt, conversation, row, at);
        if (row.deleted) TRY_DO(mark_deleted(row.seq, at));
        return Revision{.first_seen_as_edit = row.event == model::Event::edit};
    }
    if (!deletion) {
        TRY_DO(store_.run(add_key_, conversation, sql::Blob{target}, row.seq));
        if (store_.db().changes() == 1) {
            TRY_DO(join_tombstones(conversation, target, row.seq));
            if (row.deleted) TRY_DO(mark_deleted(row.seq, at));
            return Revision{.first_seen_as_edit = row.event == model::Event::edit};
        }
    }
    std::optional<std::int64_t> main;
    {
        TRY(auto found, store_.rows(get_key_, conversation, sql::Blob{target}));
        TRY(const bool there, found.next());
        if (there) main = found->integer(0);
    }
    if (deletion) return withdraw(main, conversation, row, at);
    CHECK(main.has_value());
    // An edit with an id of its own: answers may name either.
    if (!row.native.empty() && row.native != target)
        TRY_DO(store_.run(add_key_, conversation, sql::Blob{row.native}, *main));
    return revise(*main, row, at);
}

Result<Revision> Revisions::place_mail(std::optional<std::int64_t> main,
                                       const Row& row,
                                       Instant at) {
    if (row.event == model::Event::deletion) return withdraw(main, 0, row, at);
    if (main) return revise(*main, row, at);
    return Revision{.first_seen_as_edit = row.event == model::Event::edit};
}

Result<Revision> Revisions::revise(std::int64_t main, const Row& row, Instant at) {
    TRY(const auto held, current(main));
    TRY(const auto holder, store_.row(held, Depth::list));
    CHECK(holder.has_value());
    TRY(const auto* context, store_.context(holder->context));
    CHECK(context != nullptr);
    const auto held_rank = rank(*holder, context->at + holder->at_after_context);
    if (rank(row, to_micros(at)) > held_rank) TRY_DO(store_.run(set_current_, main, row.seq));
    if (row.deleted) TRY_DO(mark_deleted(main, at));
    return Revision{.main = main};
}

Result<Revision> Revisions::withdraw(std::optional<std::int64_t> main,
                                     std::int64_t conversation,
                                     const Row& row,
                                     Instant at) {
    const auto when = row.sent_us ? from_micros(*row.sent_us) : at;
    if (main) {
        TRY_DO(mark_deleted(*main, when));
        return Revision{.main = main};
    }
    const auto target = row.target.empty() ? row.native : native_key(row.target);
    if (!target.empty()) {
        TRY_DO(
            store_.run(add_tombstone_, conversation, sql::Blob{target}, row.seq, to_micros(when)));
        ++store_.counters.tombstones;
    }
    return Revision{.main = no_main};
}

Result<void> Revisions::join_tombstones(std::int64_t conversation,
                                        std::string_view native,
                                        std::int64_t main) {
    if (store_.counters.tombstones == 0) return {};
    std::vector<std::pair<std::int64_t, std::int64_t>> waiting;
    {
        TRY(auto found, store_.rows(get_tombstones_, conversation, sql::Blob{native}));
        for (;;) {
            TRY(const bool there, found.next());
            if (!there) break;
            waiting.emplace_back(found->integer(0), found->integer(1));
        }
    }
    if (waiting.empty()) return {};
    for (const auto& [seq, when] : waiting) {
        TRY_DO(store_.run(set_main_, main, seq));
        TRY_DO(mark_deleted(main, from_micros(when)));
    }
    store_.counters.tombstones -= static_cast<std::int64_t>(waiting.size());
    return store_.run(drop_tombstones_, conversation, sql::Blob{native});
}

Result<void> Revisions::mark_deleted(std::int64_t main, Instant at) {
    return store_.run(set_deleted_, main, to_micros(at));
}

}  // namespace letopis::catalog
