// SPDX-License-Identifier: AGPL-3.0-or-later
// What a captured item says, once it is parsed: values only. Made by the parsers (letopis-parse),
// read by the projections. All text is valid UTF-8 with LF line ends. Nothing here is the truth;
// the raw bytes in the journal are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace letopis::model {

// Numbers are stored in the journal and the catalogue: add, never reuse. Names are in
// docs/formats/kinds.md.
enum class Channel : std::uint8_t { other = 0, email = 1, telegram = 2, whatsapp = 3 };
std::string_view name(Channel channel);  // "email"
std::optional<Channel> channel_named(std::string_view name);

// What the item is in its channel.
enum class Event : std::uint8_t {
    message = 1,
    edit = 2,      // full new content of an earlier message (target names it)
    deletion = 3,  // an earlier message was withdrawn (target names it)
    service = 4,   // joined, left, title changed, call, pinned …
};
std::string_view name(Event event);

// How the raw bytes are to be read; stands in the descriptor of every captured item and never
// changes its meaning.
enum class Dialect : std::uint8_t {
    mail = 1,           // RFC 5322 bytes as they were delivered (EML, Maildir, IMAP)
    mail_mboxo = 2,     // bytes from an mbox: ">From " at a line start stands for "From "
    mail_mboxrd = 3,    // bytes from an mbox: ">>From " stands for ">From " and so on
    mail_mboxcl2 = 4,   // bytes from an mbox without quoting
    telegram_json = 5,  // one message object of a Telegram Desktop export
    whatsapp_text = 6,  // header line and continuation lines of a WhatsApp export
    letopis_jsonl = 7,  // one line of our own documented JSON schema
    letopis_csv = 8,    // one record of our own documented CSV schema (context holds the header)
};

enum class Role : std::uint8_t {
    from = 1,
    sender = 2,
    reply_to = 3,
    to = 4,
    cc = 5,
    bcc = 6,
    member = 7,
    forwarded_from = 8
};
std::string_view name(Role role);

enum class AddressKind : std::uint8_t {
    email = 1,     // local@domain, lower case, domain as A-label
    phone = 2,     // +79161234567
    telegram = 3,  // user4242, channel45, chat6
    whatsapp = 4,  // a display name inside one chat: "<source>/<name>"; a weak identity
    name = 5,      // only a name was given; a weak identity
};
std::string_view name(AddressKind kind);

struct Party {
    Role role = Role::from;
    AddressKind kind = AddressKind::name;
    std::string address;  // normalised identity, never empty
    std::string name;     // display name as given; may be empty
    bool operator==(const Party&) const = default;
};

struct Attachment {
    std::string name;              // as given, path components stripped; may be empty
    std::string type;              // lower-case media type, "application/pdf"; may be empty
    std::uint64_t size = 0;        // decoded bytes
    std::optional<Digest> sha256;  // of the decoded bytes; none when the bytes are not in the item
                                   // (a chat's media file)
    std::string locator;           // MIME: part path "1.2" (1-based, through multiparts and nested
                                   // messages); chat: relative path of the file in the export
    std::string content_id;        // without <>
    std::string text;  // text of text attachments and of nested messages, for the index; may be cut
                       // at the limit
    std::string missing;  // why the file is not there ("not included", "too big"); empty when it is
    bool inline_ = false;  // shown inside the text rather than attached
    bool encrypted = false;
    bool operator==(const Attachment&) const = default;
};

// Parts of `Message::text`: the new words, what is quoted, the signature. Offsets in bytes,
// ascending, not overlapping; gaps are fresh.
enum class ZoneKind : std::uint8_t {
    quote = 1,
    quote_header = 2,
    signature = 3,
    forward_header = 4,
    disclaimer = 5
};
struct Zone {
    ZoneKind kind = ZoneKind::quote;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool operator==(const Zone&) const = default;
};

// Where `text` stands literally in the raw bytes (UTF-8 or ASCII, no transfer encoding, LF or CRLF
// ends which become LF), so that it need not be stored twice.
struct Slice {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    bool operator==(const Slice&) const = default;
};

struct Reaction {
    std::string emoji;
    std::uint32_t count = 0;
    bool operator==(const Reaction&) const = default;
};

struct Message {
    Event event = Event::message;
    Channel channel = Channel::other;
    std::string message_id;  // mail: Message-ID without <>; chats: native id within the
                             // conversation; may be empty
    std::vector<std::string> in_reply_to;  // ids of the same form
    std::vector<std::string> references;   // mail only, oldest first
    std::string conversation;  // chats: key of the chat within the source; mail: empty (threads are
                               // the catalogue's work)
    std::string target;        // edit and deletion: message_id of the earlier message
    std::string subject;       // mail: decoded; chats: chat title for service events, else empty
    std::optional<Instant> sent_at;  // as the sender or the platform says it
    bool zone_assumed =
        false;  // the source gave local time and the context's zone (or UTC) was used
    std::vector<Party> parties;
    std::string text;  // the body to read and index
    std::string
        html_words;  // mail: what only the HTML form of the text says; to index, not to read
    std::optional<Slice> slice;
    std::vector<Zone> zones;
    std::vector<Attachment> attachments;
    std::vector<Reaction> reactions;
    std::optional<Instant> edited_at;  // the channel says that it was edited at some time
    bool edited = false;
    bool deleted =
        false;  // the channel shows a "this message was deleted" marker instead of content
    std::string
        action;  // service events: the channel's own name of the action; calls: "phone_call"
    std::string list_id;       // mail: List-Id, without <>
    std::string thread_index;  // mail: first 22 bytes of Outlook's Thread-Index, base64
    std::string labels;        // mail: Gmail labels or keywords, comma-separated; may be empty
    // What a reader should know: unparsed, ambiguous, truncated, smime_signed, smime_encrypted,
    // pgp_signed, pgp_encrypted, charset_guessed, no_date, no_from, bad_header, too_many_parts,
    // too_deep, junk_start. The list is in docs/formats/kinds.md.
    std::vector<std::string> marks;
    std::string mark_detail;  // for "unparsed": one line, no content
    bool operator==(const Message&) const = default;
};

// Compact binary form for the worker's pipe (not a stored format). decode refuses anything that
// encode would not make: bad UTF-8 is not checked here, the worker's client does.
std::string encode(const Message& message);
Result<Message> decode(std::string_view bytes);

}  // namespace letopis::model
