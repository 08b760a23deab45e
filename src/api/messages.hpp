// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages in the form that the API shows them.
#pragma once

#include "api/handlers.hpp"

namespace letopis::api {

json::object party_json(const model::Party& party, const Ours& ours);
json::object row_json(const catalog::MessageRow& row, const Ours& ours);
// With its text in parts (what is new, what is quoted, the signature), attachments and versions.
Result<json::object> message_json(Service& service, app::Find& find, Seq message, const Ours& ours);
// not_found also where the caller may not see it: whoever has no right learns nothing.
Result<void> must_see(app::Find& find, Seq message);
// How a file can be looked at: "image", "pdf", "text", "none".
std::string_view preview_of(const model::Attachment& attachment);
// What leaves as a file, whatever it claims to be.
http::Response bytes_answer(std::string bytes, std::string type, std::string_view name);
// Part of message_routes().
std::vector<Entry> attachment_routes();

}  // namespace letopis::api
