// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/digest.hpp"

#include "crypto/crypto.hpp"

namespace letopis::catalog {

namespace {

// Every value with its length or in a fixed form, so that no two contents read the same.
class Hasher {
public:
    void text(std::string_view value) { writer_.text(value); }
    void number(std::uint64_t value) { writer_.varint(value); }
    void seq(Seq value) { writer_.varint(value.value()); }
    void moment(Instant value) { writer_.zigzag(to_micros(value)); }
    void maybe(const std::optional<Instant>& value) {
        writer_.u8(value.has_value());
        if (value) moment(*value);
    }
    void maybe(const std::optional<Seq>& value) {
        writer_.u8(value.has_value());
        if (value) seq(*value);
    }
    void digest(const Digest& value) { writer_.raw(as_bytes(value)); }
    // Between records, so that the buffer stays small.
    void pour() {
        sum_.update(buffer_);
        buffer_.clear();
    }
    std::string finish() {
        pour();
        return hex(sum_.finish());
    }

private:
    crypto::Sha256 sum_;
    std::string buffer_;
    Writer writer_{buffer_};
};

void add(Hasher& h, const MessageDetail& m) {
    h.seq(m.seq);
    h.seq(m.message);
    h.seq(m.current);
    h.moment(m.at);
    h.moment(m.sort_date);
    h.seq(m.context);
    for (const auto* text : {&m.source, &m.key, &m.folder, &m.flags, &m.member}) h.text(*text);
    h.number(m.position);
    h.maybe(m.received);
    h.number(m.raw_size);
    h.digest(m.raw_sha256);
    h.number(m.raw_is_object);
    h.text(model::encode(m.parsed));
    h.number(m.attachments.size());
    for (const auto& view : m.attachments) {
        const auto& a = view.attachment;
        for (const auto* text : {&a.name, &a.type, &a.locator, &a.content_id, &a.missing})
            h.text(*text);
        h.number(a.size);
        h.digest(a.sha256.value_or(Digest{}));
        h.number(static_cast<std::uint64_t>((a.sha256 ? 1 : 0) | (a.inline_ ? 2 : 0) |
                                            (a.encrypted ? 4 : 0)));
        h.maybe(view.file);
    }
    h.text(m.conversation.source);
    h.text(m.conversation.key);
    h.seq(m.conversation.first);
    h.text(m.conversation_title);
    h.maybe(m.reply_to);
    h.text(m.reply_to_id);
    h.maybe(m.deleted_at);
    h.maybe(m.twin_of);
    h.number(m.deliveries.size());
    for (const auto& d : m.deliveries) {
        h.seq(d.seq);
        h.moment(d.at);
        h.seq(d.context);
        for (const auto* text : {&d.folder, &d.flags, &d.member}) h.text(*text);
        h.number(d.position);
    }
    h.number(m.tags.size());
    for (const auto& tag : m.tags) h.text(tag);
}

Result<void> add_messages(Hasher& h, Store& store, Answers& answers) {
    Query all{"SELECT seq FROM message ORDER BY seq"};
    TRY(auto found, store.rows(all));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return {};
        const Seq seq(found->number(0));
        TRY(const auto detail, answers.message(seq));
        add(h, detail);
        TRY(const auto text, answers.text(seq));
        h.text(text.text.value_or(""));
        h.pour();
    }
}

// Tables that hold nothing but stable values.
Result<void> add_table(Hasher& h, Store& store, const char* select, int columns) {
    Query query{select};
    TRY(auto found, store.rows(query));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) break;
        for (int i = 0; i < columns; ++i) h.text(found->text(i));
        h.pour();
    }
    h.text("end of table");
    return {};
}

Result<void> add_derived(Hasher& h, Store& store, Records& records) {
    Query all{"SELECT DISTINCT of FROM derived ORDER BY of"};
    TRY(auto found, store.rows(all));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return {};
        TRY(const auto texts, records.derived(Seq(found->number(0))));
        for (const auto& one : texts) {
            h.seq(one.seq);
            h.seq(one.of);
            for (const auto* text : {&one.locator, &one.text, &one.tool, &one.version})
                h.text(*text);
            h.pour();
        }
    }
}

Result<void> add_people(Hasher& h, Answers& answers) {
    return answers.each_correspondent([&](const Correspondent& person) {
        h.number(static_cast<std::uint64_t>(person.kind));
        h.text(person.address);
        h.number(person.messages);
        h.seq(person.first);
        h.number(person.names.size());
        for (const auto& name : person.names) {
            h.text(name.name);
            h.number(name.count);
        }
        h.pour();
    });
}

constexpr const char* contexts =
    "SELECT seq, name, at, c.title, c.channel, facts, input FROM context c JOIN source s ON "
    "s.id=c.source ORDER BY seq";
constexpr const char* sources =
    "SELECT name, title, channel, captured, deliveries, files FROM source ORDER BY name";
constexpr const char* books =
    "SELECT name, run, seq, at, seen, stored, duplicates, refused, pending, marked, b.files, "
    "finished FROM run_books b JOIN source s ON s.id=b.source ORDER BY name, run";
constexpr const char* refusals =
    "SELECT name, seq, number, item, reason FROM refusal r JOIN source s ON s.id=r.source ORDER BY "
    "name, seq, number";
constexpr const char* files =
    "SELECT seq, context, at, path, size, hex(sha256), coalesce(text, '') FROM file LEFT JOIN word "
    "ON word.id=file.type ORDER BY seq";
// Deliveries and tags of what is no message here (yet) are content too.
constexpr const char* deliveries =
    "SELECT d.seq, message, context, at, position, coalesce(f.text, ''), coalesce(l.text, ''), "
    "coalesce(m.text, '') FROM delivery d LEFT JOIN word f ON f.id=folder LEFT JOIN word l ON "
    "l.id=flags LEFT JOIN word m ON m.id=member ORDER BY d.seq";
constexpr const char* tags =
    "SELECT w.text, message, seq, coalesce(b.text, '') FROM tag JOIN word w ON w.id=tag.word LEFT "
    "JOIN word b ON b.id=tag.by ORDER BY w.text, message";
constexpr const char* tombstones =
    "SELECT coalesce(s.name, ''), coalesce(c.key, ''), hex(native), t.seq, t.at FROM tombstone t "
    "LEFT JOIN conversation c ON c.id=t.conversation LEFT JOIN source s ON s.id=c.source ORDER BY "
    "t.seq";
constexpr const char* others = "SELECT kind, known, count FROM other ORDER BY kind, known";
// Ids that were only mentioned: they decide where a late message will go.
constexpr const char* ghosts = "SELECT text FROM external WHERE message IS NULL ORDER BY text";

}  // namespace

Result<std::string> digest_of(Store& store, Answers& answers, Records& records) {
    Hasher h;
    h.number(schema_version);
    h.number(threading_version);
    TRY_DO(add_messages(h, store, answers));
    TRY_DO(add_people(h, answers));
    TRY_DO(add_table(h, store, contexts, 7));
    TRY_DO(add_table(h, store, sources, 6));
    TRY_DO(add_table(h, store, books, 12));
    TRY_DO(add_table(h, store, refusals, 5));
    TRY_DO(add_table(h, store, files, 7));
    TRY_DO(add_table(h, store, deliveries, 8));
    TRY_DO(add_table(h, store, tags, 4));
    TRY_DO(add_table(h, store, tombstones, 5));
    TRY_DO(add_table(h, store, others, 3));
    TRY_DO(add_table(h, store, ghosts, 1));
    TRY_DO(add_derived(h, store, records));
    TRY(const auto position, store.meta("position", 0));
    h.number(static_cast<std::uint64_t>(position));
    return h.finish();
}

}  // namespace letopis::catalog
