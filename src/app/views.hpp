// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages as people and programs are shown them: texts and JSON. Shared by the command line and
// the API.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "app/archive.hpp"
#include "model/message.hpp"

namespace letopis::app {

// "Анна <anna@client.example>", or the name alone where the address is the channel's own (chats).
std::string show_party(const model::Party& party);
// The text of a record: a slice of its raw bytes, or the catalogue's copy.
Result<std::string> text_of(Archive& archive, catalog::Catalog& catalog, Seq seq);
// The same where the row has told the place already.
Result<std::string> text_of(Archive& archive, Seq seq, catalog::TextPlace place);
boost::json::object row_json(const catalog::MessageRow& row);
boost::json::object detail_json(const catalog::MessageDetail& detail, const std::string& text);
boost::json::string json_text(std::string_view text);
Result<Seq> parse_id(std::string_view text);

}  // namespace letopis::app
