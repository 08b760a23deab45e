// SPDX-License-Identifier: AGPL-3.0-or-later
// One message, everything about it.
#include <algorithm>

#include "catalog/answers.hpp"

namespace letopis::catalog {

namespace {

std::optional<Instant> instant(const std::optional<std::int64_t>& us) {
    if (!us) return std::nullopt;
    return from_micros(*us);
}

std::int64_t message_of(const Row& row) {
    return row.main && *row.main != no_main ? *row.main : row.seq;
}

}  // namespace

Result<Row> Answers::captured(std::int64_t which, Depth depth) {
    TRY(auto row, store_.row(which, depth));
    if (!row) return fail(Errc::not_found, "no message has this number");
    return *std::move(row);
}

Result<Answers::State> Answers::state(std::int64_t message) {
    State state{.current = message, .deleted_at = std::nullopt};
    TRY(auto found, store_.rows(get_state_, message));
    TRY(const bool there, found.next());
    if (!there) return state;
    state.current = found->integer(0);
    if (!found->is_null(1)) state.deleted_at = from_micros(found->integer(1));
    return state;
}

Result<std::optional<Seq>> Answers::twin_of(std::int64_t which) {
    TRY(auto found, store_.rows(get_twin_, which));
    TRY(const bool there, found.next());
    if (!there) return std::nullopt;
    return seq_of(found->integer(0));
}

Result<std::string> Answers::external_text(std::int64_t which) {
    TRY(auto found, store_.rows(get_external_, which));
    TRY(const bool there, found.next());
    if (!there) return fail(Errc::corrupt, "an id is missing in the catalogue");
    return std::string(found->text(0));
}

Result<std::string> Answers::message_id(const Row& row) {
    if (row.external != 0) return external_text(row.external);
    return native_id(row.native);
}

Result<ConversationName> Answers::name_of(const ConversationEntry& conversation) {
    ConversationName name{
        .source = {}, .key = {}, .first = seq_of(std::max<std::int64_t>(conversation.first, 0))};
    if (conversation.source == 0) return name;
    TRY(name.source, store_.source_name(conversation.source));
    name.key = conversation.key;
    return name;
}

Result<std::string> Answers::title_of(const ConversationEntry& conversation) {
    if (conversation.source != 0) return conversation.title;
    TRY(const auto first, store_.row(conversation.first, Depth::list));
    return first ? first->subject : std::string();
}

Result<MessageDetail> Answers::message(Seq which) {
    TRY(const auto row, captured(number_of(which), Depth::full));
    MessageDetail detail;
    detail.seq = which;
    const auto message = message_of(row);
    detail.message = seq_of(message);
    TRY(const auto now, state(message));
    detail.current = seq_of(now.current);
    detail.deleted_at = now.deleted_at;
    detail.sort_date = from_millis(row.sort_ms);
    TRY_DO(tell_origin(row, detail));
    TRY_DO(tell_parsed(row, detail));
    TRY_DO(tell_attachments(row, detail));
    if (row.conversation != 0) {
        TRY(const auto conversation, store_.read_conversation(row.conversation));
        TRY(detail.conversation, name_of(conversation));
        if (conversation.source != 0) {
            detail.conversation_title = conversation.title;
            detail.parsed.conversation = conversation.key;
        }
    }
    TRY_DO(tell_ids(row, detail));
    TRY_DO(tell_parent(row, detail));
    TRY_DO(tell_versions(message, detail));
    TRY(detail.twin_of, twin_of(row.seq));
    TRY(detail.deliveries, records_.deliveries(row.seq));
    TRY(detail.tags, records_.tags(message));
    return detail;
}

Result<void> Answers::tell_origin(const Row& row, MessageDetail& detail) {
    TRY(const auto context, store_.read_context(row.context));
    detail.at = from_micros(context.at + row.at_after_context);
    detail.context = seq_of(row.context);
    detail.source = context.source_name;
    detail.position = row.position;
    TRY(detail.folder, store_.word_text(row.folder));
    TRY(detail.flags, store_.word_text(row.flags));
    TRY(detail.member, store_.word_text(row.member));
    detail.received = instant(row.received_us);
    detail.raw_size = row.raw_size;
    detail.raw_sha256 = row.raw_sha256;
    detail.raw_is_object = row.raw_is_object;
    detail.text_in_catalog = row.text_here;
    return {};
}

Result<void> Answers::tell_parsed(const Row& row, MessageDetail& detail) {
    auto& parsed = detail.parsed;
    parsed.event = row.event;
    parsed.channel = row.channel;
    parsed.target = row.target;
    parsed.subject = row.subject;
    parsed.sent_at = instant(row.sent_us);
    parsed.edited_at = instant(row.edited_us);
    parsed.zone_assumed = row.zone_assumed;
    parsed.edited = row.edited;
    parsed.deleted = row.deleted;
    parsed.slice = row.slice;
    parsed.zones = row.zones;
    parsed.reactions = row.reactions;
    parsed.thread_index = row.thread_index;
    parsed.mark_detail = row.mark_detail;
    TRY(parsed.list_id, store_.word_text(row.list_id));
    TRY(parsed.labels, store_.word_text(row.labels));
    TRY(parsed.action, store_.word_text(row.action));
    for (const auto mark : row.marks) {
        TRY(auto text, store_.word_text(mark));
        parsed.marks.push_back(std::move(text));
    }
    for (const auto& packed : row.parties) {
        TRY(auto party, store_.party(packed));
        parsed.parties.push_back(std::move(party));
    }
    return {};
}

Result<void> Answers::tell_ids(const Row& row, MessageDetail& detail) {
    auto& parsed = detail.parsed;
    TRY(parsed.message_id, message_id(row));
    for (const auto external : row.references) {
        TRY(auto text, external_text(external));
        parsed.references.push_back(std::move(text));
    }
    for (const auto external : row.in_reply_to) {
        TRY(auto text, external_text(external));
        parsed.in_reply_to.push_back(std::move(text));
    }
    for (std::size_t i = 0; i < row.reply_natives.size(); ++i)
        (i < row.reply_native_count ? parsed.in_reply_to : parsed.references)
            .push_back(native_id(row.reply_natives[i]));
    detail.key = row.key_after_id ? parsed.message_id + row.key : row.key;
    return {};
}

Result<void> Answers::tell_attachments(const Row& row, MessageDetail& detail) {
    const bool files = row.channel != model::Channel::email;
    for (const auto& packed : row.attachments) {
        AttachmentView view{.attachment = packed.attachment, .file = std::nullopt};
        TRY(view.attachment.type, store_.word_text(packed.type));
        if (files) {
            TRY(view.file, records_.file_of(row, packed.attachment.locator));
        }
        detail.attachments.push_back(std::move(view));
    }
    return {};
}

Result<void> Answers::tell_parent(const Row& row, MessageDetail& detail) {
    if (row.external != 0 || !row.references.empty() || !row.in_reply_to.empty()) {
        const auto& ids = row.references.empty() ? row.in_reply_to : row.references;
        if (ids.empty()) return {};
        // The last reference is the parent; In-Reply-To names it first.
        const auto parent = row.references.empty() ? ids.front() : ids.back();
        TRY(auto found, store_.rows(get_external_, parent));
        TRY(const bool there, found.next());
        if (!there) return fail(Errc::corrupt, "an id is missing in the catalogue");
        detail.reply_to_id = found->text(0);
        if (!found->is_null(1) && found->integer(1) != row.seq)
            detail.reply_to = seq_of(found->integer(1));
        return {};
    }
    if (row.reply_natives.empty()) return {};
    detail.reply_to_id = native_id(row.reply_natives.front());
    TRY(auto found,
        store_.rows(get_native_, row.conversation, sql::Blob{row.reply_natives.front()}));
    TRY(const bool there, found.next());
    if (there && found->integer(0) != row.seq) detail.reply_to = seq_of(found->integer(0));
    return {};
}

Result<void> Answers::tell_versions(std::int64_t message, MessageDetail& detail) {
    std::vector<std::int64_t> all{message};
    {
        TRY(auto found, store_.rows(get_versions_, message));
        for (;;) {
            TRY(const bool there, found.next());
            if (!there) break;
            all.push_back(found->integer(0));
        }
    }
    if (all.size() == 1) return {};
    std::sort(all.begin(), all.end());
    for (const auto one : all) {
        TRY(const auto row, captured(one, Depth::list));
        TRY(const auto context, store_.read_context(row.context));
        detail.versions.push_back(
            {.seq = seq_of(one),
             .at = from_micros(context.at + row.at_after_context),
             .edited_at = instant(row.edited_us),
             .event = row.event,
             .current = seq_of(one) == detail.current,
             .deleted_marker = row.deleted || row.event == model::Event::deletion});
    }
    return {};
}

Result<TextPlace> Answers::text(Seq which) {
    TRY(const auto row, captured(number_of(which), Depth::list));
    return place_of(row);
}

Result<TextPlace> Answers::place_of(const Row& row) {
    TextPlace place{.slice = row.slice,
                    .text = std::nullopt,
                    .raw_is_object = row.raw_is_object,
                    .raw_size = row.raw_size,
                    .date = from_millis(row.sort_ms),
                    .subject = row.subject,
                    .attachments = static_cast<std::uint32_t>(row.attachment_count)};
    if (row.slice) return place;
    if (!row.text_here) {
        place.text = "";
        return place;
    }
    TRY(auto found, store_.rows(get_text_, row.seq));
    TRY(const bool there, found.next());
    if (!there) return fail(Errc::corrupt, "a text is missing in the catalogue");
    TRY(place.text, packer_.unpack(found->blob(0)));
    return place;
}

// ---- rows for lists

Result<MessageRow> Answers::list_row(const Row& row, Conversations& known) {
    MessageRow line;
    line.seq = seq_of(row.seq);
    const auto message = message_of(row);
    line.message = seq_of(message);
    TRY(const auto now, state(message));
    line.current = seq_of(now.current);
    line.deleted_at = now.deleted_at;
    line.date = from_millis(row.sort_ms);
    line.channel = row.channel;
    line.event = row.event;
    line.unparsed = row.unparsed;
    line.subject = row.subject;
    line.attachments = static_cast<std::uint32_t>(row.attachment_count);
    line.edited = row.edited || now.current != message;
    if (!row.main && now.current != row.seq) {
        TRY(const auto newest, captured(now.current, Depth::list));
        line.subject = newest.subject;
        line.attachments = static_cast<std::uint32_t>(newest.attachment_count);
    }
    TRY(line.message_id, message_id(row));
    TRY(line.twin_of, twin_of(row.seq));
    for (const auto& packed : row.parties) {
        if (packed.role == model::Role::from && line.from.address.empty()) {
            TRY(line.from, store_.party(packed));
        } else if (packed.role == model::Role::to && ++line.to_count <= 10) {
            TRY(auto party, store_.party(packed));
            line.to.push_back(std::move(party));
        }
    }
    if (row.conversation == 0) return line;
    auto conversation = known.find(row.conversation);
    if (conversation == known.end()) {
        TRY(auto entry, store_.read_conversation(row.conversation));
        conversation = known.emplace(row.conversation, std::move(entry)).first;
    }
    line.conversation = seq_of(std::max<std::int64_t>(conversation->second.first, 0));
    line.conversation_title = conversation->second.title;
    return line;
}

Result<std::vector<MessageRow>> Answers::messages(std::span<const Seq> seqs, Texts texts) {
    std::vector<MessageRow> result;
    result.reserve(seqs.size());
    Conversations known;
    for (const auto which : seqs) {
        TRY(const auto row, store_.row(number_of(which), Depth::list));
        if (!row) continue;
        TRY(auto line, list_row(*row, known));
        if (texts == Texts::with) {
            TRY(line.text, place_of(*row));
        }
        result.push_back(std::move(line));
    }
    return result;
}

}  // namespace letopis::catalog
