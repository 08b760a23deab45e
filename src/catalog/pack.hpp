// SPDX-License-Identifier: AGPL-3.0-or-later
// A row of `message` as one compact blob: what no SQL needs to look at costs no column. Internal
// ids stand for names; Row is the unpacked form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/message.hpp"

namespace letopis::catalog {

struct PackedParty {
    model::Role role = model::Role::from;
    std::int64_t address = 0;
    std::int64_t name = 0;  // 0: none given
};

struct PackedAttachment {
    model::Attachment attachment;  // without type and text
    std::int64_t type = 0;         // word, 0: none
};

struct Row {
    // Columns of their own.
    std::int64_t seq = 0;
    std::int64_t conversation = 0;
    std::int64_t sort_ms = 0;
    std::optional<std::int64_t> main;  // no_main: a deletion whose message is not here (yet)
    std::string subject;

    // In the blob, the part that lists need.
    model::Channel channel = model::Channel::other;
    model::Event event = model::Event::message;
    std::int64_t context = 0;
    std::int64_t at_after_context = 0;  // µs between the context's record and this one
    std::optional<std::int64_t> sent_us;
    std::optional<std::int64_t> received_us;
    std::optional<std::int64_t> edited_us;
    bool zone_assumed = false;
    bool edited = false;
    bool deleted = false;
    bool raw_is_object = false;
    bool text_here = false;
    bool unparsed = false;
    bool answer = false;  // its subject has a reply prefix
    bool bare = false;    // a mail without references of any kind
    std::uint64_t raw_size = 0;
    Digest raw_sha256{};
    std::uint64_t position = 0;
    std::optional<model::Slice> slice;
    std::string native;         // chats: native id (native_key form)
    std::int64_t external = 0;  // mail: own Message-ID
    std::string content;        // 16 bytes, mail with a Message-ID
    std::vector<PackedParty> parties;
    std::uint64_t attachment_count = 0;

    // The part that only the detail needs.
    std::string key;
    bool key_after_id = false;  // the key is the message id and then `key`
    std::int64_t folder = 0, flags = 0, member = 0;
    std::vector<std::int64_t> references;    // mail
    std::vector<std::int64_t> in_reply_to;   // mail
    std::vector<std::string> reply_natives;  // chats: both lists, in_reply_to first
    std::uint64_t reply_native_count = 0;    // how many of them are in_reply_to
    std::int64_t list_id = 0, labels = 0, action = 0;
    std::string thread_index;
    std::string target;
    std::vector<std::int64_t> marks;
    std::string mark_detail;
    std::vector<model::Zone> zones;
    std::vector<model::Reaction> reactions;
    std::vector<PackedAttachment> attachments;
};

constexpr std::int64_t no_main = -1;

enum class Depth : std::uint8_t { list, full };

void pack(const Row& row, std::string& out);
// seq, sort_ms must be set. corrupt when the blob is not what pack() made.
Result<void> unpack(std::string_view blob, Depth depth, Row& row);

// Native ids are mostly decimal numbers: a short form for keys. Reversible.
std::string native_key(std::string_view id);
std::string native_id(std::string_view key);

}  // namespace letopis::catalog
