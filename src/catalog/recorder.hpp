// SPDX-License-Identifier: AGPL-3.0-or-later
// How a captured item becomes rows.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/packed_text.hpp"
#include "catalog/revisions.hpp"
#include "catalog/store.hpp"
#include "catalog/threading.hpp"

namespace letopis::catalog {

class Recorder {
public:
    Recorder(Store& store, TextPacker& packer)
        : store_(store), packer_(packer), threading_(store), revisions_(store) {}

    Result<void> add(const Captured& record);

private:
    struct Draft {
        Row row;
        std::vector<std::string_view> marks;  // of the catalogue itself
        std::vector<AddressEntry*> addresses;
        std::vector<NameEntry*> names;
        ConversationEntry* conversation = nullptr;
        std::optional<std::int64_t> twin_of;
    };
    Result<void> fill(const Captured& record, const ContextEntry& context, Draft& draft);
    Result<void> fill_parties(const model::Message& parsed, Draft& draft);
    Result<void> fill_attachments(const model::Message& parsed, Draft& draft);
    Result<void> fill_words(const Captured& record, Draft& draft);
    Result<void> fill_chat_ids(const model::Message& parsed, Draft& draft);
    Result<void> place_chat(const Captured& record, const ContextEntry& context, Draft& draft);
    Result<void> place_mail(const Captured& record, Draft& draft);
    Result<void> write(const Captured& record, Draft& draft);
    Result<void> count(Draft& draft, SourceEntry& source);

    Store& store_;
    TextPacker& packer_;
    Threading threading_;
    Revisions revisions_;
    std::string blob_;
    Query add_message_{"INSERT INTO message VALUES(?, ?, ?, ?, ?, ?)"};
    Query add_text_{"INSERT INTO text VALUES(?, ?)"};
    Query add_twin_{"INSERT INTO twin VALUES(?, ?)"};
};

}  // namespace letopis::catalog
