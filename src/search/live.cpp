// SPDX-License-Identifier: AGPL-3.0-or-later
// New messages go to the overlay: a small shard in the order of arrival, whose file also keeps the
// journal position, so that both become durable and visible in one transaction.
#include <algorithm>

#include "search/engine_state.hpp"

namespace letopis::search {

namespace {

constexpr std::uint64_t word_lists_max = 16;

Result<void> set_meta(sql::Database& db, std::string_view key, std::uint64_t value) {
    TRY(auto put, db.prepare("INSERT OR REPLACE INTO meta VALUES(?1,?2)"));
    return put.run_with(key, value);
}

Result<std::uint64_t> get_meta(sql::Database& db, std::string_view key) {
    TRY(auto get, db.prepare("SELECT value FROM meta WHERE key=?1"));
    get.bind(key);
    TRY(const bool there, get.step());
    return there ? get.number(0) : 0;
}

// Every commit adds a list, and now and then they become one.
Result<void> store_words(sql::Database& db, Vocabulary words) {
    if (words.empty()) return {};
    TRY(auto count, db.prepare("SELECT count(*) FROM words"));
    TRY_DO(count.step());
    if (count.number(0) >= word_lists_max) {
        TRY(auto lists, db.prepare("SELECT data FROM words"));
        for (;;) {
            TRY(const bool more, lists.step());
            if (!more) break;
            TRY(const auto list, decode_words(lists.blob(0)));
            for (const auto& word : list) words.add(word);
        }
        TRY_DO(db.run("DELETE FROM words"));
    }
    TRY(auto put, db.prepare("INSERT INTO words(data) VALUES(?1)"));
    const auto list = words.encode(1);
    return put.run_with(sql::Blob{list});
}

}  // namespace

Result<std::uint64_t> Session::overlay_position() {
    std::uint64_t position = manifest_->position();
    for (auto& shard : shards_) {
        if (!shard->row().overlay) continue;
        TRY(const auto own, get_meta(shard->db(), "position"));
        position = std::max(position, own);
    }
    return position;
}

// An overlay that cannot be read is dropped: the position falls back to what the closed shards
// have, and the journal brings the rest again. Where closed shards came behind the overlay's
// messages, nobody knows any more which those were: then all of them are brought again.
Result<void> Engine::State::open_overlay() {
    for (const auto& row : manifest->shards()) {
        if (!row.overlay) continue;
        TRY(const auto key, shared.key(row.label));
        auto opened = ShardWriter::open(shared.dir() / file_of(row.label), key);
        if (opened) {
            overlay = std::move(*opened);
            overlay_label = row.label;
            TRY(overlay_position, get_meta(overlay->database(), "position"));
            return {};
        }
        const auto code = opened.error().code;
        if (code != Errc::corrupt && code != Errc::wrong_key && code != Errc::not_found)
            return within(row.label, std::move(opened).error());
        std::vector<std::string> labels = {row.label};
        if (manifest->overlay_from() == manifest->position()) {
            TRY_DO(change_manifest({.drop = labels}));
        } else {
            for (const auto& other : manifest->shards()) labels.push_back(other.label);
            TRY_DO(manifest->start_again());
        }
        remove_files(labels);
        return {};
    }
    return {};
}

Result<void> Engine::State::ensure_overlay() {
    if (!options.writable) return fail(Errc::forbidden, "the index is open for reading");
    if (overlay == nullptr) {
        std::string label;
        {
            const std::lock_guard lock(manifest_mutex);
            TRY(label, manifest->new_label());
        }
        TRY(const auto key, shared.key(label));
        const auto file = shared.dir() / file_of(label);
        TRY(auto created, ShardWriter::create(file, key, WriterKind::live));
        TRY_DO(set_meta(created->database(), "position", 0));
        TRY_DO(created->database().sync());
        TRY_DO(change_manifest(
            {.put = {{label, 0, false, true, 0}}, .overlay_from = manifest->position()}));
        overlay = std::move(created);
        overlay_label = label;
        overlay_rows.clear();
        overlay_rows_known = true;
    }
    if (!overlay_changed) {
        TRY_DO(overlay->database().run("BEGIN IMMEDIATE"));
        overlay_changed = true;
    }
    return {};
}

Result<void> Engine::State::learn_overlay_rows() {
    if (overlay_rows_known) return {};
    auto& db = overlay->database();
    ColumnReader columns;
    TRY_DO(columns.open(db));
    for (std::uint64_t row = 0; row < columns.size(Column::seq); ++row) {
        TRY(const auto seq, columns.number(db, Column::seq, row));
        overlay_rows[static_cast<std::uint64_t>(seq)] = row;
    }
    TRY(auto dead, db.prepare("SELECT row FROM dead"));
    for (;;) {
        TRY(const bool more, dead.step());
        if (!more) break;
        const auto row = dead.number(0);
        TRY(const auto seq, columns.number(db, Column::seq, row));
        const auto found = overlay_rows.find(static_cast<std::uint64_t>(seq));
        if (found != overlay_rows.end() && found->second == row) overlay_rows.erase(found);
    }
    overlay_rows_known = true;
    return {};
}

Result<void> Engine::State::remove_from_overlay(std::uint64_t seq) {
    TRY_DO(learn_overlay_rows());
    const auto found = overlay_rows.find(seq);
    if (found == overlay_rows.end()) return {};
    TRY(auto kill, overlay->database().prepare("INSERT OR IGNORE INTO dead VALUES(?1)"));
    TRY_DO(kill.run_with(found->second));
    overlay_rows.erase(found);
    return {};
}

// Where the messages of `removed` are in the other shards.
Result<ManifestChange> Engine::State::closed_rows_removed() {
    ManifestChange change;
    auto wanted = std::move(removed);
    removed.clear();
    if (wanted.empty()) return change;
    std::sort(wanted.begin(), wanted.end());
    TRY(auto session, Borrowed::take(*this));
    for (auto& shard : session->shards()) {
        if (shard->row().overlay) continue;
        const auto& columns = shard->columns();
        for (std::size_t i = 0; i < columns.blocks(Column::seq); ++i) {
            const auto& outline = columns.outline(Column::seq, i);
            if (outline.high < static_cast<std::int64_t>(wanted.front()) ||
                outline.low > static_cast<std::int64_t>(wanted.back()))
                continue;
            TRY(const auto* block, columns.block(shard->source(), Column::seq, i));
            for (std::size_t k = 0; k < block->wide.size(); ++k)
                if (std::binary_search(
                        wanted.begin(), wanted.end(), static_cast<std::uint64_t>(block->wide[k])))
                    change.dead[shard->row().label].push_back(block->first + k);
        }
    }
    return change;
}

Result<void> Engine::add(const Doc& doc) {
    auto& s = *state_;
    TRY_DO(s.ensure_overlay());
    const auto seq = doc.seq.value();
    TRY_DO(s.remove_from_overlay(seq));
    TRY_DO(s.overlay->append(doc));
    s.overlay_words.add(s.overlay->full_text().analyser, doc.subject, doc.body, 1);
    s.overlay_rows[seq] = s.overlay->docs() - 1;
    s.removed.push_back(seq);
    return {};
}

Result<void> Engine::remove(const std::vector<Seq>& seqs) {
    auto& s = *state_;
    TRY_DO(s.ensure_overlay());
    for (const auto seq : seqs) {
        TRY_DO(s.remove_from_overlay(seq.value()));
        s.removed.push_back(seq.value());
    }
    return {};
}

Result<void> Engine::commit(std::uint64_t position) {
    auto& s = *state_;
    TRY_DO(s.ensure_overlay());
    TRY_DO(s.overlay->flush());
    TRY_DO(store_words(s.overlay->database(), std::exchange(s.overlay_words, {})));
    TRY_DO(set_meta(s.overlay->database(), "position", position));
    // First what is gone, then what replaces it: after a crash between the two the journal is read
    // again from the old position and brings the new version.
    TRY(const auto gone, s.closed_rows_removed());
    if (!gone.dead.empty()) TRY_DO(s.change_manifest(gone));
    TRY_DO(s.overlay->database().run("COMMIT"));
    s.overlay_changed = false;
    const std::lock_guard lock(s.manifest_mutex);
    s.overlay_position = position;
    return {};
}

}  // namespace letopis::search
