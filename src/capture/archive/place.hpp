// SPDX-License-Identifier: AGPL-3.0-or-later
// What a member's path inside an archive says about it. Paths are labels: nothing is ever written
// to where they point.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace letopis::capture::archive {

// '/'-separated UTF-8 without "", ".", ".." and drive letters; at most 4096 bytes.
std::string label(std::string_view raw_path);

std::string_view base_name(std::string_view path);
std::string_view directory(std::string_view path);  // without the '/' at its end; "" at the top

struct Mailbox {
    std::string folder;  // "INBOX", "Архив/2024"
    std::string flags;
};
// A message of a Maildir: ".../cur/NAME" or ".../new/NAME". nullopt for everything else.
std::optional<Mailbox> maildir_message(std::string_view path);

// Which members are media of which chat.
class Chats {
public:
    // Call with every member first, where that can be done.
    void see(std::string_view path);
    bool empty() const { return telegram_.empty() && whatsapp_.empty(); }
    // The path as the chat's messages name it; nullopt when the member is no chat's media.
    std::optional<std::string> media(std::string_view path) const;

private:
    std::set<std::string, std::less<>> telegram_;  // directories that hold a result.json
    std::set<std::string, std::less<>> whatsapp_;  // directories that hold a chat's text
};

}  // namespace letopis::capture::archive
