// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/opened.hpp"

#include <algorithm>
#include <string>

#include "mime/ascii.hpp"
#include "mime/body.hpp"
#include "mime/header.hpp"
#include "mime/plain.hpp"

namespace letopis::mime {
namespace {

// A multipart whose Content-Type is damaged: the boundary that its lines show.
std::string_view boundary_in(const Part& part) {
    const auto named = part.type["boundary"];
    std::string_view rest = part.content;
    for (int lines = 0; lines < 200 && !rest.empty(); ++lines) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = trim(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!line.starts_with("--") || line.size() < 3 || line.size() > 200) continue;
        const auto boundary = line.substr(2);
        if (boundary == named) return boundary;
        // A line of dashes alone is a ruler; a boundary stands again at the end.
        if (boundary.find_first_not_of("- ") == boundary.npos || boundary == "- ") continue;
        const bool header_follows = starts_nocase(rest, "content-");
        if (header_follows && rest.find(line) != rest.npos) return boundary;
    }
    return {};
}

// The parts that were meant; nothing when no boundary shows.
std::string rescued_multipart(const Part& part) {
    const auto boundary = boundary_in(part);
    if (boundary.empty() || boundary.find('"') != boundary.npos) return {};
    std::string out = "Content-Type: multipart/mixed; boundary=\"";
    return out.append(boundary).append("\"\n\n").append(part.content);
}

// Messages that hide in base64, the text inside of opaque signatures, and the parts of multiparts
// with a damaged header become parts too.
void open_inner(Tree& tree) {
    std::size_t budget = expanded_bytes_max;
    for (std::size_t i = 0; i < tree.parts().size(); ++i) {
        const auto& part = tree.parts()[i];
        if (part.kind != PartKind::leaf || part.content.size() > budget) continue;
        const bool message = part.type_is("message/rfc822") || part.type_is("message/global");
        std::string bytes;
        auto kind = PartKind::message;
        if (part.without_parts) {
            bytes = rescued_multipart(part);
            kind = PartKind::multipart;
        } else if (is_cms(part)) {
            bytes = cms_content(decode_transfer(part.content, part.transfer));
        } else if (message && part.transfer != Transfer::identity) {
            bytes = decode_transfer(part.content, part.transfer);
        }
        budget -= std::min(budget, bytes.size());
        if (!bytes.empty()) tree.adopt(static_cast<int>(i), std::move(bytes), kind);
    }
}

}  // namespace

Tree tree_of(const Prepared& prepared) {
    auto tree = Tree::build(prepared.bytes);
    open_inner(tree);
    return tree;
}

std::string_view charset_of(const Tree& tree) {
    for (const auto& part : tree.parts())
        if (part.kind == PartKind::leaf && part.type_is("text/"))
            if (const auto charset = part.type["charset"]; !charset.empty()) return charset;
    return {};
}

}  // namespace letopis::mime
