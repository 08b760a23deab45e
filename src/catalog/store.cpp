// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/store.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/check.hpp"
#include "catalog/subject.hpp"

namespace letopis::catalog {

namespace {

// Entries of one kind that a writer remembers; about 15 MB for the largest kind.
constexpr std::size_t remembered_max = 100'000;

using Counter = std::pair<std::string_view, std::int64_t Counters::*>;
constexpr std::array<Counter, 11> counter_names = {{
    {"captured", &Counters::captured},
    {"messages", &Counters::messages},
    {"versions", &Counters::versions},
    {"deletions", &Counters::deletions},
    {"deliveries", &Counters::deliveries},
    {"conversations", &Counters::conversations},
    {"attachments", &Counters::attachments},
    {"files", &Counters::files},
    {"twins", &Counters::twins},
    {"unparsed", &Counters::unparsed},
    {"tombstones", &Counters::tombstones},
}};

}  // namespace

Result<void> Store::load() {
    TRY(auto rows_, rows(get_meta_, "hash_key"));
    TRY(const bool there, rows_.next());
    hash_key_ = rows_->blob(0);
    if (!there || hash_key_.size() != crypto_shorthash_KEYBYTES)
        return fail(Errc::corrupt, "the catalogue has no hash key", "run letopis rebuild catalog");
    return {};
}

std::int64_t Store::hash(std::string_view text) const {
    std::int64_t out = 0;
    static_assert(crypto_shorthash_BYTES == sizeof(out));
    crypto_shorthash(reinterpret_cast<unsigned char*>(&out),
                     reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(),
                     reinterpret_cast<const unsigned char*>(hash_key_.data()));
    return out;
}

Result<std::int64_t> Store::meta(std::string_view name, std::int64_t otherwise) {
    TRY(auto found, rows(get_meta_, name));
    TRY(const bool there, found.next());
    return there ? found->integer(0) : otherwise;
}

// ---- transactions

Result<void> Store::begin() {
    CHECK(!writing_);
    TRY_DO(db_.run("BEGIN IMMEDIATE"));
    writing_ = true;
    if (auto loaded = load_counters(); !loaded) {
        rollback();
        return loaded;
    }
    if (next_source_ == 1) {
        if (auto loaded = load_next_ids(); !loaded) {
            rollback();
            return loaded;
        }
    }
    return {};
}

Result<void> Store::commit(std::int64_t next) {
    CHECK(writing_);
    TRY_DO(flush());
    TRY_DO(run(set_meta_, "position", next));
    TRY_DO(db_.run("COMMIT"));
    writing_ = false;
    return {};
}

void Store::rollback() {
    if (!writing_) return;
    (void)db_.run("ROLLBACK");
    writing_ = false;
    forget();
    next_source_ = 1;  // read anew at the next begin
    // Ids that were rolled back may be given again, to other names.
    word_texts_.clear();
    address_texts_.clear();
    name_texts_.clear();
    source_names_.clear();
}

void Store::forget() {
    sources_.clear();
    contexts_.clear();
    addresses_.clear();
    names_.clear();
    words_.clear();
    externals_.clear();
    conversations_.clear();
    chats_.clear();
    touched_sources_.clear();
    touched_addresses_.clear();
    touched_names_.clear();
    touched_externals_.clear();
    touched_conversations_.clear();
}

Result<void> Store::load_counters() {
    for (const auto& [name, member] : counter_names) {
        TRY(counters.*member, meta(name, 0));
    }
    return {};
}

Result<void> Store::save_counters() {
    for (const auto& [name, member] : counter_names) TRY_DO(run(set_meta_, name, counters.*member));
    return {};
}

Result<void> Store::load_next_ids() {
    using Place = std::pair<const char*, std::int64_t*>;
    for (const auto& [table, next] : {Place("word", &next_word_),
                                      Place("address", &next_address_),
                                      Place("seen_name", &next_name_),
                                      Place("external", &next_external_),
                                      Place("conversation", &next_conversation_),
                                      Place("source", &next_source_)}) {
        TRY(auto highest,
            db_.prepare("SELECT coalesce(max(id), 0) + 1 FROM " + std::string(table)));
        TRY_DO(highest.step());
        *next = highest.integer(0);
    }
    return {};
}

Result<void> Store::keep_small() {
    const bool large = addresses_.size() > remembered_max || names_.size() > remembered_max ||
                       words_.size() > remembered_max || externals_.size() > remembered_max ||
                       conversations_.size() > remembered_max || chats_.size() > remembered_max ||
                       contexts_.size() > remembered_max || sources_.size() > remembered_max;
    if (!large) return {};
    TRY_DO(flush());
    forget();
    return {};
}

Result<void> Store::flush() {
    if (!writing_) return {};
    TRY_DO(flush_sources());
    TRY_DO(flush_names());
    TRY_DO(flush_externals());
    TRY_DO(flush_conversations());
    return save_counters();
}

Result<void> Store::flush_sources() {
    for (auto* s : touched_sources_) {
        s->touched = false;
        TRY_DO(run(put_source_,
                   s->id,
                   s->name,
                   s->title,
                   s->channel,
                   s->captured,
                   s->deliveries,
                   s->files));
    }
    touched_sources_.clear();
    return {};
}

Result<void> Store::flush_names() {
    for (auto* a : touched_addresses_) {
        const auto text = std::string_view(*a->key).substr(1);
        if (a->fresh) {
            TRY_DO(run(
                new_address_, a->id, int((*a->key)[0]), text, fold(text), a->messages, a->first));
        } else {
            TRY_DO(run(add_address_, a->messages, a->id));
        }
        a->fresh = a->touched = false;
        a->messages = 0;
    }
    touched_addresses_.clear();
    for (auto* n : touched_names_) {
        Reader in(*n->key);
        const auto address = static_cast<std::int64_t>(in.u64());
        const auto text = in.rest();
        if (n->fresh) {
            TRY_DO(run(new_name_, n->id, address, text, fold(text), n->count));
        } else {
            TRY_DO(run(add_name_, n->count, n->id));
        }
        n->fresh = n->touched = false;
        n->count = 0;
    }
    touched_names_.clear();
    return {};
}

Result<void> Store::flush_externals() {
    for (auto* e : touched_externals_) {
        if (e->fresh) {
            TRY_DO(run(new_external_, e->id, e->hash, *e->text, e->conversation, e->message));
        } else {
            TRY_DO(run(set_external_, e->conversation, e->message, e->id));
        }
        e->fresh = e->touched = false;
    }
    touched_externals_.clear();
    return {};
}

Result<void> Store::flush_conversations() {
    const auto or_null = [](std::int64_t id) {
        return id == 0 ? std::optional<std::int64_t>() : std::optional<std::int64_t>(id);
    };
    for (auto* c : touched_conversations_) {
        c->touched = false;
        const auto key = c->source == 0 ? std::optional<std::string_view>() : c->key;
        const auto title = c->title.empty() ? std::optional<std::string_view>() : c->title;
        TRY_DO(run(put_conversation_,
                   c->id,
                   or_null(c->source),
                   key,
                   title,
                   c->first,
                   c->messages,
                   or_null(c->merged)));
    }
    touched_conversations_.clear();
    return {};
}

// ---- reading scope

Result<ReadScope> ReadScope::open(Store& store) {
    if (store.writing()) {
        TRY_DO(store.flush());
        return ReadScope(nullptr);
    }
    TRY_DO(store.db().begin());
    return ReadScope(&store);
}

ReadScope::~ReadScope() {
    if (store_ != nullptr) (void)store_->db().commit();
}

}  // namespace letopis::catalog
