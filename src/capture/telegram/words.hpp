// SPDX-License-Identifier: AGPL-3.0-or-later
// The words of an entry: its text, and in words what is not text (polls, places, calls, service
// events).
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "capture/chat/chat.hpp"
#include "model/message.hpp"

namespace letopis::capture::telegram {

using boost::json::object;
using boost::json::value;

// A member as text: a string, or a number written out; empty otherwise.
std::string text_member(const object& entry, std::string_view key);
// `text` (string, list of strings and entities) or, without it, `text_entities`. Adds block quotes
// as zones; links that stand behind other words follow in angle brackets.
void read_text(const object& entry, model::Message& message);
// Polls, tasks, contacts, places, games, invoices, buttons, and the strings of members that nobody
// knows: one line each, behind the text.
void add_words(const object& entry, model::Message& message);
// action, subject, members and text of a service event.
void read_service(const object& entry, std::string_view chat_name, model::Message& message);
// Every string inside `part`, one a line; walks without recursion.
void add_leaves(const value& part, std::string& out);
void add_line(std::string& text, std::string_view line);

}  // namespace letopis::capture::telegram
