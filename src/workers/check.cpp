// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/check.hpp"

#include <algorithm>

#include "extract/wire.hpp"
#include "utf8/utf8.hpp"

namespace letopis::workers {
namespace {

void check(std::string& text) {
    if (!utf8::valid(text)) text = utf8::repair(text);
}
void check(std::vector<std::string>& texts) {
    for (auto& text : texts) check(text);
}

void check_zones(model::Message& message) {
    std::uint32_t at = 0;
    for (const auto& zone : message.zones) {
        if (zone.begin < at || zone.end < zone.begin || zone.end > message.text.size()) {
            message.zones.clear();  // half of a wrong answer is no better than none
            return;
        }
        at = zone.end;
    }
}

}  // namespace

void check_message(model::Message& message, std::string_view raw) {
    if (message.slice) {
        message.text = extract::slice_text(raw, *message.slice);
        if (!utf8::valid(message.text)) message.slice.reset();
    }
    for (auto* text : {&message.message_id,
                       &message.conversation,
                       &message.target,
                       &message.subject,
                       &message.text,
                       &message.html_words,
                       &message.action,
                       &message.list_id,
                       &message.thread_index,
                       &message.labels,
                       &message.mark_detail})
        check(*text);
    check(message.in_reply_to);
    check(message.references);
    check(message.marks);
    for (auto& party : message.parties) {
        check(party.address);
        check(party.name);
    }
    for (auto& attachment : message.attachments)
        for (auto* text : {&attachment.name,
                           &attachment.type,
                           &attachment.locator,
                           &attachment.content_id,
                           &attachment.text,
                           &attachment.missing})
            check(*text);
    for (auto& reaction : message.reactions) check(reaction.emoji);
    check_zones(message);
}

}  // namespace letopis::workers
