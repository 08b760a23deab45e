// SPDX-License-Identifier: AGPL-3.0-or-later
#include "model/message.hpp"

#include <array>
#include <cstdlib>

namespace letopis::model {

std::string_view name(Channel channel) {
    switch (channel) {
        case Channel::other: return "other";
        case Channel::email: return "email";
        case Channel::telegram: return "telegram";
        case Channel::whatsapp: return "whatsapp";
    }
    std::abort();
}

std::optional<Channel> channel_named(std::string_view text) {
    for (const auto channel :
         {Channel::other, Channel::email, Channel::telegram, Channel::whatsapp})
        if (name(channel) == text) return channel;
    return std::nullopt;
}

std::string_view name(Event event) {
    switch (event) {
        case Event::message: return "message";
        case Event::edit: return "edit";
        case Event::deletion: return "deletion";
        case Event::service: return "service";
    }
    std::abort();
}

std::string_view name(Role role) {
    switch (role) {
        case Role::from: return "from";
        case Role::sender: return "sender";
        case Role::reply_to: return "reply_to";
        case Role::to: return "to";
        case Role::cc: return "cc";
        case Role::bcc: return "bcc";
        case Role::member: return "member";
        case Role::forwarded_from: return "forwarded_from";
    }
    std::abort();
}

std::string_view name(AddressKind kind) {
    switch (kind) {
        case AddressKind::email: return "email";
        case AddressKind::phone: return "phone";
        case AddressKind::telegram: return "telegram";
        case AddressKind::whatsapp: return "whatsapp";
        case AddressKind::name: return "name";
    }
    std::abort();
}

namespace {

// One description of the layout serves both directions, so that they cannot drift apart.
struct Out {
    Writer w;
    void number(auto& value) { w.varint(static_cast<std::uint64_t>(value)); }
    template <class E>
    void enumerator(E& value, E, E) {
        w.u8(static_cast<std::uint8_t>(value));
    }
    void flag(bool& value) { w.u8(value ? 1 : 0); }
    void text(std::string& value) { w.text(value); }
    void instant(std::optional<Instant>& value) {
        w.u8(value ? 1 : 0);
        if (value) w.zigzag(to_micros(*value));
    }
    void digest(std::optional<Digest>& value) {
        w.u8(value ? 1 : 0);
        if (value) w.raw(as_bytes(*value));
    }
    void slice(std::optional<Slice>& value) {
        w.u8(value ? 1 : 0);
        if (value) {
            w.varint(value->offset);
            w.varint(value->length);
        }
    }
    template <class T>
    void list(std::vector<T>& items, auto each) {
        w.varint(items.size());
        for (auto& item : items) each(item);
    }
};

struct In {
    Reader r;
    bool good = true;
    template <class T>
    void number(T& value) {
        const auto got = r.varint();
        value = static_cast<T>(got);
        if (static_cast<std::uint64_t>(value) != got) good = false;
    }
    template <class E>
    void enumerator(E& value, E first, E last) {
        const auto got = r.u8();
        if (got < static_cast<std::uint8_t>(first) || got > static_cast<std::uint8_t>(last))
            good = false;
        else
            value = static_cast<E>(got);
    }
    void flag(bool& value) {
        const auto got = r.u8();
        if (got > 1) good = false;
        value = got == 1;
    }
    void text(std::string& value) { value = r.text(); }
    bool present() {
        bool there = false;
        flag(there);
        return there && r.ok();
    }
    void instant(std::optional<Instant>& value) {
        if (present()) value = from_micros(r.zigzag());
    }
    void digest(std::optional<Digest>& value) {
        if (present()) {
            value = as_digest(r.raw(32));
            if (!value) good = false;
        }
    }
    void slice(std::optional<Slice>& value) {
        if (present()) {
            value.emplace();
            number(value->offset);
            number(value->length);
        }
    }
    template <class T>
    void list(std::vector<T>& items, auto each) {
        const auto count = r.varint();
        if (count > r.left()) {  // every item takes at least a byte
            good = false;
            return;
        }
        items.resize(static_cast<std::size_t>(count));
        for (auto& item : items) {
            if (!r.ok() || !good) return;
            each(item);
        }
    }
};

constexpr std::uint8_t codec_version = 2;

void visit(auto& io, Message& m) {
    const auto text = [&](std::string& value) { io.text(value); };
    io.enumerator(m.event, Event::message, Event::service);
    io.enumerator(m.channel, Channel::other, Channel::whatsapp);
    io.text(m.message_id);
    io.list(m.in_reply_to, text);
    io.list(m.references, text);
    io.text(m.conversation);
    io.text(m.target);
    io.text(m.subject);
    io.instant(m.sent_at);
    io.flag(m.zone_assumed);
    io.list(m.parties, [&](Party& p) {
        io.enumerator(p.role, Role::from, Role::forwarded_from);
        io.enumerator(p.kind, AddressKind::email, AddressKind::name);
        io.text(p.address);
        io.text(p.name);
    });
    io.text(m.text);
    io.text(m.html_words);
    io.slice(m.slice);
    io.list(m.zones, [&](Zone& z) {
        io.enumerator(z.kind, ZoneKind::quote, ZoneKind::disclaimer);
        io.number(z.begin);
        io.number(z.end);
    });
    io.list(m.attachments, [&](Attachment& a) {
        io.text(a.name);
        io.text(a.type);
        io.number(a.size);
        io.digest(a.sha256);
        io.text(a.locator);
        io.text(a.content_id);
        io.text(a.text);
        io.text(a.missing);
        io.flag(a.inline_);
        io.flag(a.encrypted);
    });
    io.list(m.reactions, [&](Reaction& reaction) {
        io.text(reaction.emoji);
        io.number(reaction.count);
    });
    io.instant(m.edited_at);
    io.flag(m.edited);
    io.flag(m.deleted);
    io.text(m.action);
    io.text(m.list_id);
    io.text(m.thread_index);
    io.text(m.labels);
    io.list(m.marks, text);
    io.text(m.mark_detail);
}

}  // namespace

std::string encode(const Message& message) {
    std::string bytes;
    bytes.reserve(message.text.size() + 256);
    Out out{Writer(bytes)};
    out.w.u8(codec_version);
    visit(out, const_cast<Message&>(message));  // Out only reads
    return bytes;
}

Result<Message> decode(std::string_view bytes) {
    In in{.r = Reader(bytes)};
    if (in.r.u8() != codec_version)
        return fail(Errc::invalid, "a parsed message of another codec version");
    Message message;
    visit(in, message);
    if (!in.good || !in.r.done())
        return fail(Errc::invalid, "a parsed message that does not decode");
    return message;
}

}  // namespace letopis::model
