// SPDX-License-Identifier: AGPL-3.0-or-later
// The header of a mail -> the fields of a message.
#pragma once

#include <string>
#include <string_view>

#include "mime/tree.hpp"
#include "model/message.hpp"

namespace letopis::mime {

// Fills everything of `message` that stands in the header; adds the marks no_from, no_date.
void read_header(const Part& root, std::string_view charset, model::Message& message);

// A subject that was encrypted or signed with the body replaces the outer one
// (draft-autocrypt-lamps-protected-headers).
void read_protected_header(const Tree& tree, std::string_view charset, model::Message& message);

// "Subject: …\nFrom: …\nTo: …\nDate: …\n", decoded, for the text of an attached message.
std::string header_summary(const Part& root, std::string_view charset);

std::string content_id(std::string_view raw);

bool is_cms(const Part& part);            // application/pkcs7-mime and its relatives
bool is_opaque_signed(const Part& part);  // a CMS that holds its text in the clear
// The content of an opaque signed CMS, unverified; empty when there is none.
std::string cms_content(std::string_view der);

}  // namespace letopis::mime
