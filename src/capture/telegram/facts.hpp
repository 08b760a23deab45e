// SPDX-License-Identifier: AGPL-3.0-or-later
// What the reader tells the parser about a chat (Context.facts), and the light look into an entry
// that the reader itself needs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/chat/chat.hpp"

namespace letopis::capture::telegram {

constexpr std::array<std::string_view, 10> chat_types{"saved_messages",
                                                      "replies",
                                                      "personal_chat",
                                                      "bot_chat",
                                                      "private_group",
                                                      "private_supergroup",
                                                      "public_supergroup",
                                                      "private_channel",
                                                      "public_channel",
                                                      "verification_codes"};

// "user", "chat" or "channel": whose numbers the chat's id belongs to; "peer" for a type that is
// not known.
std::string_view peer_class(std::string_view chat_type);
// "user" + "4242" -> "user4242"; "user4242" stays; empty when there are no digits.
std::string peer_key(std::string_view kind, std::string_view id);
// "4242", "user4242" -> "user4242".
std::string owner_key(std::string_view owner);

struct ChatHeader {
    std::string name, type, id;  // as the export writes them; may be empty
    std::string key() const;     // "user777000111"; empty without an id
};

struct Facts {
    ChatHeader header;
    std::string owner;  // "user4242"; empty: not known
    std::string phone;  // of the other side, from the contact list; as given
    bool left = false;  // the account has left the chat
    bool nested = false;
    std::uint64_t ordinal = 1;  // of the chat in the file
    chat::Zone zone;
    std::string base;  // folder of the export inside its archive, with '/'
};
std::string facts_json(const Facts& facts);
// Whatever is missing or broken stays empty; never throws.
Facts facts_from_json(std::string_view json);

struct Labels {
    std::string id;                  // of the message; empty when it has none
    std::vector<std::string> files;  // safe paths of media that the export carries
};
Labels labels_of(std::string_view entry);

}  // namespace letopis::capture::telegram
