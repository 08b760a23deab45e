// SPDX-License-Identifier: AGPL-3.0-or-later
// Which of a mail's texts is its HTML form, and where its pictures are.
#include <map>
#include <utility>
#include <vector>

#include "mime/body.hpp"
#include "mime/display_url.hpp"
#include "mime/display_writer.hpp"
#include "mime/header.hpp"
#include "mime/mime.hpp"
#include "mime/opened.hpp"
#include "mime/plain.hpp"

namespace letopis::mime {
namespace {

bool inside_a_message(const Tree& tree, int index) {
    for (int up = tree[index].parent; up >= 0; up = tree[up].parent)
        if (tree[up].kind == PartKind::message && !is_cms(tree[up])) return true;
    return false;
}

// Of several forms in one alternative the last one is the best (RFC 2046 section 5.1.4).
std::vector<int> html_parts(const Tree& tree) {
    std::vector<int> out;
    for (int i = 0; i < static_cast<int>(tree.parts().size()); ++i) {
        const auto& part = tree[i];
        if (part.kind != PartKind::leaf || part.type.value != "text/html") continue;
        if (!is_body(tree, i) || inside_a_message(tree, i)) continue;
        const bool other_form = !out.empty() && part.parent >= 0 &&
                                tree[out.back()].parent == part.parent &&
                                tree[part.parent].type_is("multipart/alternative");
        if (other_form) out.pop_back();
        out.push_back(i);
    }
    return out;
}

// Looked up and decoded once, however often the letter shows them.
class Pictures {
public:
    explicit Pictures(const Tree& tree) : tree_(tree) {
        for (int i = 0; i < static_cast<int>(tree.parts().size()); ++i) {
            const auto& part = tree[i];
            if (part.kind != PartKind::leaf || inside_a_message(tree, i)) continue;
            if (auto id = content_id(part.field("Content-ID")); !id.empty())
                known_.try_emplace(std::move(id), Known{i, {}, false});
        }
    }

    std::string_view operator[](std::string_view id) {
        const auto found = known_.find(id);
        if (found == known_.end()) return {};
        auto& [index, bytes, decoded] = found->second;
        if (!std::exchange(decoded, true)) {
            const auto& part = tree_[index];
            bytes = decode_transfer(part.content, part.transfer, image_bytes_max + 1);
            if (bytes.size() > image_bytes_max || image_type(bytes).empty()) bytes = {};
        }
        return bytes;
    }

private:
    struct Known {
        int index;
        std::string bytes;
        bool decoded;
    };
    const Tree& tree_;
    std::map<std::string, Known, std::less<>> known_;
};

}  // namespace

Result<model::Display> display(std::string_view raw, model::Dialect dialect) {
    const auto prepared = prepare(raw, dialect);
    if (!prepared.has_header) return fail(Errc::not_found, "the mail has no HTML part");
    const auto tree = tree_of(prepared);
    const auto parts = html_parts(tree);
    if (parts.empty()) return fail(Errc::not_found, "the mail has no HTML part");
    const auto charset = charset_of(tree);
    Pictures pictures(tree);
    DisplayWriter writer([&](std::string_view id) { return pictures[id]; });
    bool cut = prepared.truncated;
    for (const int index : parts) {
        const auto source = leaf_source(tree[index], charset);
        cut = cut || source.cut;
        writer.add(normal_lines(source.text));
    }
    auto shown = writer.finish();
    shown.cut = shown.cut || cut;
    return shown;
}

}  // namespace letopis::mime
