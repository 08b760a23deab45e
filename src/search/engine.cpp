// SPDX-License-Identifier: AGPL-3.0-or-later
// Opening, the manifest, bulk building. Live additions are in live.cpp, merging in maintain.cpp,
// answers in search.cpp.
#include <algorithm>

#include "base/mutant.hpp"
#include "search/engine_state.hpp"

namespace letopis::search {

namespace {

bool is_shard_file(std::string_view name) {
    return name.size() >= 9 && name.find(".db") != std::string_view::npos &&
           name.find_first_not_of("0123456789") == name.find(".db");
}

// SQLite keeps these beside a file.
void remove_with_side_files(const Path& file) {
    for (const auto* suffix : {"", "-wal", "-shm", "-journal"})
        (void)remove_file(Path(file.string() + suffix));
}

}  // namespace

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() {
    if (state_->overlay != nullptr && state_->overlay_changed)
        (void)state_->overlay->database().run("ROLLBACK");
    // Readers go before the writers: only a writer that closes a file last moves its write-ahead
    // log into it and leaves nothing beside it.
    const std::lock_guard lock(state_->idle_mutex);
    state_->idle.clear();
}

Result<std::unique_ptr<Engine>> Engine::open(const Path& index_dir,
                                             KeySource keys,
                                             const Options& options) {
    auto state = std::make_unique<State>(index_dir, std::move(keys), options);
    if (!options.writable) {
        // The first session is opened here, so that what is wrong is said now.
        TRY_DO(Borrowed::take(*state));
        return std::unique_ptr<Engine>(new Engine(std::move(state)));
    }
    TRY_DO(make_directories(index_dir));
    TRY(auto manifest, Manifest::open(index_dir, state->shared.keys(), true));
    if (manifest.analyser() != static_cast<std::uint64_t>(text::analyser_version))
        TRY_DO(manifest.start_again());
    state->manifest.emplace(std::move(manifest));
    TRY_DO(state->remove_leftovers());
    TRY_DO(state->open_overlay());
    return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Result<void> Engine::wipe(const Path& index_dir) {
    if (!std::filesystem::exists(index_dir)) return {};
    // Shards that no manifest names are left-overs; a manifest without its shards is damaged.
    TRY_DO(sql::remove_database(index_dir / file_of(manifest_label)));
    TRY(const auto names, list_directory(index_dir));
    for (const auto& name : names)
        if (is_shard_file(name)) TRY_DO(remove_file(index_dir / name));
    return sync_directory(index_dir);
}

// Files that no manifest knows are of a build that did not come to its end.
Result<void> Engine::State::remove_leftovers() {
    TRY(const auto names, list_directory(shared.dir()));
    std::vector<std::string> labels;
    for (const auto& name : names) {
        if (!is_shard_file(name)) continue;
        const auto label = "index/" + name.substr(0, name.find(".db") + 3);
        const auto& known = manifest->shards();
        if (std::any_of(known.begin(), known.end(), [&](auto& row) { return row.label == label; }))
            continue;
        if (mutant("index_keeps_leftovers")) continue;
        TRY_DO(remove_file(shared.dir() / name));
        if (labels.empty() || labels.back() != label) labels.push_back(label);
    }
    if (labels.empty()) return {};
    return manifest->retire(labels);
}

void Engine::State::remove_files(const std::vector<std::string>& labels) {
    for (const auto& label : labels) {
        remove_with_side_files(shared.dir() / file_of(label));
        shared.forget(label);
    }
}

Result<void> Engine::State::change_manifest(const ManifestChange& change) {
    const std::lock_guard lock(manifest_mutex);
    if (!manifest) return fail(Errc::forbidden, "the index is open for reading");
    return manifest->change(change);
}

Result<std::unique_ptr<Session>> Engine::State::borrow() const {
    std::unique_ptr<Session> session;
    {
        const std::lock_guard lock(idle_mutex);
        if (!idle.empty()) {
            session = std::move(idle.back());
            idle.pop_back();
        }
    }
    if (session == nullptr) session = std::make_unique<Session>(shared);
    TRY_DO(session->begin());
    return session;
}

void Engine::State::give_back(std::unique_ptr<Session> session) const {
    session->end();
    const std::lock_guard lock(idle_mutex);
    idle.push_back(std::move(session));
}

Result<Borrowed> Borrowed::take(const Engine::State& state) {
    TRY(auto session, state.borrow());
    return Borrowed(state, std::move(session));
}

Borrowed::~Borrowed() {
    if (session_ != nullptr) state_->give_back(std::move(session_));
}

std::uint64_t Engine::position() const {
    if (!state_->options.writable) {  // the writer is another one, and may have gone on
        auto session = Borrowed::take(*state_);
        if (!session) return 0;
        return (*session)->overlay_position().value_or(0);
    }
    const std::lock_guard lock(state_->manifest_mutex);
    const auto closed = state_->manifest ? state_->manifest->position() : 0;
    return std::max(closed, state_->overlay_position);
}

std::vector<ShardInfo> Engine::shards() const {
    std::vector<ShardInfo> infos;
    auto session = Borrowed::take(*state_);
    if (!session) return infos;
    for (auto& shard : (*session)->shards()) {
        std::error_code error;
        const auto bytes =
            std::filesystem::file_size(state_->shared.dir() / file_of(shard->row().label), error);
        infos.push_back({shard->row().label,
                         shard->rows(),
                         shard->dead().size(),
                         error ? 0 : bytes,
                         shard->sorted(),
                         shard->row().overlay});
    }
    return infos;
}

std::uint64_t Engine::docs() const {
    std::uint64_t docs = 0;
    for (const auto& info : shards()) docs += info.docs - info.dead;
    return docs;
}

Result<std::unique_ptr<ShardBuilder>> Engine::State::new_builder() {
    auto built = std::make_unique<ShardBuilder::State>();
    {
        const std::lock_guard lock(manifest_mutex);
        TRY(built->label, manifest->new_label());
    }
    built->file = shared.dir() / file_of(built->label);
    built->frequent_docs_min = options.frequent_docs_min;
    TRY(const auto key, shared.key(built->label));
    TRY(built->writer, ShardWriter::create(built->file, key, WriterKind::bulk));
    return std::unique_ptr<ShardBuilder>(new ShardBuilder(std::move(built)));
}

Result<std::unique_ptr<ShardBuilder>> Engine::new_shard() {
    if (!state_->options.writable) return fail(Errc::forbidden, "the index is open for reading");
    return state_->new_builder();
}

Result<void> Engine::adopt(std::vector<std::unique_ptr<ShardBuilder>> built,
                           std::uint64_t position) {
    ManifestChange change;
    for (auto& builder : built) {
        TRY_DO(builder->finish());
        auto& s = *builder->state_;
        if (s.docs > 0) change.put.push_back({s.label, s.docs, true, false, s.bytes});
    }
    change.position = position;
    TRY_DO(sync_directory(state_->shared.dir()));
    // The new position covers the overlay's messages, too.
    if (state_->overlay != nullptr) TRY_DO(state_->overlay->database().sync());
    TRY_DO(state_->change_manifest(change));
    for (auto& builder : built) builder->state_->adopted = builder->state_->docs > 0;
    return {};
}

Result<void> Engine::bulk(const std::function<Result<bool>(Doc&)>& next, std::uint64_t position) {
    std::vector<std::unique_ptr<ShardBuilder>> built;
    Doc doc;
    for (;;) {
        TRY(const bool more, next(doc));
        if (!more) break;
        if (built.empty() || built.back()->full()) {
            if (!built.empty()) TRY_DO(built.back()->finish());
            TRY(auto fresh, new_shard());
            built.push_back(std::move(fresh));
        }
        TRY_DO(built.back()->add(doc));
    }
    return adopt(std::move(built), position);
}

std::vector<std::string> Engine::retired_labels() const {
    const std::lock_guard lock(state_->manifest_mutex);
    if (!state_->manifest) return {};
    auto labels = state_->manifest->retired();
    return labels ? std::move(*labels) : std::vector<std::string>();
}

Result<void> Engine::forget_retired(const std::vector<std::string>& labels) {
    const std::lock_guard lock(state_->manifest_mutex);
    if (!state_->manifest) return fail(Errc::forbidden, "the index is open for reading");
    return state_->manifest->forget_retired(labels);
}

}  // namespace letopis::search
