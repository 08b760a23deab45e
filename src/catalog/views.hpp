// SPDX-License-Identifier: AGPL-3.0-or-later
// What the catalogue answers with: values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "model/message.hpp"

namespace letopis::catalog {

// How a conversation is named outside: chats by source and key, mail by its lowest message.
// `first` is the lowest message in both.
struct ConversationName {
    std::string source;  // empty for mail
    std::string key;     // empty for mail
    Seq first;
    bool operator==(const ConversationName&) const = default;
};

// Where the text of a record is: a slice of its raw bytes, or here.
struct TextPlace {
    std::optional<model::Slice> slice;
    std::optional<std::string> text;  // absent when there is a slice; empty text is present
    bool raw_is_object = false;
    std::uint64_t raw_size = 0;
    Instant date{};  // and what else is said beside it
    std::string subject;
    std::uint32_t attachments = 0;
};

// A line of a list. Parties and date are those of the message, subject and counts those of its
// current version.
struct MessageRow {
    Seq seq;
    Seq message;  // itself, or the message that this record is a version or deletion of
    Seq current;  // the record that holds the current content (itself when never edited)
    Instant date{};
    model::Channel channel = model::Channel::other;
    model::Event event = model::Event::message;
    model::Party from;             // empty address when nobody is named
    std::vector<model::Party> to;  // role to, at most 10
    std::uint32_t to_count = 0;    // all of role to
    std::string subject;
    std::string message_id;
    std::optional<Seq> conversation;  // its first message; none when it belongs to no conversation
    std::string conversation_title;   // chats
    std::uint32_t attachments = 0;
    bool edited = false;
    std::optional<Instant> deleted_at;
    bool unparsed = false;
    std::optional<Seq> twin_of;
    TextPlace text;  // of exactly this record, where it was asked for
};

struct AttachmentView {
    model::Attachment attachment;  // without its text
    std::optional<Seq> file;       // chat media: the file record, once it is there
};

struct Version {
    Seq seq;
    Instant at{};
    std::optional<Instant> edited_at;
    model::Event event = model::Event::message;
    bool current = false;
    bool deleted_marker = false;  // this capture shows that the message was withdrawn
};

struct Delivery {
    Seq seq;
    Instant at{};
    Seq context;
    std::string source;
    std::string folder;
    std::string flags;
    std::string member;
    std::uint64_t position = 0;
};

struct MessageDetail {
    Seq seq;
    Seq message;  // itself, or the message that this record is a version or deletion of
    Seq current;
    Instant at{};         // of the journal record
    Instant sort_date{};  // believed date, whole milliseconds
    Seq context;
    std::string source;
    std::string key;
    std::uint64_t position = 0;
    std::string folder;
    std::string flags;
    std::string member;
    std::optional<Instant> received;
    std::uint64_t raw_size = 0;
    Digest raw_sha256{};
    bool raw_is_object = false;

    // As parsed; without text and without the text of attachments, cut at the limits.
    model::Message parsed;
    bool text_in_catalog = false;
    std::vector<AttachmentView> attachments;  // replaces parsed.attachments, which is empty
    ConversationName conversation;
    std::string conversation_title;
    std::optional<Seq> reply_to;        // the parent, when it is here
    std::string reply_to_id;            // the parent's native id; a ghost when reply_to is absent
    std::vector<Version> versions;      // all captures of this message, this first one included;
                                        // empty when there is one only
    std::optional<Instant> deleted_at;  // withdrawn in its channel; the content is kept
    std::optional<Seq> twin_of;         // the lowest message with the same id and content
    std::vector<Delivery> deliveries;   // of the same bytes, the first one not included
    std::vector<std::string> tags;
};

struct ConversationItem {
    Seq seq;
    Instant date{};
    std::optional<Seq> twin_of;  // a second copy of a mail, to be folded into the first
};

// At most `limit` messages after or before one of them (exclusive), else from the beginning.
struct PageRequest {
    std::optional<Seq> after = std::nullopt;
    std::optional<Seq> before = std::nullopt;
    std::uint32_t limit = 200;
};

struct ConversationPage {
    ConversationName name;
    std::string title;
    model::Channel channel = model::Channel::other;
    std::uint64_t messages = 0;
    Instant first_date{};
    Instant last_date{};
    std::vector<ConversationItem> items;  // oldest first
    bool more_before = false;
    bool more_after = false;
};

struct NameSeen {
    std::string name;
    std::uint64_t count = 0;
};

struct Correspondent {
    model::AddressKind kind = model::AddressKind::name;
    std::string address;
    std::uint64_t messages = 0;   // in which it takes part in any role
    Seq first;                    // the lowest of them
    std::vector<NameSeen> names;  // most frequent first
};

struct TagCount {
    std::string tag;
    std::uint64_t messages = 0;
};

struct Document {
    Seq seq;
    Seq message;  // itself, or the message that this is a version of
    Instant sort_date{};
};

struct StoredFile {
    Seq seq;
    Instant at{};
    Seq context;
    std::string path;
    std::uint64_t size = 0;
    Digest sha256{};
    std::string type;
};

struct Derived {
    Seq seq;
    Seq of;
    std::string locator;
    std::string text;
    std::string tool;
    std::string version;
};

struct ContextView {
    Seq seq;
    Instant at{};
    std::string source;
    std::string title;
    model::Channel channel = model::Channel::other;
    std::string facts;
    std::string input;
};

// A run whose books do not say that it came to its end, nor those of a later one.
struct UnfinishedRun {
    Seq run;
    Seq last;  // its last record
};

// Sums over the runs of a source, beside what is really here.
struct SourceBooks {
    std::string source;
    std::string title;
    model::Channel channel = model::Channel::other;
    std::uint64_t runs = 0;
    std::uint64_t unfinished_runs = 0;
    std::uint64_t seen = 0;
    std::uint64_t stored = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refused = 0;
    std::uint64_t pending = 0;
    std::uint64_t marked = 0;
    std::uint64_t files = 0;
    std::uint64_t refusals_listed = 0;
    std::uint64_t projected = 0;             // captured records of this source in the catalogue
    std::uint64_t projected_deliveries = 0;  // second deliveries
    std::uint64_t projected_files = 0;
    std::optional<Instant> last_at;

    bool balanced() const { return seen == stored + duplicates + refused + pending; }
    bool agrees() const { return stored == projected; }
};

struct Counts {
    std::uint64_t captured = 0;  // records
    std::uint64_t messages = 0;  // without versions and deletions
    std::uint64_t versions = 0;
    std::uint64_t deletions = 0;
    std::uint64_t deliveries = 0;
    std::uint64_t conversations = 0;
    std::uint64_t correspondents = 0;
    std::uint64_t attachments = 0;
    std::uint64_t files = 0;
    std::uint64_t twins = 0;
    std::uint64_t unparsed = 0;
    // Records of kinds that say nothing to the catalogue, and of unknown ones: kind, how many.
    std::vector<std::pair<std::uint16_t, std::uint64_t>> other_kinds;
    std::vector<std::pair<std::uint16_t, std::uint64_t>> unknown_kinds;
};

}  // namespace letopis::catalog
