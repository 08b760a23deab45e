// SPDX-License-Identifier: AGPL-3.0-or-later
// Sources, people, words, ids and conversations: found or made for the writer, told to the reader.
#include "catalog/store.hpp"

namespace letopis::catalog {

namespace {

constexpr std::size_t remembered_texts_max = 50'000;

template <class Map>
void bound(Map& map) {
    if (map.size() > remembered_texts_max) map.clear();
}

}  // namespace

// ---- names of the writer

Result<SourceEntry*> Store::source(std::string_view name) {
    buffer_.assign(name);
    if (const auto known = sources_.find(buffer_); known != sources_.end()) return &known->second;
    SourceEntry entry;
    bool fresh = false;
    entry.name = name;
    TRY(auto found, rows(get_source_, name));
    TRY(const bool there, found.next());
    if (there) {
        entry.id = found->integer(0);
        entry.title = found->text(1);
        entry.channel = static_cast<model::Channel>(found->integer(2));
        entry.captured = found->integer(3);
        entry.deliveries = found->integer(4);
        entry.files = found->integer(5);
    } else {
        entry.id = next_source_++;
        fresh = true;
    }
    auto& made = sources_.emplace(buffer_, std::move(entry)).first->second;
    if (fresh) touch(made);
    return &made;
}

Result<ContextEntry*> Store::context(std::int64_t seq) {
    if (const auto known = contexts_.find(seq); known != contexts_.end()) return &known->second;
    TRY(auto found, rows(get_context_, seq));
    TRY(const bool there, found.next());
    if (!there) return nullptr;
    ContextEntry entry{.seq = seq,
                       .source = found->integer(0),
                       .at = found->integer(1),
                       .title = std::string(found->text(2)),
                       .source_name = std::string(found->text(3))};
    return &contexts_.emplace(seq, std::move(entry)).first->second;
}

Result<void> Store::add_context(const SourceContext& record) {
    TRY(auto* owner, source(record.source));
    if (!record.title.empty()) owner->title = record.title;
    owner->channel = record.channel;
    touch(*owner);
    ContextEntry entry{.seq = number_of(record.seq),
                       .source = owner->id,
                       .at = to_micros(record.at),
                       .title = std::string(record.title),
                       .source_name = owner->name};
    TRY_DO(run(new_context_,
               entry.seq,
               entry.source,
               entry.at,
               record.title,
               record.channel,
               record.facts,
               record.input));
    contexts_.insert_or_assign(entry.seq, std::move(entry));
    return {};
}

Result<AddressEntry*> Store::address(model::AddressKind kind,
                                     std::string_view text,
                                     std::int64_t seq) {
    buffer_.assign(1, static_cast<char>(kind));
    buffer_.append(text);
    if (const auto known = addresses_.find(buffer_); known != addresses_.end())
        return &known->second;
    AddressEntry entry;
    TRY(auto found, rows(get_address_, kind, text));
    TRY(const bool there, found.next());
    if (there) {
        entry.id = found->integer(0);
        entry.first = found->integer(1);
    } else {
        entry.id = next_address_++;
        entry.first = seq;
        entry.fresh = true;
    }
    const auto made = addresses_.emplace(buffer_, entry).first;
    made->second.key = &made->first;
    if (entry.fresh) touch(made->second);
    return &made->second;
}

Result<NameEntry*> Store::seen_name(std::int64_t address, std::string_view text) {
    buffer_.clear();
    Writer(buffer_).u64(static_cast<std::uint64_t>(address));
    buffer_.append(text);
    if (const auto known = names_.find(buffer_); known != names_.end()) return &known->second;
    NameEntry entry;
    TRY(auto found, rows(get_name_, address, text));
    TRY(const bool there, found.next());
    if (there) {
        entry.id = found->integer(0);
    } else {
        entry.id = next_name_++;
        entry.fresh = true;
    }
    const auto made = names_.emplace(buffer_, entry).first;
    made->second.key = &made->first;
    if (entry.fresh) touch(made->second);
    return &made->second;
}

Result<std::optional<std::int64_t>> Store::find_word(std::string_view text) {
    TRY(auto found, rows(get_word_, hash(text)));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return std::nullopt;
        if (found->text(1) == text) return found->integer(0);
    }
}

Result<std::int64_t> Store::word(std::string_view text) {
    if (text.empty()) return 0;
    buffer_.assign(text);
    if (const auto known = words_.find(buffer_); known != words_.end()) return known->second;
    TRY(auto id, find_word(text));
    if (!id) {
        id = next_word_++;
        TRY_DO(run(new_word_, *id, hash(text), text));
    }
    words_.emplace(buffer_, *id);
    return *id;
}

Result<ExternalEntry*> Store::find_external(std::string_view text) {
    buffer_.assign(text);
    if (const auto known = externals_.find(buffer_); known != externals_.end())
        return &known->second;
    ExternalEntry entry;
    entry.hash = hash(text);
    TRY(auto found, rows(get_external_, entry.hash));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return nullptr;
        if (found->text(1) == text) break;
    }
    entry.id = found->integer(0);
    entry.conversation = found->integer(2);
    if (!found->is_null(3)) entry.message = found->integer(3);
    const auto made = externals_.emplace(buffer_, entry).first;
    made->second.text = &made->first;
    return &made->second;
}

Result<ExternalEntry*> Store::external(std::string_view text) {
    TRY(auto* known, find_external(text));
    if (known != nullptr) return known;
    ExternalEntry entry;
    entry.id = next_external_++;
    entry.hash = hash(text);
    entry.fresh = true;
    const auto made = externals_.emplace(std::string(text), entry).first;
    made->second.text = &made->first;
    touch(made->second);
    return &made->second;
}

// ---- conversations of the writer

Result<ConversationEntry*> Store::stored_conversation(std::int64_t id) {
    if (const auto known = conversations_.find(id); known != conversations_.end())
        return &known->second;
    TRY(auto found, rows(get_conversation_, id));
    TRY(const bool there, found.next());
    if (!there) return fail(Errc::corrupt, "a conversation is missing in the catalogue");
    ConversationEntry entry{.id = id,
                            .source = found->integer(0),
                            .key = std::string(found->text(1)),
                            .title = std::string(found->text(2)),
                            .first = found->integer(3),
                            .messages = found->integer(4),
                            .merged = found->integer(5)};
    return &conversations_.emplace(id, std::move(entry)).first->second;
}

Result<ConversationEntry*> Store::conversation(std::int64_t id) {
    // The smaller is merged into the larger, so the way is short (log2 of the messages).
    for (;;) {
        TRY(auto* entry, stored_conversation(id));
        if (entry->merged == 0) return entry;
        id = entry->merged;
    }
}

ConversationEntry* Store::new_conversation() {
    ConversationEntry entry;
    entry.id = next_conversation_++;
    auto& made = conversations_.emplace(entry.id, entry).first->second;
    touch(made);
    return &made;
}

Result<ConversationEntry*> Store::chat(std::int64_t source, std::string_view key) {
    std::string name;
    Writer(name).u64(static_cast<std::uint64_t>(source));
    name.append(key);
    if (const auto known = chats_.find(name); known != chats_.end())
        return conversation(known->second);
    std::optional<std::int64_t> id;
    {
        TRY(auto found, rows(get_chat_, source, key));
        TRY(const bool there, found.next());
        if (there) id = found->integer(0);
    }
    if (!id) {
        auto* entry = new_conversation();
        entry->source = source;
        entry->key = key;
        entry->first = -1;
        id = entry->id;
    }
    chats_.emplace(std::move(name), *id);
    return conversation(*id);
}

// ---- text behind ids

Result<std::string> Store::word_text(std::int64_t id) {
    if (id == 0) return std::string();
    if (const auto known = word_texts_.find(id); known != word_texts_.end()) return known->second;
    TRY(auto found, rows(get_word_text_, id));
    TRY(const bool there, found.next());
    if (!there) return fail(Errc::corrupt, "a word is missing in the catalogue");
    bound(word_texts_);
    return word_texts_.emplace(id, found->text(0)).first->second;
}

Result<model::Party> Store::party(const PackedParty& packed) {
    model::Party party;
    party.role = packed.role;
    auto known = address_texts_.find(packed.address);
    if (known == address_texts_.end()) {
        TRY(auto found, rows(get_address_text_, packed.address));
        TRY(const bool there, found.next());
        if (!there) return fail(Errc::corrupt, "an address is missing in the catalogue");
        bound(address_texts_);
        AddressText text{static_cast<model::AddressKind>(found->integer(0)),
                         std::string(found->text(1))};
        known = address_texts_.emplace(packed.address, std::move(text)).first;
    }
    party.kind = known->second.kind;
    party.address = known->second.text;
    if (packed.name == 0) return party;
    auto name = name_texts_.find(packed.name);
    if (name == name_texts_.end()) {
        TRY(auto found, rows(get_name_text_, packed.name));
        TRY(const bool there, found.next());
        if (!there) return fail(Errc::corrupt, "a name is missing in the catalogue");
        bound(name_texts_);
        name = name_texts_.emplace(packed.name, found->text(0)).first;
    }
    party.name = name->second;
    return party;
}

Result<std::optional<Row>> Store::row(std::int64_t seq, Depth depth) {
    TRY(auto found, rows(get_row_, seq));
    TRY(const bool there, found.next());
    if (!there) return std::nullopt;
    std::optional<Row> row(std::in_place);
    row->seq = seq;
    row->conversation = found->integer(0);
    row->sort_ms = found->integer(1);
    if (!found->is_null(2)) row->main = found->integer(2);
    row->subject = found->text(3);
    TRY_DO(unpack(found->blob(4), depth, *row));
    return row;
}

Result<ConversationEntry> Store::read_conversation(std::int64_t id) {
    for (;;) {
        TRY(auto found, rows(get_conversation_, id));
        TRY(const bool there, found.next());
        if (!there) return fail(Errc::corrupt, "a conversation is missing in the catalogue");
        if (!found->is_null(5)) {
            id = found->integer(5);
            continue;
        }
        return ConversationEntry{.id = id,
                                 .source = found->integer(0),
                                 .key = std::string(found->text(1)),
                                 .title = std::string(found->text(2)),
                                 .first = found->integer(3),
                                 .messages = found->integer(4)};
    }
}

Result<ContextEntry> Store::read_context(std::int64_t seq) {
    TRY(auto found, rows(get_context_, seq));
    TRY(const bool there, found.next());
    if (!there) return fail(Errc::corrupt, "a source context is missing in the catalogue");
    return ContextEntry{.seq = seq,
                        .source = found->integer(0),
                        .at = found->integer(1),
                        .title = std::string(found->text(2)),
                        .source_name = std::string(found->text(3))};
}

Result<std::optional<std::int64_t>> Store::source_id(std::string_view name) {
    TRY(auto found, rows(get_source_, name));
    TRY(const bool there, found.next());
    if (!there) return std::nullopt;
    return found->integer(0);
}

Result<std::string> Store::source_name(std::int64_t id) {
    if (const auto known = source_names_.find(id); known != source_names_.end())
        return known->second;
    TRY(auto found, rows(get_source_name_, id));
    TRY(const bool there, found.next());
    if (!there) return fail(Errc::corrupt, "a source is missing in the catalogue");
    bound(source_names_);
    return source_names_.emplace(id, found->text(0)).first->second;
}

}  // namespace letopis::catalog
