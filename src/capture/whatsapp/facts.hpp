// SPDX-License-Identifier: AGPL-3.0-or-later
// What is true of a whole export file: decided by the reader from its first megabytes, kept in the
// context, used for every message.
#pragma once

#include <string>
#include <string_view>

#include "capture/chat/chat.hpp"
#include "capture/reader.hpp"
#include "capture/whatsapp/header.hpp"

namespace letopis::capture::whatsapp {

constexpr std::size_t survey_bytes = 4 << 20;

struct Facts {
    Shape shape;
    DateOrder order = DateOrder::dmy;
    bool order_assumed = true;  // nothing in the file contradicts another order
    bool twelve = false;        // a clock of 12 hours
    std::string language;       // "ru"; empty: not known
    std::string title;          // of the chat; empty: not known
    bool title_sure = false;    // the file's name says it
    std::string file;           // name of the file, without folder and ".txt"
    std::string owner;          // whose telephone it was; empty: not known
    bool owner_inferred = false;
    std::string chat_type;  // "personal", "group" or empty
    chat::Zone zone;
};

// Reads the header lines of `head` (the beginning of the file; `whole`: all of it).
// nullopt when there is none.
std::optional<Facts> survey(std::string_view head, bool whole, const Options& options);

std::string facts_json(const Facts& facts);
Facts facts_from_json(std::string_view json);  // never throws

}  // namespace letopis::capture::whatsapp
