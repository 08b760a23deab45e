// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/pack.hpp"

#include <charconv>

namespace letopis::catalog {

namespace {

enum Bit : std::uint64_t {
    has_sent = 1 << 0,
    sent_is_sort = 1 << 1,
    has_received = 1 << 2,
    received_is_sort = 1 << 3,
    has_slice = 1 << 4,
    has_native = 1 << 5,
    has_external = 1 << 6,  // the seven low bits are the common ones: one byte of varint
    zone_assumed = 1 << 7,
    edited = 1 << 8,
    deleted = 1 << 9,
    raw_is_object = 1 << 10,
    text_here = 1 << 11,
    unparsed = 1 << 12,
    answer = 1 << 13,
    bare = 1 << 14,
    has_content = 1 << 15,
    has_edited_at = 1 << 16,
};

enum MoreBit : std::uint64_t {
    more_key = 1 << 0,
    more_key_after_id = 1 << 1,
    more_folder = 1 << 2,
    more_flags = 1 << 3,
    more_references = 1 << 4,
    more_in_reply_to = 1 << 5,
    more_reply_natives = 1 << 6,
    more_list_id = 1 << 7,
    more_zones = 1 << 8,
    more_attachments = 1 << 9,
    more_marks = 1 << 10,
    more_member = 1 << 11,
    more_labels = 1 << 12,
    more_action = 1 << 13,
    more_thread_index = 1 << 14,
    more_target = 1 << 15,
    more_detail = 1 << 16,
    more_reactions = 1 << 17,
};

std::uint64_t bit(bool on, std::uint64_t which) { return on ? which : 0; }
std::uint64_t number(std::int64_t id) { return static_cast<std::uint64_t>(id); }
// Wraps, where damaged bytes would overflow.
std::int64_t plus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(number(a) + number(b));
}
std::int64_t minus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(number(a) - number(b));
}
std::int64_t id(Reader& in) { return static_cast<std::int64_t>(in.varint()); }

std::uint64_t bits_of(const Row& row) {
    const auto sort_us = row.sort_ms * 1000;
    return bit(row.sent_us.has_value(), has_sent) | bit(row.sent_us == sort_us, sent_is_sort) |
           bit(row.received_us.has_value(), has_received) |
           bit(row.received_us == sort_us, received_is_sort) |
           bit(row.slice.has_value(), has_slice) | bit(!row.native.empty(), has_native) |
           bit(row.external != 0, has_external) | bit(row.zone_assumed, zone_assumed) |
           bit(row.edited, edited) | bit(row.deleted, deleted) |
           bit(row.raw_is_object, raw_is_object) | bit(row.text_here, text_here) |
           bit(row.unparsed, unparsed) | bit(row.answer, answer) | bit(row.bare, bare) |
           bit(!row.content.empty(), has_content) | bit(row.edited_us.has_value(), has_edited_at);
}

std::uint64_t more_of(const Row& row) {
    return bit(!row.key.empty(), more_key) | bit(row.key_after_id, more_key_after_id) |
           bit(row.folder != 0, more_folder) | bit(row.flags != 0, more_flags) |
           bit(row.member != 0, more_member) | bit(!row.references.empty(), more_references) |
           bit(!row.in_reply_to.empty(), more_in_reply_to) |
           bit(!row.reply_natives.empty(), more_reply_natives) |
           bit(row.list_id != 0, more_list_id) | bit(row.labels != 0, more_labels) |
           bit(row.action != 0, more_action) | bit(!row.thread_index.empty(), more_thread_index) |
           bit(!row.target.empty(), more_target) | bit(!row.marks.empty(), more_marks) |
           bit(!row.mark_detail.empty(), more_detail) | bit(!row.zones.empty(), more_zones) |
           bit(!row.reactions.empty(), more_reactions) |
           bit(!row.attachments.empty(), more_attachments);
}

void pack_ids(Writer& w, const std::vector<std::int64_t>& ids) {
    w.varint(ids.size());
    // Ids of one thread are near each other, so their differences are short.
    std::int64_t last = 0;
    for (const auto one : ids) {
        w.zigzag(minus(one, last));
        last = one;
    }
}

// A count that cannot be larger than the bytes that are left.
std::size_t count_of(Reader& in) {
    const auto count = in.varint();
    return count <= in.left() ? count : 0;
}

void unpack_ids(Reader& in, std::vector<std::int64_t>& ids) {
    const auto count = count_of(in);
    ids.reserve(count);
    std::int64_t last = 0;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(last = plus(last, in.zigzag()));
}

void pack_attachment(Writer& w, const PackedAttachment& packed) {
    const auto& a = packed.attachment;
    w.u8(static_cast<std::uint8_t>((a.sha256 ? 1 : 0) | (a.inline_ ? 2 : 0) |
                                   (a.encrypted ? 4 : 0) | (a.content_id.empty() ? 0 : 8) |
                                   (a.missing.empty() ? 0 : 16)));
    w.text(a.name);
    w.varint(number(packed.type));
    w.varint(a.size);
    w.text(a.locator);
    if (a.sha256) w.raw(as_bytes(*a.sha256));
    if (!a.content_id.empty()) w.text(a.content_id);
    if (!a.missing.empty()) w.text(a.missing);
}

PackedAttachment unpack_attachment(Reader& in) {
    PackedAttachment packed;
    auto& a = packed.attachment;
    const auto flags = in.u8();
    a.inline_ = (flags & 2) != 0;
    a.encrypted = (flags & 4) != 0;
    a.name = in.text();
    packed.type = id(in);
    a.size = in.varint();
    a.locator = in.text();
    if (flags & 1) a.sha256 = as_digest(in.raw(32));
    if (flags & 8) a.content_id = in.text();
    if (flags & 16) a.missing = in.text();
    return packed;
}

void pack_zones(Writer& w, const std::vector<model::Zone>& zones) {
    w.varint(zones.size());
    std::uint32_t last = 0;
    for (const auto& zone : zones) {
        w.u8(static_cast<std::uint8_t>(zone.kind));
        w.zigzag(std::int64_t(zone.begin) - std::int64_t(last));
        w.zigzag(std::int64_t(zone.end) - std::int64_t(zone.begin));
        last = zone.end;
    }
}

void unpack_zones(Reader& in, std::vector<model::Zone>& zones) {
    const auto count = count_of(in);
    std::uint32_t last = 0;
    for (std::size_t i = 0; i < count; ++i) {
        model::Zone zone;
        zone.kind = static_cast<model::ZoneKind>(in.u8());
        zone.begin = static_cast<std::uint32_t>(plus(last, in.zigzag()));
        zone.end = static_cast<std::uint32_t>(plus(zone.begin, in.zigzag()));
        last = zone.end;
        zones.push_back(zone);
    }
}

void pack_more(Writer& w, const Row& row) {
    const auto more = more_of(row);
    w.varint(more);
    if (more & more_key) w.text(row.key);
    if (more & more_folder) w.varint(number(row.folder));
    if (more & more_flags) w.varint(number(row.flags));
    if (more & more_member) w.varint(number(row.member));
    if (more & more_references) pack_ids(w, row.references);
    if (more & more_in_reply_to) pack_ids(w, row.in_reply_to);
    if (more & more_reply_natives) {
        w.varint(row.reply_natives.size());
        for (const auto& one : row.reply_natives) w.text(one);
        w.varint(row.reply_native_count);
    }
    if (more & more_list_id) w.varint(number(row.list_id));
    if (more & more_labels) w.varint(number(row.labels));
    if (more & more_action) w.varint(number(row.action));
    if (more & more_thread_index) w.text(row.thread_index);
    if (more & more_target) w.text(row.target);
    if (more & more_marks) pack_ids(w, row.marks);
    if (more & more_detail) w.text(row.mark_detail);
    if (more & more_zones) pack_zones(w, row.zones);
    if (more & more_reactions) {
        w.varint(row.reactions.size());
        for (const auto& one : row.reactions) {
            w.text(one.emoji);
            w.varint(one.count);
        }
    }
    if (more & more_attachments)
        for (const auto& one : row.attachments) pack_attachment(w, one);
}

void unpack_more(Reader& in, Row& row) {
    const auto more = in.varint();
    row.key_after_id = (more & more_key_after_id) != 0;
    if (more & more_key) row.key = in.text();
    if (more & more_folder) row.folder = id(in);
    if (more & more_flags) row.flags = id(in);
    if (more & more_member) row.member = id(in);
    if (more & more_references) unpack_ids(in, row.references);
    if (more & more_in_reply_to) unpack_ids(in, row.in_reply_to);
    if (more & more_reply_natives) {
        const auto count = count_of(in);
        for (std::size_t i = 0; i < count; ++i) row.reply_natives.emplace_back(in.text());
        row.reply_native_count = in.varint();
    }
    if (more & more_list_id) row.list_id = id(in);
    if (more & more_labels) row.labels = id(in);
    if (more & more_action) row.action = id(in);
    if (more & more_thread_index) row.thread_index = in.text();
    if (more & more_target) row.target = in.text();
    if (more & more_marks) unpack_ids(in, row.marks);
    if (more & more_detail) row.mark_detail = in.text();
    if (more & more_zones) unpack_zones(in, row.zones);
    if (more & more_reactions) {
        const auto count = count_of(in);
        for (std::size_t i = 0; i < count; ++i) {
            model::Reaction one;
            one.emoji = in.text();
            one.count = static_cast<std::uint32_t>(in.varint());
            row.reactions.push_back(std::move(one));
        }
    }
    if (more & more_attachments)
        for (std::uint64_t i = 0; i < row.attachment_count && in.ok(); ++i)
            row.attachments.push_back(unpack_attachment(in));
}

void unpack_times(Reader& in, std::uint64_t bits, Row& row) {
    const auto sort_us = row.sort_ms * 1000;
    if (bits & has_sent) row.sent_us = bits & sent_is_sort ? sort_us : plus(sort_us, in.zigzag());
    if (bits & has_received)
        row.received_us = bits & received_is_sort ? sort_us : plus(sort_us, in.zigzag());
    if (bits & has_edited_at) row.edited_us = plus(sort_us, in.zigzag());
}

void unpack_bits(std::uint64_t bits, Row& row) {
    row.zone_assumed = (bits & zone_assumed) != 0;
    row.edited = (bits & edited) != 0;
    row.deleted = (bits & deleted) != 0;
    row.raw_is_object = (bits & raw_is_object) != 0;
    row.text_here = (bits & text_here) != 0;
    row.unparsed = (bits & unparsed) != 0;
    row.answer = (bits & answer) != 0;
    row.bare = (bits & bare) != 0;
}

void unpack_parties(Reader& in, Row& row) {
    const auto parties = count_of(in);
    row.parties.reserve(parties);
    for (std::size_t i = 0; i < parties; ++i) {
        PackedParty party;
        party.role = static_cast<model::Role>(in.u8());
        party.address = id(in);
        party.name = id(in);
        row.parties.push_back(party);
    }
}

}  // namespace

void pack(const Row& row, std::string& out) {
    const auto bits = bits_of(row);
    const auto from_sort = [&](std::int64_t us) { return minus(us, row.sort_ms * 1000); };
    Writer w(out);
    w.varint(bits);
    w.u8(static_cast<std::uint8_t>(row.channel));
    w.u8(static_cast<std::uint8_t>(row.event));
    w.zigzag(minus(row.seq, row.context));
    w.zigzag(row.at_after_context);
    if ((bits & has_sent) && !(bits & sent_is_sort)) w.zigzag(from_sort(*row.sent_us));
    if ((bits & has_received) && !(bits & received_is_sort)) w.zigzag(from_sort(*row.received_us));
    if (bits & has_edited_at) w.zigzag(from_sort(*row.edited_us));
    w.varint(row.raw_size);
    w.raw(as_bytes(row.raw_sha256));
    w.varint(row.position);
    if (row.slice) {
        w.varint(row.slice->offset);
        w.varint(row.slice->length);
    }
    if (bits & has_native) w.text(row.native);
    if (bits & has_external) w.varint(number(row.external));
    if (bits & has_content) w.text(row.content);
    w.varint(row.parties.size());
    for (const auto& party : row.parties) {
        w.u8(static_cast<std::uint8_t>(party.role));
        w.varint(number(party.address));
        w.varint(number(party.name));
    }
    w.varint(row.attachment_count);
    pack_more(w, row);
}

Result<void> unpack(std::string_view blob, Depth depth, Row& row) {
    Reader in(blob);
    const auto bits = in.varint();
    unpack_bits(bits, row);
    row.channel = static_cast<model::Channel>(in.u8());
    row.event = static_cast<model::Event>(in.u8());
    row.context = minus(row.seq, in.zigzag());
    row.at_after_context = in.zigzag();
    unpack_times(in, bits, row);
    row.raw_size = in.varint();
    if (const auto digest = as_digest(in.raw(32))) row.raw_sha256 = *digest;
    row.position = in.varint();
    if (bits & has_slice) {
        row.slice.emplace();
        row.slice->offset = static_cast<std::uint32_t>(in.varint());
        row.slice->length = static_cast<std::uint32_t>(in.varint());
    }
    if (bits & has_native) row.native = in.text();
    if (bits & has_external) row.external = id(in);
    if (bits & has_content) row.content = in.text();
    unpack_parties(in, row);
    row.attachment_count = in.varint();
    if (depth == Depth::full) unpack_more(in, row);
    if (!in.ok() || (depth == Depth::full && !in.done()))
        return fail(Errc::corrupt, "a catalogue row cannot be read", "run letopis rebuild catalog");
    return {};
}

std::string native_key(std::string_view id) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
    const bool canonical = error == std::errc() && end == id.data() + id.size() &&
                           (id.front() != '0' || id.size() == 1);
    std::string key;
    if (!canonical) {
        // Text is UTF-8 and has no such first byte; should it have one, it is told apart.
        if (!id.empty() && static_cast<unsigned char>(id.front()) >= 0xf7) key.push_back('\xf7');
        key.append(id);
        return key;
    }
    int size = 1;
    while (size < 8 && (value >> (8 * size)) != 0) ++size;
    key.push_back(static_cast<char>(0xf7 + size));
    for (int i = size - 1; i >= 0; --i) key.push_back(static_cast<char>(value >> (8 * i)));
    return key;
}

std::string native_id(std::string_view key) {
    if (key.empty() || static_cast<unsigned char>(key.front()) < 0xf7) return std::string(key);
    if (key.front() == '\xf7') return std::string(key.substr(1));
    std::uint64_t value = 0;
    for (const char c : key.substr(1)) value = value << 8 | static_cast<unsigned char>(c);
    return std::to_string(value);
}

}  // namespace letopis::catalog
