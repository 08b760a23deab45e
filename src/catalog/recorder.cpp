// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/recorder.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "crypto/crypto.hpp"

namespace letopis::catalog {

namespace {

constexpr std::size_t marks_max = 50;
constexpr std::size_t reactions_max = 200;
constexpr std::size_t zones_max = 5000;
constexpr auto clock_tolerance = std::chrono::hours(24);

// What a sender writes orders nothing outside of what can be.
Instant believed_date(const Captured& record) {
    const auto can_be = [&](const std::optional<Instant>& date) {
        return date && *date >= date_floor && *date <= record.at + clock_tolerance;
    };
    if (can_be(record.parsed.sent_at)) return *record.parsed.sent_at;
    if (can_be(record.received)) return *record.received;
    return record.at;
}

std::optional<std::int64_t> micros(const std::optional<Instant>& moment) {
    if (!moment) return std::nullopt;
    return to_micros(*moment);
}

// At most `max` bytes, ending at a character.
std::string_view cut(std::string_view text, std::size_t max) {
    if (text.size() <= max) return text;
    while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) --max;
    return text.substr(0, max);
}

bool is_author(model::Role role) {
    return role == model::Role::from || role == model::Role::sender ||
           role == model::Role::reply_to;
}

// Mail finds its conversation by what it refers to; whatever names its conversation is a chat.
bool is_threaded(const model::Message& parsed) {
    return parsed.channel == model::Channel::email && parsed.conversation.empty();
}

std::string content_of(const Captured& record) {
    const auto digest =
        record.content_key ? *record.content_key : crypto::sha256(record.parsed.text);
    return std::string(as_bytes(digest).substr(0, 16));
}

}  // namespace

Result<void> Recorder::add(const Captured& record) {
    TRY(auto* context, store_.context(number_of(record.context)));
    if (context == nullptr)
        return fail(Errc::invalid, "a captured item refers to a source context that is not there");
    TRY(auto* source, store_.source(context->source_name));
    Draft draft;
    TRY_DO(fill(record, *context, draft));
    TRY_DO(is_threaded(record.parsed) ? place_mail(record, draft)
                                      : place_chat(record, *context, draft));
    TRY_DO(fill_words(record, draft));
    TRY_DO(write(record, draft));
    return count(draft, *source);
}

// ---- from the parsed message to a row

Result<void> Recorder::fill(const Captured& record, const ContextEntry& context, Draft& draft) {
    const auto& parsed = record.parsed;
    auto& row = draft.row;
    row.seq = number_of(record.seq);
    row.sort_ms =
        std::chrono::floor<std::chrono::milliseconds>(believed_date(record).time_since_epoch())
            .count();
    row.subject = parsed.subject;
    row.channel = parsed.channel;
    row.event = parsed.event;
    row.context = context.seq;
    row.at_after_context = to_micros(record.at) - context.at;
    row.sent_us = micros(parsed.sent_at);
    row.received_us = micros(record.received);
    row.edited_us = micros(parsed.edited_at);
    row.zone_assumed = parsed.zone_assumed;
    row.edited = parsed.edited;
    row.deleted = parsed.deleted;
    row.raw_is_object = record.raw_is_object;
    row.raw_size = record.raw_size;
    row.raw_sha256 = record.raw_sha256;
    row.position = record.position;
    row.slice = parsed.slice;
    row.text_here = !parsed.slice && !parsed.text.empty();
    row.target = parsed.target;
    row.thread_index = cut(parsed.thread_index, name_bytes_max);
    row.mark_detail = cut(parsed.mark_detail, name_bytes_max);
    row.zones = parsed.zones;
    if (row.zones.size() > zones_max) row.zones.resize(zones_max);
    row.reactions = parsed.reactions;
    if (row.reactions.size() > reactions_max) row.reactions.resize(reactions_max);
    row.key_after_id = !parsed.message_id.empty() && record.key.starts_with(parsed.message_id);
    row.key = row.key_after_id ? record.key.substr(parsed.message_id.size()) : record.key;
    TRY(row.list_id, store_.word(cut(parsed.list_id, name_bytes_max)));
    TRY_DO(fill_parties(parsed, draft));
    return fill_attachments(parsed, draft);
}

Result<void> Recorder::fill_parties(const model::Message& parsed, Draft& draft) {
    const auto& parties = parsed.parties;
    bool dropped = false;
    bool name_cut = false;
    // Authors are kept first: a mail to ten thousand people still has its sender.
    const auto authors = static_cast<std::size_t>(std::count_if(
        parties.begin(), parties.end(), [](const auto& p) { return is_author(p.role); }));
    std::size_t others_left = parties_max - std::min(authors, parties_max);
    draft.row.parties.reserve(std::min(parties.size(), parties_max));
    for (const auto& party : parties) {
        const bool author = is_author(party.role);
        if (party.address.empty() || party.address.size() > name_bytes_max ||
            (author ? draft.row.parties.size() >= parties_max : others_left == 0)) {
            dropped = true;
            continue;
        }
        if (!author) --others_left;
        PackedParty packed{.role = party.role};
        TRY(auto* address, store_.address(party.kind, party.address, draft.row.seq));
        packed.address = address->id;
        draft.addresses.push_back(address);
        const auto name = cut(party.name, name_bytes_max);
        name_cut = name_cut || name.size() != party.name.size();
        if (!name.empty()) {
            TRY(auto* seen, store_.seen_name(address->id, name));
            packed.name = seen->id;
            draft.names.push_back(seen);
        }
        draft.row.parties.push_back(packed);
    }
    if (dropped) draft.marks.emplace_back("parties_cut");
    if (name_cut) draft.marks.emplace_back("names_cut");
    return {};
}

Result<void> Recorder::fill_attachments(const model::Message& parsed, Draft& draft) {
    const auto count = std::min(parsed.attachments.size(), attachments_max);
    if (count < parsed.attachments.size()) draft.marks.emplace_back("attachments_cut");
    draft.row.attachment_count = count;
    draft.row.attachments.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& given = parsed.attachments[i];
        PackedAttachment packed;
        auto& kept = packed.attachment;
        kept.name = cut(given.name, name_bytes_max);
        kept.size = given.size;
        kept.sha256 = given.sha256;
        kept.locator = given.locator;
        kept.content_id = cut(given.content_id, name_bytes_max);
        kept.missing = cut(given.missing, name_bytes_max);
        kept.inline_ = given.inline_;
        kept.encrypted = given.encrypted;
        TRY(packed.type, store_.word(cut(given.type, name_bytes_max)));
        draft.row.attachments.push_back(std::move(packed));
    }
    return {};
}

Result<void> Recorder::fill_words(const Captured& record, Draft& draft) {
    const auto& parsed = record.parsed;
    auto& row = draft.row;
    TRY(row.folder, store_.word(record.folder));
    TRY(row.flags, store_.word(record.flags));
    TRY(row.member, store_.word(record.member));
    TRY(row.labels, store_.word(parsed.labels));
    TRY(row.action, store_.word(parsed.action));
    for (std::size_t i = 0; i < std::min(parsed.marks.size(), marks_max); ++i) {
        TRY(const auto mark, store_.word(cut(parsed.marks[i], name_bytes_max)));
        row.unparsed = row.unparsed || parsed.marks[i] == "unparsed";
        if (mark != 0) row.marks.push_back(mark);
    }
    for (const auto own : draft.marks) {
        TRY(const auto mark, store_.word(own));
        row.marks.push_back(mark);
    }
    return {};
}

// ---- its place

Result<void> Recorder::fill_chat_ids(const model::Message& parsed, Draft& draft) {
    auto& row = draft.row;
    bool dropped = false;
    const auto keep = [&](const std::string& id) {
        const bool fits = id.size() <= name_bytes_max;
        dropped = dropped || !fits;
        return fits && !id.empty();
    };
    if (keep(parsed.message_id)) row.native = native_key(parsed.message_id);
    if (!keep(parsed.target)) row.target.clear();
    for (const auto* list : {&parsed.in_reply_to, &parsed.references}) {
        for (std::size_t i = 0; i < std::min(list->size(), references_max); ++i)
            if (keep((*list)[i])) row.reply_natives.push_back(native_key((*list)[i]));
        if (list->size() > references_max) draft.marks.emplace_back("references_cut");
        if (list == &parsed.in_reply_to) row.reply_native_count = row.reply_natives.size();
    }
    if (dropped) draft.marks.emplace_back("names_cut");
    return {};
}

Result<void> Recorder::place_chat(const Captured& record,
                                  const ContextEntry& context,
                                  Draft& draft) {
    TRY_DO(fill_chat_ids(record.parsed, draft));
    TRY(draft.conversation,
        store_.chat(context.source, cut(record.parsed.conversation, name_bytes_max)));
    auto& conversation = *draft.conversation;
    if (!context.title.empty() && conversation.title != context.title) {
        conversation.title = context.title;
        store_.touch(conversation);
    }
    TRY(const auto revision, revisions_.place_in_chat(conversation.id, draft.row, record.at));
    draft.row.main = revision.main;
    if (revision.first_seen_as_edit) draft.marks.emplace_back("first_seen_as_edit");
    return {};
}

Result<void> Recorder::place_mail(const Captured& record, Draft& draft) {
    const auto& parsed = record.parsed;
    auto& row = draft.row;
    const bool revises =
        parsed.event == model::Event::edit || parsed.event == model::Event::deletion;
    if (row.target.size() > name_bytes_max) row.target.clear();
    if (revises) {
        std::optional<std::int64_t> main;
        if (!row.target.empty()) {
            TRY(main, threading_.message_of(row.target));
        }
        TRY(const auto revision, revisions_.place_mail(main, row, record.at));
        row.main = revision.main;
        if (main) {
            TRY(const auto first, store_.row(*main, Depth::list));
            CHECK(first.has_value());
            row.conversation = first->conversation;
        }
        if (row.main) return {};
        draft.marks.emplace_back("first_seen_as_edit");
    }
    if (!parsed.message_id.empty()) row.content = content_of(record);
    TRY(const auto placed, threading_.place(parsed, row));
    draft.conversation = placed.conversation;
    draft.twin_of = placed.twin_of;
    if (placed.references_cut) draft.marks.emplace_back("references_cut");
    if (placed.id_dropped) draft.marks.emplace_back("names_cut");
    if (row.external != 0)
        TRY_DO(revisions_.join_tombstones(0, native_key(parsed.message_id), row.seq));
    if (row.deleted) TRY_DO(revisions_.mark_deleted(row.seq, record.at));
    return {};
}

// ---- and into the tables

Result<void> Recorder::write(const Captured& record, Draft& draft) {
    auto& row = draft.row;
    if (draft.conversation != nullptr) row.conversation = draft.conversation->id;
    blob_.clear();
    pack(row, blob_);
    const auto subject =
        row.subject.empty() ? std::optional<std::string_view>() : std::string_view(row.subject);
    TRY_DO(store_.run(
        add_message_, row.seq, row.conversation, row.sort_ms, row.main, subject, sql::Blob{blob_}));
    if (row.text_here)
        TRY_DO(store_.run(add_text_, row.seq, sql::Blob{packer_.pack(record.parsed.text)}));
    if (draft.twin_of) TRY_DO(store_.run(add_twin_, row.seq, *draft.twin_of));
    return {};
}

Result<void> Recorder::count(Draft& draft, SourceEntry& source) {
    const auto& row = draft.row;
    auto& counters = store_.counters;
    ++source.captured;
    store_.touch(source);
    ++counters.captured;
    counters.unparsed += row.unparsed ? 1 : 0;
    counters.twins += draft.twin_of ? 1 : 0;
    counters.attachments += static_cast<std::int64_t>(row.attachment_count);
    if (row.main) {
        ++(row.event == model::Event::deletion ? counters.deletions : counters.versions);
        return {};
    }
    ++counters.messages;
    auto& conversation = *draft.conversation;
    if (conversation.messages == 0) ++counters.conversations;
    ++conversation.messages;
    conversation.first = conversation.first < 0 ? row.seq : std::min(conversation.first, row.seq);
    store_.touch(conversation);
    for (auto* address : draft.addresses) {
        if (address->counted_for == row.seq) continue;
        address->counted_for = row.seq;
        ++address->messages;
        store_.touch(*address);
    }
    for (auto* name : draft.names) {
        ++name->count;
        store_.touch(*name);
    }
    return {};
}

}  // namespace letopis::catalog
