// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/session.hpp"

#include <algorithm>

#include "search/frequent.hpp"
#include "search/vocabulary.hpp"
#include "search/writer.hpp"

namespace letopis::search {

namespace {
constexpr std::size_t scopes_kept = 32;
constexpr std::size_t keys_remembered = 1000;
constexpr std::uint64_t found_bits_max = std::uint64_t(16) << 23;  // 16 MiB
constexpr std::size_t found_max = 10'000;
}  // namespace

std::shared_ptr<ColumnReader> Shared::columns(const std::string& label) {
    const std::lock_guard lock(mutex_);
    const auto found = columns_.find(label);
    return found == columns_.end() ? nullptr : found->second;
}

std::shared_ptr<ColumnReader> Shared::keep_columns(const std::string& label,
                                                   std::shared_ptr<ColumnReader> columns) {
    const std::lock_guard lock(mutex_);
    return columns_.emplace(label, std::move(columns)).first->second;
}

std::shared_ptr<const Bitmap> Shared::scope(const std::string& label, std::uint64_t version) {
    const std::lock_guard lock(mutex_);
    for (const auto& kept : scopes_)
        if (kept.version == version && kept.label == label) return kept.rows;
    return nullptr;
}

void Shared::keep_scope(const std::string& label,
                        std::uint64_t version,
                        std::shared_ptr<const Bitmap> rows) {
    const std::lock_guard lock(mutex_);
    if (scopes_.size() >= scopes_kept) scopes_.erase(scopes_.begin());
    scopes_.push_back({label, version, std::move(rows)});
}

std::shared_ptr<const std::vector<std::uint32_t>> Shared::lengths(const std::string& label) {
    const std::lock_guard lock(mutex_);
    const auto found = lengths_.find(label);
    return found == lengths_.end() ? nullptr : found->second;
}

void Shared::keep_lengths(const std::string& label,
                          std::shared_ptr<const std::vector<std::uint32_t>> lengths) {
    const std::lock_guard lock(mutex_);
    lengths_[label] = std::move(lengths);
}

std::shared_ptr<const std::vector<Word>> Shared::words(const std::string& label) {
    const std::lock_guard lock(mutex_);
    const auto found = words_.find(label);
    return found == words_.end() ? nullptr : found->second;
}

void Shared::keep_words(const std::string& label, std::shared_ptr<const std::vector<Word>> words) {
    const std::lock_guard lock(mutex_);
    words_[label] = std::move(words);
}

std::shared_ptr<const Bitmap> Shared::found(const std::string& label,
                                            const std::string& expression) {
    const std::lock_guard lock(mutex_);
    const auto known = found_by_key_.find(label + '\n' + expression);
    if (known == found_by_key_.end()) return nullptr;
    found_.splice(found_.begin(), found_, known->second);
    return known->second->rows;
}

void Shared::keep_found(const std::string& label,
                        const std::string& expression,
                        std::shared_ptr<const Bitmap> rows) {
    const std::lock_guard lock(mutex_);
    auto key = label + '\n' + expression;
    if (found_by_key_.contains(key)) return;
    found_bits_ += rows->rows();
    found_.push_front({key, std::move(rows)});
    found_by_key_.emplace(std::move(key), found_.begin());
    while (found_.size() > 1 && (found_bits_ > found_bits_max || found_.size() > found_max)) {
        found_bits_ -= found_.back().rows->rows();
        found_by_key_.erase(found_.back().key);
        found_.pop_back();
    }
}

void Shared::forget(const std::string& label) {
    const std::lock_guard lock(mutex_);
    columns_.erase(label);
    lengths_.erase(label);
    words_.erase(label);
    std::erase_if(scopes_, [&](const ScopeRows& kept) { return kept.label == label; });
    std::erase_if(found_, [&](const FoundRows& kept) {
        if (!kept.key.starts_with(label + '\n')) return false;
        found_bits_ -= kept.rows->rows();
        found_by_key_.erase(kept.key);
        return true;
    });
}

Result<void> ShardView::open() {
    TRY(const auto key, shared_.key(row_.label));
    TRY(auto db,
        sql::Database::open(shared_.dir() / file_of(row_.label),
                            key,
                            {.mode = row_.sorted ? sql::Mode::immutable : sql::Mode::read,
                             .durability = sql::Durability::ordered,
                             .cache_kib = row_.sorted ? 8192 : 2048,
                             .alone = shared_.alone()}));
    db_.emplace(std::move(db));
    attached_ = false;
    source_.emplace(*db_);
    if (!row_.sorted) return {};
    columns_ = shared_.columns(row_.label);
    if (columns_ == nullptr) {
        // Two sessions may both read the outline; either copy is as good.
        auto fresh = std::make_shared<ColumnReader>();
        TRY_DO(fresh->open(*db_));
        columns_ = shared_.keep_columns(row_.label, std::move(fresh));
    }
    rows_ = columns_->size(Column::seq);
    return {};
}

Result<FullText*> ShardView::full_text() {
    if (full_ == nullptr) full_ = std::make_unique<FullText>();
    if (!attached_) TRY_DO(full_->attach(*db_));
    attached_ = true;
    return full_.get();
}

Result<void> ShardView::begin() {
    if (!db_) {
        if (auto opened = open(); !opened) {
            source_.reset();
            data_version_ = {};
            db_.reset();
            return within(row_.label, std::move(opened).error());
        }
    }
    // One transaction for the whole query: a snapshot of a live shard, and one lock instead of one
    // for every block.
    TRY_DO(db_->begin());
    in_transaction_ = true;
    if (row_.sorted) return {};
    return refresh_live();
}

// A live shard grows: its columns and removed rows are read again after each commit.
Result<void> ShardView::refresh_live() {
    if (!data_version_) {
        TRY(data_version_, db_->prepare("PRAGMA data_version"));
    }
    TRY_DO(data_version_.step());
    const auto now = data_version_.integer(0);
    data_version_.reset();
    if (now == version_) return {};
    columns_ = std::make_shared<ColumnReader>();
    TRY_DO(columns_->open(*db_));
    rows_ = columns_->size(Column::seq);
    own_dead_.clear();
    TRY(auto dead, db_->prepare("SELECT row FROM dead ORDER BY row"));
    for (;;) {
        TRY(const bool more, dead.step());
        if (!more) break;
        own_dead_.push_back(dead.number(0));
    }
    version_ = now;
    live_words_.reset();
    set_dead(manifest_dead_);
    return {};
}

void ShardView::end() {
    if (!in_transaction_) return;
    collect_.reset();
    match_.reset();
    (void)db_->commit();
    in_transaction_ = false;
}

void ShardView::set_dead(std::vector<std::uint64_t> rows) {
    manifest_dead_ = std::move(rows);
    dead_.clear();
    std::set_union(manifest_dead_.begin(),
                   manifest_dead_.end(),
                   own_dead_.begin(),
                   own_dead_.end(),
                   std::back_inserter(dead_));
}

Result<std::uint64_t> ShardView::first_row_at(Instant moment) {
    const auto wanted = to_micros(moment);
    for (std::size_t i = 0; i < columns_->blocks(Column::date); ++i) {
        if (columns_->outline(Column::date, i).high < wanted) continue;
        TRY(const auto* block, columns_->block(*source_, Column::date, i));
        const auto found = std::lower_bound(block->wide.begin(), block->wide.end(), wanted);
        return block->first + static_cast<std::uint64_t>(found - block->wide.begin());
    }
    return rows_;
}

Result<std::shared_ptr<const std::vector<std::uint32_t>>> ShardView::lengths() {
    if (row_.sorted)
        if (auto kept = shared_.lengths(row_.label)) return kept;
    auto all = std::make_shared<std::vector<std::uint32_t>>();
    all->reserve(rows_);
    for (std::size_t i = 0; i < columns_->blocks(Column::length); ++i) {
        TRY(const auto* block, columns_->block(*source_, Column::length, i));
        all->insert(all->end(), block->narrow.begin(), block->narrow.end());
    }
    if (row_.sorted) shared_.keep_lengths(row_.label, all);
    return std::shared_ptr<const std::vector<std::uint32_t>>(std::move(all));
}

Result<std::shared_ptr<const std::vector<Word>>> ShardView::words() {
    if (auto kept = shared_.words(row_.label)) return kept;
    if (live_words_) return live_words_;
    auto all = std::make_shared<std::vector<Word>>();
    TRY(auto rows, db_->prepare("SELECT data FROM words"));
    for (;;) {
        TRY(const bool there, rows.step());
        if (!there) break;
        TRY(auto list, decode_words(rows.blob(0)));
        std::ranges::move(list, std::back_inserter(*all));
    }
    if (row_.sorted)
        shared_.keep_words(row_.label, all);
    else
        live_words_ = all;
    return std::shared_ptr<const std::vector<Word>>(std::move(all));
}

Result<std::optional<std::int64_t>> ShardView::ready_id(const std::string& key) {
    if (!row_.sorted) return std::optional<std::int64_t>();
    const auto known = ready_.find(key);
    if (known != ready_.end()) return known->second;
    if (!ready_id_) {
        TRY(ready_id_, db_->prepare("SELECT id FROM frequent WHERE term=?1"));
    }
    TRY(const bool there, ready_id_.bind(key).step());
    if (ready_.size() >= keys_remembered) ready_.clear();
    const auto id = there ? std::optional(ready_id_.integer(0)) : std::nullopt;
    ready_id_.reset();
    return ready_.emplace(key, id).first->second;
}

void ShardView::keep_found(const std::string& expression, const Bitmap& rows) {
    if (rows.count() < shared_.kept_rows_min()) return;
    shared_.keep_found(row_.label, expression, std::make_shared<const Bitmap>(rows));
}

Result<bool> ShardView::is_ready(const std::string& key) {
    TRY(const auto id, ready_id(key));
    return id.has_value();
}

Result<std::optional<Bitmap>> ShardView::ready(const std::string& key) {
    TRY(const auto id, ready_id(key));
    if (!id) return std::optional<Bitmap>();
    if (!ready_rows_) {
        TRY(ready_rows_, db_->prepare("SELECT data FROM frequent WHERE id=?1"));
    }
    TRY(const bool there, ready_rows_.bind(*id).step());
    if (!there) return fail(Errc::corrupt, "a set of rows is missing");
    auto rows = decode_rows(ready_rows_.blob(0), rows_);
    ready_rows_.reset();
    if (!rows) return tl::unexpected<Error>(std::move(rows).error());
    return std::optional(std::move(*rows));
}

Result<void> ShardView::match(const std::string& expression,
                              bool phrases_only,
                              std::uint64_t first,
                              std::uint64_t last,
                              Bitmap& out) {
    if (first >= last) return {};
    TRY(auto* full, full_text());
    if (!collect_) {
        TRY(collect_, db_->prepare("SELECT letopis_collect(ft) FROM ft WHERE ft MATCH ?1 LIMIT 1"));
    }
    if (!match_) {
        TRY(match_,
            db_->prepare("SELECT rowid FROM ft WHERE ft MATCH ?1 AND rowid BETWEEN ?2 AND ?3"));
    }
    // The loop inside FTS5 cannot begin at a row, so a narrow range is better stepped over.
    if (phrases_only && last - first > rows_ / 8) {
        full->rows = &out;
        full->first = first;
        full->last = last;
        collect_.bind(expression);
        TRY_DO(collect_.step());
        collect_.reset();
        return {};
    }
    match_.bind(expression, rowid_of(first), rowid_of(last - 1));
    for (;;) {
        TRY(const bool more, match_.step());
        if (!more) break;
        const auto row = match_.number(0) - 1;
        if (row < out.rows()) out.set(row);
    }
    match_.reset();
    return {};
}

Result<void> Session::begin() {
    // Between reading the manifest and opening a shard the writer may have replaced the shard;
    // then the manifest is read again.
    for (int attempt = 0;; ++attempt) {
        if (!manifest_) {
            TRY(auto opened, Manifest::open(shared_.dir(), shared_.keys(), false, shared_.alone()));
            manifest_.emplace(std::move(opened));
        }
        TRY(const bool changed, manifest_->refresh());
        if (changed || fresh_) TRY_DO(take_shards());
        fresh_ = false;
        Result<void> opened;
        for (auto& shard : shards_) {
            opened = shard->begin();
            if (!opened) break;
        }
        if (opened) return {};
        end();
        if (opened.error().code != Errc::not_found || attempt >= 5) return opened;
    }
}

Result<void> Session::take_shards() {
    std::vector<std::unique_ptr<ShardView>> views;
    for (const auto& row : manifest_->shards()) {
        std::unique_ptr<ShardView> view;
        for (auto& old : shards_)
            if (old != nullptr && old->row() == row) view = std::move(old);
        if (view == nullptr) view = std::make_unique<ShardView>(shared_, row);
        TRY(auto dead, manifest_->dead(row.label));
        view->set_dead(std::move(dead));
        views.push_back(std::move(view));
    }
    std::reverse(views.begin(), views.end());
    shards_ = std::move(views);
    return {};
}

void Session::end() {
    for (auto& shard : shards_) shard->end();
}

}  // namespace letopis::search
