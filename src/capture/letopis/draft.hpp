// SPDX-License-Identifier: AGPL-3.0-or-later
// A message that is being put together from named fields; both our formats fill one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/chat/chat.hpp"
#include "model/message.hpp"

namespace letopis::capture::letopis {

// How dates without a zone and 1/2/2026 are to be read; from the context's facts.
struct Reading {
    chat::Zone zone;
    std::string date_order;  // "dmy", "mdy"; "" is dmy
};
Reading reading_of(std::string_view context_facts);
// The same as JSON members without braces, to be put into the facts.
std::string reading_facts(const chat::Zone& zone, std::string_view date_order);

class Draft {
public:
    explicit Draft(const Reading& reading) : reading_(reading) {}

    void channel(std::string_view name);
    void event(std::string_view name);
    void id(std::string_view text) { id_ = text; }
    void chat(std::string_view key) { chat_ = key; }
    void chat_title(std::string_view title) { chat_title_ = title; }
    void date(std::string_view text);
    void edited_at(std::string_view text);
    // `kind` may be empty: then the address tells.
    void party(model::Role role,
               std::string_view name,
               std::string_view address,
               std::string_view kind = {});
    void subject(std::string_view text) { message_.subject = chat::clean(text); }
    void text(std::string_view text);
    void reply_to(std::string_view id);
    void reference(std::string_view id);
    void target(std::string_view id) { target_ = id; }
    void action(std::string_view name) { message_.action = chat::clean(name); }
    void attachment(model::Attachment attachment);
    void tag(std::string_view name);
    void mark(std::string_view name);
    // The first problem is the one that is told.
    void problem(std::string what);

    model::Message finish();

private:
    struct Person {
        model::Role role;
        std::string name;
        std::string address;
        std::string kind;
    };
    void settle(const Person& person);
    std::string message_id(std::string_view id) const;
    std::optional<Instant> moment(std::string_view text, std::string_view field);

    const Reading& reading_;
    model::Message message_;
    std::string id_;
    std::string chat_;
    std::string chat_title_;
    std::string target_;
    std::vector<std::string> replies_;
    std::vector<std::string> references_;
    std::vector<Person> people_;
};

}  // namespace letopis::capture::letopis
