// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages as the command line shows them: lines, JSON, text. Shared by search, show and export.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "app/archive.hpp"
#include "model/message.hpp"

namespace letopis::cli {

// "Анна <anna@client.example>", or the name alone where the address is the channel's own (chats).
std::string show_party(const model::Party& party);
// The text of a record: a slice of its raw bytes, or the catalogue's copy.
Result<std::string> text_of(app::Archive& archive, catalog::Catalog& catalog, Seq seq);
boost::json::object row_json(const catalog::MessageRow& row);
boost::json::object detail_json(const catalog::MessageDetail& detail, const std::string& text);
boost::json::string json_text(std::string_view text);
// What goes to a terminal: no escape sequences, no other control characters than newline and tab.
std::string terminal_safe(std::string_view text);
Result<Seq> parse_id(std::string_view text);

}  // namespace letopis::cli
