// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/second_view.hpp"

#include <algorithm>

#include "mime/ascii.hpp"
#include "mime/body.hpp"

namespace letopis::mime {
namespace {

// Each edit keeps the length of the bytes, so that offsets stay true.
class Editor {
public:
    Editor(std::string_view bytes, const Tree& tree) : bytes_(bytes), tree_(tree) {}

    bool run() {
        for (const auto& part : tree_.parts()) {
            twice(part, "Content-Type", true);
            twice(part, "Content-Transfer-Encoding", false);
            if (part.type.duplicated("boundary")) hide_first_boundary(part);
            if (!part.epilogue.empty()) open_end(part);
        }
        return edited_;
    }
    std::string copy;

private:
    char* at(std::size_t offset) {
        if (copy.empty()) copy = std::string(bytes_);
        edited_ = true;
        return copy.data() + offset;
    }

    bool stands_at(const Field& field) const {
        return field.offset + field.name.size() <= bytes_.size() &&
               bytes_.substr(field.offset, field.name.size()) == field.name;
    }

    // The one that was used gets another name, so that the other one counts.
    void twice(const Part& part, std::string_view name, bool last_counts) {
        const Field* first = nullptr;
        const Field* last = nullptr;
        bool differ = false;
        for (const auto& field : part.fields) {
            if (!equal_nocase(field.name, name)) continue;
            if (first && trim(field.value) != trim(first->value)) differ = true;
            if (!first) first = &field;
            last = &field;
        }
        const Field* used = last_counts ? last : first;
        if (differ && stands_at(*used)) *at(used->offset) = 'X';
    }

    void hide_first_boundary(const Part& part) {
        for (const auto& field : part.fields) {
            if (!equal_nocase(field.name, "Content-Type") || !stands_at(field)) continue;
            const auto found = find_nocase(bytes_.substr(field.offset, 4096), "boundary=");
            if (found != bytes_.npos) *at(field.offset + found) = 'x';
        }
    }

    // "--boundary--" that more parts follow becomes an ordinary delimiter.
    void open_end(const Part& part) {
        const auto boundary = part.type["boundary"];
        if (boundary.empty()) return;
        const auto delimiter = "\n--" + std::string(boundary);
        if (part.epilogue.find(delimiter) == part.epilogue.npos) return;
        const auto close = delimiter + "--";
        for (auto found = bytes_.find(close); found != bytes_.npos;
             found = bytes_.find(close, found + close.size())) {
            const auto next = bytes_.find(delimiter, found + close.size());
            if (next == bytes_.npos) break;
            char* dashes = at(found + delimiter.size());
            dashes[0] = dashes[1] = ' ';
        }
    }

    std::string_view bytes_;
    const Tree& tree_;
    bool edited_ = false;
};

}  // namespace

std::optional<std::string> second_view(std::string_view bytes,
                                       const Tree& tree,
                                       std::string_view charset) {
    Editor editor(bytes, tree);
    if (!editor.run()) return std::nullopt;
    const auto other = Tree::build(editor.copy);
    return read_words(other, charset);
}

void append_view(model::Message& message, const std::string& words) {
    std::string known = message.text;
    for (const auto& attachment : message.attachments) known.append("\n").append(attachment.text);
    if (words_missing(words, known).missing == 0) return;
    if (message.text.size() + words.size() + 2 > text_bytes_max) return;
    message.slice.reset();
    if (!message.text.empty() && !message.text.ends_with('\n')) message.text += '\n';
    message.text.append("\n").append(words);
}

}  // namespace letopis::mime
