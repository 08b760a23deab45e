// SPDX-License-Identifier: AGPL-3.0-or-later
// What WhatsApp itself writes into an export, in the languages we know. All functions take text
// that went through plain().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace letopis::capture::whatsapp {

struct Phrase {
    std::string_view language;  // "ru"
    std::string_view words;
    std::string_view meaning;  // of system lines: the action
};

// A line without an author: what happened ("created", "added", "left", "removed",
// "subject_changed", "encryption_notice", "number_changed", "missed_call" …); null: not known.
const Phrase* system_phrase(std::string_view line);
// The few system texts that stand behind an author (iOS writes the chat's name there).
const Phrase* authored_phrase(std::string_view body);
// The whole body says that the message was withdrawn.
const Phrase* deleted_phrase(std::string_view body);
// Length of the marker at the end of `body` that says it was edited; 0 when there is none.
std::size_t edited_suffix(std::string_view body, const Phrase** found = nullptr);

struct Media {
    std::string name;                // empty when it was not exported
    std::string_view missing;        // why it is not there
    std::string_view type;           // "image/" …, where the words tell
    std::string before;              // words in front of it on its line
    const Phrase* phrase = nullptr;  // null when only the file's name told it
};
// A line that stands for a file.
std::optional<Media> media_line(std::string_view line);
// Could `line` (raw) name a file that is there? Never false for one that does.
bool may_name_file(std::string_view line);

// "Иван" from "Чат WhatsApp с Иван.txt"; nullopt when the name does not say it.
std::optional<std::string> title_in(std::string_view file_name);

}  // namespace letopis::capture::whatsapp
